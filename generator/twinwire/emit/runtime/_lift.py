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

# A shorter value costs a parser less than looking for it does. No document is looked at in smaller steps.
WINDOW = 4096

Marks: TypeAlias = Sequence[tuple[bytes, bytes]]
"""What may stand before and after a value."""


@dataclass(frozen=True, slots=True)
class Lifted:
    """A skeleton, and the values by placeholder."""

    skeleton: bytes
    values: dict[bytes, bytes]

    def by_text(self) -> dict[str, bytes]:
        """Return the values by placeholder as text."""
        return {placeholder.decode(): value for placeholder, value in self.values.items()}

    def by_content(self) -> dict[bytes, bytes]:
        """Return the values by what a base64 decoder makes of the placeholder."""
        return {pybase64.b64decode(placeholder): value for placeholder, value in self.values.items()}


def lift(document: bytes, start: int, marks: Marks, decode: Callable[[memoryview], bytes]) -> Lifted | None:
    """Lift the values between marks out of a document, from a place on; None when there are none.

    ``decode`` raises ValueError for what is no base64. The time is linear, whatever the document holds.
    """
    lifter = _Lifter(document, start, decode)
    if marks:
        lifter.scan(start, len(document), marks)
    return lifter.lifted()


class _Lifter:
    def __init__(self, document: bytes, start: int, decode: Callable[[memoryview], bytes]) -> None:
        self._document = document
        self._view = memoryview(document)
        self._decode = decode
        self._done = start
        self._parts: list[bytes] = []
        self._values: dict[bytes, bytes] = {}
        # Base64 itself, so that it is a value wherever the value was one; of whole groups, so that nothing joins it.
        self._nonce = pybase64.b64encode(random.SystemRandom().randbytes(15))

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
        try:
            value = self._decode(self._view[start:end])
        except ValueError:
            return False
        placeholder = b"%b%08d" % (self._nonce, len(self._values))
        self._parts += (self._document[self._done : start], placeholder)
        self._values[placeholder] = value
        self._done = end
        return True

    def lifted(self) -> Lifted | None:
        if not self._values:
            return None
        return Lifted(b"".join((*self._parts, self._view[self._done :])), self._values)
