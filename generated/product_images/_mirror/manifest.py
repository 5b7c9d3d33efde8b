# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""The manifest of a mirror: the cursor of the feed and the metadata of each file, in SQLite (``.mirror/manifest.sqlite``).

A page's images and the next cursor are stored in one transaction, with synchronous=FULL: after a crash, either all of them
are stored or none. The journal is a WAL, so that other readers of the manifest never block the mirror.

The manifest is not trusted: its tables must be exactly those created here, without views and triggers, and each value is
checked when it is read. A wrong one raises MirrorError before it has any effect.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing, contextmanager
from dataclasses import fields
from operator import attrgetter
from pathlib import Path

from ..errors import MirrorError
from .naming import place_prefix
from .record import ForgedError, Row, checked, checked_path, checked_row

FORMAT = 1

# "TWMI" as SQLite's application_id, to distinguish a manifest from other databases.
_APPLICATION = 0x54574D49
_SCHEMA = """
CREATE TABLE mirror (feed TEXT NOT NULL, token TEXT);
CREATE TABLE images (
    entry TEXT NOT NULL, position INTEGER NOT NULL, occurrence INTEGER NOT NULL, filename TEXT NOT NULL,
    path TEXT NOT NULL UNIQUE, asked TEXT, token TEXT, lot INTEGER NOT NULL, url TEXT, etag TEXT, sha256 TEXT, size INTEGER,
    problem TEXT, PRIMARY KEY (entry, position, occurrence)
) WITHOUT ROWID;
CREATE INDEX pending ON images (asked, lot) WHERE problem IS NOT NULL;
CREATE TABLE removals (path TEXT PRIMARY KEY) WITHOUT ROWID;
"""
# Below SQLite's limit of bound values in one statement, which is 999 in older versions.
_BATCH = 500
# Far above any value that the mirror stores, and a bound on the memory for a forged one.
_MAX_VALUE = 1 << 26


_COLUMNS = ", ".join(field.name for field in fields(Row))
_VALUES = attrgetter(*(field.name for field in fields(Row)))
_MARKS = ", ".join("?" for _ in fields(Row))


