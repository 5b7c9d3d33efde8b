"""The words of a body: its text out of its bytes, and scalars out of texts of XML."""

from __future__ import annotations

import re
from typing import Any

from twinwire.ir import Kind

MAX_DEPTH = 200
_INTEGER = re.compile(r"[ \t\r\n]*([+-]?[0-9]{1,40})[ \t\r\n]*")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class Unreadable(Exception):
    """A body that is not what its label says; the message says why and where.

    ``coding`` says that its bytes do not decode to text, so that nothing is known of what they say.
    """

    def __init__(self, message: str, *, coding: bool = False) -> None:
        super().__init__(message)
        self.coding = coding


def decode(body: bytes, charset: str) -> str:
    """Return the text of a body without a byte order mark. Raises Unreadable."""
    # bytes.decode takes text encodings only: no label makes it unpack an archive.
    try:
        text = body.decode(charset)
    except LookupError as error:
        raise Unreadable(f"the label's charset {charset!r} is unknown") from error
    except ValueError as error:
        raise Unreadable(f"the body is not {charset}: {error}") from error
    return text.removeprefix("\ufeff")


def scalar(kind: Kind, text: str) -> Any:
    """Return the value that a text of XML stands for; a text that stands for none stays."""
    if kind is Kind.INTEGER:
        if text.isdigit() and text.isascii() and len(text) <= 40:
            return int(text)
        match = _INTEGER.fullmatch(text)
        return int(match[1]) if match else text
    if kind is Kind.NUMBER:
        try:
            return float(text)
        except ValueError:
            return text
    if kind is Kind.BOOLEAN:
        return _BOOLEANS.get(text.strip(), text)
    return text
