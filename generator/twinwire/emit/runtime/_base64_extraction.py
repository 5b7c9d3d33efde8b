"""Long base64 values, lifted out of a document before it is parsed.

A parser handles each character of a value that a base64 decoder could take straight from the document. So every long
value is decoded where it stands, and a short placeholder, which nobody can foresee, stands for it in what is parsed, the
skeleton. A value is found by its delimiters alone, whatever it may be part of; what makes that safe is the other end: each
placeholder must come back once, as the whole text of a binary member. Where it does not, because what was lifted is part of
a comment, of a longer text or of another member, or is replaced by a duplicate, the document is decoded plainly.
Characters of base64 are nothing but text to a parser, so it goes through the skeleton as it would through the document.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pybase64

from ._base64 import strict

# A shorter value costs a parser less than looking for it does. No document is looked at in smaller steps.
WINDOW = 4096

# What a base64 decoder makes of a placeholder: random bytes and a number, of whole groups, so that nothing joins it.
_NONCE, _NUMBER = 16, 5
_PLACEHOLDER = (_NONCE + _NUMBER) // 3 * 4

Marks: TypeAlias = Sequence[tuple[bytes, bytes]]
"""What may stand before and after a value."""


@dataclass(frozen=True, slots=True)
class ExtractedBase64:
    """A skeleton, and the values with what a base64 decoder makes of their placeholders."""

    skeleton: bytes
    contents: Sequence[bytes] = ()
    values: Sequence[bytes] = ()

    def by_text(self) -> dict[str, bytes]:
        """Return the values by placeholder as text."""
        return dict(zip((placeholder.decode() for placeholder in _placeholders(self.contents)), self.values, strict=True))

    def by_content(self) -> dict[bytes, bytes]:
        """Return the values by what a base64 decoder makes of the placeholder."""
        return dict(zip(self.contents, self.values, strict=True))


def _placeholders(contents: Sequence[bytes]) -> list[bytes]:
    # All at once, as each content is of whole groups.
    encoded = pybase64.b64encode(b"".join(contents))
    return [encoded[place : place + _PLACEHOLDER] for place in range(0, len(encoded), _PLACEHOLDER)]


def lift(document: bytes, start: int, marks: Marks, otherwise: Callable[[memoryview], bytes]) -> ExtractedBase64 | None:
    """Lift the values between marks out of a document, from a place on; None when there are none.

    What is no strict base64 is read ``otherwise``, which raises ValueError for what is none at all. The time is linear,
    whatever the document holds.
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
        """Lift what stands between the first of the marks, and in what is none of that, between the others."""
        opening, closing = marks[0]
        document = self._document
        while stop - start >= WINDOW:
            # Backwards from the end of a window: what lies before the last mark in it is too short.
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
        # A placeholder is base64 itself, so that it is a value wherever the value was one.
        nonce = random.SystemRandom().randbytes(_NONCE)
        contents = [nonce + number.to_bytes(_NUMBER, "big") for number in range(len(self._values))]
        kept: list[bytes | memoryview] = []
        done = self._start
        for (start, end), placeholder in zip(self._cuts, _placeholders(contents), strict=True):
            kept += (self._document[done:start], placeholder)
            done = end
        kept.append(self._view[done:])
        return ExtractedBase64(b"".join(kept), contents, self._values)
