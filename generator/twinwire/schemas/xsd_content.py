"""Content models that allow the child elements of an element in any order, within the limits of XSD 1.0.

A validator of XSD 1.0 must know from an element's name alone which particle it matches (unique particle attribution), and
``all`` allows only elements that do not repeat. So any order with repetition is spelled out: one branch for each element
that may come next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

# The number of particles grows factorially with the elements that do not repeat: 15 for three, 64 for four.
MAX_SPELLED_OUT = 3


@dataclass(frozen=True, slots=True)
class Element:
    """A child element of a named type. ``minimum`` is 0 or 1; ``many`` allows repetition; ``nillable`` allows xsi:nil."""

    name: str
    type: str
    minimum: int = 0
    many: bool = False
    documentation: str = ""
    nillable: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Particles in an ``all``, ``sequence`` or ``choice``. ``minimum`` is 0 or 1; ``many`` allows repetition."""

    kind: Literal["all", "sequence", "choice"]
    particles: tuple[Element | Group, ...]
    minimum: int = 1
    many: bool = False


# An element without children may still contain white space, which an empty content model forbids. An empty choice matches
# nothing; as an optional particle it makes a content model that allows white space, but no elements.
NOTHING = Group("choice", (Group("choice", ()),), minimum=0)


def content(elements: Sequence[Element]) -> Group:
    """Return the content model that allows the elements in any order, and those that are not ``many`` at most once.

    With more than ``MAX_SPELLED_OUT`` elements that do not repeat, the model is looser: it allows all of them to repeat.
    """
    # Example: a and b at most once, x repeated -> after any number of x comes a or b, then the rest in the same way:
    #   sequence(x*, choice(sequence(a, x*, sequence(b, x*)), sequence(b, x*, sequence(a, x*))))
    # The group after an x* is optional unless one of its single elements is required. The name of the next element decides
    # each choice, as unique particle attribution demands.
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
    # Documentation is written once, at the first occurrence of an element, not in every branch.
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
