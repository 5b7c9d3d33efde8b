"""The syntax tree of a pattern, and the errors of patterns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from twinwire.patterns import characters
from twinwire.patterns.characters import Ranges


class PatternError(Exception):
    """A text is not a valid pattern of ECMA-262.

    Attributes:
        message: The error and its position, a 1-based character of the pattern.
        hint: The correction.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UnsupportedPatternError(PatternError):
    """A valid pattern of ECMA-262 that cannot be translated."""


@dataclass(frozen=True, slots=True)
class Category:
    """A general category of Unicode, or all characters outside it if ``negated``."""

    name: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Chars:
    """A set of characters that matches one character: the union of ranges and categories, or its complement if ``negated``."""

    ranges: Ranges
    categories: tuple[Category, ...] = ()
    negated: bool = False

    @property
    def expanded(self) -> Ranges:
        """All characters that match, as ranges."""
        sets = [self.ranges]
        for item in self.categories:
            found = characters.category(item.name)
            sets.append(characters.complement(found) if item.negated else found)
        whole = characters.union(item for ranges in sets for item in ranges)
        return characters.complement(whole) if self.negated else whole


@dataclass(frozen=True, slots=True)
class Edge:
    """An assertion about a position: start or end of the text, a word boundary, or not a word boundary."""

    kind: Literal["start", "end", "boundary", "no-boundary"]


@dataclass(frozen=True, slots=True)
class Group:
    """A group. ``number`` is the index of a capturing group from 1, and 0 for a non-capturing group."""

    body: Choice
    number: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """A lookahead, or a lookbehind if ``behind``."""

    body: Choice
    behind: bool
    negated: bool


@dataclass(frozen=True, slots=True)
class Reference:
    """A back reference to the capturing group with this number."""

    number: int


@dataclass(frozen=True, slots=True)
class Repeat:
    """A repetition from ``least`` to ``most`` times; ``most`` is None if there is no upper bound."""

    body: Term
    least: int
    most: int | None
    lazy: bool


Term: TypeAlias = Chars | Edge | Group | Look | Reference | Repeat
Sequence: TypeAlias = tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """The alternatives of a pattern or group."""

    branches: tuple[Sequence, ...]
