"""The mirror's directory: every file is whole or not there, and none lies outside it.

A file is written under a temporary name in ``.mirror/tmp``, synchronised, and renamed to its place, which replaces what was
there, a symbolic link too. What is planted inside the directory is not followed: a link in the place of an entry's directory,
or of the mirror's own, is an error. (Who can change the directory in the very moment of a write is not defended against.)

The names of files are in UTF-8 whatever the locale says, so that every run finds what another one wrote.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
import stat
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import MirrorError
from .address import UnobtainableError

STATE = ".mirror"

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_PIECE = 1 << 20
_SYNCHRONISERS = 8
# What file systems say to a name that they cannot hold.
_NAME_ERRORS = frozenset({errno.EILSEQ, errno.EINVAL, errno.ENAMETOOLONG})
# A database of SQLite that has been begun, and holds nothing yet.
_FIRST_PAGE = 4096


@contextmanager
def disk_errors(what: str) -> Generator[None]:
    """Turn the errors of the disk into MirrorError."""
    try:
        yield
    except OSError as error:
        # Without the error's own text: it repeats the path, which the server may have chosen, as it came.
        raise MirrorError(f"{what}: {error.strerror or type(error).__name__}; what was stored before is whole") from error


class Draft:
    """A file that is being written; discard it when it is not placed.

    Bytes are held back and written ``_PIECE`` at a time: most images are written at once, and what is given up before costs
    no file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None
        self._is_there = False
        self._held: list[bytes] = []
        self._held_size = 0
        self._hash = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        """The hash of what has been written."""
        return self._hash.hexdigest()

    def write(self, data: bytes) -> None:
        """Append bytes."""
        self._held.append(data)
        self._held_size += len(data)
        self._hash.update(data)
        self.size += len(data)
        if self._held_size >= _PIECE:
            self._flush()

    def _flush(self) -> int:
        """Write what is held back, and return the file's descriptor."""
        if self._fd is None:
            with disk_errors("cannot write a temporary file"):
                self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, 0o666)
            self._is_there = True
        view = memoryview(b"".join(self._held))
        self._held, self._held_size = [], 0
        with disk_errors("cannot write an image"):
            while view:
                view = view[os.write(self._fd, view) :]
        return self._fd

    def restart(self) -> None:
        """Drop what has been written."""
        if self.size:
            if self._fd is not None:
                with disk_errors("cannot write an image"):
                    os.ftruncate(self._fd, 0)
                    os.lseek(self._fd, 0, os.SEEK_SET)
            self._held, self._held_size = [], 0
            self._hash, self.size = hashlib.sha256(), 0

    def move(self, target: Path) -> None:
        """Bring what has been written to the disk, and then to its place."""
        descriptor = self._flush()
        with disk_errors("cannot write an image"):
            os.fsync(descriptor)
            self._close()
            self._path.replace(target)
        self._is_there = False

    def discard(self) -> None:
        """Drop the file if it was not placed."""
        with suppress(OSError):
            self._close()
            if self._is_there:
                self._path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._fd is not None:
            descriptor, self._fd = self._fd, None
            os.close(descriptor)


