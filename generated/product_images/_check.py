# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Check that a representation can carry a result, before it is encoded."""

from __future__ import annotations

import math
import re
from typing import Any, cast

from ._plan import INT64_MAX, INT64_MIN, Member, ResultShape
from .errors import EncodeError

_SURROGATE = re.compile("[\ud800-\udfff]")
# The complement of XML 1.0, production 2 (Char).
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "uri": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "binary": (bytes,),
}


def check(value: Any, shape: ResultShape, *, xml: bool, verbatim: bool, path: str = "$") -> None:
    """Raise EncodeError, with the member's path, for a value that decoding could not have produced.

    Args:
        value: The model to check.
        shape: Its members.
        xml: Check for XML 1.0 in place of JSON.
        verbatim: Binary values hold base64 text that is not decoded.
        path: The path of the value, for the error.
    """
    for member in shape.members:
        item = getattr(value, member.name, None)
        place = f"{path}.{member.wire}"
        if member.many:
            if not isinstance(item, tuple | list):
                raise EncodeError(f"expected a tuple, got {_noun(item)}", path=place)
            for index, each in enumerate(cast("tuple[Any, ...]", item)):
                _one(each, member, xml, verbatim, f"{place}[{index}]")
        elif item is not None or (member.required and not member.nullable):
            _one(item, member, xml, verbatim, place)


def _one(value: Any, member: Member, xml: bool, verbatim: bool, path: str) -> None:
    if member.shape is not None:
        if value is None or isinstance(value, str | bytes | int | float | tuple | list | dict):
            raise EncodeError(f"expected an object, got {_noun(value)}", path=path)
        check(value, member.shape, xml=xml, verbatim=verbatim, path=path)
        return
    # bool is a subclass of int, but no representation accepts it as a number.
    if not isinstance(value, _TYPES[member.kind]) or (isinstance(value, bool) and member.kind != "boolean"):
        raise EncodeError(f"expected {member.kind}, got {_noun(value)}", path=path)
    if member.choices and value not in member.choices:
        raise EncodeError(f"expected one of {', '.join(map(repr, member.choices))}, got {value!r:.60}", path=path)
    if isinstance(value, str | bytes):
        _text(_spelling(value, member, verbatim, path), xml, path)
    elif isinstance(value, int | float):
        _number(value, member, path)


def _number(value: float, member: Member, path: str) -> None:
    if not math.isfinite(value):
        raise EncodeError(f"{value} cannot be written", path=path)
    if member.kind == "integer":
        low = INT64_MIN if member.minimum is None else member.minimum
        high = INT64_MAX if member.maximum is None else member.maximum
        if not low <= value <= high:
            raise EncodeError(f"expected an integer from {low} to {high}", path=path)


def _spelling(value: str | bytes, member: Member, verbatim: bool, path: str) -> str:
    if isinstance(value, str):
        return value
    if not verbatim:
        return ""
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise EncodeError(f"{member.wire} is no text, so it is not verbatim base64", path=path) from None


def _text(text: str, xml: bool, path: str) -> None:
    found = (_NOT_XML if xml else _SURROGATE).search(text)
    if found:
        carrier = "XML 1.0" if xml else "JSON in UTF-8"
        raise EncodeError(f"{carrier} cannot carry U+{ord(found[0]):04X}, character {found.start()} of the text", path=path)


def _noun(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__
