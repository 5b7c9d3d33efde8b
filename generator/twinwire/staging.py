"""The change of a directory tree as one step: its reader, and a run that is killed at any moment, find the old or the new one.

Where the system can exchange two directories (Linux), the new tree is built beside the old one, out of hard links to all
that stays, and takes its place in one call. Elsewhere, and where the directory is a mount point or the one that somebody
works in, the files are replaced one by one under a journal, which the next run brings to its end.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import json
import os
import re
import secrets
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from twinwire.errors import UsageError

PREFIX = ".twinwire-"
"""How the names of stages begin; whatever else a directory holds is left alone."""

# Within the root; those of eight characters are of versions that had no journal.
_INSIDE = re.compile(r"\.twinwire-(?:[a-z0-9_]{8}|[0-9a-f]{12})")
# In seconds.
_PATIENCE = 60.0
_JOURNAL = "journal.json"
_NEW, _OLD = "new", "old"
_EXCHANGE = 2
_AT_FDCWD = -100
# What a system, a file system or a directory's place answers that has no exchange, or no hard links.
_UNAVAILABLE = frozenset(
    {errno.ENOSYS, errno.EINVAL, errno.EXDEV, errno.EPERM, errno.EACCES, errno.EROFS, errno.EMLINK, errno.EBUSY, errno.ENOTSUP}
)


class _UnavailableError(Exception):
    """A tree cannot be changed as a whole here."""


@dataclass(frozen=True, slots=True)
class Change:
    """New contents by path, and the paths of files to remove: relative to a root, with forward slashes."""

    contents: Mapping[str, bytes]
    removed: Sequence[str] = ()

    @property
    def paths(self) -> list[str]:
        """Every path that changes."""
        return [*self.contents, *self.removed]


@contextlib.contextmanager
def session(root: Path) -> Iterator[Path]:
    """Work on a tree alone, and bring what a killed run left in it or beside it to its end first.

    Args:
        root: The directory, which need not exist.

    Yields:
        The directory's real path.

    Raises:
        OSError: The disk refuses.
        UsageError: Another run does not end its work beside this one.
    """
    root = Path(os.path.realpath(root))
    root.parent.mkdir(parents=True, exist_ok=True)
    with _locked(root.parent):
        for stage in [*_stages(root, _INSIDE), *_stages(root.parent, re.compile(f"{_beside(root)}[0-9a-f]{{12}}"))]:
            if (stage / _JOURNAL).is_file():
                _finish(root, stage)
            _discard(stage)
        yield root


def apply(root: Path, change: Change) -> None:
    """Make a change of a tree, all of it or nothing.

    Args:
        root: The directory's real path, as ``session`` yields it.
        change: What is to be different in it.

    Raises:
        OSError: The disk refuses; the tree is as it was.
    """
    _check_writable(root, change)
    try:
        _exchange(root, change)
    except _UnavailableError:
        _replace_each(root, change)


@contextlib.contextmanager
def replacing(path: Path, content: bytes) -> Iterator[None]:
    """Stage a file, and put it in its place when the block succeeds: readers find the old content or the new one.

    Raises:
        OSError: The disk refuses; the old file stands.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Always the same name: what a killed run left is overwritten by the next.
    stage = path.with_name(f"{PREFIX}{path.name}")
    try:
        stage.write_bytes(content)
        yield
        stage.replace(path)
    finally:
        stage.unlink(missing_ok=True)


def _beside(root: Path) -> str:
    return f"{PREFIX}{hashlib.sha256(root.name.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}-"


def _stages(folder: Path, pattern: re.Pattern[str]) -> list[Path]:
    try:
        found = [path for path in folder.iterdir() if pattern.fullmatch(path.name)]
    except (FileNotFoundError, PermissionError):
        return []
    return sorted(path for path in found if path.is_dir() and not path.is_symlink())


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a directory's lock, which ends with its process, however that ends."""
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
                message = "another twinwire generate has been writing beside this directory for long"
                raise UsageError(message, "end it, then try again") from None
            time.sleep(0.05)
        except OSError:
            # A network file system without locks.
            return None


@contextlib.contextmanager
def _stage(folder: Path, prefix: str) -> Iterator[Path]:
    """Make a directory that is gone afterwards, unless a journal in it still has work for the next run."""
    stage = folder / f"{prefix}{secrets.token_hex(6)}"
    stage.mkdir()
    try:
        yield stage
    finally:
        if not (stage / _JOURNAL).is_file():
            _discard(stage)


def _discard(stage: Path) -> None:
    """Remove a stage, its own read-only directories included. What the disk refuses is left to the next run."""
    for folder, _, _ in os.walk(stage):
        with contextlib.suppress(OSError):
            Path(folder).chmod(stat.S_IRWXU)
    shutil.rmtree(stage, ignore_errors=True)


