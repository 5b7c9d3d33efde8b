"""Comparison and display of canonical values."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

_MOST_SHOWN = 20_000
"""The most characters and nested values of a value that is formatted whole; larger ones are cut first."""
_JSON = (dict, list, str, int, float)


def difference(left: Any, right: Any, path: str = "$") -> tuple[str, str, str] | None:
    """Return the path of the first difference between two canonical values and both values there, or None.

    Args:
        left: The first value.
        right: The second value.
        path: The path of both values.
    """
    # Most values are equal, and a comparison without paths is much faster.
    return None if _same(left, right) else _difference(left, right, path)


def _same(left: Any, right: Any) -> bool:
    """Return whether values are equal and have the same types. In Python True equals 1."""
    if left is right:
        return True
    kind = type(left)
    if kind is not type(right):
        return False
    if kind is dict:
        return left.keys() == right.keys() and all(map(_same, left.values(), map(right.__getitem__, left)))
    if kind is list:
        return len(left) == len(right) and all(map(_same, left, right))
    return bool(left == right)


def _difference(left: Any, right: Any, path: str) -> tuple[str, str, str] | None:
    if isinstance(left, dict) and isinstance(right, dict):
        for key in dict.fromkeys((*left, *right)):
            found = _difference(left.get(key), right.get(key), f"{path}.{key}")
            if found:
                return found
        return None
    if isinstance(left, list) and isinstance(right, list):
        for index in range(max(len(left), len(right))):
            one, other = (side[index] if index < len(side) else None for side in (left, right))
            found = _difference(one, other, f"{path}[{index}]")
            if found:
                return found
        return None
    if left == right and type(left) is type(right):
        return None
    return path, format_value(left), format_value(right)


def format_value(value: Any) -> str:
    """Format a canonical value for people, as JSON of at most one line."""
    if value is None:
        return "nothing"
    left = [_MOST_SHOWN]
    short = _cut(value, left)
    # repr covers RawNumber, the only canonical value without a native JSON type.
    text = json.dumps(short, ensure_ascii=False, default=repr) if isinstance(value, _JSON) else repr(value)
    if left[0] < 0:
        size = f" ({len(value)} characters)" if isinstance(value, str) else ""
        return f"{text[:100]}…{size}"
    return text if len(text) <= 120 else f"{text[:100]}… ({len(text)} characters)"


def _cut(value: Any, left: list[int]) -> Any:
    """Return a value reduced to its first parts. ``left`` holds the remaining allowance, below 0 once something was cut."""
    if left[0] < 0:
        return None
    if isinstance(value, str):
        left[0] -= len(value)
        return value if left[0] >= 0 else value[:120]
    left[0] -= 1
    if isinstance(value, dict):
        short: Any = {_cut(name, left): _cut(item, left) for name, item in islice(value.items(), _MOST_SHOWN)}
    elif isinstance(value, list):
        short = [_cut(item, left) for item in islice(value, _MOST_SHOWN)]
    else:
        return value
    if len(value) > _MOST_SHOWN:
        left[0] = -1
    return short
