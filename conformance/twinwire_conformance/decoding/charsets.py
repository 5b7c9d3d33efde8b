"""Charset detection and decoding of bodies, and the conversion of XML to the UTF-8 that the parser takes."""

from __future__ import annotations

import codecs
import re

from twinwire_conformance.decoding.excerpts import bytes_excerpt
from twinwire_conformance.decoding.words import Undecodable

UTF_8 = "utf-8"
MARK = "\ufeff"
MAX_TEXT = 12 * 1024 * 1024
"""The most characters of an XML document that must be converted to UTF-8 from another charset."""

# Python lists these among its text encodings, but they are not character sets.
_NO_CHARSETS = frozenset(
    ("idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7", "utf-8-sig")
)
# UTF-32 comes before UTF-16, because its little-endian mark (FF FE 00 00) begins with the UTF-16 mark (FF FE).
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# The first character is ASCII in JSON and in XML, so the position of its zero bytes reveals the encoding form.
# Example: 00 7B is "{" in UTF-16 big-endian, 7B 00 is "{" in UTF-16 little-endian.
_UNMARKED = (
    (re.compile(rb"\0\0\0[^\0]", re.DOTALL), "utf-32-be"),
    (re.compile(rb"[^\0]\0\0\0", re.DOTALL), "utf-32-le"),
    (re.compile(rb"\0[^\0]", re.DOTALL), "utf-16-be"),
    (re.compile(rb"[^\0]\0", re.DOTALL), "utf-16-le"),
)
_EXTEND_ASCII = frozenset(("ascii", "iso8859-1", "iso8859-15", "cp1252", "iso8859-2", "cp1250", "cp1251"))
# XML 1.0, appendix F: these four bytes identify a document in the EBCDIC family. Its declaration names the code page.
_EBCDIC = "<?xm".encode("cp037")
_DECLARED = re.compile(
    r"<\?xml\s+version\s*=\s*(?:'[^']*'|\"[^\"]*\")\s+encoding\s*=\s*(?:'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\")"
)
_DECLARATION_BYTES = 1024
_TWO_MARKS = "not well-formed XML: it begins with two byte order marks"


def codec_of(charset: str) -> str:
    """Return Python's codec name for a charset.

    Args:
        charset: The charset as the Content-Type or the XML declaration names it.

    Raises:
        Undecodable: The name does not denote a charset that Python can decode.
    """
    try:
        # bytes.decode accepts text encodings only. codecs.decode would also take "zip" and unpack an archive.
        b"    ".decode(charset, "replace")
        name = codecs.lookup(charset).name.replace("_", "-")
    except (LookupError, ValueError) as error:
        raise Undecodable(f"the charset {charset[:60]!r} is unknown", coding=True) from error
    if name in _NO_CHARSETS:
        raise Undecodable(
            f"the charset {charset[:60]!r} is unknown: send UTF-8, or a charset that Python can decode", coding=True
        )
    return name


def decode(body: bytes, codec: str) -> str:
    """Decode a body and remove one byte order mark from its start.

    Args:
        body: The bytes of the body.
        codec: The name that ``codec_of`` returned.

    Raises:
        Undecodable: Some bytes are not valid in this charset.
    """
    if codec in ("utf-16", "utf-32"):
        # Without a mark, Python would assume the byte order of this machine, and results would differ between machines.
        codec = next((name for name in (_marked(body), _unmarked(body)) if name and name.startswith(codec)), codec)
    try:
        text = body.decode(codec)
    except UnicodeDecodeError as error:
        raise _undecodable(body, codec, error) from error
    except ValueError as error:
        raise Undecodable(f"the body is not {codec}: {error}", coding=True) from error
    return text.removeprefix(MARK)


def utf8_of_xml(body: bytes, charset: str | None) -> bytes:
    """Convert an XML document to UTF-8.

    The charset of the Content-Type takes precedence, then a byte order mark, then the XML declaration. The default is UTF-8.

    Args:
        body: The bytes of the document.
        charset: The charset of the Content-Type; None when the header names none.

    Raises:
        Undecodable: The charset is unknown, or the document is not in it.
    """
    codec = _declared_codec(body) if charset is None else codec_of(charset)
    if codec == UTF_8:
        if body.startswith(codecs.BOM_UTF8 * 2):
            raise Undecodable(_TWO_MARKS)
        # The parser checks UTF-8 itself and accepts one byte order mark.
        return body
    if codec in _EXTEND_ASCII and body.isascii():
        # ASCII has the same bytes in UTF-8, so a large document need not be copied twice.
        return body
    text = decode(body, codec)
    if text.startswith(MARK):
        raise Undecodable(_TWO_MARKS)
    if len(text) > MAX_TEXT:
        raise Undecodable(f"the document has more than {MAX_TEXT} characters, which is more than the kit reads in this charset")
    try:
        return text.encode(UTF_8)
    except UnicodeEncodeError as error:
        raise Undecodable(f"the body is not {codec}: half a character stands alone", coding=True) from error


def check_utf8(body: bytes) -> None:
    """Raise Undecodable when a body is not UTF-8."""
    try:
        body.decode(UTF_8)
    except UnicodeDecodeError as error:
        raise _undecodable(body, UTF_8, error) from error


def _undecodable(body: bytes, codec: str, error: UnicodeDecodeError) -> Undecodable:
    wrong = " ".join(f"{byte:02X}" for byte in body[error.start : min(error.end, error.start + 4)])
    where = f"{error.reason} (byte {error.start + 1}: {wrong})"
    return Undecodable(f"the body is not {codec}: {where}\n{bytes_excerpt(body, error.start, codec)}", coding=True)


def _declared_codec(body: bytes) -> str:
    marked = _marked(body)
    if marked is not None:
        return marked
    wide = _unmarked(body)
    head = body[:_DECLARATION_BYTES].decode(wide or ("cp037" if body.startswith(_EBCDIC) else "latin-1"), "replace")
    found = _DECLARED.match(head)
    if found is None:
        return wide or UTF_8
    name = found["single"] or found["double"] or ""
    codec = codec_of(name)
    width = next((width for width in ("utf-16", "utf-32") if codec.startswith(width)), None)
    if width != (wide and wide[:6]):
        raise Undecodable(
            f"the XML declaration names the charset {name[:60]!r}, which the bytes of the document are not in", coding=True
        )
    return wide or codec


def _marked(body: bytes) -> str | None:
    return next((name for mark, name in _MARKS if body.startswith(mark)), None)


def _unmarked(body: bytes) -> str | None:
    return next((name for zeros, name in _UNMARKED if zeros.match(body)), None)