def _check_writable(root: Path, change: Change) -> None:
    """Raise PermissionError for a directory or a file that the user has closed to changes."""
    folders = {next(folder for folder in (root / path).parents if folder.is_dir()) for path in change.paths}
    for folder in sorted(folders):
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "cannot be written to", str(folder))


# --- The exchange of the whole directory


def _exchange(root: Path, change: Change) -> None:
    """Build the new tree beside the old one and let them change places; _UnavailableError when that cannot be."""
    if sys.platform != "linux" or _is_worked_in(root):
        raise _UnavailableError
    try:
        with _stage(root.parent, _beside(root)) as stage:
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
    """Return whether this process works in the directory, and with it the shell that began it: the old one goes."""
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
    _remove_empty(stage, change.removed)
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
            # What goes is linked too, for a moment: a file that cannot be linked cannot be replaced or removed either.
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
                # Python looks at a directory anew only when its time differs.
                os.utime(target)


def _raise(error: OSError) -> None:
    raise error


def _swap(one: Path, other: Path) -> None:
    """Let two directories change places, in one step."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        raise _UnavailableError
    if call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(other))


def _bring_over(old: Path, root: Path, changed: set[str]) -> None:
    """Move what others wrote into the old tree while the new one was built; it is not in the new one, or not as it is now."""
    for folder, folders, files in os.walk(old):
        target = root / Path(folder).relative_to(old)
        for name in (*files, *(name for name in folders if (Path(folder) / name).is_symlink())):
            source = Path(folder) / name
            if source.relative_to(old).as_posix() in changed:
                continue
            if not os.path.lexists(target / name) or source.lstat().st_ino != (target / name).lstat().st_ino:
                target.mkdir(parents=True, exist_ok=True)
                source.replace(target / name)


# --- One file after the other, under a journal


def _replace_each(root: Path, change: Change) -> None:
    root.mkdir(exist_ok=True)
    with _stage(root, PREFIX) as stage:
        for path, content in change.contents.items():
            (stage / _NEW / path).parent.mkdir(parents=True, exist_ok=True)
            (stage / _NEW / path).write_bytes(content)
        present = [path for path in change.paths if os.path.lexists(root / path)]
        for path in present:
            (stage / _OLD / path).parent.mkdir(parents=True, exist_ok=True)
            _keep(root / path, stage / _OLD / path)
        created = sorted(set(change.contents) - set(present))
        # From here on the change takes place, by this run or by the next.
        _Journal(list(change.contents), list(change.removed), created).write(stage)
        _finish(root, stage)


@dataclass(frozen=True, slots=True)
class _Journal:
    """A change under way. ``created`` are the contents where nothing was before; with ``undo`` it is taken back."""

    contents: list[str]
    removed: list[str]
    created: list[str]
    undo: bool = False

    def write(self, stage: Path) -> None:
        with replacing(stage / _JOURNAL, json.dumps(asdict(self)).encode("ascii")):
            pass


def _keep(source: Path, target: Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except (OSError, NotImplementedError):
        shutil.copy2(source, target, follow_symlinks=False)


def _finish(root: Path, stage: Path) -> None:
    """Do what a stage's journal says and has not been done yet; undo it all when the disk refuses. Raises OSError."""
    journal = _Journal(**json.loads((stage / _JOURNAL).read_bytes()))
    if journal.undo:
        _undo(root, stage, journal)
        return
    try:
        for path in journal.contents:
            if (stage / _NEW / path).is_file():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (stage / _NEW / path).replace(root / path)
        for path in journal.removed:
            (root / path).unlink(missing_ok=True)
    except OSError:
        undoing = replace(journal, undo=True)
        undoing.write(stage)
        _undo(root, stage, undoing)
        raise
    (stage / _JOURNAL).unlink()
    _remove_empty(root, journal.removed)


def _undo(root: Path, stage: Path, journal: _Journal) -> None:
    for path in journal.contents:
        if (stage / _NEW / path).exists():
            continue
        if path in journal.created:
            (root / path).unlink(missing_ok=True)
        elif os.path.lexists(stage / _OLD / path):
            (stage / _OLD / path).replace(root / path)
    for path in journal.removed:
        if not os.path.lexists(root / path):
            (stage / _OLD / path).replace(root / path)
    (stage / _JOURNAL).unlink()
    _remove_empty(root, journal.created)


def _remove_empty(root: Path, paths: Sequence[str]) -> None:
    for path in paths:
        for parent in list(Path(path).parents)[:-1]:
            if not (root / parent).is_dir() or any((root / parent).iterdir()):
                break
            (root / parent).rmdir()
