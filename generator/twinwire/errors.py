"""What can go wrong, as one tree.

TwinwireError               one clear line, a hint, and the exit code that goes with it
├── UsageError              a flag, a path or a URL that cannot be used
└── SpecError               a spec with problems; carries them all
"""

from __future__ import annotations

from dataclasses import dataclass


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

    def __str__(self) -> str:
        head = f"{self.file}:{self.line}:{self.column}: {self.code}: {self.message}"
        parts = [head]
        if self.source.strip():
            # A tab keeps its width in the caret's line only if it stands there too.
            margin = "".join("\t" if char == "\t" else " " for char in self.source[: self.column - 1])
            parts += [f"    {self.source}", f"    {margin}^"]
        if self.hint:
            parts.append(f"    hint: {self.hint}")
        return "\n".join(parts)


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
        super().__init__("\n".join(str(problem) for problem in self.problems))
