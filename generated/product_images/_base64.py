# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Base64 as text of either representation: three ways to read it, all the same in JSON and XML."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pybase64

Base64: TypeAlias = Callable[["str | bytes | memoryview"], bytes]
"""From the text of a binary member to its bytes; ValueError when it is none."""

NO_BASE64 = "Invalid base64 encoded string"

_WRAPPING = b" \t\r\n"


def strict(text: str | bytes | memoryview) -> bytes:
    """Decode base64 of RFC 4648 section 4: its alphabet, padded, in one line.

    Bits that the last character has to spare are ignored, as section 3.5 leaves open; every decoder here does so.
    """
    # pybase64 without its extension takes more than a multiple of four.
    if len(text) % 4:
        raise ValueError("no multiple of four characters")
    return pybase64.b64decode(text, None, True)


def lenient(text: str | bytes | memoryview) -> bytes:
    """Decode base64 that may be wrapped in lines, indented, or without its padding; else as strict as ``strict``."""
    try:
        return strict(text)
    except ValueError:
        raw = text.encode() if isinstance(text, str) else bytes(text)
        words = raw.translate(None, _WRAPPING)
        return strict(words + b"=" * (-len(words) % 4))


def verbatim(text: str | bytes | memoryview) -> bytes:
    """Leave base64 undecoded: the bytes of the text itself."""
    return text.encode() if isinstance(text, str) else bytes(text)
