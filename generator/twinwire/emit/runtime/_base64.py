"""The three base64 decoders, strict, lenient and verbatim, shared by JSON and XML."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pybase64

Base64: TypeAlias = Callable[["str | bytes | memoryview"], bytes]
"""Function that decodes the text of a binary member; raises ValueError when it is not base64."""

NO_BASE64 = "Invalid base64 encoded string"

_WRAPPING = b" \t\r\n"


def strict(text: str | bytes | memoryview) -> bytes:
    """Decode base64 of RFC 4648 section 4: its alphabet, padded, in one line. Raises ValueError for anything else.

    Unused bits of the last character are ignored, which section 3.5 permits; every decoder here does so.
    """
    # The pure-Python fallback of pybase64 accepts lengths that are not a multiple of four.
    if len(text) % 4:
        raise ValueError("no multiple of four characters")
    return pybase64.b64decode(text, None, True)


def lenient(text: str | bytes | memoryview) -> bytes:
    """Decode base64 that may be wrapped in lines, indented or unpadded; otherwise as strict as ``strict``."""
    try:
        return strict(text)
    except ValueError:
        raw = text.encode() if isinstance(text, str) else bytes(text)
        words = raw.translate(None, _WRAPPING)
        return strict(words + b"=" * (-len(words) % 4))


def verbatim(text: str | bytes | memoryview) -> bytes:
    """Return the bytes of the text itself, without decoding."""
    return text.encode() if isinstance(text, str) else bytes(text)
