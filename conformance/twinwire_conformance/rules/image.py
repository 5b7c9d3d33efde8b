"""Images: the content of an entry's items, in each mode."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from twinwire.ir import Kind, Mode
from twinwire_conformance.contract import FORMATS, Ask, kind_of
from twinwire_conformance.model import Inconclusive, Skipped, Violation
from twinwire_conformance.oracle.examination import Trial
from twinwire_conformance.oracle.lots import Lot
from twinwire_conformance.oracle.survey import largest
from twinwire_conformance.reading import difference, shown
from twinwire_conformance.rules.image_formats import is_image
from twinwire_conformance.rules.registry import must, should

# RFC 4648, section 4: whole quanta of its alphabet, the last one padded. A pattern of quanta would remember each of them.
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


@must("IMAGE-01", "binary content is base64 of RFC 4648 section 4: its alphabet, padded, no line breaks, not empty")
def binaries_are_strict_base64(trial: Trial) -> None:
    """Look at the content of every item of the modes with binaries."""
    _contents(
        trial, Kind.BINARY, lambda text: len(text) % 4 == 0 and bool(_BASE64.fullmatch(text)), "padded base64 on one line"
    )


@should("IMAGE-02", "binary content decodes to a known image format")
def binaries_are_images(trial: Trial) -> None:
    """Recognise the format of the content of every item of the modes with binaries."""
    _contents(trial, Kind.BINARY, is_image, "an image of a known format")


@must("IMAGE-03", "a link is an absolute http(s) URL")
def links_are_absolute_urls(trial: Trial) -> None:
    """Look at the content of every item of the modes with links."""
    _contents(trial, Kind.URI, _is_absolute, "an absolute http or https URL")


@must("IMAGE-04", "each mode gives its own content: links when they are asked for, binaries by default")
def each_mode_gives_its_content(trial: Trial) -> None:
    """Ask for the same entries in every mode; an entry that has items in one mode has its content in each."""
    _modes(trial)
    for format_ in FORMATS:
        for ask in trial.exam.corpus(format_):
            if ask.mode is not trial.terms.light_mode:
                _filled(trial, largest(trial.terms, ask.cursor), ask)
    if not trial.witnesses:
        raise Inconclusive("no entry that was looked at has an image")


@should("IMAGE-05", "each mode gives its own content only")
def each_mode_gives_only_its_content(trial: Trial) -> None:
    """Look for items of other modes in the corpus of each."""
    for place, items in _collections(trial, _modes(trial)):
        if place.mode is not place.lot.ask.mode:
            raise Violation("nothing", "items", [place.lot.answer], path=place.path())
        trial.witness(len(items))
    if not trial.witnesses:
        raise Inconclusive("no entry that was looked at has an image")


@must("IMAGE-06", "every mode lists the same images of the same entries")
def every_mode_lists_the_same(trial: Trial) -> None:
    """Compare place and file name of the items of each entry between the modes."""
    _modes(trial)
    for ask in trial.exam.corpus("json"):
        if ask.mode is not trial.terms.light_mode:
            _listed(trial, largest(trial.terms, ask.cursor), ask)
    if not trial.witnesses:
        raise Inconclusive("no entry that was looked at has an image")


def _listed(trial: Trial, light: Ask, heavy: Ask) -> None:
    def judge(lots: Sequence[Lot], _: object) -> Violation | None:
        known = {repr(key): _names(trial, entry, lots[0]) for key, entry in zip(lots[0].keys, lots[0].entries, strict=True)}
        for key, entry in zip(lots[1].keys, lots[1].entries, strict=True):
            listed = _names(trial, entry, lots[1])
            found = difference(known.get(repr(key), listed), listed, f"entry {shown(key)}")
            if found:
                path, one, other = found
                ways = [lot.ask.mode.name for lot in lots if lot.ask.mode]
                answers = [lot.answer for lot in lots]
                return Violation(f"{one}, as in the mode {ways[0]}", f"{other} in {ways[1]}", answers, path=path)
            trial.witness(len(listed))
        return None

    def fetch(fresh: bool) -> list[Lot]:
        return [trial.lots.lot(ask, fresh=fresh) for ask in (light, heavy)]

    trial.confirm(fetch, fetch, judge)


def _names(trial: Trial, entry: dict[str, Any], lot: Lot) -> list[dict[str, Any]]:
    modes = trial.terms.feed.modes
    if modes is None or lot.ask.mode is None:
        return []
    shared = [name for name in (modes.position, modes.filename) if name is not None]
    return [{name: item.get(name) for name in shared} for item in trial.terms.items(entry, lot.ask.mode)]


@should("IMAGE-07", "the sequence is unique and ascending within an entry")
def items_are_in_order(trial: Trial) -> None:
    """Compare the places of each entry's items."""
    modes = trial.terms.feed.modes
    if modes is None or modes.position is None:
        raise Skipped("the contract gives its images no place")
    for place, items in _collections(trial, _modes(trial)):
        places = [item.get(modes.position) for item in items]
        for one, other in pairwise(places):
            if not (isinstance(one, int) and isinstance(other, int) and one < other):
                got = f"{one!r}, then {other!r}"
                raise Violation(f"{modes.position} to ascend", got, [place.lot.answer], path=place.path())
        trial.witness(len(items) > 1)


