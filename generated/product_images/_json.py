# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Slow path of the JSON decoder: an untyped tree, brought by the field plan to what a strict conversion takes."""

from __future__ import annotations

import math
from typing import Any, TypeGuard

from ._plan import Member, Shape
from .errors import DecodeError


def tidy(tree: Any, shape: Shape, *, verbatim: bool, path: str = "$") -> Any:
    """Drop null members below a tree, in place, and return it; with ``verbatim``, base64 text becomes its own bytes.

    A value of a wrong type stays, for the conversion names it with its path.
    """
    if _is_object(tree):
        for member in shape.members:
            value = tree.pop(member.wire, None)
            if value is not None:
                tree[member.wire] = _value(value, member, verbatim, f"{path}.{member.wire}")
    return tree


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _value(value: Any, member: Member, verbatim: bool, path: str) -> Any:
    if not member.many:
        return _item(value, member, verbatim, path)
    if _is_list(value):
        return [_item(item, member, verbatim, f"{path}[{index}]") for index, item in enumerate(value)]
    return value


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _item(value: Any, member: Member, verbatim: bool, path: str) -> Any:
    if member.shape is not None:
        return tidy(value, member.shape, verbatim=verbatim, path=path)
    if isinstance(value, float) and math.isinf(value):
        raise DecodeError("Number out of range", path=path)
    if verbatim and member.kind == "binary" and isinstance(value, str):
        return value.encode()
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
