"""Ways to fill a lot: which members are there, how many entries it holds, and what their texts are."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

from twinwire.ir import Contract, Field, Kind, Model, ModelRef, Scalar
from twinwire_conformance.reference.faults.plan import entries, has_modes, has_strings, items
from twinwire_conformance.reference.pipeline import ENCODE, RESULT, WINDOW, Exchange, Lot
from twinwire_conformance.reference.variants.variant import GREEN_OR_OPEN, OPEN, REMARKS, Habit, Variant

Result = dict[str, Any]

# No control characters and no path separators: what the contract has against a file name is none of these.
_WILD = (
    "&amp;lt;b&gt; <!--x--> ]]>",
    "<![CDATA[x]]> <?php ?>",
    "e\u0301 vs \u00e9",
    "\u202bעברית\u202c العربية",
    "family \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\ufefflost mark",
    "line\u2028separator",
    "private \ue000 \U0010fffd",
    "{{7*7}} ${x} %s '\"` ;--",
    " spaces  kept ",
    "\ufffd replaced",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 ﬁ ﷺ",
)


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


def _without_items(keep: Callable[[int], bool]) -> Callable[[Exchange, Callable[[], Result]], Result]:
    def hook(x: Exchange, proceed: Callable[[], Result]) -> Result:
        result = proceed()
        assert x.ask.mode is not None
        for place, entry in zip(x.lot.places, entries(x, result), strict=True):
            if keep(place.index):
                continue
            if x.ask.mode.items[0].required:
                items(x, entry).clear()
            else:
                entry.pop(x.ask.mode.items[0].wire, None)
        return result

    return hook


def _wild_names(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    for entry in entries(x, result):
        _rename(x, x.feed.entry, entry)
    return result


def _rename(x: Exchange, model: Model, value: Result) -> None:
    for member in model.fields:
        inner = value.get(member.wire)
        if inner is None or member is x.feed.key:
            continue
        if isinstance(member.type, ModelRef):
            for each in inner if member.many else [inner]:
                _rename(x, x.contract.model(member.type), each)
        elif _is_free(member):
            value[member.wire] = [_wild(member, each) for each in inner] if member.many else _wild(member, inner)


def _is_free(member: Field) -> bool:
    scalar = member.type
    return isinstance(scalar, Scalar) and scalar.kind is Kind.STRING and not scalar.enum and scalar.pattern is None


def _wild(member: Field, text: str) -> str:
    assert isinstance(member.type, Scalar)
    wild = f"{_WILD[zlib.crc32(text.encode()) % len(_WILD)]} {text}"
    return wild[: member.type.max_length]


def _short(x: Exchange, _proceed: Callable[[], Lot]) -> Lot:
    return x.cut(x.start(), min(x.ask.limit, max(1, x.feed.limit.maximum // 6)))


def _ragged(x: Exchange, _proceed: Callable[[], Lot]) -> Lot:
    stride = max(2, x.feed.limit.maximum * 2 // 7)
    return x.cut(x.start(), min(x.ask.limit, stride - x.start() % stride))


def _has_optional_token(contract: Contract) -> bool:
    return not contract.feed.cursor.member.required


def _has_warnings(contract: Contract) -> bool:
    return contract.feed.outcome.warnings is not None


VARIANTS = (
    Variant(
        "empty-lot-token-null",
        "the token of an empty lot is null in JSON",
        habit=Habit(ENCODE, _without_token(null=True)),
        condition=_has_optional_token,
    ),
    Variant(
        "empty-lot-token-absent",
        "an empty lot has no token",
        habit=Habit(ENCODE, _without_token(null=False)),
        condition=_has_optional_token,
    ),
    Variant("bare", "a lot has nothing that it need not have", REMARKS, Habit(RESULT, _bare)),
    Variant("always-warns", "every lot carries warnings", habit=Habit(RESULT, _warns), condition=_has_warnings),
    Variant("no-items", "no entry has items", OPEN, Habit(RESULT, _without_items(lambda _index: False)), condition=has_modes),
    Variant(
        "few-items",
        "one entry in forty has items",
        GREEN_OR_OPEN,
        Habit(RESULT, _without_items(lambda index: index % 40 == 7)),
        condition=has_modes,
    ),
    Variant(
        "wild-names", "texts hold markup and every kind of Unicode", habit=Habit(RESULT, _wild_names), condition=has_strings
    ),
    Variant("short-lots", "a lot never holds more than a sixth of what may be asked for", habit=Habit(WINDOW, _short)),
    Variant("ragged-lots", "a lot ends where a block of the log does", habit=Habit(WINDOW, _ragged)),
)