class Disk:
    """A mirror's directory; paths are relative to it, of the form that ``naming`` gives."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.state = root / STATE
        self._temporary = self.state / "tmp"
        self._numbers = itertools.count()
        # The entries' directories that have been made, or looked at, since the last call of ``settle``.
        self._folders: set[Path] = set()

    def prepare(self) -> None:
        """Create the directory where it is missing."""
        with disk_errors(f"cannot use the directory {self.root}"):
            # The directory itself may well be a link: whoever runs the mirror chose it.
            self.root.mkdir(parents=True, exist_ok=True)
        for folder in (self.state, self._temporary):
            self._own_folder(folder)
            synchronise(folder.parent)

    def sweep(self) -> None:
        """Remove what a run that was killed left half-written. Only the one who holds the lock may."""
        with disk_errors(f"cannot clear {self._temporary}"):
            for path in self._temporary.iterdir():
                path.unlink()
        path, journal = self.own_file("manifest.sqlite"), self.own_file("manifest.sqlite-journal")
        with disk_errors(f"cannot clear {self.state}"):
            if journal.exists() and (not path.exists() or path.stat().st_size <= _FIRST_PAGE):
                # It was killed before it had stored anything.
                path.unlink(missing_ok=True)
                journal.unlink()

    def own_file(self, name: str) -> Path:
        """Return the path of one of the mirror's own files, which must be no link."""
        path = self.state / name
        with disk_errors(f"cannot use {path}"):
            if path.is_symlink() or (path.exists() and not path.is_file()):
                raise MirrorError(f"{path} is no file of the mirror's own: move it away")
        return path

    def own_database(self, name: str) -> Path:
        """Return the path of one of the mirror's own databases; neither it nor its journals are links.

        A rollback journal beside a database that holds something is an error: the mirror leaves none, and a forged one can
        make SQLite delete any file.
        """
        journal, *_ = (self.own_file(f"{name}{suffix}") for suffix in ("-journal", "-wal", "-shm"))
        path = self.own_file(name)
        if journal.exists() and path.exists() and path.stat().st_size:
            raise MirrorError(f"{journal} is no file of the mirror's own: move it away")
        return path

    def occupied(self, path: str) -> bool:
        """Say whether something lies at a path that a new file would replace; links and directories do not count."""
        try:
            mode = self._at(path).lstat().st_mode
        except OSError:
            return False
        return not stat.S_ISLNK(mode) and not stat.S_ISDIR(mode)

    def is_same(self, path: str, other: str) -> bool:
        """Say whether two paths lead to one file, as where the file system folds case."""
        with suppress(OSError):
            return self._at(path).samefile(self._at(other))
        return False

    def _at(self, path: str) -> Path:
        return self.root / os.fsdecode(path.encode("utf-8"))

    def draft(self) -> Draft:
        """Begin a file."""
        return Draft(self._temporary / f"{next(self._numbers)}.part")

    def place(self, draft: Draft, path: str) -> None:
        """Put a file into its place. It is there for good once ``settle`` has been called for it.

        Raises UnobtainableError when the file system cannot hold its name.
        """
        target = self._at(path)
        if target.parent not in self._folders:
            self._own_folder(target.parent)
            self._folders.add(target.parent)
        try:
            draft.move(target)
        except MirrorError as error:
            if isinstance(error.__cause__, OSError) and error.__cause__.errno in _NAME_ERRORS:
                raise UnobtainableError(f"the file system cannot hold the name {path!a}") from error
            raise

    def settle(self, paths: Iterable[str]) -> None:
        """Bring the directories of these files to the disk, and that these are there."""
        self._folders.clear()
        folders = {self._at(path).parent for path in paths}
        if len(folders) < _SYNCHRONISERS:
            for folder in folders:
                synchronise(folder)
        else:
            # Each waits for the disk, which takes several at a time.
            with ThreadPoolExecutor(_SYNCHRONISERS, thread_name_prefix="feed-mirror") as pool:
                list(pool.map(synchronise, folders))
        if folders:
            synchronise(self.root)

    def current(self, path: str, size: int, sha256: str) -> bool:
        """Say whether a file is there with this content. It reads the file only when its size is right."""
        try:
            fd = os.open(self._at(path), os.O_RDONLY | _NO_FOLLOW | getattr(os, "O_NONBLOCK", 0))
        except OSError:
            return False
        try:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode) or found.st_size != size or (self.root / path).parent.is_symlink():
                return False
            digest = hashlib.sha256()
            while piece := os.read(fd, _PIECE):
                digest.update(piece)
        except OSError:
            return False
        finally:
            os.close(fd)
        return digest.hexdigest() == sha256

    def remove(self, path: str) -> None:
        """Remove a file, and its directory when that is empty then."""
        target = self._at(path)
        if target.parent.is_symlink() or target.is_dir():
            return
        with disk_errors(f"cannot remove {path!a}"):
            target.unlink(missing_ok=True)
        with suppress(OSError):
            target.parent.rmdir()

    def _own_folder(self, folder: Path) -> None:
        with disk_errors(f"cannot make the directory {str(folder.relative_to(self.root))!a}"):
            try:
                folder.mkdir()
            except FileExistsError:
                if folder.is_symlink() or not folder.is_dir():
                    raise MirrorError(f"{folder} is not a directory of its own: move it away") from None


def synchronise(folder: Path) -> None:
    """Bring a directory's names to the disk."""
    if os.name == "nt":  # which does that by itself, and opens no directories
        return
    with disk_errors(f"cannot synchronise the directory {str(folder)!a}"):
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
