"""The output directory of the generator.

A manifest in the directory lists the generated files, so that files of the user are neither removed nor overwritten. The
directory changes as a whole or not at all (``twinwire.staging``).
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from twinwire import staging
from twinwire.errors import TwinwireError, UsageError
from twinwire.journal import PATH, Change, replacing
from twinwire.templating import Artifact

MANIFEST = ".twinwire.json"

# Files that tools create in a project by themselves; they are neither compared nor reported.
_CACHES = re.compile(r"\..+|__pycache__|.+\.pyc|.+\.egg-info")
_BUILDS = frozenset({"build", "dist"})


@dataclass(frozen=True, slots=True)
class Changes:
    """The differences between a directory and the artifacts it should contain: sorted paths relative to it.

    ``missing`` and ``edited`` files have to be written, and ``stale`` files of an earlier run removed. ``foreign`` files
    were not written by a run, or were changed after it, and are left alone. ``unchanged`` is a number of files.
    """

    missing: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    unchanged: int = 0

    def __bool__(self) -> bool:
        return bool(self.missing or self.edited or self.stale or self.foreign)


def diff(root: Path, artifacts: Sequence[Artifact], source: str = "") -> Changes:
    """Compare a directory with the artifacts, without changing it.

    Args:
        root: The output directory, which need not exist.
        artifacts: The files that it should contain.
        source: The provenance for the manifest's comment.

    Raises:
        UsageError: The path is not a directory, or its manifest is damaged.
    """
    return _compare(root, _wanted(artifacts, source), _known(root))


def write(root: Path, artifacts: Sequence[Artifact], source: str = "") -> Changes:
    """Write the artifacts to a directory and remove stale files. Unchanged files keep their modification times.

    Args:
        root: The output directory, which need not exist.
        artifacts: The files that it should contain.
        source: The provenance for the manifest's comment.

    Returns:
        The differences that were found, and written.

    Raises:
        UsageError: A file would be overwritten that no run has written. Nothing has been replaced.
        OSError: A file cannot be written. Nothing has been replaced.
    """
    wanted = _wanted(artifacts, source)
    _known(root)
    with staging.session(root) as real:
        # Read again: the session may have completed the change of a killed run, and its manifest.
        known = _known(root)
        changes = _compare(root, wanted, known)
        _refuse_foreign(root, changes, known)
        replaced = sorted([*changes.missing, *changes.edited])
        for path in (*replaced, *changes.stale):
            _refuse_obstacle(root, path)
        if replaced or changes.stale:
            staging.apply(real, Change({path: wanted[path] for path in replaced}, changes.stale))
        return changes


@contextmanager
def placed(path: Path, content: bytes, *, check: bool = False) -> Iterator[bool]:
    """Write one file outside the output directory when the block succeeds.

    Args:
        path: The file.
        content: The content that it should have.
        check: Only compare; write nothing.

    Yields:
        Whether the present content differs.

    Raises:
        UsageError: A directory stands at the path, or a parent is not a directory.
        OSError: The file cannot be written.
    """
    if _content(path) == content:
        yield False
    elif check:
        yield True
    else:
        _refuse_obstacle(path.parent, path.name)
        with replacing(path, content):
            yield True


def unified(root: Path, artifacts: Sequence[Artifact], path: str, source: str = "") -> list[str]:
    """Return the unified diff from the file at ``path`` to its artifact, as lines without line ends."""
    old = (_content(root / path) or b"").decode("utf-8", "replace").splitlines()
    new = _wanted(artifacts, source)[path].decode("utf-8").splitlines()
    lines = list(difflib.unified_diff(old, new, f"{path} (on disk)", f"{path} (generated)", lineterm=""))
    return lines or ["(only line ends or the encoding differ)"]


def _wanted(artifacts: Sequence[Artifact], source: str) -> dict[str, bytes]:
    wanted: dict[str, bytes] = {}
    taken: dict[str, str] = {}
    for artifact in sorted(artifacts):
        _check_path(artifact.path)
        # On a file system that ignores case, two such paths would be the same file.
        other = taken.setdefault(artifact.path.casefold(), artifact.path)
        if artifact.path in wanted or other != artifact.path or artifact.path == MANIFEST:
            raise TwinwireError(f"two generated files have the path {artifact.path}", "rename one of the spec's names")
        try:
            wanted[artifact.path] = artifact.text.encode("utf-8")
        except UnicodeEncodeError as error:
            char = f"U+{ord(artifact.text[error.start]):04X}"
            raise TwinwireError(f"{artifact.path} cannot contain {char}", "remove this character from the spec") from error
    sums = {path: _sha256(content) for path, content in wanted.items()}
    manifest = {"$comment": f"{source}. Written by twinwire generate.", "files": sums}
    wanted[MANIFEST] = (json.dumps(manifest, indent=2) + "\n").encode("ascii")
    return wanted


def _check_path(path: str) -> None:
    if not PATH.fullmatch(path):
        raise TwinwireError(
            f"{path!r} cannot be the path of a generated file", "use ASCII letters in the spec's title and schema names"
        )


def _known(root: Path) -> Mapping[str, str] | None:
    if os.path.lexists(root) and not root.is_dir():
        raise UsageError(f"{root} is not a directory", "choose another with --out")
    content = _content(root / MANIFEST)
    if content is None:
        return None
    try:
        files = json.loads(content)["files"]
        for path in files:
            _check_path(path)
        return {str(path): str(value) for path, value in files.items()}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, TwinwireError) as error:
        raise UsageError(
            f"{root / MANIFEST} is not a manifest of twinwire generate", f"restore it, or remove {root}"
        ) from error


def _compare(root: Path, wanted: Mapping[str, bytes], known: Mapping[str, str] | None) -> Changes:
    missing: list[str] = []
    edited: list[str] = []
    for path, content in sorted(wanted.items()):
        present = _content(root / path)
        if present != content:
            (edited if os.path.lexists(root / path) else missing).append(path)
    stale: list[str] = []
    foreign: list[str] = []
    for path in sorted({*_files(root), *(known or ())} - set(wanted)):
        present = _content(root / path)
        # Only a file with the very content that a run wrote may be removed: an edit of the user would be lost.
        if present is not None and known and known.get(path) == _sha256(present):
            stale.append(path)
        elif os.path.lexists(root / path):
            foreign.append(path)
    unchanged = len(wanted) - len(missing) - len(edited)
    return Changes(tuple(missing), tuple(edited), tuple(stale), tuple(foreign), unchanged)


def _files(root: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        ignored = _BUILDS if Path(folder) == root else frozenset[str]()
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        folders[:] = [name for name in folders if not _CACHES.fullmatch(name) and name not in ignored]
        for name in (*files, *links):
            if not _CACHES.fullmatch(name):
                yield (Path(folder) / name).relative_to(root).as_posix()


def _content(path: Path) -> bytes | None:
    # A link or a directory in the place of a file has no content to compare.
    return path.read_bytes() if path.is_file() and not path.is_symlink() else None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _refuse_foreign(root: Path, changes: Changes, known: Mapping[str, str] | None) -> None:
    if known is None and changes.foreign:
        raise UsageError(
            f"{root} is not empty, and was not written by twinwire generate", "choose an empty directory with --out"
        )
    for path in changes.edited:
        if path != MANIFEST and path not in (known or {}):
            raise UsageError(f"{root / path} has the path of a generated file, but was not generated", "move it away")


def _refuse_obstacle(root: Path, path: str) -> None:
    target = root / path
    if target.is_dir() and not target.is_symlink():
        raise UsageError(f"{target} is a directory, but has the path of a generated file", "move it away")
    for parent in list(Path(path).parents)[:-1]:
        folder = root / parent
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise UsageError(f"{folder} is a link or a file, but has to be a directory", "move it away")
