# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Text from a server in a form that is safe to show on a terminal and in a log."""

from __future__ import annotations


def printable(text: str, limit: int = 2000) -> str:
    r"""Return a text cut to so many characters, with what is not printable spelled out.

    Control characters, marks of direction, line separators and lone surrogates become escapes: a real ESC becomes ``\x1b``.
    """
    shown = text if len(text) <= limit else text[:limit] + "…"
    if shown.isprintable():
        return shown
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in shown)
