# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""From the bytes of an answer to what a parser may be given: a byte order mark, then the label, decides the charset."""

from __future__ import annotations

import codecs
import re
from typing import Any

from .errors import DecodeError

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# Python knows more codecs than charsets, some of them slow or lossy, and a label is the server's word.
_CHARSETS = frozenset(
    {"ascii", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"}
    | {"koi8-r", "koi8-u", "gb2312", "gbk", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "tis-620"}
    | {f"iso8859-{part}" for part in range(1, 17)}
    | {f"cp{page}" for page in range(1250, 1259)}
)

# What the bytes of ASCII mean nothing else in.
_LIKE_ASCII = frozenset({"utf-8", "ascii", "us-ascii", "iso-8859-1", "windows-1252"})
_STEP = 64 * 1024
_DECLARATION = re.compile(rb"<\?xml\b[^>]*\sencoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")


def utf8(data: bytes | str, encoding: str | None) -> bytes:
    """Return the text of an answer as UTF-8 without a byte order mark; DecodeError when it is not in its charset."""
    text, start = as_utf8(data, encoding)
    if text is data:
        check_utf8(text)
    return text[start:]


def as_utf8(data: bytes | str, encoding: str | None) -> tuple[bytes, int]:
    """Return the text of an answer as UTF-8, and where in it the byte order mark ends.

    Bytes that are labelled as UTF-8 come back as they are, and are yet to be checked.
    """
    if isinstance(data, str):
        return _encode(data.removeprefix("\ufeff")), 0
    charset = _mark(data) or _charset(encoding or "utf-8")
    if charset != "utf-8":
        # The codecs that are named without a byte order have taken their mark already.
        text = _decode(data, charset)
        return _encode(text if charset in ("utf-16", "utf-32") else text.removeprefix("\ufeff")), 0
    return data, len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0


def check_utf8(text: bytes) -> None:
    """Raise DecodeError unless the bytes are UTF-8. The parsers skip unknown members, which must be text, too."""
    if text.isascii():
        return
    # In steps: a text that nobody keeps is quickly made where the last one was.
    view, done = memoryview(text), 0
    try:
        while done < len(text):
            done += codecs.utf_8_decode(view[done : done + _STEP], "strict", done + _STEP >= len(text))[1]
    except UnicodeDecodeError:
        # For the place of the error, which is that in the whole.
        _decode(text, "utf-8")


def place(text: bytes, offset: int) -> dict[str, Any]:
    """Return the line and column of a byte of a text in UTF-8, both from 1, as DecodeError takes them."""
    begin = text.rfind(b"\n", 0, offset) + 1
    return {
        "line": text.count(b"\n", 0, offset) + 1,
        "column": len(text[begin:offset].decode("utf-8", "replace")) + 1,
    }


def xml_source(data: bytes | str, encoding: str | None) -> tuple[bytes, str | None]:
    """Return bytes for expat and the charset that overrules their declaration, None to let the declaration decide."""
    if isinstance(data, bytes):
        if encoding is None and _mark(data) is None:
            return data, None
        if _mark(data) == "utf-16":
            return data, "utf-16"
    return utf8(data, encoding), "utf-8"


def is_marked(data: bytes) -> bool:
    """Whether a byte order mark says what the charset is."""
    return _mark(data) is not None


def declared_like_ascii(data: bytes) -> bool:
    """Whether a document that its declaration decides on, if it has any, has the characters of ASCII as their bytes."""
    # Without a declaration, UTF-16 is known by the zeros in the first character.
    if not data[:2].isascii() or b"\0" in data[:2]:
        return False
    if not data.startswith(b"<?xml"):
        return True
    declaration = data[: data.find(b"?>", 0, 1000) + 1]
    found = _DECLARATION.match(declaration)
    return found[1].decode().lower() in _LIKE_ASCII if found else b"encoding" not in declaration


def _mark(data: bytes) -> str | None:
    return next((charset for mark, charset in _MARKS if data.startswith(mark)), None)


def _charset(label: str) -> str:
    try:
        name = codecs.lookup(label).name if label.isascii() and len(label) <= 40 else ""
    except (LookupError, ValueError):
        name = ""
    if name not in _CHARSETS:
        raise DecodeError(f"the charset {label[:40]!r} is unknown")
    return name


def _decode(data: bytes, charset: str) -> str:
    try:
        return data.decode(charset)
    except UnicodeDecodeError as error:
        where = place(data, error.start) if charset in _LIKE_ASCII else {}
        raise DecodeError(f"the text is not in its charset {charset}: byte {error.start}: {error.reason}", **where) from None
    except UnicodeError as error:
        raise DecodeError(f"the text is not in its charset {charset}: {str(error)[:200]}") from None


def _encode(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise DecodeError(f"the text holds the lone surrogate U+{ord(text[error.start]):04X}") from None
