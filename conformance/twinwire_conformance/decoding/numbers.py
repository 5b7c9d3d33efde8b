"""JSON numbers: integers without loss, also those written with a fraction or an exponent, and in bounded time.

A number is what it says, not how it is written: ``100.0``, ``1e2`` and ``100`` are the same integer (JSON Schema 2020-12,
section 6.1.1). An example of the steps: ``12.500e3`` has the digits 12500 and the exponent 3 - 3 = 0, without the zeros
at the end 125 and 2, and is the integer 12500.
"""

from __future__ import annotations

from typing import Any

from twinwire_conformance.decoding.words import MAX_DIGITS

_HUGE = 10**12
_SHOWN = 40


class RawNumber:
    """A JSON number that stays text, because neither an integer of a fair size nor a double is the same number."""

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
    """Return the value of a JSON number without fraction and exponent."""
    return int(text) if len(text) <= MAX_DIGITS else RawNumber(text)


def parse_decimal(text: str) -> int | float | RawNumber:
    """Return the value of a JSON number with a fraction or an exponent: an integer when it is one."""
    mantissa, _, exponent = text.replace("E", "e").partition("e")
    whole, _, fraction = mantissa.removeprefix("-").partition(".")
    digits = (whole + fraction).rstrip("0")
    # Each zero that is cut off stands for one power of ten.
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
    # A double may be an integer although the number is not; infinity is one neither way.
    return RawNumber(text) if near in (float("inf"), float("-inf")) or near.is_integer() else near


def as_double(value: Any) -> Any:
    """Return a number as the double that is nearest to it, and a list with its numbers so; anything else stays."""
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
    """Return an exponent, or one as hopeless where it is so long that Python would not make an integer of it."""
    digits = exponent.lstrip("+-").lstrip("0")
    size = _HUGE if len(digits) > len(str(_HUGE)) else int(digits or "0")
    return -size if exponent.startswith("-") else size
