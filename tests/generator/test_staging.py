"""Changes of a directory tree: complete or not made at all, with an exchange of directories and with a journal."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import generate_kills
from twinwire import output_dir, staging
from twinwire.errors import UsageError
from twinwire.templating import Artifact

OLD = [Artifact("pkg/a.py", "a = 1\n"), Artifact("pkg/b.py", "b = 1\n"), Artifact("pkg/gone/c.py", "c = 1\n")]
NEW = [Artifact("pkg/a.py", "a = 2\n"), Artifact("pkg/b.py", "b = 1\n"), Artifact("pkg/new/d.py", "d = 2\n")]
OWN = {"notes.txt": b"mine", ".git/HEAD": b"ref\n", "pkg/__pycache__/a.pyc": b"\0", "x.egg-info/PKG-INFO": b"x"}


def content(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture(params=["exchanged", "journalled"])
def root(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a directory with generated files and files of the user, for each of the two ways to change it."""
    folder = tmp_path / "out"
    # Directories are exchanged on Linux only; on any other platform the journal is used.
    if request.param == "journalled":
        monkeypatch.setattr(sys, "platform", "darwin")
    output_dir.write(folder, OLD)
    for path, text in OWN.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text)
    (folder / "link").symlink_to("notes.txt")
    return folder


def expected(artifacts: list[Artifact], tmp_path: Path) -> dict[str, bytes]:
    output_dir.write(tmp_path / "expected", artifacts)
    return {**content(tmp_path / "expected"), **OWN, "link": b"mine"}


def test_a_change_is_made_and_the_users_own_files_survive_it(root: Path, tmp_path: Path) -> None:
    os.utime(root / "pkg/b.py", (1, 1))
    (root / "pkg").chmod(0o750)
    output_dir.write(root, NEW)
    assert content(root) == expected(NEW, tmp_path)
    assert (root / "link").is_symlink()
    assert (root / "pkg/b.py").stat().st_mtime == 1
    assert (root / "pkg").stat().st_mode & 0o777 == 0o750
    assert not (root / "pkg/gone").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["expected", "out"]


