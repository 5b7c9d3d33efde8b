"""The plain decoders: a parser, the field plan, and a strict conversion. Their result is authoritative.

The fast decoders return the same result or leave a document to these, and they leave every error to these.
"""

from __future__ import annotations

import re
from typing import Any, Generic, NoReturn, TypeVar

import msgspec

from ._charset import place, utf8
from ._json import Real, tidy
from ._json_text import check_members, check_repeated, check_surrogates
from ._plan import ResultShape
from ._settings import DecodeSettings
from ._xml_reader import XmlReader
from .errors import DecodeError

R = TypeVar("R")

_PLACED = re.compile(r"(?s)(.*) - at `(.*)`")
_BYTE = re.compile(r" \(byte ([0-9]+)\)\Z")


class PlainDecoder(Generic[R]):
    """Decodes results of one model."""

    def __init__(self, model: type[R], shape: ResultShape) -> None:
        self._model = model
        self._shape = shape
        self._typed = msgspec.json.Decoder(model)
        # Keep the text of a number, so that only known members are checked against the range of a double, as by the typed one.
        self._untyped = msgspec.json.Decoder(float_hook=Real.of)

    def decode_json(self, data: bytes | str, encoding: str | None, reading: DecodeSettings) -> R:
        """Decode a JSON text. Raises DecodeError with line and column, or with the member's path."""
        text = utf8(data, encoding, reading.limits.max_bytes)
        check_members(text, reading.limits)
        if reading.typed:
            try:
                result = self._typed.decode(text)
            except (ValueError, RecursionError):
                # Usually a null in place of a collection, which the tree accepts. It also locates any real error.
                pass
            else:
                check_repeated(text)
                return result
        return self.convert(tidy(self.tree(text), self._shape, reading))

    def tree(self, text: bytes) -> Any:
        """Parse a JSON text in UTF-8 into an untyped tree. Raises DecodeError for malformed JSON or a repeated member."""
        check_surrogates(text)
        tree = self._parsed(text)
        check_repeated(text)
        return tree

    def _parsed(self, text: bytes) -> Any:
        try:
            return self._untyped.decode(text)
        except RecursionError:
            raise DecodeError("no JSON that can be read: it is nested too deep") from None
        except ValueError as error:
            raise DecodeError(f"no JSON that can be read: {_BYTE.sub('', str(error))}", **_place(text, str(error))) from None

    def decode_xml(self, data: bytes | str, encoding: str | None, reading: DecodeSettings) -> R:
        """Decode an XML document. Raises DecodeError with line and column, and the member's path."""
        return self.convert(XmlReader(self._shape, reading).read(data, encoding))

    def convert(self, tree: Any) -> R:
        """Convert a tree with decoded binary members into a result. Raises DecodeError with the path of the wrong member."""
        try:
            return msgspec.convert(tree, self._model, builtin_types=(bytes,))
        except msgspec.ValidationError as error:
            _name(error)


def _place(text: bytes, message: str) -> dict[str, Any]:
    found = _BYTE.search(message)
    if found is not None:
        # For trailing characters, msgspec reports the position after the first of them.
        return place(text, int(found[1]) - ("trailing characters" in message))
    return place(text, len(text)) if "truncated" in message else {}


def _name(error: msgspec.ValidationError) -> NoReturn:
    placed = _PLACED.fullmatch(str(error))
    problem, path = placed.groups() if placed else (str(error), "$")
    raise DecodeError(problem[:300], path=path) from None
