# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Parsing of decimal integers of arbitrary length from servers and callers."""

from __future__ import annotations

import re

# A single quantifier: with a second one for leading zeros, a long text that fails would backtrack over every division.
_DECIMAL = re.compile(r"[+-]?[0-9]+", re.ASCII)


def decimal(text: str) -> int | None:
    """Parse a decimal integer; None when the text is not one or has more than 19 significant digits."""
    if not _DECIMAL.fullmatch(text):
        return None
    # int() raises ValueError beyond 4300 digits, leading zeros included, so strip them first.
    digits = text.lstrip("+-").lstrip("0") or "0"
    if len(digits) > 19:
        return None
    return -int(digits) if text.startswith("-") else int(digits)
