"""Change a directory tree file by file, with a journal from which the next run completes an interrupted change."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from twinwire.errors import UsageError

PREFIX = ".twinwire-"
"""The prefix of staging directories and files. Everything else in a directory is left alone."""

_JOURNAL = "journal.json"
_NEW, _OLD = "new", "old"
# One segment of a path: ASCII, and neither "." nor "..".
_PART = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9_.-]+"
PATH = re.compile(rf"{_PART}(?:/{_PART})*")
"""Matches the paths of generated files."""


@dataclass(frozen=True, slots=True)
class Change:
    """New file contents by path, and the paths of files to remove: relative to a root, with forward slashes."""

    contents: Mapping[str, bytes]
    removed: Sequence[str] = ()

    @property
    def paths(self) -> list[str]:
        """Every path that changes."""
        return [*self.contents, *self.removed]


@contextlib.contextmanager
def replacing(path: Path, content: bytes) -> Iterator[None]:
    """Write a file beside its target, and move it into place when the block succeeds.

    Readers find the old content or the new one, never a part.

    Args:
        path: The file to create or replace.
        content: Its new content.

    Raises:
        OSError: The file cannot be written; the old file is unchanged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # The name is fixed, so that the next run overwrites the leftover of a killed one.
    stage = path.with_name(f"{PREFIX}{path.name}")
    try:
        stage.write_bytes(content)
        yield
        stage.replace(path)
    finally:
        stage.unlink(missing_ok=True)


@contextlib.contextmanager
def staged(folder: Path, prefix: str) -> Iterator[Path]:
    """Create a temporary directory, and delete it afterwards unless it contains a journal for the next run to complete."""
    stage = folder / f"{prefix}{secrets.token_hex(6)}"
    stage.mkdir()
    try:
        yield stage
    finally:
        if not (stage / _JOURNAL).is_file():
            discard(stage)


def discard(stage: Path) -> None:
    """Remove a staging directory, including read-only directories in it. The next run retries whatever cannot be removed."""
    for folder, _, _ in os.walk(stage):
        with contextlib.suppress(OSError):
            Path(folder).chmod(stat.S_IRWXU)
    shutil.rmtree(stage, ignore_errors=True)


def replace_each(root: Path, change: Change) -> None:
    """Apply a change to a tree file by file.

    Raises:
        OSError: A file cannot be written or moved; the tree is as it was before.
    """
    # Example with a changed a.py and a removed b.py:
    #   stage/new/a.py = new content; stage/old/a.py and stage/old/b.py = hard links to the present files
    #   stage/journal.json = {contents: [a.py], removed: [b.py], created: []}
    #   move stage/new/a.py to a.py; delete b.py; delete the journal
    # A run that is killed before the journal exists changed nothing; after it, `finish` repeats the last line safely.
    root.mkdir(exist_ok=True)
    with staged(root, PREFIX) as stage:
        for path, content in change.contents.items():
            (stage / _NEW / path).parent.mkdir(parents=True, exist_ok=True)
            (stage / _NEW / path).write_bytes(content)
        present = [path for path in change.paths if os.path.lexists(root / path)]
        for path in present:
            (stage / _OLD / path).parent.mkdir(parents=True, exist_ok=True)
            _keep(root / path, stage / _OLD / path)
        created = sorted(set(change.contents) - set(present))
        # Once the journal exists, the change will be made: by this run, or by the next one.
        _Journal(list(change.contents), list(change.removed), created).write(stage)
        finish(root, stage)


@dataclass(frozen=True, slots=True)
class _Journal:
    """A change in progress. ``created`` lists the paths that did not exist before; ``undo`` means that it is being reverted."""

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
        # FAT and some network file systems have no hard links.
        shutil.copy2(source, target, follow_symlinks=False)


def finish(root: Path, stage: Path) -> None:
    """Complete the change that a stage's journal describes, or revert it if that fails. Without a journal, do nothing.

    Args:
        root: The tree that the change applies to.
        stage: The staging directory.

    Raises:
        OSError: A file cannot be moved or removed; the tree is as it was before the change.
        UsageError: The journal was not written by a run.
    """
    if not (stage / _JOURNAL).is_file():
        return
    journal = _read(root, stage)
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
    remove_empty(root, journal.removed)


def _read(root: Path, stage: Path) -> _Journal:
    """Decode a journal and check that all its paths lie within the tree and the stage."""
    # Another user may have placed the file in a shared directory, so it is as untrusted as a spec.
    try:
        journal = _Journal(**json.loads((stage / _JOURNAL).read_bytes()))
        paths = [*journal.contents, *journal.removed, *journal.created]
        folders = [(folder, folder / path) for path in paths for folder in (root, stage / _NEW, stage / _OLD)]
        sound = journal.undo in (True, False) and all(map(PATH.fullmatch, paths))
        if sound and all(path.parent.resolve().is_relative_to(folder) for folder, path in folders):
            return journal
    except (OSError, ValueError, TypeError, RecursionError):
        pass
    raise UsageError(f"the journal in {stage} was not written by twinwire generate", "remove this directory")


def _undo(root: Path, stage: Path, journal: _Journal) -> None:
    for path in journal.contents:
        # A staged file that was not moved yet has not replaced anything.
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
    remove_empty(root, journal.created)


def remove_empty(root: Path, paths: Sequence[str]) -> None:
    """Remove the parent directories of removed files, as far as they are empty."""
    for path in paths:
        for parent in list(Path(path).parents)[:-1]:
            if not (root / parent).is_dir() or any((root / parent).iterdir()):
                break
            (root / parent).rmdir()
