"""The XML encoder: writes a checked result by following the field plan."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

from ._plan import Member, ResultShape

# White space becomes references: XML 1.0 normalizes it to spaces in attributes (3.3.3), and a carriage return to a line
# feed everywhere (2.11).
_ATTRIBUTE = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"})
_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})

Spell = Callable[[bytes], str]


def write(result: Any, shape: ResultShape, *, verbatim: bool) -> bytes:
    """Return a result as an XML document in UTF-8; ``verbatim`` writes the base64 text of binary members unchanged."""
    spell: Spell = bytes.decode if verbatim else _base64
    body = "".join(_element(result, shape.element, shape, spell))
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'.encode()


def _element(value: Any, name: str, shape: ResultShape, spell: Spell) -> Iterator[str]:
    yield f"<{name}"
    for member in shape.members:
        item = getattr(value, member.name)
        if member.attribute and item is not None:
            yield f' {member.xml}="{_scalar(item, spell).translate(_ATTRIBUTE)}"'
    content = [part for member in shape.members if not member.attribute for part in _member(value, member, spell)]
    if content:
        yield ">"
        yield from content
        yield f"</{name}>"
    else:
        yield "/>"


def _member(value: Any, member: Member, spell: Spell) -> Iterator[str]:
    item = getattr(value, member.name)
    items = item if member.many else [item] if item is not None else []
    if member.wrapper and items:
        yield f"<{member.wrapper}>"
    for each in items:
        if member.shape is not None:
            yield from _element(each, member.xml, member.shape, spell)
        else:
            yield f"<{member.xml}>{_scalar(each, spell).translate(_TEXT)}</{member.xml}>"
    if member.wrapper and items:
        yield f"</{member.wrapper}>"


def _scalar(value: Any, spell: Spell) -> str:
    if isinstance(value, bytes):
        return spell(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
