# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""The fast JSON decoder: extract long base64, decode the skeleton, and put the values into their places.

The typed decoder rejects null in place of a collection, but many servers write it for an empty one. The null is then replaced
by ``[]`` in the text, which is faster than decoding the whole document through an untyped tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain
from operator import attrgetter
from typing import Any, Generic, TypeAlias, TypeVar, cast

import msgspec

from ._base64 import NO_BASE64, Base64
from ._base64_extraction import ExtractedBase64, lift
from ._charset import as_utf8, check_utf8
from ._json import tidy
from ._json_text import check_members, check_repeated, commas, has_more_commas, has_no_repeated
from ._plain_decoder import PlainDecoder
from ._plan import ResultShape
from ._settings import DecodeSettings
from .errors import DecodeError

R = TypeVar("R")

_STEP = 64 * 1024

Values: TypeAlias = dict[bytes, bytes]
Fill: TypeAlias = Callable[[Iterable[Any], Values], None]
"""Function that replaces placeholders by their values in objects of one model."""


class FastJson(Generic[R]):
    """Decodes results exactly as ``PlainDecoder`` does, or not at all."""

    def __init__(self, model: type[R], shape: ResultShape, plain: PlainDecoder[R]) -> None:
        self._shape = shape
        self._plain = plain
        self._typed = msgspec.json.Decoder(model)
        self._fill = _filler(shape)
        self._commas = commas(shape)
        self._collections = [msgspec.json.encode(wire) for wire in sorted(_collections(shape))]

    def decode(self, data: bytes | str, encoding: str | None, reading: DecodeSettings) -> R | None:
        """Return a result, or None to leave the document to the plain decoder."""
        if not reading.lifts:
            return None
        try:
            text, start = as_utf8(data, encoding, reading.limits.max_bytes)
            marks = ((b'"', b'"'),) if self._fill is not None else ()
            lifted = lift(text, start, marks, lambda value: _escaped(value, reading.base64)) or ExtractedBase64(text[start:])
            check_members(lifted.skeleton, reading.limits)
            result = self._decode_with_nulls(lifted) if reading.typed else None
            if result is not None and self._is_all(lifted.skeleton, result):
                # The result accounts for the whole text: the decoder skipped nothing, so it has validated the UTF-8 as well.
                return result
            check_utf8(lifted.skeleton)
            if result is not None and not has_no_repeated(lifted.skeleton):
                check_repeated(lifted.skeleton)
            return self._decode_tree(lifted, reading) if result is None and lifted.values else result
        except DecodeError:
            return None

    def _is_all(self, text: bytes, result: R) -> bool:
        return any(not has_more_commas(text, self._commas([result], brief)) for brief in (True, False))

    def _decode_with_nulls(self, lifted: ExtractedBase64) -> R | None:
        text = lifted.skeleton
        for _ in range(2):
            try:
                return self.decode_typed(text, lifted)
            except (ValueError, RecursionError):
                if b"null" not in text:
                    break
                text = self._without_nulls(text)
        return None

    def _without_nulls(self, text: bytes) -> bytes:
        # `"name":null` cannot occur inside a string, because its quotes would be escaped there. If the name belongs to a member
        # that is not a collection, [] is ignored like null, or the decoder rejects it and the plain decoder decides.
        for name in self._collections:
            text = text.replace(name + b":null", name + b":[]").replace(name + b": null", name + b": []")
        return text

    def decode_typed(self, text: bytes, lifted: ExtractedBase64) -> R | None:
        """Decode a JSON text with placeholders; None when one of them is not a complete binary member.

        Raises:
            ValueError: The text is not a result.
            RecursionError: The text is nested too deeply.
        """
        result = self._typed.decode(text)
        if not lifted.values or self._fill is None:
            return result
        values = lifted.by_content()
        self._fill((result,), values)
        return None if values else result

    def _decode_tree(self, lifted: ExtractedBase64, reading: DecodeSettings) -> R | None:
        values = lifted.by_text()
        taking = DecodeSettings(lambda text: _take(text, values, reading.base64), reading.limits)
        result = self._plain.convert(tidy(self._plain.tree(lifted.skeleton), self._shape, taking))
        return None if values else result


def _escaped(value: memoryview, base64: Base64) -> bytes:
    # Many servers (PHP) escape a slash as \/, and some (.NET) a plus as \u002B, so unescape and try again.
    # Check for ASCII first, in steps: one other character would make the string use up to four bytes for each character.
    if not all(bytes(value[begin : begin + _STEP]).isascii() for begin in range(0, len(value), _STEP)):
        raise ValueError(NO_BASE64)
    return base64(msgspec.json.decode(b'"%b"' % bytes(value), type=str))


def _take(text: str | bytes | memoryview, values: dict[str, bytes], base64: Base64) -> bytes:
    value = values.pop(text, None) if isinstance(text, str) else None
    return base64(text) if value is None else value


def _collections(shape: ResultShape) -> set[str]:
    inner = (_collections(member.shape) for member in shape.members if member.shape is not None)
    return {member.wire for member in shape.members if member.many}.union(*inner)


def _filler(shape: ResultShape) -> Fill | None:
    steps = [
        (member.name, member.many, None if member.shape is None else _filler(member.shape))
        for member in shape.members
        if member.kind == "binary" or (member.shape is not None and _filler(member.shape) is not None)
    ]
    if not steps:
        return None

    def fill(items: Iterable[Any], values: Values) -> None:
        held = list(items) if len(steps) > 1 else items
        for name, many, inner in steps:
            get = attrgetter(name)
            if inner is None:
                _fill_binary(held, name, values)
            elif many:
                inner(chain.from_iterable(map(get, held)), values)
            else:
                inner((item for item in map(get, held) if item is not None), values)

    return fill


def _fill_binary(items: Iterable[Any], name: str, values: Values) -> None:
    change, pop = msgspec.structs.force_setattr, values.pop
    for item in items:
        held = getattr(item, name)
        value = pop(held, None)
        if value is not None:
            change(item, name, value)
        elif isinstance(held, tuple):
            change(item, name, tuple(pop(each, each) for each in cast("tuple[bytes, ...]", held)))
