"""Image formats, recognised by their structure and not by a signature that happens to occur in the data.

Only the beginning and the end of an image are decoded, so that huge and hostile images cost no more than others. Bytes after
the end of an image are allowed. A missing end is allowed where decoders tolerate it: in JPEG and GIF, not in PNG.
"""

from __future__ import annotations

import base64
import re
import struct
import zlib
from collections.abc import Callable, Mapping
from xml.parsers import expat

from twinwire_conformance.decoding import Undecodable, utf8_of_xml

_HEAD = 1024
_TAIL = 300
_MARKUP = 256 * 1024
"""The length of the prefix in which the root element of an SVG image is searched, in bytes."""

_SIGNATURES = (
    b"\xff\xd8\xff",  # JPEG
    b"GIF87a",
    b"GIF89a",
    b"II*\0",  # TIFF
    b"MM\0*",
    b"II+\0\x08\0\0\0",  # BigTIFF
    b"MM\0+\0\x08\0\0",
    b"\xff\x0a",  # JPEG XL, codestream
    b"\0\0\0\x0cJXL \r\n\x87\n",
    b"\xff\x4f\xff\x51",  # JPEG 2000, codestream
    b"\0\0\0\x0cjP  \r\n\x87\n",
    b"II\xbc\x01",  # JPEG XR
    b"8BPS\0\x01",  # Photoshop
    b"8BPS\0\x02",
    b"\x8aMNG\r\n\x1a\n",
    b"\x8bJNG\r\n\x1a\n",
    b"\xd7\xcd\xc6\x9a",  # WMF with a placement
    b"\x01\0\x09\0\0\x03",  # WMF
    b"\x02\0\x09\0\0\x03",
)
_BRANDS = frozenset(b"avif avis heic heix heim heis hevc hevx hevm hevs mif1 mif2 msf1 miaf".split())
"""Brands of files in the HEIF family: still images and image sequences."""
_BITMAP_HEADERS = frozenset((12, 16, 40, 52, 56, 64, 108, 124))
_PORTABLE = re.compile(rb"P[1-6](?:\s+(?:#[^\n]{0,200}\n\s*){0,8})\d{1,9}\s+(?:#[^\n]{0,200}\n\s*){0,8}\d{1,9}\s|P7\nWIDTH ")
_SVG = "http://www.w3.org/2000/svg"
_SPACE_AND_MARKS = b" \t\r\n\xef\xbb\xbf"


def is_image(text: str) -> bool:
    """Return whether base64 text decodes to a known raster or vector image.

    White space in the text and missing padding are tolerated, because IMAGE-01 judges them.

    Args:
        text: The base64 text, of any length.
    """
    head = _decoded(text, _HEAD)
    if head is None:
        return False
    size = len(text) // 4 * 3 - text[-2:].count("=")
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        tail = _decoded_end(text, _TAIL)
        # A PNG without IEND was truncated, for example by a database column that is too short.
        return head[8:16] == b"\0\0\0\x0dIHDR" and (b"IEND" in tail or _ends_earlier(text))
    if head.startswith(_SIGNATURES):
        return True
    return any(recognised(head, size) for recognised in _RECOGNISED) or _is_svg(head, text)


def _ends_earlier(text: str) -> bool:
    """Return whether a PNG has its last chunk (IEND) followed by other bytes, which decoders skip."""
    try:
        return b"IEND\xaeB`\x82" in base64.b64decode(text)
    except ValueError:
        return False


def _decoded_end(text: str, size: int) -> bytes:
    r"""Return the last ``size`` bytes, or a few less, of decoded base64 text; nothing when it does not decode.

    Example: for "QUJD REVG\n", white space is removed, the end is padded to groups of four, an incomplete group at the front
    is dropped, and "QUJDREVG" is decoded to "ABCDEF".
    """
    end = "".join(text[-2 * size :].split())
    length = len(text) - sum(map(text.count, " \t\r\n"))
    # base64 groups are counted from the start; padding the end makes them count from the end as well.
    end += "=" * (-length % 4)
    kept = end[len(end) % 4 :]
    try:
        return base64.b64decode(kept)[-size:]
    except ValueError:
        return b""


