"""JSON: from a body to its canonical value."""

from __future__ import annotations

import json
from typing import Any

from twinwire.ir import Kind
from twinwire_conformance.reading.plan import Plan, Slot
from twinwire_conformance.reading.values import shown
from twinwire_conformance.reading.words import MAX_DEPTH, Unreadable, decode


def read(plan: Plan, body: bytes, charset: str | None) -> tuple[dict[str, Any], bool]:
    """Return the canonical value of a body, and whether it holds what the plan does not know. Raises Unreadable."""
    reader = _Reader()
    raw = parse(body, charset)
    try:
        return reader.model(plan, raw), reader.odd
    except RecursionError as error:
        raise Unreadable("the JSON is nested too deep") from error


def parse(body: bytes, charset: str | None) -> dict[str, Any]:
    """Return the object that a body is. Raises Unreadable."""
    text = decode(body, charset or "utf-8")
    try:
        raw = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except RecursionError as error:
        raise Unreadable("the JSON is nested too deep") from error
    except ValueError as error:
        raise Unreadable(f"not JSON: {error}") from error
    if "\\u" in text and "\\ud" in text.lower():
        _refuse_half_characters(raw)
    if not isinstance(raw, dict):
        raise Unreadable(f"not a JSON object but {shown(raw)}")
    return raw


class _Reader:
    """Reads one body; a large lot has thousands of members, so each is looked at once."""

    def __init__(self) -> None:
        self.odd = False

    def model(self, plan: Plan, raw: Any) -> Any:
        if raw.__class__ is not dict:
            _refuse_depth(raw)
            return raw
        value: dict[str, Any] = {}
        seen = 0
        for slot in plan.slots:
            name = slot.wire
            item = raw.get(name)
            if item is None:
                seen += name in raw
                continue
            seen += 1
            kind = item.__class__
            if kind is list or kind is dict:
                item = self._inner(slot, item)
                if not item:
                    continue
            elif kind is int and slot.kind is Kind.NUMBER:
                item = _floats(item)
            value[name] = item
        if seen < len(raw):
            self.odd = True
        return value

    def _inner(self, slot: Slot, item: Any) -> Any:
        plan = slot.plan
        if plan is None:
            _refuse_depth(item)
            return _floats(item) if slot.kind is Kind.NUMBER else item
        if slot.many and item.__class__ is list:
            return [self.model(plan, part) for part in item]
        return self.model(plan, item)


def _refuse_depth(item: Any, depth: int = 0) -> None:
    # What stands in place of a scalar is kept as it came, and nobody after this one counts on its having a bottom.
    if depth > MAX_DEPTH:
        raise Unreadable(f"the JSON is nested more than {MAX_DEPTH} deep")
    if isinstance(item, (list, dict)):
        for part in item.values() if isinstance(item, dict) else item:
            _refuse_depth(part, depth + 1)


def _floats(item: Any) -> Any:
    if isinstance(item, list):
        return [_floats(part) for part in item]
    try:
        return float(item) if type(item) is int else item
    except OverflowError as error:
        raise Unreadable(f"not JSON that can be read: the number {str(item)[:20]}... is too large") from error


def _refuse_half_characters(raw: Any) -> None:
    try:
        json.dumps(raw, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        code = ord(error.object[error.start])
        raise Unreadable(f"half a character: U+{code:04X} stands alone, which is no Unicode text") from error


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"the number {text} is too large")
    return value
