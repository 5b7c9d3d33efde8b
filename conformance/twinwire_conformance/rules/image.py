"""Images: the content of an entry's images in each content mode (IMAGE-01 to IMAGE-08)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from twinwire.ir import Kind, Mode
from twinwire_conformance.contract import ContractView, PageRequest, kind_of
from twinwire_conformance.decoding import difference, format_value
from twinwire_conformance.findings import Skipped, Violation
from twinwire_conformance.oracle.page import Page
from twinwire_conformance.oracle.rule_context import RuleContext
from twinwire_conformance.rules.image_formats import is_image
from twinwire_conformance.rules.registry import must, should
from twinwire_conformance.strategies import lenient_inputs, near_modes

_NO_IMAGE = "none of the entries that were checked has an image"


def _has_modes(contract: ContractView) -> None:
    if contract.feed.modes is None:
        raise Skipped("the contract has no content modes")


def _has_mode(kind: Kind) -> Callable[[ContractView], None]:
    def need(contract: ContractView) -> None:
        _has_modes(contract)
        if contract.feed.modes is not None and not any(kind_of(mode.content) is kind for mode in contract.feed.modes.choices):
            raise Skipped(f"the contract has no content mode with {kind.value} content")

    return need


def _unknown_modes(context: RuleContext) -> None:
    """Compare the pages for an empty and for an unknown content mode, which a server must ignore, with the default page."""
    modes = context.contract.feed.modes
    if modes is None or not modes.unknown_ignored or context.run_context.profile.thrifty:
        return
    page_request = PageRequest(
        context.page_client.media_types[0], context.run_context.binary.odd, context.page_client.size(2), modes.default
    )
    if not context.run_context.binary.fits(page_request):
        return
    for param in ((modes.parameter.name, ""), *lenient_inputs(context.contract)[:1], *near_modes(context.contract)):
        with context.part():
            # A server that remembers the content mode of the previous request returns links here.
            context.page_client.page(replace(page_request, mode=context.contract.link_mode), fresh=True)
        ordinary = context.page_client.request(page_request)
        request = replace(ordinary, params=(*ordinary.params, param))
        with context.part():
            context.confirm(
                lambda fresh: [context.page_client.page(page_request, fresh=fresh)],
                lambda fresh, request=request: context.page_client.judge(
                    page_request, context.page_client.odd_response(request, fresh=fresh)
                ),  # type: ignore[misc]
                lambda pages, page, param=param: _same_entries(pages[0], page, f"with {param[0]}={param[1]}"),  # type: ignore[misc]
            )


def _same_entries(default: Page, page: Page, how: str) -> Violation | None:
    found = difference(default.entries, page.entries, f"$.{page.contract.feed.entries.wire_name}")
    if found is None:
        return None
    path, one, other = found
    return Violation(f"{one}, as by default", f"{other} {how}", [default.response, page.response], path=path)


# RFC 4648 section 4: groups of four characters, the last one padded. The length is checked apart from the pattern: a
# repeated group such as (....)* would keep a backtracking position for each of millions of groups.
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


@must.page(
    "IMAGE-01",
    "Binary content is padded base64 (RFC 4648 section 4), without line breaks and not empty",
    need=_has_mode(Kind.BINARY),
    nothing=_NO_IMAGE,
)
def binaries_are_strict_base64(page: Page) -> int:
    """Check the content of every image in the content modes with binary content."""
    return _contents(page, Kind.BINARY, _is_base64, "padded base64 on one line")


def _is_base64(text: str) -> bool:
    # Example: "QUI=" is valid. "QUI" (not padded), "QU=I" (padded inside) and "QUI\n" (a line break) are not.
    return len(text) % 4 == 0 and bool(_BASE64.fullmatch(text))


@should.page("IMAGE-02", "Binary content decodes to a known image format", need=_has_mode(Kind.BINARY), nothing=_NO_IMAGE)
def binaries_are_images(page: Page) -> int:
    """Recognise the image format of all binary content."""
    return _contents(page, Kind.BINARY, is_image, "an image of a known format")


@must.page("IMAGE-03", "Every image link is an absolute http or https URL", need=_has_mode(Kind.URI), nothing=_NO_IMAGE)
def links_are_absolute_urls(page: Page) -> int:
    """Check the content of every image in the content modes with links."""
    return _contents(page, Kind.URI, _is_absolute, "an absolute http or https URL")


@must.pair(
    "IMAGE-04",
    "Each content mode returns its own content: links when they are requested, binary content by default",
    "modes",
    need=_has_modes,
    also=_unknown_modes,
    nothing=_NO_IMAGE,
)
def each_mode_gives_its_content(link: Page, binary: Page) -> Violation | None:
    """Compare the same entries in two content modes: an entry that has images in one mode must have content in each."""
    pages = (link, binary)
    modes = _modes(link)
    shared = set.intersection(*(set(map(repr, page.keys)) for page in pages))
    entries = [(page, repr(key), entry) for page in pages for key, entry in zip(page.keys, page.entries, strict=True)]
    with_items = {key: page for page, key, entry in entries if any(page.contract.items(entry, mode) for mode in modes)}
    for page, key, entry in entries:
        mode = page.page_request.mode
        if mode is not None and key in with_items and key in shared and not _has_content(page, entry, mode):
            where = ".".join(step.wire_name for step in (*mode.items, mode.content))
            expected = f"{where} of the entry {key[:80]} in the mode {mode.name}, because it has images in the other mode"
            return Violation(expected, "none", [with_items[key].response, page.response])
    return None


@should.page("IMAGE-05", "Each content mode returns only its own content", need=_has_modes, nothing=_NO_IMAGE)
def each_mode_gives_only_its_content(page: Page) -> int:
    """Check every page for images of a content mode that was not requested."""
    count = 0
    for place, items in _collections(page, _modes(page)):
        if place.mode is not page.page_request.mode and page.page_request.mode is not None:
            raise Violation("no images of a content mode that was not requested", "images", [page.response], path=place.path())
        count += len(items)
    return count


@must.pair(
    "IMAGE-06",
    "Every content mode lists the same images of the same entries in the same order",
    "modes",
    need=_has_modes,
    nothing=_NO_IMAGE,
)
def every_mode_lists_the_same(link: Page, binary: Page) -> Violation | None:
    """Compare the keys of the entries, and the sequence and file name of their images, between two content modes.

    The second page may begin and end elsewhere in the first: entries are aligned by their first common key. Example: a link
    page has the entries a b c d, and a binary page c d e. The first common entry, c, is at 2, so d must be at 3; e is after
    the end of the link page, where nothing is compared.
    """
    ways = [page.page_request.mode.name for page in (link, binary) if page.page_request.mode]
    responses = [link.response, binary.response]
    places = {repr(key): index for index, key in reversed(list(enumerate(link.keys)))}
    first: int | None = None
    light_entries = link.entries
    for index, (key, entry) in enumerate(zip(binary.keys, binary.entries, strict=True)):
        at = places.get(repr(key))
        if at is None:
            if first is not None and first + index < len(link.keys):
                expected = f"entry {format_value(link.keys[first + index])}, as in the mode {ways[0]}"
                return Violation(expected, f"entry {format_value(key)} in {ways[1]}", responses)
            continue
        first = at - index if first is None else first
        if at != first + index:
            expected = (
                f"entry {format_value(link.keys[first + index])}" if 0 <= first + index < len(link.keys) else "no more entries"
            )
            return Violation(f"{expected}, as in the mode {ways[0]}", f"entry {format_value(key)} in {ways[1]}", responses)
        listed = [_names(one, page) for one, page in ((light_entries[at], link), (entry, binary))]
        found = difference(listed[0], listed[1], f"entry {format_value(key)}")
        if found:
            path, one, other = found
            return Violation(f"{one}, as in the mode {ways[0]}", f"{other} in {ways[1]}", responses, path=path)
    return None


def _names(entry: dict[str, Any], page: Page) -> list[dict[str, Any]]:
    modes = page.contract.feed.modes
    if modes is None or page.page_request.mode is None:
        return []
    shared = [name for name in (modes.position, modes.filename) if name is not None]
    return [{name: item.get(name) for name in shared} for item in page.contract.items(entry, page.page_request.mode)]


def _has_position(contract: ContractView) -> None:
    if contract.feed.modes is None or contract.feed.modes.position is None:
        raise Skipped("the contract has no member for the sequence of images")


@should.page("IMAGE-07", "The sequence numbers of an entry's images are unique and ascending", need=_has_position)
def items_are_in_order(page: Page) -> int:
    """Compare the sequence numbers of each entry's images."""
    modes = page.contract.feed.modes
    count = 0
    for place, items in _collections(page, _modes(page)):
        places = [item.get(modes.position) for item in items] if modes is not None and modes.position is not None else []
        for one, other in pairwise(places):
            if not (isinstance(one, int) and isinstance(other, int) and one < other):
                got = f"{one!r}, then {other!r}"
                raise Violation(f"an ascending {modes.position if modes else ''}", got, [page.response], path=place.path())
        count += len(items) > 1
    return count


