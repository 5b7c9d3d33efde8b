"""A row of the manifest, and the check of what is read from it: whoever can write into the directory can forge one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import cast

from .body import sendable_etag
from .naming import folder, is_path, place

_SHA256 = re.compile(r"[0-9a-f]{64}")


class ForgedError(Exception):
    """A value in the manifest is not one that the mirror has written. The text says which."""


@dataclass(frozen=True, slots=True)
class Row:
    """An image: which one it is, where it came from, and the file that holds it.

    ``filename`` is as the server gave it. The image came with a lot of ``lot`` entries that was asked for with ``asked`` and
    whose own cursor is ``token``. ``sha256`` and ``size`` are those of the file at ``path``, None while there is none.
    ``problem`` says why the image could not be had, and that the next run tries it again; the file may then be an older one.
    """

    entry: str
    position: int
    occurrence: int
    filename: str
    path: str
    asked: str | None
    token: str | None
    lot: int
    url: str | None
    etag: str | None
    sha256: str | None
    size: int | None
    problem: str | None

    @property
    def place(self) -> tuple[int, int]:
        """What tells it from the other images of its entry."""
        return self.position, self.occurrence


_TEXTS = frozenset({"entry", "filename", "path", "asked", "token", "url", "etag", "sha256", "problem"})
_OPTIONAL = frozenset({"asked", "token", "url", "etag", "sha256", "size", "problem"})


def checked_row(values: Sequence[object]) -> Row:
    """Return the row of these columns. Raises ForgedError unless the mirror may have written it."""
    for field, value in zip(fields(Row), values, strict=True):
        checked(field.name, value, str if field.name in _TEXTS else int, optional=field.name in _OPTIONAL)
    row = Row(*cast("tuple[str, int, int, str, str, None, None, int, None, None, None, None, None]", tuple(values)))
    checked_path(row.path)
    if not row.path.startswith(f"{folder(row.entry)}/{place(row.position, row.occurrence)}-"):
        raise ForgedError(f"the path {row.path!a:.200} is another image's")
    if row.occurrence < 0 or row.lot < 0 or (row.size or 0) < 0:
        raise ForgedError(f"a number of {row.path!a:.200} is negative")
    if (row.sha256 is None) != (row.size is None) or not _SHA256.fullmatch(row.sha256 or "0" * 64):
        raise ForgedError(f"the SHA-256 of {row.path!a:.200} is not one")
    # Without an ETag that can be sent back, the image is asked for whole.
    return replace(row, etag=sendable_etag(row.etag))


def checked(name: str, value: object, kind: type, *, optional: bool = False) -> None:
    """Raise ForgedError unless a value has its column's type: SQLite stores anything anywhere."""
    if not (type(value) is kind or (optional and value is None)):
        raise ForgedError(f"the column {name} holds {value!a:.60}")


def checked_path(path: object) -> str:
    """Return a path. Raises ForgedError unless it has the form that ``naming`` gives."""
    if not isinstance(path, str) or not is_path(path):
        raise ForgedError(f"{path!a:.200} is not the path of an image")
    return path
