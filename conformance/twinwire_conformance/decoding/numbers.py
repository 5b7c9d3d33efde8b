"""Lossless decoding of JSON numbers in bounded time, including integers with a fraction or an exponent.

The notation of a number does not matter: ``100.0``, ``1e2`` and ``100`` are the same integer (JSON Schema 2020-12,
section 6.1.1). Example: ``12.500e3`` -> digits 12500, exponent 3 - 3 = 0 -> without the zeros at the end digits 125,
exponent 2 -> the integer 12500.
"""

from __future__ import annotations

from typing import Any

from twinwire_conformance.decoding.words import MAX_DIGITS

_HUGE = 10**12
_SHOWN = 40


class RawNumber:
    """A JSON number kept as text, because neither an integer of at most ``MAX_DIGITS`` digits nor a double equals it."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RawNumber) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return self.text if len(self.text) <= _SHOWN else f"{self.text[:_SHOWN]}… ({len(self.text)} characters)"


def parse_integer(text: str) -> int | RawNumber:
    """Decode a JSON number that has neither a fraction nor an exponent."""
    return int(text) if len(text) <= MAX_DIGITS else RawNumber(text)


def parse_decimal(text: str) -> int | float | RawNumber:
    """Decode a JSON number that has a fraction or an exponent.

    Returns:
        An integer when the value is one, else a double, else the number as text.
    """
    mantissa, _, exponent = text.replace("E", "e").partition("e")
    whole, _, fraction = mantissa.removeprefix("-").partition(".")
    digits = (whole + fraction).rstrip("0")
    # Each zero removed from the end adds one power of ten.
    shift = _bounded(exponent) + len(whole) - len(digits)
    digits = digits.lstrip("0")
    if not digits:
        return 0
    if shift >= 0:
        if len(digits) + shift > MAX_DIGITS:
            return RawNumber(text)
        value: int = int(digits) * 10**shift
        return -value if text.startswith("-") else value
    near = float(text)
    # A double can round to an integer although the number is not one: 9007199254740992.5 becomes 9007199254740992.0.
    return RawNumber(text) if near in (float("inf"), float("-inf")) or near.is_integer() else near


def as_double(value: Any) -> Any:
    """Convert a number, or the numbers of a list, to the nearest double. Return any other value unchanged."""
    if isinstance(value, list):
        return [as_double(item) for item in value]
    if type(value) is not int and not isinstance(value, RawNumber):
        return value
    try:
        near = float(value.text if isinstance(value, RawNumber) else value)
    except OverflowError:
        return RawNumber(str(value))
    return value if near in (float("inf"), float("-inf")) else near


def _bounded(exponent: str) -> int:
    """Return an exponent. One with too many digits for Python becomes 10^12, which has the same effect."""
    digits = exponent.lstrip("+-").lstrip("0")
    size = _HUGE if len(digits) > len(str(_HUGE)) else int(digits or "0")
    return -size if exponent.startswith("-") else size
