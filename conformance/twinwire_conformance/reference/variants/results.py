"""Variants in a page: its optional members and the number of its entries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twinwire.ir import Contract
from twinwire_conformance.reference.pipeline import ENCODE, RESULT, WINDOW, Exchange, Lot
from twinwire_conformance.reference.variants.variant import REMARKS, Habit, Variant

Result = dict[str, Any]


def _without_token(*, null: bool) -> Callable[[Exchange, Callable[[], bytes]], bytes]:
    def hook(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
        wire = x.feed.cursor.member.wire
        if x.error is None and not x.lot.places and wire in x.result:
            del x.result[wire]
            if null and not x.is_xml:
                x.result[wire] = None
        return proceed()

    return hook


def _bare(x: Exchange, proceed: Callable[[], Result]) -> Result:
    needed = {member.wire for member in (*x.feed.success, x.feed.cursor.member)}
    needed |= {member.wire for member in x.feed.result.fields if member.required}
    return {wire: value for wire, value in proceed().items() if wire in needed}


def _warns(x: Exchange, proceed: Callable[[], Result]) -> Result:
    assert x.feed.outcome.warnings is not None
    return {**proceed(), x.feed.outcome.warnings.wire: ["this API will change", "the catalogue is being moved"]}


def _short(x: Exchange, _proceed: Callable[[], Lot]) -> Lot:
    return x.cut(x.start(), min(x.ask.limit, max(1, x.feed.limit.maximum // 6)))


def _ragged(x: Exchange, _proceed: Callable[[], Lot]) -> Lot:
    # Blocks of a log: a page ends at the next multiple of the stride, whatever its start.
    stride = max(2, x.feed.limit.maximum * 2 // 7)
    return x.cut(x.start(), min(x.ask.limit, stride - x.start() % stride))


def _has_optional_token(contract: Contract) -> bool:
    return not contract.feed.cursor.member.required


def _has_warnings(contract: Contract) -> bool:
    return contract.feed.outcome.warnings is not None


VARIANTS = (
    Variant(
        "empty-lot-token-null",
        "the cursor of an empty page is null in JSON",
        habit=Habit(ENCODE, _without_token(null=True)),
        condition=_has_optional_token,
    ),
    Variant(
        "empty-lot-token-absent",
        "an empty page has no cursor",
        habit=Habit(ENCODE, _without_token(null=False)),
        condition=_has_optional_token,
    ),
    Variant("bare", "a page has only the members that it must have", REMARKS, Habit(RESULT, _bare)),
    Variant("always-warns", "every page carries warnings", habit=Habit(RESULT, _warns), condition=_has_warnings),
    Variant("short-lots", "a page never holds more than a sixth of the maximum page size", REMARKS, Habit(WINDOW, _short)),
    Variant("ragged-lots", "a page ends at the end of a block of the log", REMARKS, Habit(WINDOW, _ragged)),
)
