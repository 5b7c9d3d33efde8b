"""The tree of a parsed pattern, and the errors of patterns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from twinwire.patterns import characters
from twinwire.patterns.characters import Ranges


class PatternError(Exception):
    """A text that is no pattern of ECMA-262.

    Attributes:
        message: The error, and the character of the pattern at which it is.
        hint: What to write instead.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UnsupportedPatternError(PatternError):
    """A pattern of ECMA-262 that this project cannot hold values to."""


@dataclass(frozen=True, slots=True)
class Category:
    """A general category of Unicode, or with ``negated`` all characters outside it."""

    name: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Chars:
    """One character: of the ranges or a category, or with ``negated`` any other."""

    ranges: Ranges
    categories: tuple[Category, ...] = ()
    negated: bool = False

    @property
    def expanded(self) -> Ranges:
        """All the characters that match."""
        sets = [self.ranges]
        for item in self.categories:
            found = characters.category(item.name)
            sets.append(characters.complement(found) if item.negated else found)
        whole = characters.union(item for ranges in sets for item in ranges)
        return characters.complement(whole) if self.negated else whole


@dataclass(frozen=True, slots=True)
class Edge:
    """A place in the text: its start or end, a boundary of a word, or any other place."""

    kind: Literal["start", "end", "boundary", "no-boundary"]


@dataclass(frozen=True, slots=True)
class Group:
    """A group. ``number`` counts the capturing ones from 1 and is 0 for the others."""

    body: Choice
    number: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """A lookahead, or a lookbehind."""

    body: Choice
    behind: bool
    negated: bool


@dataclass(frozen=True, slots=True)
class Reference:
    """A back reference to a capturing group."""

    number: int


@dataclass(frozen=True, slots=True)
class Repeat:
    """A repetition. ``most`` None has no upper bound."""

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
