"""The words of a body: scalars out of texts of XML, and the limits of a reading."""

from __future__ import annotations

import re
from typing import Any

from twinwire.ir import Kind

MAX_DEPTH = 200
MAX_DIGITS = 40
"""Integers of more digits stay text: no member of a feed has such values, and long ones take Python long."""
_INTEGER = re.compile(r"[ \t\r\n]*([+-]?[0-9]{1,40})[ \t\r\n]*")
_DOUBLE = re.compile(r"[ \t\r\n]*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[ \t\r\n]*")
_SPACE = " \t\r\n"
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class Undecodable(Exception):
    """A body that is not what its Content-Type says.

    The first line of the message says why and where; two more may show the place.

    ``coding`` says that its bytes do not decode to text, so that nothing is known of what they say; ``foreign`` that it is a
    well-formed document of another kind than a result.
    """

    def __init__(self, message: str, *, coding: bool = False, foreign: bool = False) -> None:
        super().__init__(message)
        self.coding = coding
        self.foreign = foreign


def boolean(text: str) -> bool | None:
    """Return the value of a text of the type xs:boolean, None when it has none."""
    return BOOLEANS.get(text.strip(_SPACE))


def scalar(kind: Kind, text: str) -> Any:
    """Return the value that a text of XML stands for; a text that stands for none stays."""
    if kind is Kind.INTEGER:
        if text.isdigit() and text.isascii() and len(text) <= MAX_DIGITS:
            return int(text)
        match = _INTEGER.fullmatch(text)
        return int(match[1]) if match else text
    if kind is Kind.NUMBER:
        match = _DOUBLE.fullmatch(text)
        value = float(match[1]) if match else float("inf")
        # A value without a JSON form stays text; and zero has no sign in JSON.
        return text if value in (float("inf"), float("-inf")) else value + 0.0
    if kind is Kind.BOOLEAN:
        found = boolean(text)
        return text if found is None else found
    return text
