"""Images: the content of an entry's images in each content mode (IMAGE-01 to IMAGE-08)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from twinwire.ir import Kind, Mode
from twinwire_conformance.contract import Ask, Terms, kind_of
from twinwire_conformance.model import Skipped, Violation
from twinwire_conformance.oracle.examination import Trial
from twinwire_conformance.oracle.lots import Lot
from twinwire_conformance.reading import difference, shown
from twinwire_conformance.rules.image_formats import is_image
from twinwire_conformance.rules.registry import must, should
from twinwire_conformance.strategies import lenient_inputs, near_modes

_NO_IMAGE = "none of the entries that were checked has an image"


def _has_modes(terms: Terms) -> None:
    if terms.feed.modes is None:
        raise Skipped("the contract has no content modes")


def _has_mode(kind: Kind) -> Callable[[Terms], None]:
    def need(terms: Terms) -> None:
        _has_modes(terms)
        if terms.feed.modes is not None and not any(kind_of(mode.content) is kind for mode in terms.feed.modes.choices):
            raise Skipped(f"the contract has no content mode with {kind.value} content")

    return need


def _unknown_modes(trial: Trial) -> None:
    """Compare the pages for an empty and for an unknown content mode, which a server must ignore, with the default page."""
    modes = trial.terms.feed.modes
    if modes is None or not modes.unknown_ignored or trial.exam.profile.thrifty:
        return
    ask = Ask(trial.lots.media_types[0], trial.exam.heavy.odd, trial.lots.size(2), modes.default)
    if not trial.exam.heavy.fits(ask):
        return
    for param in ((modes.parameter.name, ""), *lenient_inputs(trial.terms)[:1], *near_modes(trial.terms)):
        with trial.part():
            # A server that remembers the content mode of the previous request returns links here.
            trial.lots.lot(replace(ask, mode=trial.terms.light_mode), fresh=True)
        ordinary = trial.lots.request(ask)
        request = replace(ordinary, params=(*ordinary.params, param))
        with trial.part():
            trial.confirm(
                lambda fresh: [trial.lots.lot(ask, fresh=fresh)],
                lambda fresh, request=request: trial.lots.judge(ask, trial.lots.odd_answer(request, fresh=fresh)),  # type: ignore[misc]
                lambda lots, lot, param=param: _same_entries(lots[0], lot, f"with {param[0]}={param[1]}"),  # type: ignore[misc]
            )


def _same_entries(default: Lot, lot: Lot, how: str) -> Violation | None:
    found = difference(default.entries, lot.entries, f"$.{lot.terms.feed.entries.wire}")
    if found is None:
        return None
    path, one, other = found
    return Violation(f"{one}, as by default", f"{other} {how}", [default.answer, lot.answer], path=path)


# RFC 4648 section 4: groups of four characters, the last one padded. The length is checked apart from the pattern: a
# repeated group such as (....)* would keep a backtracking position for each of millions of groups.
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


@must.page(
    "IMAGE-01",
    "Binary content is padded base64 (RFC 4648 section 4), without line breaks and not empty",
    need=_has_mode(Kind.BINARY),
    nothing=_NO_IMAGE,
)
def binaries_are_strict_base64(lot: Lot) -> int:
    """Check the content of every image in the content modes with binary content."""
    return _contents(lot, Kind.BINARY, _is_base64, "padded base64 on one line")


def _is_base64(text: str) -> bool:
    # Example: "QUI=" is valid. "QUI" (not padded), "QU=I" (padded inside) and "QUI\n" (a line break) are not.
    return len(text) % 4 == 0 and bool(_BASE64.fullmatch(text))


@should.page("IMAGE-02", "Binary content decodes to a known image format", need=_has_mode(Kind.BINARY), nothing=_NO_IMAGE)
def binaries_are_images(lot: Lot) -> int:
    """Recognise the image format of all binary content."""
    return _contents(lot, Kind.BINARY, is_image, "an image of a known format")


@must.page("IMAGE-03", "Every image link is an absolute http or https URL", need=_has_mode(Kind.URI), nothing=_NO_IMAGE)
def links_are_absolute_urls(lot: Lot) -> int:
    """Check the content of every image in the content modes with links."""
    return _contents(lot, Kind.URI, _is_absolute, "an absolute http or https URL")


@must.pair(
    "IMAGE-04",
    "Each content mode returns its own content: links when they are requested, binary content by default",
    "modes",
    need=_has_modes,
    also=_unknown_modes,
    nothing=_NO_IMAGE,
)
def each_mode_gives_its_content(light: Lot, heavy: Lot) -> Violation | None:
    """Compare the same entries in two content modes: an entry that has images in one mode must have content in each."""
    lots = (light, heavy)
    modes = _modes(light)
    shared = set.intersection(*(set(map(repr, lot.keys)) for lot in lots))
    entries = [(lot, repr(key), entry) for lot in lots for key, entry in zip(lot.keys, lot.entries, strict=True)]
    with_items = {key: lot for lot, key, entry in entries if any(lot.terms.items(entry, mode) for mode in modes)}
    for lot, key, entry in entries:
        mode = lot.ask.mode
        if mode is not None and key in with_items and key in shared and not _has_content(lot, entry, mode):
            where = ".".join(step.wire for step in (*mode.items, mode.content))
            expected = f"{where} of the entry {key[:80]} in the mode {mode.name}, because it has images in the other mode"
            return Violation(expected, "none", [with_items[key].answer, lot.answer])
    return None


@should.page("IMAGE-05", "Each content mode returns only its own content", need=_has_modes, nothing=_NO_IMAGE)
def each_mode_gives_only_its_content(lot: Lot) -> int:
    """Check every page for images of a content mode that was not requested."""
    count = 0
    for place, items in _collections(lot, _modes(lot)):
        if place.mode is not lot.ask.mode and lot.ask.mode is not None:
            raise Violation("no images of a content mode that was not requested", "images", [lot.answer], path=place.path())
        count += len(items)
    return count


@must.pair(
    "IMAGE-06",
    "Every content mode lists the same images of the same entries in the same order",
    "modes",
    need=_has_modes,
    nothing=_NO_IMAGE,
)
def every_mode_lists_the_same(light: Lot, heavy: Lot) -> Violation | None:
    """Compare the keys of the entries, and the sequence and file name of their images, between two content modes.

    The second page may begin and end elsewhere in the first: entries are aligned by their first common key. Example: a link
    page has the entries a b c d, and a binary page c d e. The first common entry, c, is at 2, so d must be at 3; e is after
    the end of the link page, where nothing is compared.
    """
    ways = [lot.ask.mode.name for lot in (light, heavy) if lot.ask.mode]
    answers = [light.answer, heavy.answer]
    places = {repr(key): index for index, key in reversed(list(enumerate(light.keys)))}
    first: int | None = None
    light_entries = light.entries
    for index, (key, entry) in enumerate(zip(heavy.keys, heavy.entries, strict=True)):
        at = places.get(repr(key))
        if at is None:
            if first is not None and first + index < len(light.keys):
                expected = f"entry {shown(light.keys[first + index])}, as in the mode {ways[0]}"
                return Violation(expected, f"entry {shown(key)} in {ways[1]}", answers)
            continue
        first = at - index if first is None else first
        if at != first + index:
            expected = (
                f"entry {shown(light.keys[first + index])}" if 0 <= first + index < len(light.keys) else "no more entries"
            )
            return Violation(f"{expected}, as in the mode {ways[0]}", f"entry {shown(key)} in {ways[1]}", answers)
        listed = [_names(one, lot) for one, lot in ((light_entries[at], light), (entry, heavy))]
        found = difference(listed[0], listed[1], f"entry {shown(key)}")
        if found:
            path, one, other = found
            return Violation(f"{one}, as in the mode {ways[0]}", f"{other} in {ways[1]}", answers, path=path)
    return None


def _names(entry: dict[str, Any], lot: Lot) -> list[dict[str, Any]]:
    modes = lot.terms.feed.modes
    if modes is None or lot.ask.mode is None:
        return []
    shared = [name for name in (modes.position, modes.filename) if name is not None]
    return [{name: item.get(name) for name in shared} for item in lot.terms.items(entry, lot.ask.mode)]


def _has_position(terms: Terms) -> None:
    if terms.feed.modes is None or terms.feed.modes.position is None:
        raise Skipped("the contract has no member for the sequence of images")


@should.page("IMAGE-07", "The sequence numbers of an entry's images are unique and ascending", need=_has_position)
def items_are_in_order(lot: Lot) -> int:
    """Compare the sequence numbers of each entry's images."""
    modes = lot.terms.feed.modes
    count = 0
    for place, items in _collections(lot, _modes(lot)):
        places = [item.get(modes.position) for item in items] if modes is not None and modes.position is not None else []
        for one, other in pairwise(places):
            if not (isinstance(one, int) and isinstance(other, int) and one < other):
                got = f"{one!r}, then {other!r}"
                raise Violation(f"an ascending {modes.position if modes else ''}", got, [lot.answer], path=place.path())
        count += len(items) > 1
    return count


