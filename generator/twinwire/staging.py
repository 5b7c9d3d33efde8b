"""Change a directory tree in one step: readers find the old tree or the new one, even if the run is killed.

On Linux the new tree is built beside the old one, with hard links to the unchanged files, and ``renameat2`` exchanges the
two. On other systems, and where the directory is a mount point or the current directory, the files are replaced one by one
under a journal, which the next run completes (``twinwire.journal``).
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from twinwire.errors import UsageError
from twinwire.journal import PREFIX, Change, discard, finish, remove_empty, replace_each, staged

# Stages within the root. Versions without a journal used suffixes of eight characters.
_INSIDE = re.compile(r"\.twinwire-(?:[a-z0-9_]{8}|[0-9a-f]{12})")
# Seconds to wait for the lock of another run.
_PATIENCE = 60.0
# From linux/fs.h and fcntl.h; the standard library exposes neither renameat2 nor its flags.
_EXCHANGE = 2
_AT_FDCWD = -100
# Errors of systems, file systems and mounts that support no exchange of directories or no hard links.
_UNAVAILABLE = frozenset(
    {errno.ENOSYS, errno.EINVAL, errno.EXDEV, errno.EPERM, errno.EACCES, errno.EROFS, errno.EMLINK, errno.EBUSY, errno.ENOTSUP}
)


class _UnavailableError(Exception):
    """The system, the file system or the location does not allow an exchange of whole directories."""


@contextlib.contextmanager
def session(root: Path) -> Iterator[Path]:
    """Lock a tree, and complete the changes that a killed run left in or beside it.

    Args:
        root: The directory, which need not exist.

    Yields:
        The directory's real path.

    Raises:
        OSError: A file cannot be read, written or moved.
        UsageError: Another run held the lock for longer than a minute.
    """
    root = Path(os.path.realpath(root))
    root.parent.mkdir(parents=True, exist_ok=True)
    with _locked(root.parent):
        for stage in [*_stages(root, _INSIDE), *_stages(root.parent, re.compile(f"{_beside(root)}[0-9a-f]{{12}}"))]:
            finish(root, stage)
            discard(stage)
        yield root


def apply(root: Path, change: Change) -> None:
    """Apply a change to a tree, either completely or not at all.

    Args:
        root: The directory's real path, as ``session`` yields it.
        change: The new contents and the paths to remove.

    Raises:
        OSError: A file cannot be written or moved; the tree is as it was before.
    """
    _check_writable(root, change)
    try:
        _exchange(root, change)
    except _UnavailableError:
        replace_each(root, change)


def _beside(root: Path) -> str:
    # Hashed: the root's own name may be as long as a file name can be, so a prefix would not fit.
    return f"{PREFIX}{hashlib.sha256(root.name.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}-"


def _stages(folder: Path, pattern: re.Pattern[str]) -> list[Path]:
    try:
        found = [path for path in folder.iterdir() if pattern.fullmatch(path.name)]
    except (FileNotFoundError, PermissionError):
        return []
    return sorted(path for path in found if path.is_dir() and not path.is_symlink())


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a directory's lock. The operating system releases it when the process ends, even after a kill."""
    # Windows has no flock, and cannot open a directory as a file.
    if sys.platform == "win32":
        yield
        return
    import fcntl  # noqa: PLC0415

    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except PermissionError:
        yield
        return
    try:
        _lock(lambda: fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB))
        yield
    finally:
        os.close(handle)


def _lock(attempt: Callable[[], None]) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return attempt()
        except BlockingIOError:
            if time.monotonic() > until:
                message = f"another twinwire generate has held the lock for more than {_PATIENCE:.0f} seconds"
                raise UsageError(message, "wait for it or stop it, then try again") from None
            time.sleep(0.05)
        except OSError:
            # A network file system without locks: an unlocked run is better than none.
            return None


def _check_writable(root: Path, change: Change) -> None:
    """Raise PermissionError if a directory that would change is not writable."""
    # Replacing a whole directory needs no permission on the directories inside it, so the check has to be explicit.
    folders = {next(folder for folder in (root / path).parents if folder.is_dir()) for path in change.paths}
    for folder in sorted(folders):
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "cannot be written to", str(folder))


