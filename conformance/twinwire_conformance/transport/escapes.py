r"""Decode the escapes of URLs, JSON, XML, Python and shells layer by layer, and track the origin of each byte.

Example: ``\u0026#x61;%62`` -> ``&#x61;b`` after one layer -> ``ab`` after two. The ``b`` comes from the last three bytes of
the text, the ``a`` from all bytes before them.
"""

from __future__ import annotations

import binascii
import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import partial
from html.entities import html5
from typing import Final

MAX_LAYERS: Final = 6
"""The most layers. Four layers decode eight backslashes; a URL in JSON in HTML has three."""

_PAIR: Final = rb"\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}"
_ESCAPE: Final = re.compile(
    rb"%[0-9A-Fa-f]{2}|%u[0-9A-Fa-f]{4}|"
    + _PAIR
    + rb"|\\U[0-9A-Fa-f]{8}|\\[uU][0-9A-Fa-f]{4}|\\u\{[0-9A-Fa-f]{1,6}\}|\\[xX][0-9A-Fa-f]{2}|\\[0-7]{3}"
    rb"|\\[^0-9A-Za-z]|\\[abefnrtvABEFNRTV0]"
    rb"|&\#[0-9]{1,10};?|&\#[xX][0-9A-Fa-f]{1,10};?|&[A-Za-z]{2,8};|'\"'\"'|'\\''"
    # Base64 is often wrapped after 64 or 76 characters, so a line break within a long word counts as an escape.
    rb"|(?<=[0-9A-Za-z+/]{4})\r?\n(?=[0-9A-Za-z+/])"
)
_WORD: Final = re.compile(rb"[0-9A-Za-z+/_-]{16,}")
_HEXADECIMAL: Final = re.compile(rb"[0-9A-Fa-f]{16,}")
_LONG: Final = 4096
_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_CONTROLS: Final = dict(zip(b"abefnrtvABEFNRTV0", b"\a\b\x1b\f\n\r\t\v" * 2 + b"\0", strict=True))
_MAX_CODE: Final = 0x10FFFF


class Places:
    """The mapping from bytes of a decoded text back to the text before."""

    def __init__(self) -> None:
        self._made: array[int] = array("q")
        self._made_end: array[int] = array("q")
        self._came: array[int] = array("q")
        self._came_end: array[int] = array("q")

    def add(self, made: tuple[int, int], came: tuple[int, int]) -> None:
        """Map the span ``made`` of the decoded text to the span ``came`` of the text before."""
        self._made.append(made[0])
        self._made_end.append(made[1])
        self._came.append(came[0])
        self._came_end.append(came[1])

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return the origin of a non-empty span of the decoded text, as a span of the text before."""
        return self._of(first)[0], self._of(last - 1)[1]

    def _of(self, place: int) -> tuple[int, int]:
        index = bisect_right(self._made, place) - 1
        if index < 0:
            return place, place + 1
        if place < self._made_end[index]:
            return self._came[index], self._came_end[index]
        came = self._came_end[index] + place - self._made_end[index]
        return came, came + 1


def layers(data: bytes) -> Iterator[tuple[bytes, list[Places]]]:
    """Yield a text unchanged, then after each decoded layer of escapes.

    Each text comes with the mappings back to the original, the outermost layer first.
    """
    places: list[Places] = []
    yield data, places
    for _ in range(MAX_LAYERS):
        undone = _undone(data)
        if undone is None:
            return
        data = undone[0]
        places = [*places, undone[1]]
        yield data, places


def decoded(data: bytes) -> Iterator[tuple[bytes, Callable[[int, int], tuple[int, int]]]]:
    """Yield the base64 and hexadecimal decodings of long words, each with a function that maps spans back to the text.

    An encoded value may begin anywhere within a word, so words up to 4096 characters are decoded at all four alignments.
    Example: in ``xxQUJDREVG...`` the decoding that starts at the third character contains ``ABCDEF``.
    """
    for word in _WORD.finditer(data):
        first, last = word.span()
        for start in range(first, first + (4 if last - first <= _LONG else 1)):
            text = data[start:last].translate(_STANDARD)
            # A last group of one character encodes less than a byte, and a2b_base64 rejects it.
            text = text[: len(text) - (len(text) % 4 == 1)]
            yield binascii.a2b_base64(text + b"=" * (-len(text) % 4)), partial(_span, start, 6)
    for word in _HEXADECIMAL.finditer(data):
        for start in (word.start(), word.start() + 1):
            text = data[start : word.end()]
            yield binascii.a2b_hex(text[: len(text) // 2 * 2]), partial(_span, start, 4)


def _span(start: int, bits: int, first: int, last: int) -> tuple[int, int]:
    """Map a span of decoded bytes back to characters of ``bits`` bits each."""
    return start + first * 8 // bits, start - (-last * 8 // bits)


def _undone(data: bytes) -> tuple[bytes, Places] | None:
    places = Places()
    parts: list[bytes] = []
    position = size = 0
    for match in _ESCAPE.finditer(data):
        meant = _meaning(match[0])
        if meant is None:
            continue
        first, last = match.span()
        size += first - position
        parts += (data[position:first], meant)
        places.add((size, size + len(meant)), (first, last))
        size += len(meant)
        position = last
    if not parts:
        return None
    parts.append(data[position:])
    return b"".join(parts), places


def _meaning(escape: bytes) -> bytes | None:
    """Return the bytes that an escape represents, or None when it is not valid."""
    kind, second = escape[:1], escape[1:2]
    if kind == b"%":
        return _character(int.from_bytes(binascii.a2b_hex(escape[2:]))) if second == b"u" else binascii.a2b_hex(escape[1:])
    if kind == b"&":
        return _entity(escape)
    if kind == b"'":
        return b"'"
    if kind != b"\\":
        return b""
    if second in (b"u", b"U"):
        if len(escape) == 12:
            return _character(0x10000 + ((int(escape[2:6], 16) & 0x3FF) << 10 | int(escape[8:], 16) & 0x3FF))
        return _character(int(escape[2:].strip(b"{}"), 16))
    if second in (b"x", b"X"):
        # Unlike int, a2b_hex accepts neither underscores nor signs.
        return binascii.a2b_hex(escape[2:])
    if len(escape) == 4:
        return bytes((int(escape[1:], 8) & 0xFF,))
    return bytes((_CONTROLS.get(escape[1], escape[1]),))


def _entity(escape: bytes) -> bytes | None:
    if escape[1:2] != b"#":
        named = html5.get(escape[1:].decode("ascii"))
        return None if named is None else named.encode("utf-8")
    digits = escape[2:].rstrip(b";")
    return _character(int(digits[1:], 16) if digits[:1] in b"xX" else int(digits))


def _character(code: int) -> bytes | None:
    return None if code > _MAX_CODE else chr(code).encode("utf-8", "surrogatepass")
