# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""From the bytes of an answer to what a parser may be given: a byte order mark, then the label, decides the charset."""

from __future__ import annotations

import codecs

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


def utf8(data: bytes | str, encoding: str | None) -> bytes:
    """Return the text of an answer as UTF-8 without a byte order mark; DecodeError when it is not in its charset."""
    if isinstance(data, str):
        return _encode(data.removeprefix("\ufeff"))
    charset = _mark(data) or _charset(encoding or "utf-8")
    if charset != "utf-8":
        return _encode(_decode(data, charset).removeprefix("\ufeff"))
    if not data.isascii():
        # The parsers skip what they do not know; that too must be text.
        _decode(data, charset)
    return data.removeprefix(codecs.BOM_UTF8)


def xml_source(data: bytes | str, encoding: str | None) -> tuple[bytes, str | None]:
    """Return bytes for expat and the charset that overrules their declaration, None to let the declaration decide."""
    if isinstance(data, bytes):
        if encoding is None and _mark(data) is None:
            return data, None
        if _mark(data) == "utf-16":
            return data, "utf-16"
    return utf8(data, encoding), "utf-8"


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
    except UnicodeError as error:
        raise DecodeError(f"the text is not in its charset {charset}: {str(error)[:200]}") from None


def _encode(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise DecodeError(f"the text holds the lone surrogate U+{ord(text[error.start]):04X}") from None