def _decoded(text: str, size: int) -> bytes | None:
    """Return at most ``size`` bytes at the beginning of decoded base64 text, or None when it does not decode."""
    start = "".join(text[: 2 * size].split())[: size * 4 // 3 // 4 * 4]
    start += "=" * (-len(start) % 4)
    try:
        return base64.b64decode(start)
    except ValueError:
        return None


def _is_bitmap(head: bytes, size: int) -> bool:
    """Recognise BMP: a header of 14 bytes with the file size, four zero bytes, and the offset of the pixels."""
    if head[:2] != b"BM" or len(head) < 18:
        return False
    declared, reserved, offset, header = struct.unpack_from("<IIII", head, 2)
    fits = 14 < offset <= max(size, declared) and (header in _BITMAP_HEADERS or declared == size)
    return reserved == 0 and fits


def _is_icon(head: bytes, _size: int) -> bool:
    """Recognise ICO and CUR: a count of images, each with an entry of 16 bytes whose fourth byte is zero."""
    # The fourth byte is reserved and should be 0, but .NET's icon writer sets it to 255.
    return head[:4] in (b"\0\0\1\0", b"\0\0\2\0") and head[4:6] not in (b"", b"\0\0") and head[9:10] in (b"", b"\0", b"\xff")


def _is_webp(head: bytes, _size: int) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def _is_heif(head: bytes, _size: int) -> bool:
    """Recognise AVIF and HEIF: a file type box (ftyp) that names one of the brands, as major or compatible brand."""
    if head[4:8] != b"ftyp":
        return False
    length = int.from_bytes(head[:4], "big")
    box = head[: max(length, 16)]
    compatible = (box[place : place + 4] for place in range(16, len(box) - 3, 4))
    return box[8:12] in _BRANDS or any(brand in _BRANDS for brand in compatible)


def _is_qoi(head: bytes, _size: int) -> bool:
    return head[:4] == b"qoif" and head[12:13] in (b"\3", b"\4") and head[13:14] in (b"\0", b"\1")


def _is_metafile(head: bytes, _size: int) -> bool:
    """Recognise EMF, whose signature is in the middle of its header."""
    return head[:4] == b"\1\0\0\0" and head[40:44] == b" EMF"


def _is_portable(head: bytes, _size: int) -> bool:
    return bool(_PORTABLE.match(head))


def _is_postscript(head: bytes, _size: int) -> bool:
    """Recognise encapsulated PostScript, which holds one drawing; plain PostScript is a document."""
    return head.startswith(b"\xc5\xd0\xd3\xc6") or (head.startswith(b"%!PS-Adobe-") and b" EPSF-" in head[:40])


_RECOGNISED: tuple[Callable[[bytes, int], bool], ...] = (
    _is_bitmap,
    _is_icon,
    _is_webp,
    _is_heif,
    _is_qoi,
    _is_metafile,
    _is_portable,
    _is_postscript,
)


def _is_svg(head: bytes, text: str) -> bool:
    """Recognise SVG, plain or compressed with gzip, by the root element of an XML document."""
    packed = head.startswith(b"\x1f\x8b")
    if not packed and not head.replace(b"\0", b"").lstrip(_SPACE_AND_MARKS + b"\xff\xfe").startswith(b"<"):
        return False
    data = _decoded(text, _MARKUP) or b""
    if packed:
        try:
            data = zlib.decompressobj(wbits=31).decompress(data, _MARKUP)
        except zlib.error:
            return False
    return _has_svg_root(data)


class _RootFound(Exception):
    """Raised at the root element to stop the parser."""

    def __init__(self, svg: bool) -> None:
        super().__init__()
        self.svg = svg


def _has_svg_root(data: bytes) -> bool:
    def start(name: str, attributes: Mapping[str, str]) -> None:
        prefix, _, local = name.rpartition(":")
        uri = attributes.get(f"xmlns:{prefix}" if prefix else "xmlns", "" if not prefix else None)
        # Some exporters leave out the SVG namespace, which browsers require only outside HTML.
        raise _RootFound(local == "svg" and uri in ("", _SVG))

    parser: expat.XMLParserType | None = None
    try:
        # UTF-16 and UTF-32 units are at most four bytes: a prefix cut at a multiple of four ends between characters.
        source = utf8_of_xml(data if len(data) < _MARKUP - 4 else data[: len(data) & ~3], None)
        parser = expat.ParserCreate("utf-8")
        parser.StartElementHandler = start
        parser.Parse(source[:_MARKUP], False)
    except _RootFound as found:
        return found.svg
    except (expat.ExpatError, Undecodable):
        return False
    return False
