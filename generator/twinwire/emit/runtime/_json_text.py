"""Checks of a JSON text as text: number of members, repeated members, and lone surrogates in escapes.

The parser silently keeps the last of several members of one name. Checking every object again takes several times as long as
decoding, so a shortcut compares commas. A decoded result accounts for a certain number of commas: those between its members
and items. A text without further commas contains nothing else, and therefore no repeated member.
Example: ``{"a":1,"b":2}`` has 1 comma and decodes to 2 members, which need 1; ``{"a":1,"a":2,"b":2}`` has 2, so look closely.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain, islice
from operator import attrgetter
from typing import Any, TypeAlias, TypeGuard

import msgspec

from ._charset import place
from ._plan import Member, ResultShape
from ._settings import Limits, below
from .errors import DecodeError

# The next comma or opening bracket outside strings. The pattern matches from any position (an unterminated string extends to
# the end), so no position is tried twice and the time stays linear.
_MEMBER = re.compile(rb'(?s)(?:[^",\[{]++|"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z))*+(?:[,\[{]|\Z)')
# Each escape in order: in ``\\ud800`` the second backslash must not start an escape. The group captures half a surrogate pair.
_ESCAPE = re.compile(rb"(?s)\\(?:u[Dd][89ABab][0-9A-Fa-f]{2}\\u[Dd][C-Fc-f][0-9A-Fa-f]{2}|u([Dd][89A-Fa-f][0-9A-Fa-f]{2})|.)")
# Larger texts are not copied for counting commas, nor parsed and written again, which takes ten times their memory.
_MOST_COPIED = 4 * 1024 * 1024
_MOST_WRITTEN = 1024 * 1024
# The parts to keep of a text when only its names matter: all except a value string that is long, escaped or not ASCII.
_KEPT = re.compile(
    rb'(?s)((?:[^"]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"[ \t\r\n]*+:|"[ !#-\[\]-~]{0,16}+")*+)(?:"[^"\\]*+(?:\\.[^"\\]*+)*+")?'
)
_COMMA = ord(",")
_SURROGATE = re.compile(rb"\\u[Dd][89A-Fa-f]")

Commas: TypeAlias = Callable[[Sequence[Any], bool], int]
"""Function that counts the commas needed to encode objects of one model, of which there is at least one.

