"""From the bytes of an answer to the UTF-8 that a parser is given.

A byte order mark decides the charset, then the label, then in XML the declaration. All of them name charsets of one list:
what Python calls an encoding is not always one of text.
"""

from __future__ import annotations

import codecs
import re
from io import BytesIO
from typing import Any

from ._arguments import kind
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
    | {"koi8-r", "koi8-u", "gb2312", "gbk", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "tis-620", "iso2022_jp"}
    | {f"iso8859-{part}" for part in range(1, 17)}
    | {f"cp{page}" for page in (866, 874, 932, 949, *range(1250, 1259))}
    | {"mac-roman", "mac-cyrillic"}
)

# Names of the HTML standard that Python does not know, and a browser reads.
_NAMES = {"windows-874": "cp874", "x-mac-cyrillic": "mac-cyrillic", "x-sjis": "shift_jis", "x-gbk": "gbk"}

# What the bytes of ASCII mean nothing else in, a character being one byte, or in UTF-8.
_LIKE_ASCII = frozenset({"utf-8", "ascii", "iso8859-1", "cp1252"})
_STEP = 64 * 1024
_SPACE = rb"[ \t\r\n]"
_DECLARATION = re.compile(
    rb"<\?xml%b+version%b*=%b*(?:\"[^\"<>]*\"|'[^'<>]*')%b+encoding%b*=%b*[\"']([A-Za-z0-9._:-]+)[\"']" % ((_SPACE,) * 6)
)
_DECLARATION_LENGTH = 1000


def utf8(data: bytes | str, encoding: str | None, max_bytes: int) -> bytes:
    """Return the text of an answer as UTF-8 without a byte order mark; DecodeError when it is not in its charset."""
    text, start = as_utf8(data, encoding, max_bytes)
    if text is data:
        check_utf8(text)
    return text[start:]


def as_utf8(data: bytes | str, encoding: str | None, max_bytes: int) -> tuple[bytes, int]:
    """Return the text of an answer as UTF-8, and where in it the byte order mark ends.

    Bytes that are labelled as UTF-8 come back as they are, and are yet to be checked.
    """
    if isinstance(data, str):
        return _encode(data.removeprefix("\ufeff")), 0
    charset = _mark(data) or (_charset(encoding) if encoding else "utf-8")
    return transcode(data, charset, max_bytes), _marked(data) if charset == "utf-8" else 0


def transcode(data: bytes, charset: str, max_bytes: int) -> bytes:
    """Return bytes of a charset as UTF-8 without their byte order mark, and those of UTF-8 as they are, unchecked.

    Raises DecodeError for what is not in the charset, and for more than ``max_bytes`` of UTF-8: a character of one byte may
    come to three.
    """
    if charset == "utf-8":
        return data
    # In steps: as one text, all characters take as many bytes as the widest.
    decoder, out = codecs.getincrementaldecoder(charset)(), BytesIO()
    try:
        for begin in range(0, len(data), _STEP):
            out.write(decoder.decode(data[begin : begin + _STEP], begin + _STEP >= len(data)).encode())
            if out.tell() > max_bytes:
                raise DecodeError(f"the answer has more bytes in UTF-8 than max_bytes, {max_bytes}, allows")
    except UnicodeError:
        # For the place of the error, which is that in the whole.
        _decode(data, charset)
    text = out.getvalue()
    # The codecs that are named without a byte order have taken their mark already.
    return text if charset in ("utf-16", "utf-32") else text[_marked(text) :]


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
        _decode(text, "utf-8")


def place(text: bytes, offset: int) -> dict[str, Any]:
    """Return the line and column of a byte of a text in UTF-8, both from 1, as DecodeError takes them."""
    begin = text.rfind(b"\n", 0, offset) + 1
    return {
        "line": text.count(b"\n", 0, offset) + 1,
        "column": len(text[begin:offset].decode("utf-8", "replace")) + 1,
    }


def xml_source(data: bytes | str, encoding: str | None, max_bytes: int) -> tuple[bytes, int, str]:
    """Return the bytes of an XML document, where in them its mark ends, and their charset; DecodeError for an unknown one.

    They are in UTF-8 already, unless their charset has the characters of ASCII as their bytes.
    """
    if isinstance(data, str):
        text, charset = _encode(data), "utf-8"
    else:
        charset = _mark(data) or (_charset(encoding) if encoding is not None else _declared(data))
        text = data
        if charset not in _LIKE_ASCII:
            text, charset = transcode(data, charset, max_bytes), "utf-8"
    # Of a text that was transcoded, the mark is gone already.
    start = _marked(text) if text is data or isinstance(data, str) else 0
    if text.startswith(codecs.BOM_UTF8, start):
        raise DecodeError("no well-formed XML: there are two byte order marks", line=1, column=1)
    return text, start, charset


def _declared(data: bytes) -> str:
    wide = _wide(data)
    head = data[: _DECLARATION_LENGTH * (2 if wide else 1)]
    found = _DECLARATION.match(head.decode(wide, "replace").encode() if wide else head)
    declared = _charset(found[1].decode()) if found else wide or "utf-8"
    # A declaration that could be read names no charset in which it could not have been.
    if declared.startswith("utf-16") != (wide is not None) or declared.startswith("utf-32"):
        raise DecodeError(f"the document declares the charset {declared}, and is not in it", line=1, column=1)
    return wide or declared


def _wide(data: bytes) -> str | None:
    # Without a mark, UTF-16 is known by the zeros in the first character.
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
