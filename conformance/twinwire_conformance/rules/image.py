"""Images: the content of an entry's items, in each mode."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from twinwire.ir import Kind, Mode
from twinwire_conformance.contract import FORMATS, Ask, kind_of
from twinwire_conformance.model import Inconclusive, Skipped, Violation
from twinwire_conformance.oracle.examination import Trial
from twinwire_conformance.oracle.lots import Lot
from twinwire_conformance.oracle.survey import largest
from twinwire_conformance.rules.registry import must

# RFC 4648, section 4: whole quanta of its alphabet, the last one padded.
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


@must("IMAGE-01", "binary content is base64 of RFC 4648 section 4: its alphabet, padded, no line breaks, not empty")
def binaries_are_strict_base64(trial: Trial) -> None:
    """Look at the content of every item of the modes with binaries."""
    _contents(trial, Kind.BINARY, lambda text: bool(text) and bool(_BASE64.fullmatch(text)), "padded base64 on one line")


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
                expected = f"{where} of the entry {key} in the mode {mode.name}, as it has images"
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
    for lot in _lots(trial, modes):
        for mode in modes:
            for index, entry in enumerate(lot.entries):
                for item in trial.terms.items(entry, mode):
                    content = item.get(mode.content.wire)
                    if not isinstance(content, str) or not valid(content):
                        where = ".".join(step.wire for step in (*mode.items, mode.content))
                        path = f"$.{trial.terms.feed.entries.wire}[{index}].{where}"
                        raise Violation(expected, _shown(content), [lot.answer], path=path)
                    trial.witness()
    if not trial.witnesses:
        raise Inconclusive("no entry that was looked at has an image")


def _lots(trial: Trial, modes: list[Mode]) -> list[Lot]:
    asks = [ask for format_ in FORMATS for ask in trial.exam.corpus(format_) if ask.mode in modes]
    lots = [trial.lots.lot(ask) for ask in asks]
    if trial.terms.light_mode in modes:
        lots += trial.exam.survey.lots
    return lots


def _is_absolute(text: str) -> bool:
    if any(char.isspace() or ord(char) < 32 for char in text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _shown(content: object) -> str:
    text = repr(content)
    return text if len(text) <= 120 else f"{text[:100]}… ({len(text)} characters)"
