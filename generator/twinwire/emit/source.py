"""Spec text as Python and TOML source, laid out as ruff formats it: on one line where that fits, else one item a line."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Mapping

WIDTH = 128
# ruff leaves one item a line where it finds it so, but joins nothing that is too long: better to break a little early.
_RESERVE = 20


def literal(value: object) -> str:
    """Return the literal of a text, number, tuple or None, with the quotes that ruff prefers."""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, tuple):
        items: tuple[object, ...] = value
        return "(" + ", ".join(map(literal, items)) + ("," if len(items) == 1 else "") + ")"
    return repr(value)


def _quoted(text: str) -> str:
    source = repr(text)
    if source[0] == '"' or text.count('"') > text.count("'"):
        return source
    body = source[1:-1].replace("\\'", "'").replace('"', '\\"')
    return f'"{body}"'


def bracketed(before: str, items: Iterable[str], after: str, indent: int = 0) -> str:
    """Return ``before``, comma-separated items and ``after``; lines after the first are indented by ``indent`` more."""
    parts = list(items)
    line = f"{before}{', '.join(parts)}{after}"
    if indent + len(line) + _RESERVE <= WIDTH and "\n" not in line:
        return line
    margin = " " * (indent + 4)
    return "\n".join([before, *(f"{margin}{part}," for part in parts), " " * indent + after])


def by_kind(name: str) -> tuple[object, ...]:
    """Return the key by which ruff sorts names: constants, classes, functions; numbers in them by their value."""
    parts = tuple((int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"([0-9]+)", name))
    return not (name.isupper() and len(name) > 1), not name[:1].isupper(), parts


def imports(module: str, names: Iterable[str], indent: int = 0) -> str:
    """Return the import of names from a module of the package."""
    ordered = sorted(set(names), key=lambda name: (by_kind(name)[:2], by_kind(name.lower())[2], name))
    line = f"from .{module} import {', '.join(ordered)}"
    if indent + len(line) <= WIDTH:
        return line
    margin = " " * indent
    return "\n".join([f"from .{module} import (", *(f"{margin}    {name}," for name in ordered), f"{margin})"])


def call(name: str, *items: str, indent: int = 0, **named: str) -> str:
    """Return the source of a call whose arguments are source."""
    return bracketed(f"{name}(", [*items, *(f"{key}={source}" for key, source in named.items())], ")", indent)


def mapping(before: str, items: Mapping[str, str], after: str = "}", indent: int = 0) -> str:
    """Return the source of a dict whose keys are texts and whose values are source."""
    return bracketed(before + "{", (f"{literal(key)}: {source}" for key, source in items.items()), after, indent)


def docstring(text: str, indent: int = 4, *paragraphs: str) -> str:
    """Return a docstring, wrapped; its summary ends as a sentence does. ``paragraphs`` follow."""
    sentence = text if text.endswith((".", "!", "?")) else f"{text}."
    margin = " " * indent
    body = _wrapped(sentence, indent)
    rest = "".join(f"\n\n{margin}{_wrapped(paragraph, indent)}" for paragraph in paragraphs)
    if rest or "\n" in body:
        return f'"""{body}{rest}\n{margin}"""'
    return f'"""{body}"""'


def _wrapped(text: str, indent: int) -> str:
    safe, margin = _in_docstring(text), " " * indent
    # The quotes and an opening margin take room too.
    lines = textwrap.wrap(safe, WIDTH - 6 - indent, break_long_words=False, break_on_hyphens=False)
    return f"\n{margin}".join(lines)


def _in_docstring(text: str) -> str:
    shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text.replace("\\", "\\\\"))
    escaped = shown.replace('"""', '\\"\\"\\"')
    return escaped[:-1] + '\\"' if escaped.endswith('"') else escaped


def toml(text: str) -> str:
    """Return the TOML basic string of a text."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def markdown(text: str) -> str:
    """Return text for Markdown in which nothing is markup but the back-quotes of code."""
    return "".join(f"\\{char}" if char in "\\*_[]<>#|&" else char for char in text)
