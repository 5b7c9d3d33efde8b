# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Conversion of untyped JSON trees, by the field plan, into the form that a strict conversion accepts, and back."""

from __future__ import annotations

import math
import re
from typing import Any, TypeGuard

from ._base64 import NO_BASE64
from ._plan import Member, ResultShape
from ._settings import DecodeSettings, below
from .errors import DecodeError

_NUMBER = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")


# The number of digits of the largest 64-bit integer.
_DIGITS = 19


class Real(float):
    """A JSON number with a fraction or an exponent, with its source text, which may denote an exact integer."""

    __slots__ = ("text",)
    text: str

    @classmethod
    def of(cls, text: str) -> Real:
        """Parse a number and keep its text."""
        number = cls(text)
        number.text = text
        return number

    def integer(self) -> int | None:
        """Return the exact 64-bit integer that the text denotes, such as 2 for ``20e-1``; None when there is none."""
        # Exact, without a float: 12.50e2 -> digits "125", 1 zero dropped, shift 2 - 2 + 1 = 1 -> 125 * 10**1 = 1250.
        found = _NUMBER.fullmatch(self.text)
        if found is None:
            return None
        sign, whole, fraction, exponent = found[1], found[2], found[3] or "", found[4] or "0"
        digits = (whole + fraction).rstrip("0")
        zeros = len(whole + fraction) - len(digits)
        digits = digits.lstrip("0")
        if not digits:
            return 0
        # Bound the exponent before int(): "1e999999999" must not build an integer of a billion digits.
        if len(digits) > _DIGITS or len(exponent) > _DIGITS:
            return None
        shift = int(exponent) - len(fraction) + zeros
        if not 0 <= shift <= _DIGITS - len(digits):
            return None
        value: int = int(digits) * 10**shift
        return -value if sign else value


def tidy(tree: Any, shape: ResultShape, reading: DecodeSettings, path: str = "$") -> Any:
    """Drop null members of a tree, except required nullable ones, and decode base64, in place.

    A value of a wrong type stays unchanged, because the conversion reports it with its path.

    Args:
        tree: The value to change.
        shape: The members expected in it.
        reading: The decode settings.
        path: The path of the value, for errors.

    Returns:
        The same tree.

    Raises:
        DecodeError: A binary member is not base64.
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


def _tell(tree: dict[str, Any], shape: ResultShape, reading: DecodeSettings, path: str) -> None:
    known = {member.wire for member in shape.members}
    for name in tree:
        if name not in known and reading.on_unknown is not None:
            reading.on_unknown(below(path, name))


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _value(value: Any, member: Member, reading: DecodeSettings, path: str) -> Any:
    if not member.many:
        return _item(value, member, reading, path)
    if _is_list(value):
        return [_item(item, member, reading, f"{path}[{index}]") for index, item in enumerate(value)]
    return value


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _item(value: Any, member: Member, reading: DecodeSettings, path: str) -> Any:
    if isinstance(value, Real):
        integer = value.integer() if member.kind == "integer" else None
        if integer is None and math.isinf(value):
            raise DecodeError("Number out of range", path=path)
        return float(value) if integer is None else integer
    if member.shape is not None:
        return tidy(value, member.shape, reading, path)
    if member.kind == "binary" and isinstance(value, str):
        try:
            return reading.base64(value)
        except ValueError:
            raise DecodeError(NO_BASE64, path=path) from None
    return value


def spell(tree: Any, shape: ResultShape) -> Any:
    """Undo ``verbatim`` in place: turn the bytes of base64 members back into text, in a tree of plain values."""
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
