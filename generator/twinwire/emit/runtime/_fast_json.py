"""The fast way of the JSON decoder: long base64 lifted out, the skeleton decoded, and the values put into their places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec

from ._base64 import Base64
from ._charset import as_utf8, check_utf8
from ._json import tidy
from ._lift import Lifted, lift
from ._plain import Plain, check_members
from ._plan import Shape
from ._reading import Reading
from .errors import DecodeError

R = TypeVar("R")

Values: TypeAlias = dict[bytes, bytes]
Fill: TypeAlias = Callable[[Any, Values], None]
"""Moves values into an object, each to where its placeholder is."""


class FastJson(Generic[R]):
    """Decodes results that hold long base64, as ``Plain`` does or not at all."""

    def __init__(self, model: type[R], shape: Shape, plain: Plain[R]) -> None:
        self._shape = shape
        self._plain = plain
        self._typed = msgspec.json.Decoder(model)
        self._fill = _filler(shape)

    def decode(self, data: bytes | str, encoding: str | None, reading: Reading) -> R | None:
        """Return a result, or None for what is not known to be one."""
        if self._fill is None or not reading.lifts:
            return None
        try:
            text, start = as_utf8(data, encoding)
            lifted = lift(text, start, ((b'"', b'"'),), lambda value: _string(value, reading.base64))
            if lifted is None:
                return None
            check_utf8(lifted.skeleton)
            check_members(lifted.skeleton, reading.limits)
            return self._decode_typed(lifted, self._fill) if reading.typed else self._decode_tree(lifted, reading)
        except DecodeError:
            return None

    def _decode_typed(self, lifted: Lifted, fill: Fill) -> R | None:
        try:
            result = self._typed.decode(lifted.skeleton)
        except (ValueError, RecursionError):
            return self._decode_tree(lifted, Reading())
        values = lifted.by_content()
        fill(result, values)
        return None if values else result

    def _decode_tree(self, lifted: Lifted, reading: Reading) -> R | None:
        values = lifted.by_text()
        taking = Reading(lambda text: _take(text, values, reading.base64), reading.limits)
        result = self._plain.convert(tidy(self._plain.tree(lifted.skeleton), self._shape, taking))
        return None if values else result


def _string(value: memoryview, base64: Base64) -> bytes:
    try:
        return base64(value)
    except ValueError:
        # Many a server writes a slash as \/, and some a plus as \u002B.
        return base64(msgspec.json.decode(b'"%b"' % value, type=str))


def _take(text: str | bytes | memoryview, values: dict[str, bytes], base64: Base64) -> bytes:
    value = values.pop(text, None) if isinstance(text, str) else None
    return base64(text) if value is None else value


def _filler(shape: Shape) -> Fill | None:
    steps = [
        (member.name, member.many, _filler(member.shape) if member.shape is not None else None)
        for member in shape.members
        if member.kind in ("binary", "model")
    ]
    binary = {member.name for member in shape.members if member.kind == "binary"}
    steps = [(name, many, fill) for name, many, fill in steps if fill is not None or name in binary]
    if not steps:
        return None

    def fill(item: Any, values: Values) -> None:
        for name, many, inner in steps:
            held = getattr(item, name)
            if inner is None:
                _fill_binary(item, name, held, values)
            elif many:
                for each in held:
                    inner(each, values)
            elif held is not None:
                inner(held, values)

    return fill


def _fill_binary(item: Any, name: str, held: Any, values: Values) -> None:
    if isinstance(held, tuple):
        msgspec.structs.force_setattr(item, name, tuple(values.pop(each, each) for each in held))
    elif held in values:
        msgspec.structs.force_setattr(item, name, values.pop(held))