def _has_filename(contract: ContractView) -> None:
    if contract.feed.modes is None or contract.feed.modes.filename is None:
        raise Skipped("the contract has no member for the file name of images")


@should.page(
    "IMAGE-08", "Every image file name is not empty and has no path separators or control characters", need=_has_filename
)
def file_names_are_plain(page: Page) -> int:
    """Check the file names of images for path separators and control characters."""
    modes = page.contract.feed.modes
    if modes is None or modes.filename is None:
        return 0
    count = 0
    for place, items in _collections(page, _modes(page)):
        for item in items:
            name = item.get(modes.filename)
            plain = isinstance(name, str) and name.strip() and name not in (".", "..") and not _UNPLAIN.search(name)
            if not plain:
                raise Violation("a plain file name", format_value(name), [page.response], path=place.path(modes.filename))
        count += len(items)
    return count


_UNPLAIN = re.compile(r"[/\\\x00-\x1f\x7f-\x9f]")


class _ImagePlace(NamedTuple):
    """The place of an entry's images of one content mode on a page."""

    page: Page
    entry: int
    mode: Mode

    def path(self, *more: str) -> str:
        """Return the JSON path of the images, or of a member of theirs."""
        entry = f"$.{self.page.contract.feed.entries.wire_name}[{self.entry}]"
        return ".".join((entry, *(step.wire_name for step in self.mode.items), *more))


