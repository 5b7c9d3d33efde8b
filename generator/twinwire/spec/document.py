"""A decoded spec file: its plain values and their positions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from twinwire.errors import Problem
from twinwire.spec.codes import Code

Pointer = tuple[str | int, ...]
"""The keys and indexes from the root to a value: ``("paths", "/parts", "get")``."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed spec file.

    ``data`` consists of plain values. ``sha256`` is the hexadecimal digest of the file's bytes. ``keys`` and ``values`` are
    the 1-based (line, column) of each mapping key and each value, by pointer.
    """

    file: str
    data: Any
    sha256: str
    lines: tuple[str, ...]
    keys: dict[Pointer, tuple[int, int]] = field(default_factory=dict)
    values: dict[Pointer, tuple[int, int]] = field(default_factory=dict)

    def problem(self, pointer: Pointer, code: Code, message: str, hint: str = "", *, at_key: bool = False) -> Problem:
        """Return a problem at a pointer, or at its nearest ancestor that exists in the file."""
        return self.at(self.position(pointer, at_key=at_key), code, message, hint)

    def position(self, pointer: Pointer, *, at_key: bool = False) -> tuple[int, int]:
        """Return the 1-based line and column of a pointer, or of its nearest ancestor that exists in the file.

        Args:
            pointer: The place.
            at_key: Prefer the position of the key to that of the value.
        """
        primary, secondary = (self.keys, self.values) if at_key else (self.values, self.keys)
        while True:
            mark = primary.get(pointer) or secondary.get(pointer)
            if mark or not pointer:
                break
            pointer = pointer[:-1]
        return mark or (1, 1)

    def at(self, mark: tuple[int, int], code: Code, message: str, hint: str = "") -> Problem:
        """Return a problem at a 1-based line and column."""
        line, column = mark
        source = self.lines[line - 1] if line <= len(self.lines) else ""
        return Problem(self.file, line, column, code, message, hint, source)
