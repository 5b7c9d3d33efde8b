"""Extraction of long base64 values from a document before it is parsed.

A parser would touch each character of a value that a base64 decoder can take straight from the document. Therefore each long
value is decoded in place, and a short, unpredictable placeholder replaces it in the text to parse, the skeleton:

    {"name":"a","data":"<8 MB of base64>"}  ->  {"name":"a","data":"<28 characters>"} + 6 MB of bytes

A value is found by its delimiters alone, regardless of its context. The check at the other end makes that safe: each
placeholder must reappear exactly once, as the complete text of a binary member. It does not when the value was part of a
comment, of a longer text or of another member, or was overwritten by a duplicate; then the plain decoder takes the document.
Base64 characters are plain text to a parser, so it parses the skeleton exactly as it would parse the document.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pybase64

from ._base64 import strict

# Searching for a shorter value costs more than parsing it. The scan advances in steps of this size.
WINDOW = 4096

# A decoded placeholder: random bytes and a number. Its length is a multiple of three, so the base64 has no padding.
_NONCE, _NUMBER = 16, 5
_PLACEHOLDER = (_NONCE + _NUMBER) // 3 * 4

Marks: TypeAlias = Sequence[tuple[bytes, bytes]]
"""Pairs of delimiters, before and after a value."""


@dataclass(frozen=True, slots=True)
class ExtractedBase64:
    """A skeleton, the extracted values, and the decoded bytes of their placeholders."""

    skeleton: bytes
    contents: Sequence[bytes] = ()
    values: Sequence[bytes] = ()

    def by_text(self) -> dict[str, bytes]:
        """Map each placeholder's base64 text to its value."""
        return dict(zip((placeholder.decode() for placeholder in _placeholders(self.contents)), self.values, strict=True))

    def by_content(self) -> dict[bytes, bytes]:
        """Map each placeholder's decoded bytes to its value."""
        return dict(zip(self.contents, self.values, strict=True))


def _placeholders(contents: Sequence[bytes]) -> list[bytes]:
    # One call for all: each content is a multiple of three bytes, so the encodings do not overlap.
    encoded = pybase64.b64encode(b"".join(contents))
    return [encoded[place : place + _PLACEHOLDER] for place in range(0, len(encoded), _PLACEHOLDER)]


def lift(document: bytes, start: int, marks: Marks, otherwise: Callable[[memoryview], bytes]) -> ExtractedBase64 | None:
    """Extract the long base64 values from a document, in time linear in its length.

    Args:
        document: The bytes of the document.
        start: The offset at which to begin.
        marks: The delimiters of values.
        otherwise: Decodes a value that is not strict base64; raises ValueError when it is not base64 at all.

    Returns:
        The skeleton and the values, None when there are no values.
    """
    lifter = _Extractor(document, start, otherwise)
    if marks:
        lifter.scan(start, len(document), marks)
    return lifter.lifted()


class _Extractor:
    def __init__(self, document: bytes, start: int, otherwise: Callable[[memoryview], bytes]) -> None:
        self._document = document
        self._view = memoryview(document)
        self._otherwise = otherwise
        self._start = start
        self._cuts: list[tuple[int, int]] = []
        self._values: list[bytes] = []

    def scan(self, start: int, stop: int, marks: Marks) -> None:
        """Extract values between the first pair of marks; search the remaining text with the other pairs."""
        opening, closing = marks[0]
        document = self._document
        while stop - start >= WINDOW:
            # Search the window backwards, as in Boyer-Moore: a value of at least WINDOW bytes cannot start before the last
            # mark in it. Without a mark, a long run without delimiters begins here: find its end.
            found = document.rfind(opening, start, start + WINDOW)
            if found >= 0:
                start = found + 1
                continue
            following = document.find(opening, start + WINDOW, stop)
            limit = following if following >= 0 else stop
            end = following if closing == opening else document.find(closing, start + WINDOW, limit)
            if not (end >= 0 and self._take(start, end)) and len(marks) > 1:
                self.scan(start, limit, marks[1:])
            start = limit + 1

    def _take(self, start: int, end: int) -> bool:
        text = self._view[start:end]
        try:
            value = strict(text)
        except ValueError:
            try:
                value = self._otherwise(text)
            except ValueError:
                return False
        self._cuts.append((start, end))
        self._values.append(value)
        return True

    def lifted(self) -> ExtractedBase64 | None:
        if not self._values:
            return None
        # A placeholder is base64 too, so the parsers accept it wherever they accept the value. It is random, so that a server
        # cannot put a copy of it into the document.
        nonce = random.SystemRandom().randbytes(_NONCE)
        contents = [nonce + number.to_bytes(_NUMBER, "big") for number in range(len(self._values))]
        kept: list[bytes | memoryview] = []
        done = self._start
        for (start, end), placeholder in zip(self._cuts, _placeholders(contents), strict=True):
            kept += (self._document[done:start], placeholder)
            done = end
        kept.append(self._view[done:])
        return ExtractedBase64(b"".join(kept), contents, self._values)
