"""Parse the patterns of ECMA-262 (section 22.2.1, with the flag ``u``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NoReturn

from twinwire.patterns import characters
from twinwire.patterns.characters import Ranges
from twinwire.patterns.names import BINARY_PROPERTIES, VALUED_PROPERTIES
from twinwire.patterns.nodes import (
    Alternation,
    Category,
    Chars,
    Edge,
    Group,
    Look,
    PatternError,
    Reference,
    Repeat,
    Sequence,
    Term,
    UnsupportedPatternError,
)

# The parser, the translators and Python's own compiler recurse for each level of groups.
_DEPTH = 60
_PLAIN = "Python's syntax, which ECMA-262 does not have"


def parse(pattern: str) -> Alternation:
    """Parse a pattern to its syntax tree.

    Raises:
        PatternError: The text is not a pattern of ECMA-262.
        UnsupportedPatternError: The pattern is valid, but uses an unsupported construct.
    """
    return _Parser(pattern).parse()


_SETS: dict[str, Ranges] = {"d": characters.DIGITS, "w": characters.WORD, "s": characters.SPACE}
_CONTROLS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
_OTHER_PROPERTIES = {
    "Any": Chars(characters.EVERY),
    "ASCII": Chars(characters.ASCII),
    "Assigned": Chars((), (Category("Cn"),), negated=True),
}
_SYNTAX = frozenset("^$\\.*+?()[]{}|/")
_QUANTIFIER = re.compile(r"\{([0-9]+)(?:(,)([0-9]*))?\}")
_NUMBER = re.compile("[0-9]{1,9}")
_GROUP_NAME = re.compile(r"<([^>]*)>")
_MODIFIERS = re.compile(r"\?[ims]*(?:-[ims]*)?:")
_PROPERTY = re.compile(r"\{([A-Za-z_]+)(?:=([A-Za-z0-9_]+))?\}")
# Constructs after "(" or "\" that Python has, but ECMA-262 does not, with the correction.
_PYTHON_GROUPS = (
    (re.compile(r"\?P<"), "(?P<name>", "write (?<name>...)"),
    (re.compile(r"\?P="), "(?P=name)", r"write \k<name>"),
    (re.compile(r"\?#"), "(?#", "leave the comment out"),
    (re.compile(r"\?>"), "(?>", "write (?:...)"),
    (re.compile(r"\?\("), "(?(", "write the alternatives out"),
    (re.compile(r"\?[aiLmsux]*(?:-[imsx]+)?[:)]"), "(?flags)", "write both cases, as in [Aa], and . as [^]"),
)
_PYTHON_ESCAPES = {
    "A": "write ^",
    "Z": "write $",
    "z": "write $",
    "N": r"write the character, or \u{...}",
    "U": r"write \u{...}",
}


@dataclass(slots=True)
class _Parser:
    text: str
    place: int = 0
    depth: int = 0
    groups: int = 0
    names: dict[str, int] = field(default_factory=dict)
    wanted: list[tuple[int | str, int]] = field(default_factory=list)

    def parse(self) -> Alternation:
        known = _group_names(self.text)
        self.names = dict(known)
        choice = self._choice()
        if self.place < len(self.text):
            self._fail("there is a ) without a (", "escape it, or open the group")
        # Only now is the number of groups known: \2 may come before the second group.
        for target, place in self.wanted:
            if isinstance(target, str) or target > self.groups:
                self.place = place
                self._fail(f"there is no group {target} to refer to", "add the group, or remove the back reference")
        return choice

    def _fail(self, problem: str, hint: str) -> NoReturn:
        raise PatternError(f"{problem}, at character {self.place + 1}", hint)

    def _unsupported(self, what: str, hint: str) -> NoReturn:
        raise UnsupportedPatternError(f"{what}, at character {self.place + 1}", hint)

    def _next(self, text: str) -> bool:
        if self.text.startswith(text, self.place):
            self.place += len(text)
            return True
        return False

    def _choice(self) -> Alternation:
        self.depth += 1
        if self.depth > _DEPTH:
            self._unsupported(f"groups are nested more than {_DEPTH} deep", "write a simpler pattern")
        branches = [self._sequence()]
        while self._next("|"):
            branches.append(self._sequence())
        self.depth -= 1
        return Alternation(tuple(branches))

    def _sequence(self) -> Sequence:
        terms: list[Term] = []
        while self.place < len(self.text) and self.text[self.place] not in "|)":
            terms.append(self._repeated(self._term()))
        return tuple(terms)

    def _term(self) -> Term:
        char = self.text[self.place]
        if char in "*+?{}]":
            repeats = char in "*+?" or _QUANTIFIER.match(self.text, self.place)
            self._fail("nothing to repeat" if repeats else f"a lone {char}", f"write \\{char} for the character itself")
        if char == "(":
            return self._group()
        if char == "[":
            return self._class()
        self.place += 1
        if char == "\\":
            return self._escape()
        if char in "^$":
            return Edge("start" if char == "^" else "end")
        if char == ".":
            return Chars(characters.LINE_ENDS, negated=True)
        return _one(ord(char))

    def _repeated(self, term: Term) -> Term:
        found = _QUANTIFIER.match(self.text, self.place)
        if found is not None:
            # Twelve digits exceed every limit, and int() of a very long text would raise an error.
            least = int(found[1][:12])
            most = least if found[2] is None else int(found[3][:12]) if found[3] else None
        elif self.text[self.place : self.place + 1] in ("*", "+", "?") and self.place < len(self.text):
            least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[self.text[self.place]]
        else:
            return term
        if isinstance(term, Edge | Look):
            self._fail("an assertion cannot be repeated", "leave the quantifier out")
        if found is not None and most is not None and least > most:
            self._fail(f"the quantifier {found[0]} is out of order", "swap its bounds")
        self.place = found.end() if found is not None else self.place + 1
        lazy = self._next("?")
        if not lazy and self.text.startswith("+", self.place):
            self._fail(f"a possessive quantifier is {_PLAIN}", "leave the + out")
        return Repeat(term, least, most, lazy)

    def _group(self) -> Term:
        start = self.place
        self.place += 1
        looks = (("?=", False, False), ("?!", False, True), ("?<=", True, False), ("?<!", True, True))
        look = next(((behind, negated) for text, behind, negated in looks if self._next(text)), None)
        number = 0
        if look is None and not self._next("?:"):
            if self.text.startswith("?", self.place):
                self._special_group()
            self.groups += 1
            number = self.groups
        body = self._choice()
        if not self._next(")"):
            self.place = start
            self._fail("the group is not closed", "close it with )")
        return Group(body, number) if look is None else Look(body, *look)

    def _special_group(self) -> None:
        """Consume the name of a group, and reject all other constructs that begin with ``(?``."""
        if self.text.startswith("?<", self.place):
            self.place += 1
            found = _GROUP_NAME.match(self.text, self.place)
            if found is None or not _is_name(found[1]):
                self._fail("the name of a group is not an identifier", "write (?<name>...)")
            self.place = found.end()
            return
        if _MODIFIERS.match(self.text, self.place):
            self._unsupported("modifiers as in (?i:...) are not supported", "write both cases, as in [Aa], and . as [^]")
        for expression, shown, hint in _PYTHON_GROUPS:
            if expression.match(self.text, self.place):
                self._fail(f"{shown} is {_PLAIN}", hint)
        self._fail("this construct after (? does not exist in ECMA-262", "write (?:...)")

    def _escape(self) -> Term:
        if self.place == len(self.text):
            self._fail("the pattern ends with a \\", "write \\\\ for the character itself")
        char = self.text[self.place]
        if char in "bB":
            self.place += 1
            return Edge("boundary" if char == "b" else "no-boundary")
        if char == "k":
            return self._named_reference()
        if char in "123456789":
            found = _NUMBER.match(self.text, self.place)
            assert found is not None
            self.wanted.append((int(found[0]), self.place - 1))
            self.place = found.end()
            return Reference(int(found[0]))
        return self._character_escape()

    def _named_reference(self) -> Term:
        start = self.place - 1
        self.place += 1
        found = _GROUP_NAME.match(self.text, self.place)
        if found is None or not _is_name(found[1]):
            self._fail("\\k is not followed by a name", r"write \k<name>")
        self.place = found.end()
        number = self.names.get(found[1])
        self.wanted.append((found[1] if number is None else number, start))
        return Reference(number or 0)

    def _character_escape(self, in_class: bool = False) -> Chars:
        """Parse an escape of one character or of a set of characters, after its backslash."""
        char = self.text[self.place : self.place + 1]
        if char and char.lower() in _SETS:
            self.place += 1
            return Chars(_SETS[char.lower()], negated=char.isupper())
        if char and char in "pP":
            self.place += 1
            return self._property(char == "P")
        return _one(self._code_point(in_class))

    def _code_point(self, in_class: bool) -> int:
        char = self.text[self.place : self.place + 1]
        rest = self.text[self.place + 1 :]
        if char == "x":
            return self._digits(re.match("([0-9A-Fa-f]{2})", rest), r"write \x with two hexadecimal digits")
        if char == "u":
            return self._unicode(rest)
        if char == "c":
            return self._digits(re.match("([A-Za-z])", rest), r"write \c with a letter", control=True)
        if char == "0" and rest[:1].isdigit() and rest[:1].isascii():
            self._fail("an octal escape is not allowed in ECMA-262", r"write \xHH")
        self.place += 1
        if char == "0":
            return 0
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char == "b" and in_class:
            return 8
        if not char or not (char in _SYNTAX or (char == "-" and in_class)):
            self.place -= 2
            shown = f"\\{char}"
            if char in _PYTHON_ESCAPES:
                self._fail(f"{shown} is {_PLAIN}", _PYTHON_ESCAPES[char])
            letter = char.isalnum() or not char
            self._fail(
                f"{shown} is not an escape of ECMA-262",
                "correct the escape" if letter else f"write {char} without the backslash",
            )
        return ord(char)

    def _digits(self, found: re.Match[str] | None, hint: str, *, control: bool = False) -> int:
        if found is None:
            self._fail("the escape is incomplete", hint)
        self.place += 1 + found.end()
        return ord(found[1]) % 32 if control else int(found[1], 16)

    def _unicode(self, rest: str) -> int:
        hint = r"write \u with four hexadecimal digits, or \u{...} up to 10FFFF"
        braced = re.match(r"\{([0-9A-Fa-f]+)\}", rest)
        if braced is not None:
            if int(braced[1], 16) > characters.LAST:
                self._fail(f"the code point {braced[1]:.12} is beyond Unicode", hint)
            return self._digits(braced, hint)
        # Two escapes of surrogates are one character: \ud83d\ude00 -> 0x10000 + (0x3D << 10) + 0x200 = U+1F600
        pair = re.match(r"([Dd][89ABab][0-9A-Fa-f]{2})\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})", rest)
        if pair is not None:
            self.place += 1 + pair.end()
            return 0x10000 + ((int(pair[1], 16) & 0x3FF) << 10) + (int(pair[2], 16) & 0x3FF)
        return self._digits(re.match("([0-9A-Fa-f]{4})", rest), hint)

    def _property(self, negated: bool) -> Chars:
        found = _PROPERTY.match(self.text, self.place)
        if found is None:
            self._fail(r"\p is not followed by a property", r"write \p{L}, \p{Lu} ...")
        name, value = found.groups()
        self.place = found.end()
        category = characters.CATEGORIES.get(value or name)
        hint = r"write a general category, as in \p{L}"
        if name in VALUED_PROPERTIES if value else name in BINARY_PROPERTIES:
            self._unsupported(rf"the property \p{found[0]} is not supported", hint)
        if category is not None and (value is None or name in ("gc", "General_Category")):
            return Chars((), (Category(category),), negated)
        if value is not None or name not in _OTHER_PROPERTIES:
            self._fail(rf"there is no property \p{found[0]}", hint)
        chars = _OTHER_PROPERTIES[name]
        return replace(chars, negated=chars.negated != negated)

    def _class(self) -> Chars:
        start = self.place
        self.place += 1
        negated = self._next("^")
        ranges: list[tuple[int, int]] = []
        categories: list[Category] = []
        while not self._next("]"):
            item = self._class_atom(start)
            if self.text.startswith("-", self.place) and not self.text.startswith("-]", self.place):
                self.place += 1
                last = self._class_atom(start)
                low, high = _only(item), _only(last)
                if low is None or high is None:
                    self._fail("a set of characters cannot be an end of a range", "put the hyphen last, or escape it")
                if low > high:
                    self._fail(f"the range {chr(low)}-{chr(high)} is out of order", "swap its ends, or escape the hyphen")
                item = Chars(((low, high),))
            # A negated item such as \D or \P{L} adds its complement to the set.
            if item.categories:
                categories += [Category(one.name, item.negated) for one in item.categories]
            else:
                ranges += characters.complement(item.ranges) if item.negated else item.ranges
        return Chars(characters.union(ranges), tuple(categories), negated)

    def _class_atom(self, start: int) -> Chars:
        if self.place >= len(self.text):
            self.place = start
            self._fail("the set is not closed", "close it with ]")
        char = self.text[self.place]
        self.place += 1
        if char != "\\":
            return _one(ord(char))
        return self._character_escape(in_class=True)


def _one(code_point: int) -> Chars:
    return Chars(((code_point, code_point),))


def _only(chars: Chars) -> int | None:
    """Return the code point of a set with exactly one character, or None for any other set."""
    plain = not chars.negated and not chars.categories and len(chars.ranges) == 1
    return chars.ranges[0][0] if plain and chars.ranges[0][0] == chars.ranges[0][1] else None


def _is_name(text: str) -> bool:
    # Python's identifiers are those of ECMA-262 except for "$" and the two joiners.
    return text.replace("$", "_").replace("\u200c", "").replace("\u200d", "").isidentifier()


def _group_names(pattern: str) -> Iterator[tuple[str, int]]:
    """Yield the name and number of each named group. Raises UnsupportedPatternError if a name is used twice."""
    number = 0
    seen: set[str] = set()
    # Escapes and sets are matched too, so that a "(" in them is not counted as a group.
    for found in re.finditer(r"\\.|\[(?:\\.|[^\]\\])*\]|\((?!\?)|\(\?<(?![=!])([^>]*)>", pattern, re.DOTALL):
        if not found[0].startswith("("):
            continue
        number += 1
        if found[1] in seen:
            raise UnsupportedPatternError(f"the group name {found[1]!r} is used twice", "give each group a name of its own")
        if found[1] is not None:
            seen.add(found[1])
            yield found[1], number
