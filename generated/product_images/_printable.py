# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Escaping of server text for terminals and logs."""

from __future__ import annotations


def printable(text: str, limit: int = 2000) -> str:
    r"""Return a text cut to ``limit`` characters, with unprintable characters escaped.

    Control characters, direction marks, line separators and lone surrogates become escapes: a real ESC becomes ``\x1b``.
    """
    shown = text if len(text) <= limit else text[:limit] + "…"
    if shown.isprintable():
        return shown
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in shown)