In a brief count, an optional member that the first object lacks is not looked up in the others.
"""


def check_members(text: bytes, limits: Limits) -> None:
    """Raise DecodeError when a JSON text has more members and items than ``max_members``."""
    if has_more_members(text, limits.max_members):
        raise DecodeError(f"there are more members and items than max_members, {limits.max_members}, allows")


def has_more_members(text: bytes, limit: int) -> bool:
    """Return True when a JSON text has more members and items than a limit."""
    # Each member or item needs at least two bytes: a separator and itself. An empty collection counts as one item.
    if len(text) <= 2 * limit or sum(map(text.count, (b",", b"[", b"{"))) <= limit:
        return False
    found = next(islice(_MEMBER.finditer(text), limit, None), None)
    # The last one may have reached the end instead.
    return found is not None and found.end() > found.start() and text[found.end() - 1] in b",[{"


def has_more_commas(text: bytes, number: int) -> bool:
    """Return True when a text has more than ``number`` commas."""
    if len(text) > _MOST_COPIED:
        return text.count(b",") > number
    # bytes.count looks at each byte; bytes.replace jumps from comma to comma, in half of the time. Replace the first
    # ``number`` commas: if the last comma is still there, the text has more. Example: "a,b,c", 1 -> "a;b,c" -> True.
    last = text.rfind(b",")
    return last >= 0 and text.replace(b",", b";", max(number, 0))[last] == _COMMA


def commas(shape: ResultShape) -> Commas:
    """Return a function that counts the commas of objects: a lower bound for each text that decodes to them."""
    # n members have n - 1 commas between them: start from the members that are always present, and add one for each other.
    base = sum(member.required and not member.many for member in shape.members) - 1
    steps = [
        (attrgetter(member.name), member, None if member.shape is None else commas(member.shape), _fixed(member))
        for member in shape.members
        if member.many or not member.required or member.shape is not None
    ]

    def count(items: Sequence[Any], brief: bool) -> int:
        total = base * len(items)
        for get, member, inner, fixed in steps:
            if member.many and fixed is not None:
                # n items have n - 1 commas, and the collection itself adds one as a member.
                total += fixed * sum(map(len, map(get, items)))
                continue
            if brief and not member.required and get(items[0]) is None:
                continue
            held = list(map(get, items))
            if member.many:
                within = held[0] if len(held) == 1 else list(chain.from_iterable(held)) if any(held) else ()
            else:
                within = [item for item in held if item is not None] if held.count(None) < len(held) else ()
            total += len(within) if member.many or not member.required else 0
            total += inner(within, brief) if inner is not None and within else 0
        return total

    return count


def _fixed(member: Member) -> int | None:
    """Return the number of commas for each item of a collection, or None when it differs between items."""
    if member.shape is None:
        return 1
    scalars = all(inner.required and not inner.many and inner.shape is None for inner in member.shape.members)
    return len(member.shape.members) if scalars else None


def has_no_repeated(text: bytes) -> bool:
    """Return True when a JSON text certainly has no object with two members of one name.

    Decoding and encoding the text again preserves its number of commas, unless a member was repeated and dropped. An escaped
    comma (U+002C) would add one, so a text with such an escape gives False.

    Example: ``{"a":1,"b":"x, y","a":2}`` has three commas, and ``{"a":2,"b":"x, y"}`` has two.
    """
    if len(text) > _MOST_WRITTEN or b"\\u002" in text:
        return False
    try:
        kept = msgspec.json.encode(msgspec.json.decode(text)).count(b",")
    except (ValueError, OverflowError, RecursionError):
        return False
    return not has_more_commas(text, kept)


def check_repeated(text: bytes) -> None:
    """Raise DecodeError when an object of a JSON text has two members whose names are equal after unescaping."""
    # One character outside Latin-1 makes a Python string use up to four bytes for each character, so drop long values.
    names = _KEPT.sub(_emptied, text) if len(text) > _MOST_WRITTEN else text
    try:
        _OBJECTS.decode(names.decode())
    except _RepeatedError:
        path = _repeated(_PAIRS.decode(names.decode()))
        raise DecodeError("an object has a member twice", path=path) from None
    except RecursionError:
        raise DecodeError("no JSON that can be read: it is nested too deep") from None
    except json.JSONDecodeError as error:
        raise DecodeError(f"no JSON that can be read: {error.msg}", line=error.lineno, column=error.colno) from None


def _emptied(found: re.Match[bytes]) -> bytes:
    return found[1] + b'""' if found.end() > found.end(1) else found[1]


class _RepeatedError(Exception):
    """An object has two members of one name."""


def _unrepeated(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) != len(pairs):
        raise _RepeatedError


def _repeated(tree: Any) -> str:
    """Return the path of the first repeated member, in a tree whose objects are tuples of pairs."""
    rest: list[tuple[str, Any]] = [("$", tree)]
    while rest:
        path, value = rest.pop()
        if _is_array(value):
            rest += [(f"{path}[{index}]", item) for index, item in enumerate(value)][::-1]
        elif _is_object(value):
            counted = Counter(name for name, _ in value)
            name = next((name for name, _ in value if counted[name] > 1), None)
            if name is not None:
                return below(path, name)
            rest += [(below(path, name), item) for name, item in value][::-1]
    return "$"


def _is_array(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _is_object(value: Any) -> TypeGuard[tuple[tuple[str, Any], ...]]:
    return isinstance(value, tuple)


# Values are discarded while parsing: an object becomes None, and a number the length of its text (int() is limited to 4300
# digits and would raise).
_OBJECTS = json.JSONDecoder(object_pairs_hook=_unrepeated, parse_int=len, parse_float=len, strict=False)
_PAIRS = json.JSONDecoder(object_pairs_hook=tuple, parse_int=len, parse_float=len, strict=False)


def check_surrogates(text: bytes) -> None:
    """Raise DecodeError for the first escaped lone surrogate, such as a truncated emoji leaves behind."""
    if b"\\" not in text or not _SURROGATE.search(text):
        return
    for found in _ESCAPE.finditer(text):
        if found[1]:
            name = found[1].decode().upper()
            raise DecodeError(f"the text holds the lone surrogate U+{name}", **place(text, found.start()))
