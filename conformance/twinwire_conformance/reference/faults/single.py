"""Faults of one value in the whole feed: one image, file name, key or entry among a thousand."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable
from typing import Any

from twinwire.ir import Contract, Kind
from twinwire_conformance.reference.faults.plan import (
    entries,
    has_binary_mode,
    has_file_names,
    has_integer_key,
    has_modes,
    has_other_mode,
    has_positions,
    has_uri_mode,
    in_kind,
    items,
)
from twinwire_conformance.reference.faults.registry import Condition, fault
from twinwire_conformance.reference.pipeline import ENCODE, RESULT, WINDOW, Exchange, ServedPage

Result = dict[str, Any]
Item = dict[str, Any]


def _index_with_items(x: Exchange, near: int) -> int:
    """Return the number of the first entry with items, from `near` on."""
    near %= x.snapshot.total
    # Cache the result, because every response would repeat the search otherwise.
    key = f"with items from {near}"
    if key not in x.state:
        x.state[key] = next(index for index in itertools.count(near) if x.contents.image(index, 0) is not None)
    return int(x.state[key])


def _entry_at(x: Exchange, index: int) -> Result | None:
    """Return the entry with this number, or None if the page does not contain it."""
    for place, entry in zip(x.page.places, entries(x, x.result), strict=True):
        if place.index == index:
            return entry
    return None


def _item_fault(
    name: str,
    description: str,
    trips: tuple[str, ...],
    near: int,
    change: Callable[[Exchange, Item], None],
    where: Callable[[Exchange], bool],
    needs: Condition,
) -> None:
    """Register a fault that changes the first item of one entry in place.

    Args:
        name: The id of the fault.
        description: One sentence for the tables.
        trips: The rules that must detect the fault.
        near: The number of the entry; the next one with items is taken.
        change: Changes the item.
        where: Selects the responses.
        needs: Returns True for the contracts that the fault can break.
    """

    def hook(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
        if x.error is None and where(x):
            entry = _entry_at(x, _index_with_items(x, near))
            if entry is not None:
                change(x, items(x, entry)[0])
        return proceed()

    fault(ENCODE, name, description, trips=trips, needs=needs)(hook)


def _in_binary(x: Exchange) -> bool:
    return in_kind(x, Kind.BINARY)


def _in_links(x: Exchange) -> bool:
    return in_kind(x, Kind.URI)


def _content(change: Callable[[str], str]) -> Callable[[Exchange, Item], None]:
    def changed(x: Exchange, item: Item) -> None:
        assert x.parsed_query.mode is not None
        wire_name = x.parsed_query.mode.content.wire_name
        item[wire_name] = change(item[wire_name])

    return changed


def _other_byte(text: str) -> str:
    image = bytearray(base64.b64decode(text))
    image[-1] ^= 1
    return base64.b64encode(image).decode("ascii")


def _name(x: Exchange, item: Item) -> None:
    assert x.feed.modes is not None
    assert x.feed.modes.filename is not None
    stem, _, suffix = item[x.feed.modes.filename].rpartition(".")
    item[x.feed.modes.filename] = f"{stem}.{suffix.upper()}"


def _position(x: Exchange, item: Item) -> None:
    assert x.feed.modes is not None
    assert x.feed.modes.position is not None
    item[x.feed.modes.position] -= 1


def _both(one: Condition, other: Condition) -> Condition:
    def needs(contract: Contract) -> bool:
        return one(contract) and other(contract)

    return needs


# The entries' numbers are neither multiples of page sizes nor near powers of two, so a sample finds them by chance only.
_item_fault(
    "one-image-line-break",
    "one image of the feed has a line break in its base64",
    ("IMAGE-01",),
    737,
    _content(lambda text: text[:76] + "\r\n" + text[76:]),
    _in_binary,
    has_binary_mode,
)
_item_fault(
    "one-image-cut",
    "one image of the feed lacks its last twelve bytes",
    ("IMAGE-02",),
    1143,
    _content(lambda text: base64.b64encode(base64.b64decode(text)[:-12]).decode("ascii")),
    _in_binary,
    has_binary_mode,
)
_item_fault(
    "one-image-xml-byte",
    "one image of the feed has another last byte in XML",
    ("TWIN-01",),
    883,
    _content(_other_byte),
    lambda x: x.is_xml and _in_binary(x),
    has_binary_mode,
)
_item_fault(
    "one-link-relative",
    "one link of the feed has no scheme and no host",
    ("IMAGE-03",),
    611,
    _content(lambda link: "/" + link.split("/", 3)[3]),
    _in_links,
    has_uri_mode,
)
_item_fault(
    "one-link-xml-query-lost",
    "one link of the feed lacks its query in XML",
    ("TWIN-02",),
    967,
    _content(lambda link: link.partition("?")[0]),
    lambda x: x.is_xml and _in_links(x),
    has_uri_mode,
)
_item_fault(
    "one-name-xml-case",
    "one file name of the feed has an upper-case suffix in XML",
    ("TWIN-01", "TWIN-02"),
    529,
    _name,
    lambda x: x.is_xml,
    has_file_names,
)
_item_fault(
    "one-position-link-mode",
    "one image of the feed has another position in all modes but the default",
    ("IMAGE-06",),
    1087,
    _position,
    lambda x: x.feed.modes is not None and x.parsed_query.mode != x.feed.modes.default,
    _both(has_positions, has_other_mode),
)


@fault(
    RESULT,
    "one-image-lost-link-mode",
    "one entry of the feed has no images in all modes but the default",
    trips=("IMAGE-06",),
    needs=has_other_mode,
)
def _one_image_lost_link_mode(x: Exchange, proceed: Callable[[], Result]) -> Result:
    x.result = proceed()
    if x.feed.modes and x.parsed_query.mode and x.parsed_query.mode != x.feed.modes.default:
        entry = _entry_at(x, _index_with_items(x, 419))
        if entry is not None:
            del entry[x.parsed_query.mode.items[0].wire_name]
    return x.result


@fault(
    ENCODE,
    "one-key-json-rounded",
    "one key above 2**53 is rounded in JSON, that of entry 805",
    trips=("TWIN-01",),
    needs=has_integer_key,
)
def _one_key_json_rounded(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.error is None and not x.is_xml:
        # One entry in eight has a large key, beginning with entry 5; 805 is one of them.
        entry = _entry_at(x, 805)
        if entry is not None:
            entry[x.feed.key.wire_name] = int(float(entry[x.feed.key.wire_name]))
    return proceed()


@fault(WINDOW, "one-entry-lost-xml", "one entry of the feed is missing in XML, and the counts agree", trips=("TWIN-01",))
def _one_entry_lost_xml(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    lost = 1021 % x.snapshot.total
    if x.is_xml:
        page.places = [place for place in page.places if place.index != lost]
        page.remaining -= page.start + len(page.places) <= lost < page.start + len(page.places) + page.remaining
    return page


@fault(
    WINDOW,
    "one-entry-twice-link-mode",
    "one entry of the feed appears twice in all modes but the default: a join without DISTINCT",
    trips=("PAGE-02", "IMAGE-06"),
    needs=has_modes,
)
def _one_entry_twice_link_mode(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if x.feed.modes and x.parsed_query.mode != x.feed.modes.default:
        again = [place for place in page.places for _ in range(1 + (place.index == 677 % x.snapshot.total))]
        if len(again) > x.parsed_query.limit:
            # The page is truncated after the join, so its last entry is the first one of the next page.
            again = again[: x.parsed_query.limit]
            page.remaining += 1
        page.places, page.token = again, again[-1].token if again else page.token
    return page
