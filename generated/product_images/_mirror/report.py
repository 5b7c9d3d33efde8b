# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""What a run of a mirror did."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorReport:
    """What a run did, so far or in all; in a dry run, what it would have done.

    ``lots`` and ``entries`` came from the feed. Of the images that they list, ``written`` are new or changed, ``bytes`` in all,
    and ``unchanged`` were there already; in a dry run links count as written unless they are known. ``removed`` files are no
    longer listed. ``pending`` images could not be had and are tried again by the next run; ``problems`` says why, for the
    first of them. ``token`` is where the next run goes on; ``remaining`` is what the feed says is left, None where it does not.
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
        """Whether the directory holds every image that the feed lists."""
        return not self.pending


def printable(text: str) -> str:
    """Return a text in one line that does nothing to a terminal; part of it may be the server's."""
    return "".join(char if char.isprintable() else "?" for char in text)
