# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Codec of one result type for JSON and XML, driven by one table of fields."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from ._arguments import kind
from ._check import check
from ._fast_json import FastJson
from ._fast_xml import FastXml
from ._json import spell
from ._plain_decoder import PlainDecoder
from ._plan import ResultShape
from ._settings import DecodeSettings, Limits
from ._xml_writer import write
from .errors import DecodeError

R = TypeVar("R")


class Codec(Generic[R]):
    """Decodes and encodes results of one model.

    Absent, null and an empty collection are equivalent, unknown members are ignored, and a repeated member is an error. Types,
    integer bounds and base64 are enforced strictly unless the decode settings relax them. A fast decoder is tried first: it
    returns the same result as the plain decoder or none at all, and errors always come from the plain decoder.
    """

    def __init__(self, model: type[R], shape: ResultShape) -> None:
        self._shape = shape
        self.plain: PlainDecoder[R] = PlainDecoder(model, shape)
        self._fast_json = FastJson(model, shape, self.plain)
        self._fast_xml = FastXml(model, shape, self._fast_json)

    def decode_json(self, data: bytes | str, encoding: str | None, reading: DecodeSettings) -> R:
        """Decode a JSON text.

        Args:
            data: The text, or its bytes.
            encoding: The charset of the Content-Type, None to detect it.
            reading: The decode settings.

        Raises:
            DecodeError: With line and column, or with the member's path.
        """
        _cap(data, reading.limits)
        # The fast decoder returns None for anything unusual; the plain one then decides, and locates the error.
        result = self._fast_json.decode(data, encoding, reading)
        return self.plain.decode_json(data, encoding, reading) if result is None else result

    def decode_xml(self, data: bytes | str, encoding: str | None, reading: DecodeSettings) -> R:
        """Decode an XML document.

        Args:
            data: The document, or its bytes.
            encoding: The charset of the Content-Type, None to detect it.
            reading: The decode settings.

        Raises:
            DecodeError: With line and column, or the member's path, or both.
        """
        _cap(data, reading.limits)
        result = self._fast_xml.decode(data, encoding, reading)
        return self.plain.decode_xml(data, encoding, reading) if result is None else result

    def encode_json(self, result: R, *, verbatim: bool) -> bytes:
        """Encode as JSON in UTF-8. Raises EncodeError for a value that JSON cannot carry."""
        check(result, self._shape, xml=False, verbatim=verbatim)
        if not verbatim:
            return msgspec.json.encode(result)
        return msgspec.json.encode(spell(msgspec.to_builtins(result, builtin_types=(bytes,)), self._shape))

    def encode_xml(self, result: R, *, verbatim: bool) -> bytes:
        """Encode as XML in UTF-8. Raises EncodeError for a value that XML 1.0 cannot carry."""
        check(result, self._shape, xml=True, verbatim=verbatim)
        return write(result, self._shape, verbatim=verbatim)


def _cap(data: bytes | str, limits: Limits) -> None:
    kind("data", data, (bytes, str), "bytes or str")
    if len(data) > limits.max_bytes:
        raise DecodeError(f"the answer has {len(data)} bytes, and max_bytes allows {limits.max_bytes}")
