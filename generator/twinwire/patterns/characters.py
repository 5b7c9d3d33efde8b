"""Sets of characters as ranges of code points, and Unicode's general categories.

The categories come from a table in this package instead of ``unicodedata``, so that a spec gives the same output on every
version of Python.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

Ranges = tuple[tuple[int, int], ...]
"""Inclusive ranges of code points in ascending order, which neither overlap nor touch."""

LAST = 0x10FFFF
EVERY: Ranges = ((0, LAST),)
ASCII: Ranges = ((0, 0x7F),)
DIGITS: Ranges = ((0x30, 0x39),)
WORD: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
# ECMA-262 counts the byte order mark (U+FEFF) as white space, but not U+0085 and U+001C to U+001F, as Python's \s does.
SPACE: Ranges = (
    *((0x9, 0xD), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A)),
    *((0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF)),
)
# The characters that "." does not match. Python's "." excludes the line feed only.
LINE_ENDS: Ranges = ((0xA, 0xA), (0xD, 0xD), (0x2028, 0x2029))
XML: Ranges = ((0x9, 0xA), (0xD, 0xD), (0x20, 0xD7FF), (0xE000, 0xFFFD), (0x10000, LAST))
"""The characters that XML 1.0 allows."""

# By short name: the long names from PropertyValueAliases.txt, and the members of a group of categories.
_CATEGORIES = {
    "C": ("Other", "Cc Cf Cn Co Cs"),
    "Cc": ("Control cntrl", ""),
    "Cf": ("Format", ""),
    "Cn": ("Unassigned", ""),
    "Co": ("Private_Use", ""),
    "Cs": ("Surrogate", ""),
    "L": ("Letter", "Ll Lm Lo Lt Lu"),
    "LC": ("Cased_Letter", "Ll Lt Lu"),
    "Ll": ("Lowercase_Letter", ""),
    "Lm": ("Modifier_Letter", ""),
    "Lo": ("Other_Letter", ""),
    "Lt": ("Titlecase_Letter", ""),
    "Lu": ("Uppercase_Letter", ""),
    "M": ("Mark Combining_Mark", "Mc Me Mn"),
    "Mc": ("Spacing_Mark", ""),
    "Me": ("Enclosing_Mark", ""),
    "Mn": ("Nonspacing_Mark", ""),
    "N": ("Number", "Nd Nl No"),
    "Nd": ("Decimal_Number digit", ""),
    "Nl": ("Letter_Number", ""),
    "No": ("Other_Number", ""),
    "P": ("Punctuation punct", "Pc Pd Pe Pf Pi Po Ps"),
    "Pc": ("Connector_Punctuation", ""),
    "Pd": ("Dash_Punctuation", ""),
    "Pe": ("Close_Punctuation", ""),
    "Pf": ("Final_Punctuation", ""),
    "Pi": ("Initial_Punctuation", ""),
    "Po": ("Other_Punctuation", ""),
    "Ps": ("Open_Punctuation", ""),
    "S": ("Symbol", "Sc Sk Sm So"),
    "Sc": ("Currency_Symbol", ""),
    "Sk": ("Modifier_Symbol", ""),
    "Sm": ("Math_Symbol", ""),
    "So": ("Other_Symbol", ""),
    "Z": ("Separator", "Zl Zp Zs"),
    "Zl": ("Line_Separator", ""),
    "Zp": ("Paragraph_Separator", ""),
    "Zs": ("Space_Separator", ""),
}
CATEGORIES = {name: short for short, (long, _) in _CATEGORIES.items() for name in (short, *long.split())}
"""The short name of a general category by each of its names."""


def union(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Return the union of ranges that are given in any order and may overlap."""
    # Example: (5, 7), (1, 3), (4, 4) -> sorted (1, 3), (4, 4), (5, 7) -> (1, 4), (5, 7) -> (1, 7)
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(high, merged[-1][1])
        else:
            merged.append((low, high))
    return tuple(merged)


def complement(ranges: Ranges) -> Ranges:
    """Return the ranges of all characters that are not in the given ones."""
    found: list[tuple[int, int]] = []
    start = 0
    for low, high in ranges:
        if low > start:
            found.append((start, low - 1))
        start = high + 1
    return (*found, (start, LAST)) if start <= LAST else tuple(found)


def intersection(left: Ranges, right: Ranges) -> Ranges:
    """Return the characters that are in both sets."""
    # De Morgan: the complement of the union of the complements.
    return complement(union((*complement(left), *complement(right))))


@cache
def category(name: str) -> Ranges:
    """Return the characters of a general category.

    Args:
        name: The short name, a value of ``CATEGORIES``.
    """
    members = _CATEGORIES[name][1].split()
    if members:
        return union(item for member in members for item in category(member))
    if name == "Cn":
        return complement(union(item for ranges in _table().values() for item in ranges))
    return _table()[name]


@cache
def _table() -> dict[str, Ranges]:
    # Each range is a hexadecimal distance from the end of the last one, then "+" and its length beyond one character.
    # Example: "Zs 20 80 15e0" -> U+0020, U+0020 + 0x80 = U+00A0, U+00A0 + 0x15E0 = U+1680
    text = files("twinwire.patterns").joinpath("unicode.txt").read_text("ascii")
    table: dict[str, Ranges] = {}
    for line in text.splitlines()[1:]:
        name, *parts = line.split()
        ranges: list[tuple[int, int]] = []
        end = 0
        for part in parts:
            distance, _, more = part.partition("+")
            start = end + int(distance, 16)
            end = start + int(more or "0", 16)
            ranges.append((start, end))
        table[name] = tuple(ranges)
    return table