class Manifest:
    """An open manifest, for one thread at a time. Raises MirrorError when it belongs to another feed or is unusable."""

    def __init__(self, path: Path, feed: str, place: Path | None = None) -> None:
        # A dry run reads a copy, but errors must name the original.
        self._path = place or path
        with self._errors():
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        try:
            self._db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE)
            self._prepare(feed)
        except BaseException:
            self._db.close()
            raise

    def _prepare(self, feed: str) -> None:
        with self._errors():
            (application,), (version,) = (self._row(f"PRAGMA {name}") for name in ("application_id", "user_version"))
            if (application, version) == (0, 0) and self._row("SELECT count(*) FROM sqlite_master") == (0,):
                self._write_ahead()
                self._create(feed)
                return
        if application != _APPLICATION:
            raise MirrorError(f"{self._path} is no manifest of a mirror: move it away, or mirror to another directory")
        if version != FORMAT:
            raise MirrorError(f"{self._path} has format {version}, this program writes {FORMAT}: mirror to another directory")
        with self._errors():
            # Compare the schema before reading anything, because a view could pose as a table.
            if _tables(self._db) != _expected_tables():
                raise ForgedError("its tables are not those of a mirror")
            self._write_ahead()
            if self._row("SELECT count(*) FROM mirror") != (1,):
                raise ForgedError("it must name one feed")
            known, token = self._row("SELECT feed, token FROM mirror")
            checked("feed", known, str)
            checked("token", token, str, optional=True)
        if known != feed:
            raise MirrorError(f"{self._path.parents[1]} mirrors {known}, not {feed}: mirror to another directory")

    def _write_ahead(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")

    def _create(self, feed: str) -> None:
        with self._transaction():
            for statement in filter(str.strip, _SCHEMA.split(";")):
                self._db.execute(statement)
            self._db.execute("INSERT INTO mirror VALUES (?, NULL)", (feed,))
            self._db.execute(f"PRAGMA application_id = {_APPLICATION}")
            self._db.execute(f"PRAGMA user_version = {FORMAT}")

    def close(self) -> None:
        """Close the database."""
        with self._errors():
            self._db.close()

    @property
    def token(self) -> str | None:
        """The cursor to continue from, None for the beginning."""
        with self._errors():
            (token,) = self._row("SELECT token FROM mirror")
        return None if token is None else str(token)

    def rows(self, entries: Iterable[str]) -> dict[str, list[Row]]:
        """Return the images of these entries, by entry."""
        keys, found = list(entries), dict[str, list[Row]]()
        with self._errors():
            for start in range(0, len(keys), _BATCH):
                batch = keys[start : start + _BATCH]
                marks = ", ".join("?" for _ in batch)
                # S608 does not apply: only question marks are inserted into the statement.
                for values in self._db.execute(f"SELECT {_COLUMNS} FROM images WHERE entry IN ({marks})", batch):  # noqa: S608
                    row = checked_row(values)
                    found.setdefault(row.entry, []).append(row)
        return found

    def pending(self) -> list[tuple[str | None, int, str]]:
        """Return the images that could not be loaded: cursor and size of their page, and their entry."""
        with self._errors():
            query = f"SELECT {_COLUMNS} FROM images WHERE problem IS NOT NULL ORDER BY asked, lot, entry"  # noqa: S608
            rows = map(checked_row, self._db.execute(query))
            return list(dict.fromkeys((row.asked, row.lot, row.entry) for row in rows))

    def count_pending(self) -> int:
        """Return the number of images that could not be loaded."""
        with self._errors():
            (count,) = self._row("SELECT count(*) FROM images WHERE problem IS NOT NULL")
        return int(str(count))

    def announce(self, paths: Iterable[str]) -> None:
        """Record files about to be written, so that they are removed if their page is never stored."""
        with self._errors(), self._transaction():
            self._db.executemany("INSERT OR IGNORE INTO removals VALUES (?)", ((path,) for path in paths))

    def store(self, entries: Sequence[str], rows: Iterable[Row], removed: Iterable[str], token: str | None) -> None:
        """Replace the images of entries, record files to remove, and store the cursor (None keeps it), atomically."""
        stored = list(rows)
        with self._errors(), self._transaction():
            self._db.executemany("DELETE FROM images WHERE entry = ?", ((entry,) for entry in entries))
            self._db.executemany(f"INSERT INTO images ({_COLUMNS}) VALUES ({_MARKS})", map(_VALUES, stored))  # noqa: S608
            self._db.executemany("DELETE FROM removals WHERE path = ?", ((row.path,) for row in stored))
            self._db.executemany("INSERT OR IGNORE INTO removals VALUES (?)", ((path,) for path in removed))
            if token is not None:
                self._db.execute("UPDATE mirror SET token = ?", (token,))

    def withdraw(self, entry: str, asked: str | None) -> None:
        """Drop the pending images of an entry that the feed no longer lists; an existing file stays."""
        with self._errors(), self._transaction():
            here = "entry = ? AND asked IS ? AND problem IS NOT NULL"
            self._db.execute(f"DELETE FROM images WHERE {here} AND sha256 IS NULL", (entry, asked))  # noqa: S608
            self._db.execute(f"UPDATE images SET problem = NULL WHERE {here}", (entry, asked))  # noqa: S608

    def announced(self, paths: Iterable[str]) -> set[str]:
        """Return the paths that an earlier run has announced and may have written."""
        with self._errors():
            query = "SELECT 1 FROM removals WHERE path = ?"
            return {path for path in paths if self._db.execute(query, (path,)).fetchone() is not None}

    def removals(self) -> list[tuple[str, str | None]]:
        """Return the files to remove that do not belong to an image now.

        Each comes with the path of the image at the same place, if any: on a case-insensitive file system, both paths may
        denote the same file.
        """
        with self._errors():
            query = "SELECT path FROM removals WHERE path NOT IN (SELECT path FROM images)"
            paths = [checked_path(path) for (path,) in self._db.execute(query).fetchall()]
            return [(path, self._neighbour(path)) for path in paths]

    def _neighbour(self, path: str) -> str | None:
        prefix = place_prefix(path)
        # A range scan instead of LIKE: a prefix ends with "-", and "." is the next character in ASCII.
        query = "SELECT path FROM images WHERE path >= ? AND path < ?"
        found = self._db.execute(query, (prefix, f"{prefix[:-1]}.")).fetchone()
        return None if found is None else checked_path(found[0])

    def removed(self) -> None:
        """Record that the files to remove have been removed."""
        with self._errors():
            self._db.execute("DELETE FROM removals")

    def _row(self, query: str) -> tuple[object, ...]:
        row: tuple[object, ...] = self._db.execute(query).fetchone()
        return row

    @contextmanager
    def _transaction(self) -> Generator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            # SQLite rolls back by itself on some errors, such as a full disk, and a second ROLLBACK would raise.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _errors(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise MirrorError(f"cannot use the manifest {self._path}: {error}; what was stored before is whole") from error
        except ForgedError as error:
            why = f"{error}, which no mirror has written there: move it away"
            raise MirrorError(f"cannot use the manifest {self._path}: {why}") from error


def _tables(db: sqlite3.Connection) -> set[tuple[object, ...]]:
    """Return the schema of a database, with line breaks in its statements normalized."""
    found = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")
    return {(*names, " ".join(str(sql).split())) for *names, sql in found}


def _expected_tables() -> set[tuple[object, ...]]:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(_SCHEMA)
        return _tables(db)


class Lock:
    """Lock against a second mirror in the directory. The operating system releases it when the process ends or is killed."""

    def __init__(self, path: Path) -> None:
        try:
            # SQLite provides file locks on every platform, where fcntl and msvcrt each exist on some only.
            self._db = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
            try:
                self._db.execute("BEGIN EXCLUSIVE")
            except BaseException:
                self._db.close()
                raise
        except sqlite3.Error as error:
            busy = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
            why = "another mirror is running there" if busy else str(error)
            raise MirrorError(f"cannot lock {path.parents[1]}: {why}") from error

    def release(self) -> None:
        """Release the lock."""
        with closing(self._db):
            self._db.execute("ROLLBACK")
