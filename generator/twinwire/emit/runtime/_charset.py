"""Charset detection, and conversion of a response to the UTF-8 that the parsers need.

The byte order mark decides the charset, then the Content-Type, then in XML the declaration. Only listed charsets are accepted,
because some of Python's encodings do not encode text.
"""

from __future__ import annotations

import codecs
import re
from io import BytesIO
from typing import Any

from ._arguments import kind
from .errors import DecodeError

# UTF-32 first: its little-endian mark FF FE 00 00 begins with that of UTF-16, FF FE.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# An allow-list, because the server chooses the charset: Python also offers codecs such as "zip", "idna" (slow) and "rot13".
_CHARSETS = frozenset(
    {"ascii", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"}
    | {"koi8-r", "koi8-u", "gb2312", "gbk", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "tis-620", "iso2022_jp"}
    | {f"iso8859-{part}" for part in range(1, 17)}
    | {f"cp{page}" for page in (866, 874, 932, 949, *range(1250, 1259))}
    | {"mac-roman", "mac-cyrillic"}
)

# Labels of the WHATWG Encoding standard that browsers accept and Python does not.
_NAMES = {"windows-874": "cp874", "x-mac-cyrillic": "mac-cyrillic", "x-sjis": "shift_jis", "x-gbk": "gbk"}

# Charsets in which a byte below 0x80 is always the ASCII character: single-byte supersets of ASCII, and UTF-8.
_LIKE_ASCII = frozenset({"utf-8", "ascii", "iso8859-1", "cp1252"})
_STEP = 64 * 1024
_SPACE = rb"[ \t\r\n]"
_DECLARATION = re.compile(
    rb"<\?xml%b+version%b*=%b*(?:\"[^\"<>]*\"|'[^'<>]*')%b+encoding%b*=%b*[\"']([A-Za-z0-9._:-]+)[\"']" % ((_SPACE,) * 6)
)
_DECLARATION_LENGTH = 1000


def utf8(data: bytes | str, encoding: str | None, max_bytes: int) -> bytes:
    """Return the text of a response as UTF-8 without a byte order mark.

    Args:
        data: The text, or its bytes.
        encoding: The charset of the Content-Type, None without one.
        max_bytes: Upper bound of the text in UTF-8.

    Raises:
        DecodeError: The bytes are not valid in the charset, the charset is unknown, or the text is too long.
    """
    text, start = as_utf8(data, encoding, max_bytes)
    if text is data:
        check_utf8(text)
    return text[start:]


def as_utf8(data: bytes | str, encoding: str | None, max_bytes: int) -> tuple[bytes, int]:
    """Return the text of a response as UTF-8, and the offset at which its byte order mark ends.

    Bytes declared as UTF-8 are returned unchanged and unchecked; the caller must check them.
    """
    if isinstance(data, str):
        return _encode(data.removeprefix("\ufeff")), 0
    charset = _mark(data) or (_charset(encoding) if encoding else "utf-8")
    return transcode(data, charset, max_bytes), _marked(data) if charset == "utf-8" else 0


def transcode(data: bytes, charset: str, max_bytes: int) -> bytes:
    """Convert bytes of a charset to UTF-8 without a byte order mark; bytes in UTF-8 are returned unchanged and unchecked.

    Raises:
        DecodeError: The bytes are not valid in the charset, or need more than ``max_bytes`` in UTF-8 (a character of one byte
            may need three).
    """
    if charset == "utf-8":
        return data
    # Decode in steps: in one string, each character would take as many bytes as the widest (PEP 393).
    decoder, out = codecs.getincrementaldecoder(charset)(), BytesIO()
    try:
        for begin in range(0, len(data), _STEP):
            out.write(decoder.decode(data[begin : begin + _STEP], begin + _STEP >= len(data)).encode())
            if out.tell() > max_bytes:
                raise DecodeError(f"the answer has more bytes in UTF-8 than max_bytes, {max_bytes}, allows")
    except UnicodeError:
        # Decode the whole again for the offset of the error, which an incremental decoder gives relative to its step.
        _decode(data, charset)
    text = out.getvalue()
    # The codecs "utf-16" and "utf-32" consume the mark themselves; "utf-16-le" and the others do not.
    return text if charset in ("utf-16", "utf-32") else text[_marked(text) :]


def check_utf8(text: bytes) -> None:
    """Raise DecodeError unless the bytes are UTF-8. The parsers do not check the unknown members that they skip."""
    if text.isascii():
        return
    # Decode in 64 KB steps, so that each temporary string reuses the memory of the one before.
    view, done = memoryview(text), 0
    try:
        while done < len(text):
            done += codecs.utf_8_decode(view[done : done + _STEP], "strict", done + _STEP >= len(text))[1]
    except UnicodeDecodeError:
        _decode(text, "utf-8")


def place(text: bytes, offset: int) -> dict[str, Any]:
    """Return the line and column, both from 1, of a byte offset in UTF-8 text, as arguments of DecodeError."""
    begin = text.rfind(b"\n", 0, offset) + 1
    return {
        "line": text.count(b"\n", 0, offset) + 1,
        "column": len(text[begin:offset].decode("utf-8", "replace")) + 1,
    }


def xml_source(data: bytes | str, encoding: str | None, max_bytes: int) -> tuple[bytes, int, str]:
    """Return the bytes of an XML document, the offset at which its byte order mark ends, and the charset of the bytes.

    The bytes are converted to UTF-8, except from a superset of ASCII, which the caller may still search for delimiters.

    Raises:
        DecodeError: The charset is unknown or contradicts the bytes, or there are two byte order marks.
    """
    if isinstance(data, str):
        text, charset = _encode(data), "utf-8"
    else:
        charset = _mark(data) or (_charset(encoding) if encoding is not None else _declared(data))
        text = data
        if charset not in _LIKE_ASCII:
            text, charset = transcode(data, charset, max_bytes), "utf-8"
    # Transcoding has removed the mark already.
    start = _marked(text) if text is data or isinstance(data, str) else 0
    if text.startswith(codecs.BOM_UTF8, start):
        raise DecodeError("no well-formed XML: there are two byte order marks", line=1, column=1)
    return text, start, charset


def _declared(data: bytes) -> str:
    wide = _wide(data)
    head = data[: _DECLARATION_LENGTH * (2 if wide else 1)]
    found = _DECLARATION.match(head.decode(wide, "replace").encode() if wide else head)
    declared = _charset(found[1].decode()) if found else wide or "utf-8"
    # A declaration that was readable as ASCII cannot truthfully declare UTF-16, nor one with zero bytes a byte charset.
    if declared.startswith("utf-16") != (wide is not None) or declared.startswith("utf-32"):
        raise DecodeError(f"the document declares the charset {declared}, and is not in it", line=1, column=1)
    return wide or declared


def _wide(data: bytes) -> str | None:
    # XML 1.0 appendix F: without a mark, "<" is 00 3C or 3C 00 in UTF-16.
    if data[:1] == b"\0":
        return "utf-16-be"
    return "utf-16-le" if data[1:2] == b"\0" else None


def _marked(text: bytes) -> int:
    return len(codecs.BOM_UTF8) if text.startswith(codecs.BOM_UTF8) else 0


def _mark(data: bytes) -> str | None:
    return next((charset for mark, charset in _MARKS if data.startswith(mark)), None)


def _charset(label: str) -> str:
    kind("encoding", label, str, "the name of a charset")
    try:
        known = _NAMES.get(label.lower(), label)
        name = codecs.lookup(known).name if label.isascii() and len(label) <= 40 else ""
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