@should("IMAGE-08", "the file name is not empty and is a plain name")
def file_names_are_plain(trial: Trial) -> None:
    """Look for separators of paths and control characters in the file names of items."""
    modes = trial.terms.feed.modes
    if modes is None or modes.filename is None:
        raise Skipped("the contract gives its images no file name")
    for place, items in _collections(trial, _modes(trial)):
        for item in items:
            name = item.get(modes.filename)
            plain = isinstance(name, str) and name.strip() and name not in (".", "..") and not _UNPLAIN.search(name)
            if not plain:
                raise Violation("a plain file name", shown(name), [place.lot.answer], path=place.path(modes.filename))
        trial.witness(len(items))


_UNPLAIN = re.compile(r"[/\\\x00-\x1f\x7f-\x9f]")


class _Place(NamedTuple):
    """Where an entry has its items of a mode."""

    lot: Lot
    entry: int
    mode: Mode

    def path(self, *more: str) -> str:
        """Return the path of the items, or of a member of one of them."""
        entry = f"$.{self.lot.terms.feed.entries.wire}[{self.entry}]"
        return ".".join((entry, *(step.wire for step in self.mode.items), *more))


def _collections(trial: Trial, modes: Sequence[Mode]) -> Iterator[tuple[_Place, list[dict[str, Any]]]]:
    """Yield the items of modes of every entry that has some."""
    for lot in _lots(trial, modes):
        for mode in modes:
            for index, entry in enumerate(lot.entries):
                items = trial.terms.items(entry, mode)
                if items:
                    yield _Place(lot, index, mode), items


def _filled(trial: Trial, *asks: Ask) -> None:
    def judge(lots: Sequence[Lot], _: object) -> Violation | None:
        modes = _modes(trial)
        shared = set.intersection(*(set(map(repr, lot.keys)) for lot in lots))
        entries = [(lot, repr(key), entry) for lot in lots for key, entry in zip(lot.keys, lot.entries, strict=True)]
        shown = {key: lot for lot, key, entry in entries if any(trial.terms.items(entry, mode) for mode in modes)}
        for lot, key, entry in entries:
            mode = lot.ask.mode
            if mode is not None and key in shown and key in shared and not _has_content(trial, entry, mode):
                where = ".".join(step.wire for step in (*mode.items, mode.content))
                expected = f"{where} of the entry {key[:80]} in the mode {mode.name}, as it has images"
                return Violation(expected, "none", [shown[key].answer, lot.answer])
        trial.witness(len(shared & set(shown)))
        return None

    def fetch(fresh: bool) -> list[Lot]:
        return [trial.lots.lot(ask, fresh=fresh) for ask in asks]

    trial.confirm(fetch, fetch, judge)


def _has_content(trial: Trial, entry: dict[str, Any], mode: Mode) -> bool:
    items = trial.terms.items(entry, mode)
    return bool(items) and all(item.get(mode.content.wire) not in (None, "") for item in items)


def _modes(trial: Trial) -> list[Mode]:
    modes = trial.terms.feed.modes
    if modes is None:
        raise Skipped("the contract has no modes")
    return list(modes.choices)


def _contents(trial: Trial, kind: Kind, valid: Callable[[str], bool], expected: str) -> None:
    modes = [mode for mode in _modes(trial) if kind_of(mode.content) is kind]
    if not modes:
        raise Skipped(f"the contract has no mode with {kind.value} content")
    for place, items in _collections(trial, modes):
        member = place.mode.content.wire
        for item in items:
            content = item.get(member)
            if not isinstance(content, str) or not valid(content):
                raise Violation(expected, shown(content), [place.lot.answer], path=place.path(member))
        trial.witness(len(items))
    if not trial.witnesses:
        raise Inconclusive("no entry that was looked at has an image")


def _lots(trial: Trial, modes: Sequence[Mode]) -> Iterator[Lot]:
    asks = [ask for format_ in FORMATS for ask in trial.exam.corpus(format_) if ask.mode in modes]
    # One after another: of lots with huge images no two are needed at once.
    yield from (trial.lots.lot(ask) for ask in asks)
    if trial.terms.light_mode in modes:
        yield from trial.exam.survey.lots


# What nearly every link looks like; any other is taken apart.
_COMMON_LINK = re.compile(r"https?://[0-9A-Za-z.-]+(?::[1-9][0-9]{0,3})?(?:[/?#][!-~]*)?")


def _is_absolute(text: str) -> bool:
    if _COMMON_LINK.fullmatch(text):
        return True
    if any(char.isspace() or ord(char) < 32 for char in text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
