"""The mirror's directory: each file is complete or absent, and none is written outside it.

A file is written under a temporary name in ``.mirror/tmp``, synchronised, and renamed to its path, which replaces an existing
file or symbolic link. Links planted inside the directory are not followed: a link in place of an entry's directory, or of the
mirror's own, is an error. (An attacker who changes the directory during a write is out of scope.)

File names are in UTF-8 regardless of the locale, so that each run finds the files of the others.
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
# The errors of file systems for a name that they cannot store.
_NAME_ERRORS = frozenset({errno.EILSEQ, errno.EINVAL, errno.ENAMETOOLONG})
# The size of an SQLite database that was created and is still empty: one page.
_FIRST_PAGE = 4096


@contextmanager
def disk_errors(what: str) -> Generator[None]:
    """Convert OSError into MirrorError; the argument names the failed operation."""
    try:
        yield
    except OSError as error:
        # Use strerror only: the full text repeats the path unescaped, and the server may have chosen it.
        raise MirrorError(f"{what}: {error.strerror or type(error).__name__}; what was stored before is whole") from error


class Draft:
    """A file in progress; discard it when it is not placed.

    Bytes are buffered and written ``_PIECE`` at a time. Most images then need one write, and a download that fails early does
    not create a file.
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
        """The SHA-256 of the bytes written, in hexadecimal."""
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
        """Write the buffered bytes, and return the file's descriptor."""
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
        """Discard the bytes written so far."""
        if self.size:
            if self._fd is not None:
                with disk_errors("cannot write an image"):
                    os.ftruncate(self._fd, 0)
                    os.lseek(self._fd, 0, os.SEEK_SET)
            self._held, self._held_size = [], 0
            self._hash, self.size = hashlib.sha256(), 0

    def move(self, target: Path) -> None:
        """Synchronise the file to the disk, then rename it to its path."""
        descriptor = self._flush()
        with disk_errors("cannot write an image"):
            os.fsync(descriptor)
            self._close()
            self._path.replace(target)
        self._is_there = False

    def discard(self) -> None:
        """Delete the file if it was not placed."""
        with suppress(OSError):
            self._close()
            if self._is_there:
                self._path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._fd is not None:
            descriptor, self._fd = self._fd, None
            os.close(descriptor)


class Disk:
    """A mirror's directory; paths are relative to it, in the form that ``naming`` creates."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.state = root / STATE
        self._temporary = self.state / "tmp"
        self._numbers = itertools.count()
        # The entries' directories created or checked since the last call of ``settle``, to avoid repeated system calls.
        self._folders: set[Path] = set()

    def prepare(self) -> None:
        """Create the directory where it is missing."""
        with disk_errors(f"cannot use the directory {self.root}"):
            # The directory itself may be a link, because the user chose it.
            self.root.mkdir(parents=True, exist_ok=True)
        for folder in (self.state, self._temporary):
            self._own_folder(folder)
            synchronise(folder.parent)

    def sweep(self) -> None:
        """Remove the temporary files of a run that was killed. The caller must hold the lock."""
        with disk_errors(f"cannot clear {self._temporary}"):
            for path in self._temporary.iterdir():
                path.unlink()
        path, journal = self.own_file("manifest.sqlite"), self.own_file("manifest.sqlite-journal")
        with disk_errors(f"cannot clear {self.state}"):
            if journal.exists() and (not path.exists() or path.stat().st_size <= _FIRST_PAGE):
                # The run was killed before it had stored anything.
                path.unlink(missing_ok=True)
                journal.unlink()

    def own_file(self, name: str) -> Path:
        """Return the path of one of the mirror's own files. Raises MirrorError when it is a link."""
        path = self.state / name
        with disk_errors(f"cannot use {path}"):
            if path.is_symlink() or (path.exists() and not path.is_file()):
                raise MirrorError(f"{path} is no file of the mirror's own: move it away")
        return path

    def own_database(self, name: str) -> Path:
        """Return the path of one of the mirror's own databases. Raises MirrorError when it or a journal is a link.

        A rollback journal beside a non-empty database is an error too: the mirror leaves none, and a forged one can make
        SQLite delete any file.
        """
        journal, *_ = (self.own_file(f"{name}{suffix}") for suffix in ("-journal", "-wal", "-shm"))
        path = self.own_file(name)
        if journal.exists() and path.exists() and path.stat().st_size:
            raise MirrorError(f"{journal} is no file of the mirror's own: move it away")
        return path

    def occupied(self, path: str) -> bool:
        """Return True when a new file at this path would replace a file; links and directories do not count."""
        try:
            mode = self._at(path).lstat().st_mode
        except OSError:
            return False
        return not stat.S_ISLNK(mode) and not stat.S_ISDIR(mode)

    def is_same(self, path: str, other: str) -> bool:
        """Return True when two paths denote the same file, as on a case-insensitive file system."""
        with suppress(OSError):
            return self._at(path).samefile(self._at(other))
        return False

    def _at(self, path: str) -> Path:
        return self.root / os.fsdecode(path.encode("utf-8"))

    def draft(self) -> Draft:
        """Start a new file."""
        return Draft(self._temporary / f"{next(self._numbers)}.part")

    def place(self, draft: Draft, path: str) -> None:
        """Move a draft to its path. It survives a crash only after ``settle`` has been called for the path.

        Raises:
            UnobtainableError: The file system cannot store its name.
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
        """Synchronise the directories of these files to the disk, so that the renames survive a crash."""
        self._folders.clear()
        folders = {self._at(path).parent for path in paths}
        if len(folders) < _SYNCHRONISERS:
            for folder in folders:
                synchronise(folder)
        else:
            # Each fsync waits for the disk, which handles several at a time.
            with ThreadPoolExecutor(_SYNCHRONISERS, thread_name_prefix="feed-mirror") as pool:
                list(pool.map(synchronise, folders))
        if folders:
            synchronise(self.root)

    def current(self, path: str, size: int, sha256: str) -> bool:
        """Return True when a file exists with this content. The file is read only when its size matches."""
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
        """Remove a file, and then its directory if it is empty."""
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
    """Synchronise the names in a directory to the disk."""
    if os.name == "nt":  # which does that by itself, and opens no directories
        return
    with disk_errors(f"cannot synchronise the directory {str(folder)!a}"):
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
