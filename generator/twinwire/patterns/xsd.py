r"""Translate patterns to the dialect of XSD 1.0, which always matches the whole text, while ECMA-262 searches in it.

XSD has no assertions and no back references, and its ``\d`` and ``\w`` cover all of Unicode.
"""

from __future__ import annotations

from collections.abc import Iterator

from twinwire.patterns.characters import XML, Ranges, complement, intersection
from twinwire.patterns.nodes import Chars, Choice, Edge, Group, Look, PatternError, Reference, Repeat, Sequence, Term
from twinwire.patterns.syntax import parse

_ANYTHING = r"[\s\S]*"
_START, _END = Edge("start"), Edge("end")
_SPECIAL = frozenset(r"\.*+?{}()[]|^-")
_CONTROLS = {9: r"\t", 10: r"\n", 13: r"\r"}
_EDGES = {"start": "^ within the pattern", "end": "$ within the pattern", "boundary": r"\b", "no-boundary": r"\B"}
# XSD does not define these two categories.
_UNNAMED = frozenset({"LC", "Cs"})


class _InexpressibleError(Exception):
    """A construct that XSD 1.0 cannot express; the message names it."""


def xsd_pattern(pattern: str) -> str | None:
    """Return the XSD pattern that matches exactly the texts in which ``pattern`` is found, or None if there is none."""
    # Example: "^ab|c$" -> branches "^ab" and "c$" -> r"ab[\s\S]*" and r"[\s\S]*c" -> r"ab[\s\S]*|[\s\S]*c"
    try:
        return "|".join(_whole(branch) for branch in _branches(parse(pattern)))
    except (PatternError, _InexpressibleError):
        return None


def xsd_obstacle(pattern: str) -> str | None:
    """Return the construct of a pattern that XSD 1.0 cannot express, as a noun phrase, or None if there is none."""
    try:
        for branch in _branches(parse(pattern)):
            _whole(branch)
    except (PatternError, _InexpressibleError) as error:
        return str(error)
    return None


def _branches(choice: Choice) -> Iterator[Sequence]:
    """Yield the alternatives of a pattern. A group that is a whole alternative is replaced by its own alternatives."""
    # So the anchors of "(^a|b$)" are at the ends of branches, where XSD can express them.
    for branch in choice.branches:
        if len(branch) == 1 and isinstance(branch[0], Group):
            yield from _branches(branch[0].body)
        else:
            yield branch


def _whole(branch: Sequence) -> str:
    terms = list(branch)
    begins = ends = False
    while terms[:1] == [_START]:
        begins = bool(terms.pop(0))
    while terms[-1:] == [_END]:
        ends = bool(terms.pop())
    body = "".join(map(_term, terms))
    return ("" if begins else _ANYTHING) + body + ("" if ends else _ANYTHING)


def _term(term: Term) -> str:
    match term:
        case Chars():
            return _chars(term)
        case Group(body):
            return f"({'|'.join(''.join(map(_term, branch)) for branch in body.branches)})"
        case Repeat(body, least, most):
            # Laziness changes which text is captured, but not whether the pattern matches.
            bounds = {(0, None): "*", (1, None): "+", (0, 1): "?"}
            upper = "" if most is None else str(most)
            exact = f"{{{least}}}" if most == least else f"{{{least},{upper}}}"
            return _term(body) + bounds.get((least, most), exact)
        case Edge(kind):
            raise _InexpressibleError(_EDGES[kind])
        case Look(_, behind):
            raise _InexpressibleError("a lookbehind" if behind else "a lookahead")
        case Reference():
            raise _InexpressibleError("a back reference")


def _chars(chars: Chars) -> str:
    # Validators disagree about a negated category in a set, so its characters are listed.
    if chars.categories and not any(item.negated or item.name in _UNNAMED for item in chars.categories):
        names = "".join(rf"\p{{{item.name}}}" for item in chars.categories)
        ranges = intersection(chars.ranges, XML)
        if not ranges and len(chars.categories) == 1:
            return names.replace(r"\p", r"\P") if chars.negated else names
        return f"[{'^' if chars.negated else ''}{_ranges(ranges)}{names}]"
    ranges = intersection(chars.expanded, XML)
    others = intersection(complement(ranges), XML)
    if not ranges:
        raise _InexpressibleError("a set without characters that XML can carry")
    if not others:
        return r"[\s\S]"
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return _literal(ranges[0][0])
    if len(others) < len(ranges):
        return f"[^{_ranges(others)}]"
    return f"[{_ranges(ranges)}]"


def _ranges(ranges: Ranges) -> str:
    return "".join(_range(low, high) for low, high in ranges)


def _range(low: int, high: int) -> str:
    if low == high:
        return _literal(low)
    return f"{_literal(low)}{'' if high == low + 1 else '-'}{_literal(high)}"


def _literal(code_point: int) -> str:
    char = chr(code_point)
    return _CONTROLS.get(code_point) or (f"\\{char}" if char in _SPECIAL else char)
