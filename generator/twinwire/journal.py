"""The change of a directory tree file by file, under a journal by which a run that was broken off is brought to its end."""

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
"""How the names of stages begin; whatever else a directory holds is left alone."""

_JOURNAL = "journal.json"
_NEW, _OLD = "new", "old"
_PART = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9_.-]+"
PATH = re.compile(rf"{_PART}(?:/{_PART})*")
"""Matches the paths of generated files."""


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


@contextlib.contextmanager
def staged(folder: Path, prefix: str) -> Iterator[Path]:
    """Make a directory that is gone afterwards, unless a journal in it still has work for the next run."""
    stage = folder / f"{prefix}{secrets.token_hex(6)}"
    stage.mkdir()
    try:
        yield stage
    finally:
        if not (stage / _JOURNAL).is_file():
            discard(stage)


def discard(stage: Path) -> None:
    """Remove a stage, its own read-only directories included. What the disk refuses is left to the next run."""
    for folder, _, _ in os.walk(stage):
        with contextlib.suppress(OSError):
            Path(folder).chmod(stat.S_IRWXU)
    shutil.rmtree(stage, ignore_errors=True)


def replace_each(root: Path, change: Change) -> None:
    """Make a change of a tree file by file. Raises OSError when the disk refuses; then the tree is as it was."""
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
        # From here on the change takes place, by this run or by the next.
        _Journal(list(change.contents), list(change.removed), created).write(stage)
        finish(root, stage)


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


def finish(root: Path, stage: Path) -> None:
    """Do what a stage's journal, if it has one, says and has not been done yet; undo it all when the disk refuses.

    Raises:
        OSError: The disk refuses; the tree is as it was before the change.
        UsageError: The journal is not one that a run has written.
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
    """Read a journal, which somebody else may have put there: no path in it may lead out of the tree or of the stage."""
    try:
        journal = _Journal(**json.loads((stage / _JOURNAL).read_bytes()))
        paths = [*journal.contents, *journal.removed, *journal.created]
        folders = [(folder, folder / path) for path in paths for folder in (root, stage / _NEW, stage / _OLD)]
        sound = journal.undo in (True, False) and all(map(PATH.fullmatch, paths))
        if sound and all(path.parent.resolve().is_relative_to(folder) for folder, path in folders):
            return journal
    except (OSError, ValueError, TypeError, RecursionError):
        pass
    raise UsageError(f"{stage} holds no journal of twinwire generate", "remove this directory")


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
    remove_empty(root, journal.created)


def remove_empty(root: Path, paths: Sequence[str]) -> None:
    """Remove the directories of files that are gone, as far as they are empty."""
    for path in paths:
        for parent in list(Path(path).parents)[:-1]:
            if not (root / parent).is_dir() or any((root / parent).iterdir()):
                break
            (root / parent).rmdir()
