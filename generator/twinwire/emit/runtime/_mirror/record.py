"""Rows of the manifest, and their validation: anyone who can write to the directory can forge a row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import cast

from .body import sendable_etag
from .naming import folder, is_path, place

_SHA256 = re.compile(r"[0-9a-f]{64}")


class ForgedError(Exception):
    """The manifest holds a value that the mirror cannot have written; the message names it."""


@dataclass(frozen=True, slots=True)
class Row:
    """An image: its identity, its origin, and the file that holds it.

    ``filename`` is the server's. The image was listed by a page of ``lot`` entries, requested with the cursor ``asked``, whose
    own cursor is ``token``. ``sha256`` and ``size`` (in bytes) describe the file at ``path``, None while there is no file.
    ``problem`` is the reason why the image could not be loaded; the next run tries again, and the file may be an older one.
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
        """Position and occurrence, which identify the image within its entry."""
        return self.position, self.occurrence


_TEXTS = frozenset({"entry", "filename", "path", "asked", "token", "url", "etag", "sha256", "problem"})
_OPTIONAL = frozenset({"asked", "token", "url", "etag", "sha256", "size", "problem"})


def checked_row(values: Sequence[object]) -> Row:
    """Return a row from its columns. Raises ForgedError when the mirror cannot have written it."""
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
    # An ETag that cannot be sent back is dropped, and the image is then loaded in full.
    return replace(row, etag=sendable_etag(row.etag))


def checked(name: str, value: object, kind: type, *, optional: bool = False) -> None:
    """Raise ForgedError unless a value has its column's type, which SQLite itself does not enforce."""
    if not (type(value) is kind or (optional and value is None)):
        raise ForgedError(f"the column {name} holds {value!a:.60}")


def checked_path(path: object) -> str:
    """Return a path. Raises ForgedError unless it has the form that ``naming`` creates."""
    if not isinstance(path, str) or not is_path(path):
        raise ForgedError(f"{path!a:.200} is not the path of an image")
    return path