def test_a_new_directory_has_the_mode_that_the_user_gives_to_one(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    output_dir.write(tmp_path / "out", OLD)
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_directory_behind_a_link_is_changed_and_the_link_stays(root: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(root, target_is_directory=True)
    output_dir.write(tmp_path / "alias", NEW)
    assert (tmp_path / "alias").is_symlink()
    assert content(root) == expected(NEW, tmp_path)


@pytest.mark.parametrize("refused", ["pkg/a.py", ".twinwire.json", "pkg/gone/c.py"])
def test_one_file_that_cannot_be_replaced_leaves_all_as_it_was(
    root: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    before = content(root)
    link, replace, unlink = os.link, Path.replace, Path.unlink

    def refuse(path: Path) -> None:
        if path == root / refused:
            raise PermissionError(errno.EPERM, "Operation not permitted", str(path))

    def linking(source: Path, target: Path, *, follow_symlinks: bool) -> None:
        refuse(source)
        link(source, target, follow_symlinks=follow_symlinks)

    def replacing(path: Path, target: Path) -> Path:
        refuse(target)
        return replace(path, target)

    def unlinking(path: Path, missing_ok: bool = False) -> None:
        refuse(path)
        unlink(path, missing_ok)

    monkeypatch.setattr(os, "link", linking)
    monkeypatch.setattr(Path, "replace", replacing)
    monkeypatch.setattr(Path, "unlink", unlinking)
    with pytest.raises(PermissionError, match="not permitted"):
        output_dir.write(root, NEW)
    assert content(root) == before
    assert [path.name for path in root.parent.iterdir()] == ["out"]


def test_a_directory_that_is_closed_to_its_user_is_refused_before_anything_changes(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(root)
    # Tests often run as root, who may write anywhere, so the system's reply to another user is simulated.
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path).name != "gone")
    with pytest.raises(PermissionError, match="cannot be written to"):
        output_dir.write(root, NEW)
    assert content(root) == before


def test_what_others_write_meanwhile_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "out"
    output_dir.write(root, OLD)
    (root / "index").write_text("1")
    swap = staging._swap

    def meanwhile(one: Path, other: Path) -> None:
        (root / "late").mkdir()
        (root / "late/file").write_text("late")
        # git and editors save a file by renaming a new one over it, which gives the path another inode.
        (root / "index.lock").write_text("2")
        (root / "index.lock").replace(root / "index")
        swap(one, other)

    monkeypatch.setattr(staging, "_swap", meanwhile)
    output_dir.write(root, NEW)
    assert (root / "late/file").read_text() == "late"
    assert (root / "index").read_text() == "2"
    assert (root / "pkg/a.py").read_text() == "a = 2\n"


def test_the_directory_that_one_works_in_is_the_same_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "out"
    output_dir.write(root, OLD)
    monkeypatch.chdir(root)
    output_dir.write(Path(), NEW)
    assert Path("pkg/a.py").read_text() == "a = 2\n"


@pytest.fixture
def stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a directory whose change under a journal was interrupted after its first file, as SIGKILL would do."""
    root = tmp_path / "out"
    output_dir.write(root, OLD)
    replace = Path.replace

    def break_off(path: Path, target: Path) -> Path:
        done = replace(path, target)
        if target.name == "a.py":
            os._exit(9)
        return done

    # _exit skips every `finally` and `with` of the child, as a kill does.
    child = os.fork()
    if not child:
        monkeypatch.setattr(sys, "platform", "darwin")
        monkeypatch.setattr(Path, "replace", break_off)
        output_dir.write(root, NEW)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    return root


def test_a_change_that_was_broken_off_is_ended_by_the_next_run_whatever_it_generates(stopped: Path, tmp_path: Path) -> None:
    assert (stopped / "pkg/a.py").read_text() == "a = 2\n"
    assert (stopped / "pkg/gone/c.py").exists()
    output_dir.write(stopped, OLD)
    output_dir.write(tmp_path / "expected", OLD)
    assert content(stopped) == content(tmp_path / "expected")


def test_a_broken_off_change_that_the_disk_refuses_to_end_is_taken_back(
    stopped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = Path.replace

    def refuse(path: Path, target: Path) -> Path:
        if target.name == "d.py":
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="No space left"):
        output_dir.write(stopped, NEW)
    monkeypatch.undo()
    output_dir.write(tmp_path / "expected", OLD)
    assert output_dir.diff(stopped, OLD).unchanged == len(OLD) + 1
    output_dir.write(stopped, OLD)
    assert content(stopped) == content(tmp_path / "expected")


# Contents of journals that no run has written: paths out of the tree, through a link, and values of wrong types.
FORGED = [
    {"contents": [], "removed": ["../mine.txt"], "created": []},
    {"contents": ["../mine.txt"], "removed": [], "created": ["../mine.txt"], "undo": True},
    {"contents": [], "removed": ["/etc/none"], "created": []},
    {"contents": [], "removed": ["linked/mine.txt"], "created": []},
    {"contents": [7], "removed": [], "created": []},
    {"contents": [], "removed": [], "created": [], "undo": "x"},
    {"contents": []},
    [],
]


@pytest.mark.parametrize("forged", FORGED, ids=str)
@pytest.mark.parametrize("where", ["inside", "beside"])
def test_a_forged_journal_is_one_clear_error_and_touches_nothing(forged: object, where: str, tmp_path: Path) -> None:
    root = tmp_path / "out"
    output_dir.write(root, OLD)
    (tmp_path / "mine.txt").write_text("mine")
    (root / "linked").symlink_to(tmp_path)
    beside = f".twinwire-{hashlib.sha256(b'out').hexdigest()[:12]}-0123456789ab"
    stage = root / ".twinwire-0123456789ab" if where == "inside" else tmp_path / beside
    (stage / "new").mkdir(parents=True)
    (stage / "journal.json").write_text(json.dumps(forged))
    before = content(tmp_path)
    with pytest.raises(UsageError, match=r"was not written by twinwire generate"):
        output_dir.write(root, NEW)
    assert content(tmp_path) == before


@pytest.mark.parametrize("name", [".twinwire-ab_c1234", ".twinwire-0123456789ab"])
def test_a_stage_that_a_killed_run_left_is_swept_and_nothing_else(root: Path, name: str) -> None:
    (root / name / "pkg").mkdir(parents=True)
    (root / name / "pkg/a.py").write_text("x")
    (root / ".twinwire-notes").mkdir()
    (root.parent / ".twinwire-0123456789ab").mkdir()
    output_dir.write(root, OLD)
    assert not (root / name).exists()
    assert (root / ".twinwire-notes").is_dir()
    assert (root.parent / ".twinwire-0123456789ab").is_dir()


def test_runs_into_one_directory_wait_for_each_other(tmp_path: Path) -> None:
    root = tmp_path / "out"
    sessions: list[str] = []

    def work() -> None:
        with staging.session(root):
            sessions.append("begins")
            time.sleep(0.05)
            sessions.append("ends")

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sessions == ["begins", "ends"] * 3


def test_a_run_that_never_ends_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "_PATIENCE", 0.1)
    command = "import fcntl, os, sys; fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", command, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(UsageError, match="another twinwire generate"):
            output_dir.write(tmp_path / "out", OLD)


def test_a_run_that_is_killed_again_and_again_leaves_one_sdk_whole() -> None:
    # A short run. The long one is: python tests/support/generate_kills.py --kills 200
    tally = generate_kills.run(10, seed=1)
    assert tally.kills == 10
    assert tally.ended < 10
    assert tally.stages > 0
