"""What can go wrong, as one tree.

TwinwireError               one clear line, a hint, and the exit code that goes with it
├── UsageError              a flag, a path or a URL that cannot be used
└── SpecError               a spec with problems; carries them all
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_WIDTH = 200
_LISTED = 100
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def printable(text: str, keep: str = "") -> str:
    """Return a text with escapes in place of what would steer a terminal, hide or reorder its neighbours."""
    return "".join(
        char if char in keep or unicodedata.category(char) not in _HIDDEN else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One problem of a spec: where it stands, what it is, and what to do about it.

    ``line`` and ``column`` count from 1, in lines and Unicode code points. ``source`` is the line it stands on.
    """

    file: str
    line: int
    column: int
    code: str
    message: str
    hint: str = ""
    source: str = ""
    is_warning: bool = False

    def __str__(self) -> str:
        """Return it as people read it. Everything in it may stem from a spec that nobody vouches for, so it is escaped."""
        level = "warning: " if self.is_warning else ""
        parts = [printable(f"{self.file}:{self.line}:{self.column}: {level}{self.code}: {self.message}")]
        if self.source.strip():
            before, after = self._excerpt()
            # A tab keeps its width in the caret's line only if it stands there too.
            margin = "".join("\t" if char == "\t" else " " for char in before)
            parts += [f"    {before}{after}", f"    {margin}^"]
        if self.hint:
            parts.append(printable(f"    hint: {self.hint}"))
        return "\n".join(parts)

    def _excerpt(self) -> tuple[str, str]:
        """Return what stands before and after the caret, cut where the line is very long."""
        start = max(0, self.column - 1 - _WIDTH // 2)
        before, after = self.source[start : self.column - 1], self.source[self.column - 1 :]
        room = _WIDTH - len(before)
        return (
            ("..." if start else "") + printable(before, keep="\t"),
            printable(after[:room], keep="\t") + ("..." if len(after) > room else ""),
        )


def listing(problems: Sequence[Problem], noun: str = "problem") -> Iterator[str]:
    """Yield problems as people read them, the first hundred of them, and how many more there are."""
    yield from map(str, problems[:_LISTED])
    more = len(problems) - _LISTED
    if more > 0:
        yield f"... and {more} more {noun}{'s' if more > 1 else ''}"


class TwinwireError(Exception):
    """The root of everything that twinwire raises on purpose."""

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class UsageError(TwinwireError):
    """The command was asked for something it cannot do."""


class SpecError(TwinwireError):
    """A spec that cannot be used; ``problems`` holds every one that was found, in the order of the file."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(listing(self.problems)))
