"""Content models: which elements may stand in an element, in whatever order, within XSD 1.0's unique attribution.

XSD 1.0 must know from an element's name alone which particle it belongs to, and has ``all`` only for elements that do
not repeat. So free order with repetition is spelled out: one branch for each element that may come next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

# The branches multiply with every singleton: 15 particles for three, 64 for four.
MAX_SPELLED_OUT = 3


@dataclass(frozen=True, slots=True)
class Element:
    """A child element of a named type. ``minimum`` is 0 or 1; ``many`` lifts the upper bound; ``nillable`` allows null."""

    name: str
    type: str
    minimum: int = 0
    many: bool = False
    documentation: str = ""
    nillable: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Particles under ``all``, ``sequence`` or ``choice``; ``many`` lets the group repeat without bound."""

    kind: Literal["all", "sequence", "choice"]
    particles: tuple[Element | Group, ...]
    minimum: int = 1
    many: bool = False


# An element without children may still hold white space, which an empty content model forbids. A choice of nothing can
# never be taken; that it need not be taken leaves a content model of elements that admits none.
NOTHING = Group("choice", (Group("choice", ()),), minimum=0)


def content(elements: Sequence[Element]) -> Group:
    """Return the content model in which these elements stand in any order, those that are not ``many`` at most once."""
    singles = [element for element in elements if not element.many]
    many = [element for element in elements if element.many]
    if not elements:
        return NOTHING
    if not many:
        return Group("all", tuple(singles))
    if len(singles) > MAX_SPELLED_OUT:
        anything = tuple(replace(element, minimum=1, many=False) for element in elements)
        return Group("choice", anything, minimum=0, many=True)
    return Group("sequence", _interleaved(many, singles))


def _interleaved(many: Sequence[Element], singles: Sequence[Element]) -> tuple[Element | Group, ...]:
    repeated = _repeated(many)
    if not singles:
        return (repeated,)
    # The documentation of an element stands where it is first named, not in every branch.
    bare = [replace(element, documentation="") for element in many]
    branches: list[Group] = []
    for single in singles:
        rest = [replace(other, documentation="") for other in singles if other is not single]
        branches.append(Group("sequence", (replace(single, minimum=1), *_interleaved(bare, rest))))
    following = branches[0] if len(branches) == 1 else Group("choice", tuple(branches))
    return repeated, replace(following, minimum=max(single.minimum for single in singles))


def _repeated(many: Sequence[Element]) -> Element | Group:
    if len(many) == 1:
        return many[0]
    return Group("choice", tuple(replace(element, minimum=1, many=False) for element in many), minimum=0, many=True)
