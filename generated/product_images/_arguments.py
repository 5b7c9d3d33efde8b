# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Checks of a client's arguments, so that a wrong value raises one clear error at construction."""

from __future__ import annotations

import math
from typing import Any

from .errors import ParameterError

# About 30 years. Longer waits overflow in some of the platform's timers.
_MOST = 1e9


def seconds(name: str, value: object, otherwise: str = "", *, zero: bool = False) -> float:
    """Return a number of seconds, finite and positive or, with ``zero``, not negative.

    Args:
        name: The name of the argument.
        value: Its value.
        otherwise: An alternative type to mention in the error.
        zero: Allow zero.

    Raises:
        ParameterError: The value is not a number of seconds, or is above 1e9.
    """
    # Compare before converting: float() overflows for a huge integer, a comparison does not.
    if isinstance(value, int | float) and not isinstance(value, bool) and (0 < value <= _MOST or (zero and value == 0)):
        return float(value)
    least = "not negative" if zero else "positive"
    more = f" or {otherwise}" if otherwise else ""
    raise _error(name, f"must be a number of seconds, {least} and at most {_MOST:g}{more}", value)


def integer(name: str, value: object, least: int, most: float = math.inf) -> None:
    """Raise ParameterError unless a value is an integer, and not a bool, within bounds."""
    if type(value) is int and least <= value <= most:
        return
    bounds = f"at least {least}" if most == math.inf else " or ".join(map(str, range(least, int(most) + 1)))
    if isinstance(value, bool) or not isinstance(value, int):
        raise _error(name, f"must be an integer, {bounds}", value)
    if not least <= value <= most:
        raise _error(name, f"must be {bounds}", value)


def kind(name: str, value: object, expected: type[Any] | tuple[type[Any], ...], words: str) -> None:
    """Raise ParameterError unless a value has an expected type, named by ``words``; a value may be secret and is not shown."""
    if not isinstance(value, expected):
        raise ParameterError(name, f"must be {words}, not {type(value).__name__}")


def text(value: object) -> str:
    """Return the value if it is a string, otherwise a string that no pattern matches."""
    return value if isinstance(value, str) else "\0"


def function(name: str, value: object) -> None:
    """Raise ParameterError unless a value is callable or None."""
    if value is not None and not callable(value):
        raise _error(name, "must be a function", value)


def _error(name: str, constraint: str, value: object) -> ParameterError:
    # Python raises ValueError when an integer of more than 4300 digits is converted to text.
    if isinstance(value, int) and value.bit_length() > 200:
        return ParameterError(name, constraint, value, "a far larger integer")
    return ParameterError(name, constraint, value, f"{value!r:.60}")
