"""Check that a loaded body is an image, and not a web page, an error text or a document.

A known image signature takes precedence over the Content-Type. Binary data of an unknown kind is accepted unless its
Content-Type is HTML, JSON or XML, because there are many image formats, and a feed may list drawings and PDF files too.
"""

from __future__ import annotations

import re

HEAD_BYTES = 1 << 16
"""The number of bytes at the beginning of a body that are inspected."""

_SIGNATURES = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"II*\0",
    b"MM\0*",
    b"\0\0\1\0",
    b"\0\0\0\x0cjP  ",
    b"\xff\x4f\xff\x51",
    b"\0\0\0\x0cJXL ",
    b"\xff\x0a",
    b"8BPS",
    b"%!PS",
    b"%PDF-",
    b"#?RADIANCE",
    b"/* XPM",
    b"! XPM",
    b"qoif",
)
# BMP has four zeros after its length; RIFF holds WebP, and ISO media files hold AVIF and HEIF.
_INNER = re.compile(rb"BM.{4}\0{4}|RIFF.{4}WEBP|\0\0..ftyp", re.DOTALL)
# Images that are text: PBM, PGM, PPM and PAM, and XBM.
_TEXTUAL = re.compile(rb"P[1-6]\s+[#0-9]|P7\nWIDTH|#define\s+\S*width\s")
# Bytes that no text holds (WHATWG MIME Sniffing, "binary data byte").
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_BINARY_CHARACTER = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\ufffd]")
_MARKUP = re.compile(r"<[!?/A-Za-z]")
_PROLOGUE = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE\s+(?:[\w.-]+:)?svg\b[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL | re.ASCII)
_SVG = re.compile(r"<(?:[\w.-]+:)?svg[\s/>]", re.ASCII)
_DOCUMENT = re.compile(
    r"text/html|application/xhtml\+xml|(?:application|text)/(?:[\w.-]+\+)?(?:json|xml)|multipart/.*", re.ASCII
)


def complaint(content_type: str | None, head: bytes) -> str | None:
    """Return the reason why a body is not an image.

    Args:
        content_type: The header as received, None when it is missing.
        head: The first ``HEAD_BYTES`` of the body, all of it when it is shorter.

    Returns:
        None for an image, and for binary data that may be one.
    """
    media = (content_type or "").partition(";")[0].strip().lower()
    if head.startswith(_SIGNATURES) or _INNER.match(head) or _TEXTUAL.match(head):
        return None
    text = _text(head)
    if text is None:
        return f"the server sent {media[:80]}, not an image" if _DOCUMENT.fullmatch(media) else None
    if _is_svg(text):
        return None
    if _MARKUP.match(text):
        return f"the server sent a page in HTML or XML, not an image{_labelled(media)}"
    return f"the server sent a text, not an image{_labelled(media)}"


def _labelled(media: str) -> str:
    return f" (Content-Type: {media[:80]})" if media else ""


def _text(head: bytes) -> str | None:
    """Decode a body as text without leading white space, None when it is binary."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or re.match(rb"<\0|\0<", head):
        order = "le" if head.startswith((b"\xff\xfe", b"<")) else "be"
        # Drop an odd last byte, which is half a UTF-16 code unit.
        text = head[: len(head) & ~1].decode(f"utf-16-{order}", "replace")
        return None if _BINARY_CHARACTER.search(text) else text.lstrip("\ufeff").lstrip()
    if _BINARY.search(head):
        return None
    try:
        # The end of the inspected part may cut a character, which "ignore" drops.
        text = head.decode("utf-8") if len(head) < HEAD_BYTES else head.decode("utf-8", "ignore")
    except UnicodeDecodeError:
        # A few bytes may be anything; many bytes without a single control character are text in a legacy encoding.
        text = head.decode("latin-1")
        if 2 * sum(char.isascii() for char in text) < len(text):
            return None
    return text.lstrip("\ufeff").lstrip()


def _is_svg(text: str) -> bool:
    """Return True when the root element of a document is ``svg``. An HTML page with an embedded drawing has another root."""
    position = 0
    while found := _PROLOGUE.match(text, position):
        position = found.end()
    return _SVG.match(text, position) is not None