def _collections(page: Page, modes: Sequence[Mode]) -> Iterator[tuple[_ImagePlace, list[dict[str, Any]]]]:
    """Yield the images of the given content modes, for every entry that has some."""
    for index, mode, items in page.collections:
        if mode in modes:
            yield _ImagePlace(page, index, mode), items


def _has_content(page: Page, entry: dict[str, Any], mode: Mode) -> bool:
    items = page.contract.items(entry, mode)
    return bool(items) and all(item.get(mode.content.wire_name) not in (None, "") for item in items)


def _modes(page: Page) -> list[Mode]:
    modes = page.contract.feed.modes
    return [] if modes is None else list(modes.choices)


def _contents(page: Page, kind: Kind, valid: Callable[[str], bool], expected: str) -> int:
    count = 0
    for place, items in _collections(page, [mode for mode in _modes(page) if kind_of(mode.content) is kind]):
        member = place.mode.content.wire_name
        for item in items:
            content = item.get(member)
            if not isinstance(content, str) or not valid(content):
                raise Violation(expected, format_value(content), [page.response], path=place.path(member))
        count += len(items)
    return count


# Nearly every link matches this pattern, which is much quicker than parsing; any other is parsed.
_COMMON_LINK = re.compile(r"https?://[0-9A-Za-z.-]+(?::[1-9][0-9]{0,3})?(?:[/?#][!-~]*)?")


# urlsplit() accepts these characters in a host, although no host name has them.
_NO_HOST = re.compile(r"""[\s{}<>"'|\\^`,;!*()$&=+]""")


def _is_absolute(text: str) -> bool:
    if _COMMON_LINK.fullmatch(text):
        return True
    if any(char.isspace() or ord(char) < 32 for char in text):
        return False
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        named = bool(host) and not _NO_HOST.search(host)
        return parts.scheme in ("http", "https") and named and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