# --- The exchange of the whole directory


def _exchange(root: Path, change: Change) -> None:
    """Build the new tree beside the old one and exchange them.

    Raises:
        _UnavailableError: The exchange is not possible here; the tree is unchanged.
    """
    # Example with a changed a.py and an unchanged b.py in out/:
    #   .twinwire-<hash>-<random>/ = {a.py: new content, b.py: hard link to out/b.py}
    #   renameat2(EXCHANGE): out/ is now the new tree, and the stage holds the old one
    #   files that another process wrote into the old tree in the meantime are moved over, then the stage is deleted
    if sys.platform != "linux" or _is_worked_in(root):
        raise _UnavailableError
    try:
        with staged(root.parent, _beside(root)) as stage:
            _build(root, stage, change)
            if root.exists():
                _swap(stage, root)
                _bring_over(stage, root, set(change.paths))
            else:
                stage.rename(root)
    except OSError as error:
        if error.errno in _UNAVAILABLE and not _is_done(root, change):
            raise _UnavailableError from error
        raise


def _is_worked_in(root: Path) -> bool:
    """Return whether the current directory lies in the tree: the shell that started the run would be left in a deleted one."""
    try:
        return Path.cwd().is_relative_to(root)
    except OSError:
        return False


def _is_done(root: Path, change: Change) -> bool:
    return all((root / path).is_file() and (root / path).read_bytes() == content for path, content in change.contents.items())


def _build(root: Path, stage: Path, change: Change) -> None:
    changed = set(change.paths)
    if root.exists():
        _link_tree(root, stage, changed)
    for path, content in change.contents.items():
        (stage / path).parent.mkdir(parents=True, exist_ok=True)
        (stage / path).write_bytes(content)
    remove_empty(stage, change.removed)
    if root.exists():
        _copy_modes(root, stage, changed)


def _link_tree(root: Path, stage: Path, changed: set[str]) -> None:
    for folder, folders, files in os.walk(root, onerror=_raise):
        if Path(folder).is_mount():
            raise _UnavailableError
        target = stage / Path(folder).relative_to(root)
        target.mkdir(exist_ok=True)
        for name in (*files, *(name for name in folders if (Path(folder) / name).is_symlink())):
            source = Path(folder) / name
            # Changed files are linked too, for a moment: a file that cannot be linked cannot be replaced or removed either.
            os.link(source, target / name, follow_symlinks=False)
            if source.relative_to(root).as_posix() in changed:
                (target / name).unlink()


def _copy_modes(root: Path, stage: Path, changed: set[str]) -> None:
    touched = {(root / path).parent for path in changed}
    for folder, _, _ in os.walk(root, topdown=False, onerror=_raise):
        target = stage / Path(folder).relative_to(root)
        if target.is_dir():
            shutil.copystat(folder, target)
            before, now = Path(folder).stat(), target.stat()
            if (before.st_uid, before.st_gid) != (now.st_uid, now.st_gid):
                os.chown(target, before.st_uid, before.st_gid)
            if Path(folder) in touched:
                # Python's import system caches the listing of a directory until its modification time changes.
                os.utime(target)


def _raise(error: OSError) -> None:
    raise error


def _swap(one: Path, other: Path) -> None:
    """Exchange two directories atomically."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        raise _UnavailableError
    if call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(other))


def _bring_over(old: Path, root: Path, changed: set[str]) -> None:
    """Move files over that other processes wrote into the old tree while the new one was built."""
    for folder, folders, files in os.walk(old):
        target = root / Path(folder).relative_to(old)
        for name in (*files, *(name for name in folders if (Path(folder) / name).is_symlink())):
            source = Path(folder) / name
            if source.relative_to(old).as_posix() in changed:
                continue
            # An unchanged file is the same inode in both trees; another inode was written after the link was made.
            if not os.path.lexists(target / name) or source.lstat().st_ino != (target / name).lstat().st_ino:
                target.mkdir(parents=True, exist_ok=True)
                source.replace(target / name)
