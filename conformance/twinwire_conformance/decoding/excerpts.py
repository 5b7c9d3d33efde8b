"""Excerpts: the place in a body where reading it failed, with a caret beneath."""

from __future__ import annotations

from twinwire.errors import printable

_BEFORE = 40
_AFTER = 24
_FARTHEST = 240
_BREAKS = "\"'<> \t\r\n"
_CONTINUATION = bytes(range(0x80, 0xC0))


def excerpt(text: str, position: int, *, more: bool = False) -> str:
    """Return two lines: the text around a position in one printable line, and a caret beneath the position.

    Args:
        text: The text, or a part of it that is long enough on both sides.
        position: The index of the character at which reading failed.
        more: Whether the text begins in the middle of a longer one.
    """
    position = max(0, min(position, len(text)))
    start = _start(text, position)
    before, after = printable(text[start:position]), printable(text[position : position + _AFTER])
    lead = "…" if start or more else ""
    tail = "…" if position + _AFTER < len(text) else ""
    return f"    {lead}{before}{after}{tail}\n    {' ' * len(lead + before)}^"


def bytes_excerpt(data: bytes, position: int, charset: str = "utf-8") -> str:
    """Return the excerpt around a byte of a body; bytes that the charset cannot decode are shown as escapes."""
    # Units of two and four bytes stay whole.
    start = max(0, position - 4 * _FARTHEST) & ~3
    before = data[start:position]
    if start and charset == "utf-8":
        before = before.lstrip(_CONTINUATION)
    after = data[position : position + 4 * _AFTER + 4]
    text = before.decode(charset, "backslashreplace")
    return excerpt(text + after.decode(charset, "backslashreplace"), len(text), more=start > 0)


def _start(text: str, position: int) -> int:
    """Return the index at which to begin: never within a word, as half a secret would not be recognised and hidden."""
    nearest = max(0, position - _BEFORE)
    if nearest == 0:
        return 0
    before = max(text.rfind(char, max(0, position - _FARTHEST), nearest) for char in _BREAKS)
    if before != -1:
        return before + 1
    within = [place for place in (text.find(char, nearest, position) for char in _BREAKS) if place != -1]
    return min(within, default=position)
