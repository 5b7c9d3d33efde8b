# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Both representations of one result, over one field plan."""

from __future__ import annotations

import re
from typing import Any, Generic, NoReturn, TypeVar

import msgspec

from ._charset import utf8
from ._check import check
from ._json import spell, tidy
from ._plan import Shape
from ._xml_reader import XmlReader
from ._xml_writer import write
from .errors import DecodeError

R = TypeVar("R")

MAX_BYTES = 512 * 1024 * 1024
MAX_DEPTH = 64

_PLACED = re.compile(r"(?s)(.*) - at `(.*)`")


class Codec(Generic[R]):
    """Decodes and encodes results of one model.

    Absent, null and an empty collection are the same thing, and unknown members are ignored. Types, the bounds of integers
    and base64 (RFC 4648 section 4) are enforced strictly; with ``verbatim``, base64 text stays as its own bytes.
    """

    def __init__(self, model: type[R], shape: Shape) -> None:
        self._model = model
        self._shape = shape
        self._typed = msgspec.json.Decoder(model)
        # Only what is known is held to the range of a double, as the typed decoder does.
        self._untyped = msgspec.json.Decoder(float_hook=float)

    def decode_json(self, data: bytes | str, encoding: str | None, *, verbatim: bool, max_bytes: int) -> R:
        """Decode a JSON text; DecodeError with the member's path."""
        _cap(data, max_bytes)
        text = utf8(data, encoding)
        if not verbatim:
            try:
                return self._typed.decode(text)
            except (ValueError, RecursionError):
                # Most often a null collection; what else it was, the slow path finds and names.
                pass
        try:
            tree = self._untyped.decode(text)
        except RecursionError:
            raise DecodeError("no JSON that can be read: it is nested too deep") from None
        except ValueError as error:
            raise DecodeError(f"no JSON that can be read: {error}") from None
        return self._convert(tidy(tree, self._shape, verbatim=verbatim), verbatim)

    def decode_xml(self, data: bytes | str, encoding: str | None, *, verbatim: bool, max_bytes: int, max_depth: int) -> R:
        """Decode an XML document; DecodeError with line and column, or the member's path."""
        _cap(data, max_bytes)
        reader = XmlReader(self._shape, verbatim=verbatim, max_depth=max_depth)
        return self._convert(reader.read(data, encoding), verbatim)

    def encode_json(self, result: R, *, verbatim: bool) -> bytes:
        """Encode as JSON in UTF-8; EncodeError for what JSON cannot carry."""
        check(result, self._shape, xml=False, verbatim=verbatim)
        if not verbatim:
            return msgspec.json.encode(result)
        return msgspec.json.encode(spell(msgspec.to_builtins(result, builtin_types=(bytes,)), self._shape))

    def encode_xml(self, result: R, *, verbatim: bool) -> bytes:
        """Encode as XML in UTF-8; EncodeError for what XML 1.0 cannot carry."""
        check(result, self._shape, xml=True, verbatim=verbatim)
        return write(result, self._shape, verbatim=verbatim)

    def _convert(self, tree: Any, verbatim: bool) -> R:
        try:
            return msgspec.convert(tree, self._model, builtin_types=(bytes,) if verbatim else None)
        except msgspec.ValidationError as error:
            _name(error)


def _name(error: msgspec.ValidationError) -> NoReturn:
    placed = _PLACED.fullmatch(str(error))
    problem, path = placed.groups() if placed else (str(error), "$")
    raise DecodeError(problem[:300], path=path) from None


def _cap(data: bytes | str, max_bytes: int) -> None:
    if len(data) > max_bytes:
        raise DecodeError(f"the answer has {len(data)} bytes, and max_bytes allows {max_bytes}")
