"""Parsers of XML Schema scalars; surrounding white space is ignored."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from ._decimal import decimal

_SPACE = " \t\r\n"
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([Ee][+-]?[0-9]+)?", re.ASCII)
# XML Schema part 2, 3.2.2.1 has four spellings, and they are case-sensitive.
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def _integer(text: str) -> int:
    word = text.strip(_SPACE)
    value = decimal(word)
    if value is None:
        raise ValueError(f"expected an integer of 64 bits, got {word!r:.60}")
    return value


def _number(text: str) -> float:
    word = text.strip(_SPACE)
    value = float(word) if _NUMBER.fullmatch(word) else math.nan
    if not math.isfinite(value):
        raise ValueError(f"expected a finite number, got {word!r:.60}")
    return value


def _boolean(text: str) -> bool:
    word = text.strip(_SPACE)
    if word not in BOOLEANS:
        raise ValueError(f"expected a boolean, got {word!r:.60}")
    return BOOLEANS[word]


PARSERS: Mapping[str, Callable[[str], Any]] = {"integer": _integer, "number": _number, "boolean": _boolean}
