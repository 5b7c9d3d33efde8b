# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Decimal integers in text, which servers and callers alike may make as long as they like."""

from __future__ import annotations

import re

# One loop and no more: with a second for leading zeros, a long text that fails would be tried in all its divisions.
_DECIMAL = re.compile(r"[+-]?[0-9]+", re.ASCII)


def decimal(text: str) -> int | None:
    """Return the integer that a text spells, None when it spells none or one of more than 19 digits."""
    if not _DECIMAL.fullmatch(text):
        return None
    # Python refuses to read a few thousand digits, leading zeros counted.
    digits = text.lstrip("+-").lstrip("0") or "0"
    if len(digits) > 19:
        return None
    return -int(digits) if text.startswith("-") else int(digits)
