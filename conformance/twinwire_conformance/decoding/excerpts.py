"""Excerpts of a body around the position where decoding failed, with a caret beneath it."""

from __future__ import annotations

from twinwire.errors import printable

_BEFORE = 40
_AFTER = 24
_FARTHEST = 240
_BREAKS = "\"'<> \t\r\n"
_CONTINUATION = bytes(range(0x80, 0xC0))


def excerpt(text: str, position: int, *, more: bool = False) -> str:
    """Return the text around a position as one printable line, with a caret on a second line.

    Args:
        text: The text, or an extract with enough context on both sides.
        position: The index of the character at which decoding failed.
        more: Whether the text begins in the middle of a longer one.
    """
    position = max(0, min(position, len(text)))
    start = _start(text, position)
    before, after = printable(text[start:position]), printable(text[position : position + _AFTER])
    lead = "…" if start or more else ""
    tail = "…" if position + _AFTER < len(text) else ""
    return f"    {lead}{before}{after}{tail}\n    {' ' * len(lead + before)}^"


def bytes_excerpt(data: bytes, position: int, charset: str = "utf-8") -> str:
    """Return the excerpt around a byte of a body, with undecodable bytes as escapes.

    Args:
        data: The bytes of the body.
        position: The index of the byte at which decoding failed.
        charset: A codec name of Python.
    """
    # A multiple of four keeps the code units of UTF-16 and UTF-32 whole.
    start = max(0, position - 4 * _FARTHEST) & ~3
    before = data[start:position]
    if start and charset == "utf-8":
        before = before.lstrip(_CONTINUATION)
    after = data[position : position + 4 * _AFTER + 4]
    text = before.decode(charset, "backslashreplace")
    return excerpt(text + after.decode(charset, "backslashreplace"), len(text), more=start > 0)


def _start(text: str, position: int) -> int:
    """Return the first index to show. It never splits a word, because redaction cannot recognise half of a secret."""
    nearest = max(0, position - _BEFORE)
    if nearest == 0:
        return 0
    before = max(text.rfind(char, max(0, position - _FARTHEST), nearest) for char in _BREAKS)
    if before != -1:
        return before + 1
    within = [place for place in (text.find(char, nearest, position) for char in _BREAKS) if place != -1]
    return min(within, default=position)
