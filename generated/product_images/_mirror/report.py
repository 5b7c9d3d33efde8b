# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""The report of a mirror's run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorReport:
    """The effects of a run, so far or in total; for a dry run, the effects that it would have.

    ``lots`` counts the pages and ``entries`` the entries received. Of the images that they list, ``written`` are new or changed
    (``bytes`` in total) and ``unchanged`` were stored before; a dry run counts links as written unless they are known.
    ``removed`` files are no longer listed. ``pending`` images could not be loaded and are tried again by the next run;
    ``problems`` holds the reasons for the first of them. ``token`` is the cursor for the next run; ``remaining`` is the number
    of entries left according to the feed, None where it gives none.
    """

    lots: int = 0
    entries: int = 0
    written: int = 0
    bytes: int = 0
    unchanged: int = 0
    removed: int = 0
    pending: int = 0
    problems: tuple[str, ...] = ()
    token: str | None = None
    remaining: int | None = None

    @property
    def complete(self) -> bool:
        """True when the directory holds every image that the feed lists."""
        return not self.pending


def printable(text: str) -> str:
    """Return a text in one line with control characters escaped, because parts of it may come from the server."""
    return "".join(char if char.isprintable() else "?" for char in text)
