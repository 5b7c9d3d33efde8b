"""Variants in a page: its optional members and the number of its entries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twinwire.ir import Contract
from twinwire_conformance.reference.pipeline import ENCODE, RESULT, WINDOW, Exchange, ServedPage
from twinwire_conformance.reference.variants.variant import REMARKS, Variant, VariantOverride

Result = dict[str, Any]


def _without_token(*, null: bool) -> Callable[[Exchange, Callable[[], bytes]], bytes]:
    def hook(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
        wire_name = x.feed.cursor.member.wire_name
        if x.error is None and not x.page.places and wire_name in x.result:
            del x.result[wire_name]
            if null and not x.is_xml:
                x.result[wire_name] = None
        return proceed()

    return hook


def _bare(x: Exchange, proceed: Callable[[], Result]) -> Result:
    needed = {member.wire_name for member in (*x.feed.success, x.feed.cursor.member)}
    needed |= {member.wire_name for member in x.feed.result.fields if member.required}
    return {wire_name: value for wire_name, value in proceed().items() if wire_name in needed}


def _warns(x: Exchange, proceed: Callable[[], Result]) -> Result:
    assert x.feed.outcome.warnings is not None
    return {**proceed(), x.feed.outcome.warnings.wire_name: ["this API will change", "the catalogue is being moved"]}


def _short(x: Exchange, _proceed: Callable[[], ServedPage]) -> ServedPage:
    return x.cut(x.start(), min(x.parsed_query.limit, max(1, x.feed.limit.maximum // 6)))


def _ragged(x: Exchange, _proceed: Callable[[], ServedPage]) -> ServedPage:
    # Blocks of a log: a page ends at the next multiple of the stride, whatever its start.
    stride = max(2, x.feed.limit.maximum * 2 // 7)
    return x.cut(x.start(), min(x.parsed_query.limit, stride - x.start() % stride))


def _has_optional_token(contract: Contract) -> bool:
    return not contract.feed.cursor.member.required


def _has_warnings(contract: Contract) -> bool:
    return contract.feed.outcome.warnings is not None


VARIANTS = (
    Variant(
        "empty-lot-token-null",
        "the cursor of an empty page is null in JSON",
        override=VariantOverride(ENCODE, _without_token(null=True)),
        condition=_has_optional_token,
    ),
    Variant(
        "empty-lot-token-absent",
        "an empty page has no cursor",
        override=VariantOverride(ENCODE, _without_token(null=False)),
        condition=_has_optional_token,
    ),
    Variant("bare", "a page has only the members that it must have", REMARKS, VariantOverride(RESULT, _bare)),
    Variant("always-warns", "every page carries warnings", override=VariantOverride(RESULT, _warns), condition=_has_warnings),
    Variant(
        "short-lots", "a page never holds more than a sixth of the maximum page size", REMARKS, VariantOverride(WINDOW, _short)
    ),
    Variant("ragged-lots", "a page ends at the end of a block of the log", REMARKS, VariantOverride(WINDOW, _ragged)),
)
