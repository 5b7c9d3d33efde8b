"""Faults in the items of an entry: the items that a mode lists, their positions and their file names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from twinwire.ir import Mode
from twinwire_conformance.reference.faults.plan import (
    FAR,
    all_items,
    entries,
    has_file_names,
    has_other_mode,
    has_positions,
    items,
)
from twinwire_conformance.reference.faults.registry import Condition, fault
from twinwire_conformance.reference.pipeline import RESULT, Exchange

Result = dict[str, Any]
Items = list[dict[str, Any]]


def _is_default(x: Exchange) -> bool:
    return x.feed.modes is not None and x.parsed_query.mode == x.feed.modes.default


def _add_others(x: Exchange, result: Result, chosen: Callable[[Mode], bool]) -> Result:
    for place, entry in zip(x.page.places, entries(x, result), strict=True):
        for mode in x.feed.modes.choices if x.feed.modes else ():
            if mode != x.parsed_query.mode and chosen(mode):
                other = x.contents.entry(place.index, mode)
                entry |= {name: value for name, value in other.items() if name == mode.items[0].wire_name}
    return result


@fault(RESULT, "modes-together", "every mode returns the items of all modes", trips=("IMAGE-05",), needs=has_other_mode)
def _modes_together(x: Exchange, proceed: Callable[[], Result]) -> Result:
    return _add_others(x, proceed(), lambda _mode: True)


@fault(
    RESULT,
    "default-brings-others",
    "the default mode returns the other modes' items too",
    trips=("IMAGE-05",),
    needs=has_other_mode,
)
def _default_brings_others(x: Exchange, proceed: Callable[[], Result]) -> Result:
    return _add_others(x, proceed(), lambda _mode: True) if _is_default(x) else proceed()


@fault(
    RESULT,
    "default-always-brought",
    "other modes return the default mode's items too",
    trips=("IMAGE-05",),
    needs=has_other_mode,
)
def _default_always_brought(x: Exchange, proceed: Callable[[], Result]) -> Result:
    return _add_others(x, proceed(), lambda mode: mode.value is None)


def _both(one: Condition, other: Condition) -> Condition:
    return lambda contract: one(contract) and other(contract)


def _items_fault(name: str, description: str, rule: str, change: Callable[[Exchange, Items], None], needs: Condition) -> None:
    """Register a fault that changes the items of every entry in place."""

    def hook(x: Exchange, proceed: Callable[[], Result]) -> Result:
        result = proceed()
        for entry in entries(x, result):
            change(x, items(x, entry))
        return result

    fault(RESULT, name, description, trips=(rule,), needs=needs)(hook)


def _name_fault(
    name: str, description: str, rule: str, change: Callable[[str], str], where: Callable[[Exchange], bool] = lambda _x: True
) -> None:
    """Register a fault that changes file names. `where` selects the requests."""

    def hook(x: Exchange, proceed: Callable[[], Result]) -> Result:
        result = proceed()
        assert x.feed.modes is not None
        assert x.feed.modes.filename is not None
        for item in all_items(x, result) if where(x) else ():
            item[x.feed.modes.filename] = change(item[x.feed.modes.filename])
        return result

    needs = has_file_names if rule == "IMAGE-08" else _both(has_file_names, has_other_mode)
    fault(RESULT, name, description, trips=(rule,), needs=needs)(hook)


def _other_mode(x: Exchange) -> bool:
    return not _is_default(x)


_name_fault(
    "other-mode-names-quoted", "file names are percent-encoded in all modes but the default", "IMAGE-06", quote, _other_mode
)
_name_fault(
    "other-mode-names-ascii",
    "non-ASCII characters in file names become ? in all modes but the default",
    "IMAGE-06",
    lambda name: name.encode("ascii", "replace").decode(),
    _other_mode,
)
_name_fault(
    "other-mode-far-names",
    "past entry 1000 file names are in upper case in all modes but the default",
    "IMAGE-06",
    str.upper,
    lambda x: _other_mode(x) and x.page.start > FAR,
)


def _lose_last_of_others(x: Exchange, listed: Items) -> None:
    if _other_mode(x) and len(listed) > 1:
        listed.pop()


def _lose_third_of_default(x: Exchange, listed: Items) -> None:
    if _is_default(x):
        del listed[2:]


def _renumber_others(x: Exchange, listed: Items) -> None:
    if _other_mode(x):
        _place(x, listed, range(1, len(listed) + 1))


def _place(x: Exchange, listed: Items, places: range | list[int]) -> None:
    assert x.feed.modes is not None
    assert x.feed.modes.position is not None
    for item, place in zip(listed, places, strict=True):
        item[x.feed.modes.position] = place


_items_fault(
    "other-mode-last-lost",
    "all modes but the default lack the last of several items",
    "IMAGE-06",
    _lose_last_of_others,
    has_other_mode,
)
_items_fault(
    "default-mode-third-lost",
    "the default mode lacks the items after the second",
    "IMAGE-06",
    _lose_third_of_default,
    _both(has_other_mode, lambda contract: has_file_names(contract) or has_positions(contract)),
)
_items_fault(
    "other-mode-renumbered",
    "items are numbered from one in all modes but the default",
    "IMAGE-06",
    _renumber_others,
    _both(has_other_mode, has_positions),
)

_items_fault(
    "places-zero",
    "the position of every item is zero",
    "IMAGE-07",
    lambda x, listed: _place(x, listed, [0] * len(listed)),
    has_positions,
)
_items_fault(
    "places-in-pairs",
    "every two items share a position",
    "IMAGE-07",
    lambda x, listed: _place(x, listed, [1 + index // 2 for index in range(len(listed))]),
    has_positions,
)
_items_fault(
    "places-fall",
    "the positions of an entry's items decrease",
    "IMAGE-07",
    lambda x, listed: _place(x, listed, range(len(listed), 0, -1)),
    has_positions,
)
_items_fault("items-backwards", "items are in reverse order", "IMAGE-07", lambda _x, listed: listed.reverse(), has_positions)

_name_fault("name-empty", "file names are empty", "IMAGE-08", lambda _name: "")
# A client that saves images under these names would write outside its directory.
_name_fault("name-climbs", "file names lead out of their folder", "IMAGE-08", lambda name: f"../{name}")
_name_fault("name-path", "file names are paths on the server", "IMAGE-08", lambda name: f"C:\\images\\{name}")
_name_fault("name-newline", "file names end with a line break", "IMAGE-08", lambda name: f"{name}\n")
_name_fault("name-tab", "file names have a tab", "IMAGE-08", lambda name: name.replace(" ", "\t") + "\t")
# U+0096 is a dash in Windows-1252 that was decoded as Latin-1.
_name_fault("name-control", "file names have control characters beyond ASCII", "IMAGE-08", lambda name: f"{name}\x96")
_name_fault("name-blank", "file names are blank", "IMAGE-08", lambda _name: " ")
