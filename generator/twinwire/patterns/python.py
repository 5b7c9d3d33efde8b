"""Translate patterns to the dialect of Python's ``re``, for ``re.search`` without flags."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from twinwire.patterns.characters import Ranges, complement
from twinwire.patterns.nodes import (
    Alternation,
    Chars,
    Edge,
    Group,
    Look,
    Reference,
    Repeat,
    Sequence,
    Term,
    UnsupportedPatternError,
)
from twinwire.patterns.syntax import parse

_WORD = "[0-9A-Z_a-z]"
_EDGES: dict[Literal["start", "end", "boundary", "no-boundary"], str] = {
    "start": "^",
    # Python's $ also matches before a line feed that ends the text.
    "end": r"\Z",
    # Python's \b uses Unicode words, and its \B does not match in an empty text before Python 3.14.
    "boundary": f"(?:(?<={_WORD})(?!{_WORD})|(?<!{_WORD})(?={_WORD}))",
    "no-boundary": f"(?:(?<={_WORD})(?={_WORD})|(?<!{_WORD})(?!{_WORD}))",
}
# In characters: a pattern of a megabyte takes minutes to compile.
_LONGEST = 250_000
_SPECIAL = frozenset("\\.^$*+?{}[]|()")
# Including characters that a later Python may interpret as operations on sets (it warns about "--", "&&", "~~" and "||").
_SPECIAL_IN_SET = frozenset("\\]^-[&~|")


@cache
def python_pattern(pattern: str) -> str:
    r"""Translate a pattern to Python.

    ``^\d+$`` becomes ``^[0-9]+\Z``. Every set is spelled out, so that neither flags nor the version of Python change it.

    Args:
        pattern: A pattern of ECMA-262.

    Returns:
        The source of an expression that ``re.search`` finds in exactly the same texts.

    Raises:
        PatternError: The text is not a pattern of ECMA-262.
        UnsupportedPatternError: The pattern has no equivalent in Python.
    """
    # Some limits are those of the installed Python, such as lookbehinds of variable length, so its compiler decides.
    source = _Translation().choice(parse(pattern), certain=True)
    try:
        re.compile(source)
    except (re.error, OverflowError, RecursionError) as error:
        problem = str(error).replace("look-behind", "lookbehind")
        raise UnsupportedPatternError(f"Python cannot compile it: {problem}", "write a simpler pattern") from None
    return source


class _Translation:
    r"""Translates one syntax tree.

    ``_matched`` are the groups that have certainly matched at the current position; ``_room`` is the number of characters
    that sets may still take. A term is ``certain`` if every match passes through it. Only then does a back reference to it
    mean the same in Python:

        (a)\1         group 1 is certain               -> (a)(?:\1)
        (a)?\1        group 1 may be skipped           -> not supported
        (?:(a)|b)\1   group 1 is in one alternative    -> not supported
    """

    def __init__(self) -> None:
        self._matched: set[int] = set()
        self._room = _LONGEST

    def choice(self, choice: Alternation, *, certain: bool) -> str:
        certain = certain and len(choice.branches) == 1
        return "|".join(self._sequence(branch, certain) for branch in choice.branches)

    def _sequence(self, terms: Sequence, certain: bool) -> str:
        return "".join(self._term(term, certain) for term in terms)

    def _term(self, term: Term, certain: bool) -> str:
        match term:
            case Chars():
                source = _chars(term.expanded)
                self._room -= len(source)
                if self._room < 0:
                    message = f"it is too long, with its sets spelled out: more than {_LONGEST:,} characters"
                    raise UnsupportedPatternError(message, "write a simpler pattern")
                return source
            case Edge(kind):
                return _EDGES[kind]
            case Group(body, number):
                inside = self.choice(body, certain=certain)
                if number and certain:
                    self._matched.add(number)
                return f"({'' if number else '?:'}{inside})"
            case Look():
                return self._look(term)
            case Reference(number):
                return self._reference(number)
            case Repeat():
                return self._repeat(term)

    def _look(self, look: Look) -> str:
        sign = "!" if look.negated else "="
        if not look.behind:
            return f"(?{sign}{self.choice(look.body, certain=False)})"
        # Python requires a fixed length of a lookbehind, so each alternative becomes one: (?<=a|bc) -> (?:(?<=a)|(?<=bc)).
        each = [f"(?<{sign}{self._sequence(branch, False)})" for branch in look.body.branches]
        return "".join(each) if look.negated else each[0] if len(each) == 1 else f"(?:{'|'.join(each)})"

    def _reference(self, number: int) -> str:
        # In ECMA-262 a reference to a group that has not matched matches the empty text, and each repetition resets the groups
        # in it. Python fails in the first case and keeps the group in the second one.
        if number not in self._matched:
            message = "a back reference is supported only to a group that always matches before it"
            raise UnsupportedPatternError(message, "write the alternatives out")
        return f"(?:\\{number})"

    def _repeat(self, repeat: Repeat) -> str:
        body = self._term(repeat.body, False)
        bounds = {(0, None): "*", (1, None): "+", (0, 1): "?"}
        most = "" if repeat.most is None else str(repeat.most)
        exact = f"{{{repeat.least}}}" if repeat.most == repeat.least else f"{{{repeat.least},{most}}}"
        return f"{body}{bounds.get((repeat.least, repeat.most), exact)}{'?' if repeat.lazy else ''}"


def _chars(ranges: Ranges) -> str:
    # Python has no empty set; a negative lookahead for the empty text never matches.
    if not ranges:
        return "(?!)"
    others = complement(ranges)
    if not others:
        return r"[\s\S]"
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return _literal(ranges[0][0], _SPECIAL)
    negated = len(others) < len(ranges) or (len(others) == len(ranges) and ranges[0][0] == 0)
    parts = [_range(low, high) for low, high in (others if negated else ranges)]
    return f"[{'^' if negated else ''}{''.join(parts)}]"


def _range(low: int, high: int) -> str:
    first, last = _literal(low, _SPECIAL_IN_SET), _literal(high, _SPECIAL_IN_SET)
    return first if low == high else f"{first}{'' if high == low + 1 else '-'}{last}"


def _literal(code_point: int, special: frozenset[str]) -> str:
    char = chr(code_point)
    if char in special:
        return f"\\{char}"
    if " " <= char <= "~":
        return char
    return (
        f"\\x{code_point:02x}"
        if code_point < 0x100
        else f"\\u{code_point:04x}"
        if code_point < 0x10000
        else f"\\U{code_point:08x}"
    )
