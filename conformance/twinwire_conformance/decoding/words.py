"""Decoding of XML scalars, the limits on values, and the error for undecodable bodies."""

from __future__ import annotations

import re
from typing import Any

from twinwire.ir import Kind

MAX_DEPTH = 200
MAX_DIGITS = 40
"""The most digits of a decoded integer. Longer ones stay text, because Python converts them in quadratic time."""
_INTEGER = re.compile(r"[ \t\r\n]*([+-]?[0-9]{1,40})[ \t\r\n]*")
_DOUBLE = re.compile(r"[ \t\r\n]*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[ \t\r\n]*")
_SPACE = " \t\r\n"
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class Undecodable(Exception):
    """A body that is not what its Content-Type says.

    The first line of the message says why and where. Two more lines may show an excerpt.

    Args:
        message: The reason.
        coding: True when the bytes do not decode to text, so that the content is unknown.
        foreign: True for a well-formed document that is not a result.
    """

    def __init__(self, message: str, *, coding: bool = False, foreign: bool = False) -> None:
        super().__init__(message)
        self.coding = coding
        self.foreign = foreign


def boolean(text: str) -> bool | None:
    """Parse an xs:boolean. Return None for any other text."""
    return BOOLEANS.get(text.strip(_SPACE))


def scalar(kind: Kind, text: str) -> Any:
    """Parse the XML text of a scalar.

    Args:
        kind: The kind of the member.
        text: The text of the element or attribute.

    Returns:
        The value, or the text itself when it is not valid for the kind.
    """
    if kind is Kind.INTEGER:
        if text.isdigit() and text.isascii() and len(text) <= MAX_DIGITS:
            return int(text)
        match = _INTEGER.fullmatch(text)
        return int(match[1]) if match else text
    if kind is Kind.NUMBER:
        match = _DOUBLE.fullmatch(text)
        value = float(match[1]) if match else float("inf")
        # JSON has no infinity, so such a value stays text. Adding 0.0 turns -0.0 into 0.0.
        return text if value in (float("inf"), float("-inf")) else value + 0.0
    if kind is Kind.BOOLEAN:
        found = boolean(text)
        return text if found is None else found
    return text
