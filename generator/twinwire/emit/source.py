"""Encode spec text as Python and TOML source, in the layout of ruff: on one line if it fits, else one item per line."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Mapping

WIDTH = 128
# ruff keeps a list with one item per line and a trailing comma, but would break a line that is too long. So lines are broken
# a little early, and the output is stable under ruff.
_RESERVE = 20


def literal(value: object) -> str:
    """Return the Python literal of a text, number, tuple or None, with the quotes that ruff prefers."""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, tuple):
        items: tuple[object, ...] = value
        return "(" + ", ".join(map(literal, items)) + ("," if len(items) == 1 else "") + ")"
    return repr(value)


def _quoted(text: str) -> str:
    # repr() escapes everything that could end the literal. It prefers single quotes, where ruff prefers double ones:
    # repr gives 'it "is"' -> it has more double quotes and is kept; repr gives 'plain' -> "plain".
    source = repr(text)
    if source[0] == '"' or text.count('"') > text.count("'"):
        return source
    body = source[1:-1].replace("\\'", "'").replace('"', '\\"')
    return f'"{body}"'


def bracketed(before: str, items: Iterable[str], after: str, indent: int = 0) -> str:
    """Return a bracketed list on one line, or with one item per line if it is too long.

    Args:
        before: The text up to the opening bracket, including it.
        items: The source of the items.
        after: The closing bracket and the text after it.
        indent: The number of spaces before the statement, which the further lines repeat.
    """
    parts = list(items)
    line = f"{before}{', '.join(parts)}{after}"
    if indent + len(line) + _RESERVE <= WIDTH and "\n" not in line:
        return line
    margin = " " * (indent + 4)
    return "\n".join([before, *(f"{margin}{part}," for part in parts), " " * indent + after])


def by_kind(name: str) -> tuple[object, ...]:
    """Return the key by which ruff sorts names: constants, classes, functions; digits in them by their value."""
    parts = tuple((int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"([0-9]+)", name))
    return not (name.isupper() and len(name) > 1), not name[:1].isupper(), parts


def imports(module: str, names: Iterable[str], indent: int = 0) -> str:
    """Return the statement that imports names from a module of the package, sorted and wrapped as ruff does."""
    ordered = sorted(set(names), key=lambda name: (by_kind(name)[:2], by_kind(name.lower())[2], name))
    line = f"from .{module} import {', '.join(ordered)}"
    if indent + len(line) <= WIDTH:
        return line
    margin = " " * indent
    return "\n".join([f"from .{module} import (", *(f"{margin}    {name}," for name in ordered), f"{margin})"])


def call(name: str, *items: str, indent: int = 0, **named: str) -> str:
    """Return the source of a call; all arguments are source text themselves."""
    return bracketed(f"{name}(", [*items, *(f"{key}={source}" for key, source in named.items())], ")", indent)


def mapping(before: str, items: Mapping[str, str], after: str = "}", indent: int = 0) -> str:
    """Return the source of a dict whose keys are plain texts and whose values are source text."""
    return bracketed(before + "{", (f"{literal(key)}: {source}" for key, source in items.items()), after, indent)


def docstring(text: str, indent: int = 4, *paragraphs: str) -> str:
    """Return the source of a wrapped docstring with quotes.

    Args:
        text: The summary, to which a full stop is added if needed.
        indent: The number of spaces before the docstring.
        paragraphs: Further paragraphs, each after an empty line.
    """
    sentence = text if text.endswith((".", "!", "?")) else f"{text}."
    margin = " " * indent
    body = _wrapped(sentence, indent)
    rest = "".join(f"\n\n{margin}{_wrapped(paragraph, indent)}" for paragraph in paragraphs)
    if rest or "\n" in body:
        return f'"""{body}{rest}\n{margin}"""'
    return f'"""{body}"""'


def _wrapped(text: str, indent: int) -> str:
    safe, margin = _in_docstring(text), " " * indent
    # Three quotes at each end take six columns.
    lines = textwrap.wrap(safe, WIDTH - 6 - indent, break_long_words=False, break_on_hyphens=False)
    return f"\n{margin}".join(lines)


def _in_docstring(text: str) -> str:
    # A backslash or three quotes from a spec could end the docstring, and control characters could hide code in it.
    shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text.replace("\\", "\\\\"))
    escaped = shown.replace('"""', '\\"\\"\\"')
    return escaped[:-1] + '\\"' if escaped.endswith('"') else escaped


def toml(text: str) -> str:
    """Return the TOML basic string of a text."""
    # JSON and TOML escape the same way, except for DEL, which TOML forbids unescaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def markdown(text: str) -> str:
    """Escape a text for Markdown. Only the back-quotes of code remain markup."""
    return "".join(f"\\{char}" if char in "\\*_[]<>#|&" else char for char in text)
