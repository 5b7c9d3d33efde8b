"""The output directory: only files that differ are written, and files of the user are neither removed nor overwritten."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from twinwire import output_dir
from twinwire.errors import TwinwireError, UsageError
from twinwire.templating import Artifact

FILES = [Artifact("pkg/a.py", "a = 1\n"), Artifact("pkg/sub/b.py", "b = 'é'\n"), Artifact("README.md", "# r\n")]
PATHS = (".twinwire.json", "README.md", "pkg/a.py", "pkg/sub/b.py")


def content(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    output_dir.write(folder, FILES)
    return folder


def test_a_new_directory_gets_every_file_as_utf8_with_lf_and_nothing_else(tmp_path: Path) -> None:
    root = tmp_path / "deep" / "out"
    assert output_dir.write(root, FILES) == output_dir.Changes(missing=PATHS)
    assert sorted(content(root)) == sorted(PATHS)
    for artifact in FILES:
        assert (root / artifact.path).read_bytes() == artifact.text.encode("utf-8")


def test_writing_again_changes_nothing_and_keeps_times(root: Path) -> None:
    # A new modification time would make build tools work again. The first second of 1970 shows every write.
    for path in PATHS:
        os.utime(root / path, (1, 1))
    changes = output_dir.write(root, FILES)
    assert changes == output_dir.Changes(unchanged=4)
    assert not changes
    assert {(root / path).stat().st_mtime for path in PATHS} == {1}


def test_only_what_differs_is_written(root: Path) -> None:
    os.utime(root / "README.md", (1, 1))
    (root / "pkg/a.py").write_text("a = 2\n")
    (root / "pkg/sub/b.py").unlink()
    changes = output_dir.write(root, FILES)
    assert changes == output_dir.Changes(missing=("pkg/sub/b.py",), edited=("pkg/a.py",), unchanged=2)
    assert (root / "pkg/a.py").read_text() == "a = 1\n"
    assert (root / "README.md").stat().st_mtime == 1


def test_a_file_that_is_no_longer_generated_is_removed_with_its_empty_directory(root: Path) -> None:
    changes = output_dir.write(root, FILES[::2])
    assert changes.stale == ("pkg/sub/b.py",)
    assert not (root / "pkg/sub").exists()
    assert not output_dir.diff(root, FILES[::2])


def test_a_users_own_file_is_neither_removed_nor_overwritten(root: Path) -> None:
    (root / "pkg/own.py").write_text("mine")
    assert output_dir.write(root, FILES).foreign == ("pkg/own.py",)
    with pytest.raises(UsageError, match=r"pkg/own\.py has the path of a generated file"):
        output_dir.write(root, [*FILES, Artifact("pkg/own.py", "theirs")])
    assert (root / "pkg/own.py").read_text() == "mine"


def test_a_stale_file_that_was_changed_since_is_left_alone(root: Path) -> None:
    (root / "pkg/sub/b.py").write_text("changed")
    changes = output_dir.write(root, FILES[::2])
    assert (changes.stale, changes.foreign) == ((), ("pkg/sub/b.py",))
    assert (root / "pkg/sub/b.py").read_text() == "changed"


def test_a_directory_with_files_and_no_manifest_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("x")
    with pytest.raises(UsageError, match=r"is not empty, and was not written by twinwire generate \(choose an empty directory"):
        output_dir.write(tmp_path, FILES)
    assert content(tmp_path) == {"thesis.txt": b"x"}


def test_a_run_that_died_before_its_manifest_is_completed_by_the_next(root: Path) -> None:
    (root / output_dir.MANIFEST).unlink()
    (root / "README.md").unlink()
    assert output_dir.write(root, FILES).missing == (".twinwire.json", "README.md")


def test_caches_and_builds_do_not_count(root: Path) -> None:
    ignored = [
        "pkg/__pycache__/a.pyc",
        "x.egg-info/PKG",
        ".venv/bin/python",
        "dist/a.whl",
        "build/a",
        ".mypy_cache/a",
        ".env",
        "pkg/a.pyc",
    ]
    for path in ignored:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("x")
    assert not output_dir.diff(root, FILES)
    (root / "pkg/dist").mkdir()
    (root / "pkg/dist/a").write_text("x")
    assert output_dir.diff(root, FILES).foreign == ("pkg/dist/a",)


def test_a_difference_is_reported_and_nothing_is_touched(root: Path) -> None:
    (root / "pkg/a.py").write_text("a = 2\n")
    (root / "README.md").unlink()
    (root / "pkg/own.py").write_text("mine")
    before = content(root)
    changes = output_dir.diff(root, FILES[:1] + FILES[2:])
    assert changes.missing == ("README.md",)
    assert changes.edited == (".twinwire.json", "pkg/a.py")
    assert changes.stale == ("pkg/sub/b.py",)
    assert changes.foreign == ("pkg/own.py",)
    assert content(root) == before


def test_a_directory_that_is_not_there_misses_everything(tmp_path: Path) -> None:
    assert output_dir.diff(tmp_path / "none", FILES) == output_dir.Changes(missing=PATHS)
    assert not (tmp_path / "none").exists()


def test_the_unified_diff_goes_from_the_disk_to_what_is_generated(root: Path) -> None:
    (root / "pkg/a.py").write_text("a = 2\n")
    lines = output_dir.unified(root, FILES, "pkg/a.py")
    assert lines[:2] == ["--- pkg/a.py (on disk)", "+++ pkg/a.py (generated)"]
    assert lines[-2:] == ["-a = 2", "+a = 1"]


def test_crlf_on_disk_is_an_edit(root: Path) -> None:
    # git on Windows checks files out with CRLF unless it is told otherwise.
    (root / "pkg/a.py").write_bytes(b"a = 1\r\n")
    assert output_dir.diff(root, FILES).edited == ("pkg/a.py",)
    assert output_dir.unified(root, FILES, "pkg/a.py") == ["(only line ends or the encoding differ)"]


def test_bytes_on_disk_that_are_no_text_are_an_edit(root: Path) -> None:
    (root / "pkg/a.py").write_bytes(b"\xff\x00")
    assert output_dir.diff(root, FILES).edited == ("pkg/a.py",)
    assert "+a = 1" in output_dir.unified(root, FILES, "pkg/a.py")


@pytest.mark.parametrize(
    "path", ["", ".", "..", "../a", "a/../b", "/a", "a//b", "a/", "./a", "a/./b", "C:\\a", "a\\b", "a\nb", "a\0b", "ä", "a b"]
)
def test_a_path_that_leaves_the_directory_or_is_not_portable_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(TwinwireError, match="cannot be the path of a generated file"):
        output_dir.write(tmp_path / "out", [Artifact(path, "x")])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("paths", [("a.py", "a.py"), ("a.py", "A.py"), (".twinwire.json",)])
def test_two_files_of_one_name_are_refused(tmp_path: Path, paths: tuple[str, ...]) -> None:
    with pytest.raises(TwinwireError, match="two generated files"):
        output_dir.write(tmp_path / "out", [Artifact(path, path) for path in paths])


def test_text_that_utf8_cannot_carry_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TwinwireError, match=r"a\.py cannot contain U\+D800"):
        output_dir.write(tmp_path / "out", [Artifact("a.py", "x\ud800")])


def test_a_link_below_the_directory_is_not_followed(root: Path, tmp_path: Path) -> None:
    # A followed link would let a run write or remove files anywhere on the disk.
    outside = tmp_path / "outside"
    (root / "pkg").rename(outside)
    (root / "pkg").symlink_to(outside, target_is_directory=True)
    before = content(outside)
    for files in ([Artifact("pkg/a.py", "new\n")], FILES[2:]):
        with pytest.raises(UsageError, match="pkg is a link or a file, but has to be a directory"):
            output_dir.write(root, files)
    assert content(outside) == before


def test_a_link_to_a_directory_counts_as_a_file_of_somebody_else(root: Path, tmp_path: Path) -> None:
    (root / "pkg/link").symlink_to(tmp_path, target_is_directory=True)
    assert output_dir.diff(root, FILES).foreign == ("pkg/link",)


def test_a_link_in_a_files_place_is_replaced_and_its_target_kept(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("mine")
    (root / "pkg/a.py").unlink()
    (root / "pkg/a.py").symlink_to(outside)
    assert output_dir.diff(root, FILES).edited == ("pkg/a.py",)
    outside.write_text("a = 1\n")
    assert output_dir.diff(root, FILES).edited == ("pkg/a.py",)
    output_dir.write(root, FILES)
    assert outside.read_text() == "a = 1\n"
    assert not (root / "pkg/a.py").is_symlink()


def test_a_directory_in_a_files_place_is_refused(root: Path) -> None:
    (root / "README.md").unlink()
    (root / "README.md").mkdir()
    with pytest.raises(UsageError, match=r"README\.md is a directory"):
        output_dir.write(root, FILES)


def test_a_file_in_a_directorys_place_is_refused(root: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"README\.md is a link or a file, but has to be a directory"):
        output_dir.write(root, [*FILES[:2], Artifact("README.md/x", "x")])
    with pytest.raises(UsageError, match="is not a directory"):
        output_dir.write(root / "README.md", FILES)


def test_a_full_disk_leaves_the_tree_as_it_was(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The third of four files fails, so that some of the new content is on the disk already.
    before = content(root)
    original = Path.write_bytes

    def fill(path: Path, data: bytes) -> int:
        if path.name == "b.py":
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return original(path, data)

    monkeypatch.setattr(Path, "write_bytes", fill)
    with pytest.raises(OSError, match="No space left"):
        output_dir.write(root, [Artifact(item.path, item.text + "# more\n") for item in FILES])
    monkeypatch.undo()
    assert content(root) == before


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"files": 1}', '{"files": {"../x": ""}}', '{"files": {"a": 1}', "\xff", "[" * 100_000]
)
def test_a_manifest_that_is_none_is_refused(root: Path, text: str) -> None:
    (root / output_dir.MANIFEST).write_text(text, "latin-1")
    with pytest.raises(UsageError, match="is not a manifest of twinwire generate"):
        output_dir.write(root, FILES)


def test_the_manifest_lists_every_file_with_its_sum(root: Path) -> None:
    files = json.loads((root / output_dir.MANIFEST).read_text())["files"]
    assert tuple(files) == PATHS[1:]
    assert all(len(value) == 64 for value in files.values())


def test_one_file_is_placed_only_when_it_differs(tmp_path: Path) -> None:
    path = tmp_path / "data" / "contract.json"
    with output_dir.placed(path, b"a\r\n", check=True) as differs:
        assert differs
    assert not path.parent.exists()
    with output_dir.placed(path, b"a\r\n") as differs:
        assert differs
        assert not path.exists()
    assert path.read_bytes() == b"a\r\n"
    with output_dir.placed(path, b"a\r\n") as differs:
        assert not differs
    assert [item.name for item in path.parent.iterdir()] == ["contract.json"]


def test_one_file_is_not_placed_when_what_belongs_to_it_fails(tmp_path: Path) -> None:
    path = tmp_path / "contract.json"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match="tree"), output_dir.placed(path, b"new"):
        raise ValueError("tree")
    assert content(tmp_path) == {"contract.json": b"old"}
