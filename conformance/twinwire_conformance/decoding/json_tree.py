"""The native tree of a JSON body, without the members that the contract does not define, and their paths."""

from __future__ import annotations

from itertools import islice
from typing import Any

from twinwire.ir import Kind
from twinwire_conformance.decoding.json_text import MAX_SHOWN, parse
from twinwire_conformance.decoding.numbers import as_double
from twinwire_conformance.decoding.plan import MAX_UNKNOWN, Plan


def known(plan: Plan, body: bytes, charset: str | None) -> tuple[Any, tuple[str, ...]]:
    """Return a JSON object without unknown members, and the paths of those.

    Args:
        plan: The plan of the result.
        body: The bytes of the body.
        charset: The charset of the Content-Type; None when the header names none.

    Raises:
        Undecodable: The body is not a JSON object in its charset.
    """
    unknown: list[str] = []
    return _model(plan, parse(body, charset), "$", unknown), tuple(unknown)


def _model(plan: Plan, raw: Any, path: str, unknown: list[str]) -> Any:
    if not isinstance(raw, dict):
        return raw
    if len(unknown) < MAX_UNKNOWN:
        unknown += islice((f"{path}.{name[:MAX_SHOWN]}" for name in raw if name not in plan.members), MAX_UNKNOWN)
    found: dict[str, Any] = {}
    for name, value in raw.items():
        slot = plan.members.get(name)
        if slot is None:
            continue
        where = f"{path}.{name}"
        if slot.plan is None:
            found[name] = as_double(value) if slot.kind is Kind.NUMBER else value
        elif slot.many and isinstance(value, list):
            found[name] = [_model(slot.plan, item, f"{where}[{index}]", unknown) for index, item in enumerate(value)]
        else:
            found[name] = _model(slot.plan, value, where, unknown)
    return found
