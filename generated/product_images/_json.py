# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""The untyped tree of a JSON text, brought by the field plan to what a strict conversion takes; and back."""

from __future__ import annotations

import math
import re
from itertools import islice
from typing import Any, TypeGuard

from ._base64 import NO_BASE64
from ._plan import Member, Shape
from ._reading import Reading, below
from .errors import DecodeError

# The next comma or opening bracket that is in no string. It matches wherever it is begun, so that it is never begun twice at
# one place: a string that does not end reaches to the end.
_MEMBER = re.compile(rb'(?s)(?:[^",\[{]++|"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z))*+(?:[,\[{]|\Z)')


def has_more_members(text: bytes, limit: int) -> bool:
    """Whether a JSON text has more members and items than a limit; an empty collection counts as one."""
    # Each of them has a separator and itself.
    if len(text) <= 2 * limit or sum(map(text.count, (b",", b"[", b"{"))) <= limit:
        return False
    found = next(islice(_MEMBER.finditer(text), limit, None), None)
    # The last one may have reached the end instead.
    return found is not None and found.end() > found.start() and text[found.end() - 1] in b",[{"


def tidy(tree: Any, shape: Shape, reading: Reading, path: str = "$") -> Any:
    """Drop null members below a tree, but for those that are required to be there, and decode base64, in place.

    Returns the tree; DecodeError when the text is not base64.

    A value of a wrong type stays, for the conversion names it with its path.
    """
    if _is_object(tree):
        if reading.on_unknown is not None:
            _tell(tree, shape, reading, path)
        for member in shape.members:
            present = member.wire in tree
            value = tree.pop(member.wire, None)
            if value is None and present and member.nullable:
                tree[member.wire] = [] if member.many else None
            elif value is not None:
                tree[member.wire] = _value(value, member, reading, f"{path}.{member.wire}")
    return tree


def _tell(tree: dict[str, Any], shape: Shape, reading: Reading, path: str) -> None:
    known = {member.wire for member in shape.members}
    for name in tree:
        if name not in known and reading.on_unknown is not None:
            reading.on_unknown(below(path, name))


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _value(value: Any, member: Member, reading: Reading, path: str) -> Any:
    if not member.many:
        return _item(value, member, reading, path)
    if _is_list(value):
        return [_item(item, member, reading, f"{path}[{index}]") for index, item in enumerate(value)]
    return value


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _item(value: Any, member: Member, reading: Reading, path: str) -> Any:
    if member.shape is not None:
        return tidy(value, member.shape, reading, path)
    if isinstance(value, float) and math.isinf(value):
        raise DecodeError("Number out of range", path=path)
    if member.kind == "binary" and isinstance(value, str):
        try:
            return reading.base64(value)
        except ValueError:
            raise DecodeError(NO_BASE64, path=path) from None
    return value


def spell(tree: Any, shape: Shape) -> Any:
    """Undo ``verbatim``: the bytes of base64 members, in a tree of plain values, become their text again, in place."""
    for member in shape.members:
        value = tree.get(member.wire)
        if value is None:
            continue
        if member.many:
            tree[member.wire] = [_spelt(item, member) for item in value]
        else:
            tree[member.wire] = _spelt(value, member)
    return tree


def _spelt(value: Any, member: Member) -> Any:
    if member.shape is not None:
        return spell(value, member.shape)
    return value.decode() if member.kind == "binary" else value