def _has_filename(terms: Terms) -> None:
    if terms.feed.modes is None or terms.feed.modes.filename is None:
        raise Skipped("the contract has no member for the file name of images")


@should.page(
    "IMAGE-08", "Every image file name is not empty and has no path separators or control characters", need=_has_filename
)
def file_names_are_plain(lot: Lot) -> int:
    """Check the file names of images for path separators and control characters."""
    modes = lot.terms.feed.modes
    if modes is None or modes.filename is None:
        return 0
    count = 0
    for place, items in _collections(lot, _modes(lot)):
        for item in items:
            name = item.get(modes.filename)
            plain = isinstance(name, str) and name.strip() and name not in (".", "..") and not _UNPLAIN.search(name)
            if not plain:
                raise Violation("a plain file name", shown(name), [lot.answer], path=place.path(modes.filename))
        count += len(items)
    return count


_UNPLAIN = re.compile(r"[/\\\x00-\x1f\x7f-\x9f]")


class _Place(NamedTuple):
    """The place of an entry's images of one content mode on a page."""

    lot: Lot
    entry: int
    mode: Mode

    def path(self, *more: str) -> str:
        """Return the JSON path of the images, or of a member of theirs."""
        entry = f"$.{self.lot.terms.feed.entries.wire}[{self.entry}]"
        return ".".join((entry, *(step.wire for step in self.mode.items), *more))


def _collections(lot: Lot, modes: Sequence[Mode]) -> Iterator[tuple[_Place, list[dict[str, Any]]]]:
    """Yield the images of the given content modes, for every entry that has some."""
    for index, mode, items in lot.collections:
        if mode in modes:
            yield _Place(lot, index, mode), items


def _has_content(lot: Lot, entry: dict[str, Any], mode: Mode) -> bool:
    items = lot.terms.items(entry, mode)
    return bool(items) and all(item.get(mode.content.wire) not in (None, "") for item in items)


def _modes(lot: Lot) -> list[Mode]:
    modes = lot.terms.feed.modes
    return [] if modes is None else list(modes.choices)


def _contents(lot: Lot, kind: Kind, valid: Callable[[str], bool], expected: str) -> int:
    count = 0
    for place, items in _collections(lot, [mode for mode in _modes(lot) if kind_of(mode.content) is kind]):
        member = place.mode.content.wire
        for item in items:
            content = item.get(member)
            if not isinstance(content, str) or not valid(content):
                raise Violation(expected, shown(content), [lot.answer], path=place.path(member))
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
