"""The exceptions of twinwire, and the problems of a spec.

TwinwireError               a one-line message, a hint and an exit code
├── UsageError              a flag, a path or a URL that cannot be used
└── SpecError               a spec with problems; carries all of them
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# A line of a minified spec may be a megabyte long; an excerpt of this many characters shows the place.
_WIDTH = 200
_LISTED = 100
# Control, format and surrogate characters, and line and paragraph separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def printable(text: str, keep: str = "") -> str:
    """Escape the characters that would control a terminal, or hide or reorder their neighbours.

    Args:
        text: Any text, for example a name from an untrusted spec.
        keep: Characters that are left as they are.
    """
    return "".join(
        char if char in keep or unicodedata.category(char) not in _HIDDEN else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A problem or warning of a spec: its place, code, message and hint.

    ``line`` and ``column`` count from 1, in lines and Unicode code points. ``source`` is the text of that line.
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
        """Format the problem for people. All its text may come from an untrusted spec, so it is escaped."""
        level = "warning: " if self.is_warning else ""
        parts = [printable(f"{self.file}:{self.line}:{self.column}: {level}{self.code}: {self.message}")]
        if self.source.strip():
            before, after = self._excerpt()
            # A tab is repeated in the caret's line, because its width depends on the terminal.
            margin = "".join("\t" if char == "\t" else " " for char in before)
            parts += [f"    {before}{after}", f"    {margin}^"]
        if self.hint:
            parts.append(printable(f"    hint: {self.hint}"))
        return "\n".join(parts)

    def _excerpt(self) -> tuple[str, str]:
        """Return the parts of the source line before and after the caret, shortened when the line is very long."""
        start = max(0, self.column - 1 - _WIDTH // 2)
        before, after = self.source[start : self.column - 1], self.source[self.column - 1 :]
        room = _WIDTH - len(before)
        return (
            ("..." if start else "") + printable(before, keep="\t"),
            printable(after[:room], keep="\t") + ("..." if len(after) > room else ""),
        )


def listing(problems: Sequence[Problem], noun: str = "problem") -> Iterator[str]:
    """Yield the first hundred problems formatted for people, then the number of the others if there are any."""
    yield from map(str, problems[:_LISTED])
    more = len(problems) - _LISTED
    if more > 0:
        yield f"... and {more} more {noun}{'s' if more > 1 else ''}"


class TwinwireError(Exception):
    """The base class of all errors that twinwire raises on purpose."""

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class UsageError(TwinwireError):
    """An argument, path or URL that a command cannot use."""


class SpecError(TwinwireError):
    """A spec that cannot be used. ``problems`` lists all its problems in the order of the file."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(listing(self.problems)))
