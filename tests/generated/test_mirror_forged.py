"""Manifests that somebody forged, and files that the mirror did not put there: nothing outside or foreign is touched."""

from __future__ import annotations

import os
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from product_images import MirrorError
from product_images._mirror.naming import file, folder, is_path, place_prefix
from sdk_clients import Driver, Kind, run_mirror
from shop import Shop, images, open_shop, status

CONTENT = bytes(range(256)) * 4
SHA256 = "0" * 64


@pytest.fixture
def kind(driver: Driver) -> Kind:
    return driver.kind


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop() as shop:
        shop.put(7, (1, "a.png", CONTENT), (2, "b.png", CONTENT[1:]))
        shop.put(8, (1, "c.png", CONTENT[2:]))
        yield shop


def execute(target: Path, *statements: str) -> None:
    """Change the manifest by hand."""
    with closing(sqlite3.connect(target / ".mirror/manifest.sqlite", isolation_level=None)) as db:
        for statement in statements:
            db.execute(statement)


def everything(directory: Path) -> dict[str, bytes | str]:
    """Return all below a directory but the mirror's own files: contents, and where links lead."""
    found = (path for path in directory.rglob("*") if ".mirror" not in path.parts and (path.is_symlink() or path.is_file()))
    return {
        path.relative_to(directory).as_posix(): str(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in found
    }


PATHS = {
    "absolute": "{outside}/victim",
    "above": "../outside/victim",
    "above by an entry": "7/../../outside/victim",
    "an entry that is above": "../victim",
    "through a link": "link/victim",
    "beside the entries": "victim",
    "its own": ".mirror/lock",
    "the directory": ".",
    "nothing": "",
    "empty parts": "7//1-a.png",
    "a zero byte": "7/1-a.png\0x",
    "a line break": "7/1-a\n.png",
    "too deep": "7/1-a/b.png",
    "without a place": "7/a.png",
    "without a name": "7/1-",
    "a place with zeros before": "7/1.0-a.png",
    "a drive": "C:/1-a.png",
    "a drive in a name": "7/1-C:a.png",
    "a stream": "7/1-a.png:stream",
    "backslashes": "..\\outside\\victim",
    "a backslash in a name": "7/1-..\\..\\outside",
    "a share": "//server/1-a.png",
    "a share with backslashes": "\\\\server\\share\\1-a.png",
    "a device's path": "\\\\?\\C:\\victim",
    "a device": "con/1-a.png",
    "a device in a name's place": "nul/1-a.png",
    "an upper-case entry": "ABC/1-a.png",
    "a hash in upper case": "x~ABCDEFGHIJKLMNOPQRSTUVWXYZ/1-a.png",
    "a dot at the end": "7/1-a.png.",
    "a space at the end": "7/1-a.png ",
    "an entry with a space": "7 /1-a.png",
    "an entry with a dot": "7./1-a.png",
    "too long": "7/1-" + "a" * 300,
    "huge": "7/1-" + "a" * 1_000_000,
    "digits that are not ASCII": "\u0667/1-a.png",
    "a place that is not ASCII": "7/\u0661-a.png",
    "a lower-case sigma": "\u03c3/1-a.png",
    "a Kelvin sign": "\u212a/1-a.png",
}


@pytest.mark.parametrize("table", ["removals", "images", "pending"])
@pytest.mark.parametrize("form", PATHS.values(), ids=PATHS)
def test_a_path_that_no_mirror_makes_is_refused_and_nothing_is_removed(
    shop: Shop, tmp_path: Path, form: str, table: str
) -> None:
    target, outside = tmp_path / "mirror", tmp_path / "outside"
    outside.mkdir()
    (outside / "victim").write_bytes(b"mine")
    run_mirror("sync", shop.url, target)
    (target / "victim").write_bytes(b"mine")
    (target / "link").symlink_to(outside)
    before = everything(tmp_path)
    path = form.format(outside=outside) if "{" in form else form
    with closing(sqlite3.connect(target / ".mirror/manifest.sqlite", isolation_level=None)) as db:
        if table == "removals":
            db.execute("INSERT INTO removals VALUES (?)", (path,))
        else:
            problem = "none" if table == "pending" else None
            db.execute("UPDATE images SET path = ?, problem = ? WHERE entry = '7' AND position = 1", (path, problem))
    # The entry comes again without its images, so that their files go.
    shop.put(7)
    with pytest.raises(MirrorError, match=r"cannot use the manifest .* move it away"):
        run_mirror("sync", shop.url, target)
    assert everything(tmp_path) == before


def test_another_image_s_path_is_refused(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    run_mirror(kind, shop.url, tmp_path)
    execute(tmp_path, "DELETE FROM images WHERE entry = '8'", "UPDATE images SET path = '8/1-c.png' WHERE position = 1")
    shop.put(7)
    with pytest.raises(MirrorError, match=r"the path '8/1-c\.png' is another image's"):
        run_mirror(kind, shop.url, tmp_path)
    assert (tmp_path / "8/1-c.png").exists()


VALUES = {
    "a blob for a path": "path = x'2e2e'",
    "a number for a path": "path = 7",
    "a text for a position": "position = 'first'",
    "a blob for a position": "position = x'31'",
    "a fraction for a position": "position = 1.5",
    "a negative occurrence": "occurrence = -1, path = '7/1.-1-a.png'",
    "a text for a size": "size = 'large'",
    "a fraction for a size": "size = 1.5",
    "infinity for a size": "size = 9e999",
    "a negative size": "size = -1",
    "a size without a hash": "sha256 = NULL",
    "a hash without a size": "size = NULL",
    "a hash that is short": "sha256 = 'abc'",
    "a hash in upper case": "sha256 = upper(sha256)",
    "a blob for a hash": "sha256 = x'00'",
    "a blob for an ETag": "etag = x'00'",
    "a blob for a link": "url = x'00'",
    "a blob for a problem": "problem = x'00'",
    "a blob for a name": "filename = x'00'",
    "a text that is not UTF-8": "filename = CAST(x'ff' AS TEXT)",
    "a path that is not UTF-8": "path = CAST(x'372f312dff' AS TEXT)",
    "a blob for a cursor": "asked = x'00', problem = 'x'",
    "a cursor that is not one": "asked = 'x; DROP', problem = 'x'",
    "a cursor that is too large": "asked = '99999999999999999999', problem = 'x'",
    "a text for a lot": "lot = 'many', problem = 'x'",
    "a negative lot": "lot = -5, problem = 'x'",
    "a blob that fills the memory": "filename = CAST(zeroblob(100000000) AS TEXT)",
}


@pytest.mark.parametrize("change", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_row_of_a_wrong_kind_is_one_clear_error(shop: Shop, tmp_path: Path, change: str, dry_run: bool) -> None:
    run_mirror("sync", shop.url, tmp_path)
    before = images(tmp_path)
    shop.put(7)
    execute(tmp_path, f"UPDATE images SET {change} WHERE entry = '7' AND position = 1")
    with pytest.raises(MirrorError, match="cannot use the manifest") as caught:
        run_mirror("sync", shop.url, tmp_path, dry_run=dry_run)
    assert len(str(caught.value)) < 800
    assert images(tmp_path) == before


SCHEMAS = {
    "a view": ["ALTER TABLE removals RENAME TO old", "CREATE VIEW removals AS SELECT '../../victim' AS path"],
    "a view beside": ["CREATE VIEW v AS SELECT 1"],
    "a trigger": ["CREATE TRIGGER t AFTER UPDATE ON mirror BEGIN INSERT INTO removals VALUES ('../victim'); END"],
    "a table beside": ["CREATE TABLE t (x)"],
    "an index beside": ["CREATE INDEX i ON images (token)"],
    "a missing table": ["DROP TABLE removals"],
    "a missing column": ["ALTER TABLE images DROP COLUMN token"],
    "a column more": ["ALTER TABLE images ADD COLUMN x"],
    "a generated column": ["ALTER TABLE mirror ADD COLUMN x AS (token)"],
    "a missing index": ["DROP INDEX pending"],
    "no uniqueness": ["DROP TABLE removals", "CREATE TABLE removals (path TEXT)"],
    "a virtual table": ["DROP TABLE removals", "CREATE VIRTUAL TABLE removals USING fts5(path)"],
    "no feed": ["DELETE FROM mirror"],
    "two feeds": ["INSERT INTO mirror SELECT * FROM mirror"],
    "a blob for the feed": ["UPDATE mirror SET feed = x'00'"],
    "a blob for the cursor": ["UPDATE mirror SET token = x'00'"],
    "a cursor that is not one": ["UPDATE mirror SET token = 'soon'"],
    "a cursor with a fraction": ["UPDATE mirror SET token = '1.5'"],
    "a cursor of a million digits": ["UPDATE mirror SET token = replace(printf('%01000000d', 0), '0', '9')"],
    "a schema that is not SQL": ["PRAGMA writable_schema = ON", "UPDATE sqlite_master SET sql = 'nonsense'"],
}


@pytest.mark.parametrize("statements", SCHEMAS.values(), ids=SCHEMAS)
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_manifest_with_other_tables_is_one_clear_error(
    shop: Shop, tmp_path: Path, statements: list[str], dry_run: bool
) -> None:
    run_mirror("sync", shop.url, tmp_path)
    before = images(tmp_path)
    shop.asked.clear()
    execute(tmp_path, *statements)
    with pytest.raises(MirrorError, match="cannot use the manifest") as caught:
        run_mirror("sync", shop.url, tmp_path, dry_run=dry_run)
    assert len(str(caught.value)) < 800
    assert (images(tmp_path), shop.asked) == (before, [])


def test_a_manifest_that_is_cut_or_garbled_is_one_clear_error(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    run_mirror(kind, shop.url, tmp_path)
    path = tmp_path / ".mirror/manifest.sqlite"
    whole = path.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:5000], whole[:100] + bytes(200) + whole[300:]):
        path.write_bytes(damaged)
        with pytest.raises(MirrorError, match="cannot use the manifest"):
            run_mirror(kind, shop.url, tmp_path)
    path.write_bytes(whole)
    assert run_mirror(kind, shop.url, tmp_path).complete


@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
@pytest.mark.parametrize("name", ["lock", "manifest.sqlite"])
def test_a_journal_is_no_link(kind: Kind, shop: Shop, tmp_path: Path, name: str, suffix: str) -> None:
    target, victim = tmp_path / "mirror", tmp_path / "victim"
    run_mirror(kind, shop.url, target)
    victim.write_bytes(b"mine")
    (target / f".mirror/{name}{suffix}").symlink_to(victim)
    with pytest.raises(MirrorError, match="no file of the mirror's own: move it away"):
        run_mirror(kind, shop.url, target)
    assert victim.read_bytes() == b"mine"


@pytest.mark.parametrize("name", ["lock", "manifest.sqlite"])
def test_a_forged_rollback_journal_is_not_played_back(kind: Kind, shop: Shop, tmp_path: Path, name: str) -> None:
    target, victim = tmp_path / "mirror", tmp_path / "victim"
    run_mirror(kind, shop.url, target)
    victim.write_bytes(b"mine")
    # A journal may name a super-journal, which SQLite removes when nothing needs it any more.
    path = str(victim).encode()
    magic = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
    head = (magic + struct.pack(">IIIII", 0, 0, 1, 512, 4096)).ljust(512, b"\0")
    tail = struct.pack(">I", 1 << 18) + path + struct.pack(">II", len(path), sum(path)) + magic
    (target / f".mirror/{name}-journal").write_bytes(head + tail)
    database = target / f".mirror/{name}"
    if name == "lock":
        database.write_bytes((target / ".mirror/manifest.sqlite").read_bytes())
    with pytest.raises(MirrorError, match=f"{name}-journal is no file of the mirror's own: move it away"):
        run_mirror(kind, shop.url, target)
    assert victim.read_bytes() == b"mine"


def test_a_manifest_that_was_only_begun_when_it_was_killed_is_begun_anew(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    (tmp_path / ".mirror").mkdir()
    (tmp_path / ".mirror/manifest.sqlite").write_bytes(bytes(4096))
    (tmp_path / ".mirror/manifest.sqlite-journal").write_bytes(bytes(512))
    assert run_mirror(kind, shop.url, tmp_path).written == 3


@pytest.mark.parametrize("mode", ["binary", "URL"])
def test_a_file_of_the_user_s_own_is_neither_overwritten_nor_removed(kind: Kind, shop: Shop, tmp_path: Path, mode: str) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7/1-a.png").write_bytes(b"mine")
    for _ in range(2):
        report = run_mirror(kind, shop.url, tmp_path, mode=mode)
        assert report.problems == ("image 1 of '7': '7/1-a.png' is a file that the mirror did not put there: move it away",)
        assert (report.pending, images(tmp_path)["7/1-a.png"], len(images(tmp_path))) == (1, b"mine", 3)
    # The entry loses its images, and the file stays.
    _, listed = shop.products[7]
    shop.put(7)
    run_mirror(kind, shop.url, tmp_path, mode=mode)
    assert images(tmp_path) == {"7/1-a.png": b"mine", "8/1-c.png": CONTENT[2:]}
    (tmp_path / "7/1-a.png").unlink()
    shop.products[7] = (shop.ticks + 1, listed)
    assert run_mirror(kind, shop.url, tmp_path, mode=mode).complete
    assert len(images(tmp_path)) == 3


def test_a_dry_run_says_that_a_file_is_in_the_way(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7/1-a.png").write_bytes(b"mine")
    assert "did not put there" in run_mirror(kind, shop.url, tmp_path, dry_run=True).problems[0]


@pytest.mark.parametrize("mode", ["binary", "URL"])
def test_files_without_a_manifest_are_taken_over_when_they_are_what_the_feed_lists(
    kind: Kind, shop: Shop, tmp_path: Path, mode: str
) -> None:
    run_mirror(kind, shop.url, tmp_path, mode=mode)
    for path in (tmp_path / ".mirror").glob("manifest*"):
        path.unlink()
    assert run_mirror(kind, shop.url, tmp_path, mode=mode).complete
    assert len(images(tmp_path)) == 3


def test_a_file_that_appears_where_an_image_is_missing_is_not_overwritten(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    answer = shop.pages["/files/7/1"]
    shop.pages["/files/7/1"] = status(404)
    assert run_mirror(kind, shop.url, tmp_path, mode="URL").pending == 1
    (tmp_path / "7/1-a.png").write_bytes(b"mine")
    shop.pages["/files/7/1"] = answer
    assert "did not put there" in run_mirror(kind, shop.url, tmp_path, mode="URL").problems[0]
    assert images(tmp_path)["7/1-a.png"] == b"mine"


def test_a_name_that_changes_in_case_only_keeps_its_file_where_the_file_system_folds_case(
    kind: Kind, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_mirror(kind, shop.url, tmp_path)
    # Two names of one file, as such a file system has them.
    os.link(tmp_path / "7/1-a.png", tmp_path / "7/1-A.png")
    monkeypatch.setattr("product_images._mirror.disk.Draft.move", lambda draft, path: path.write_bytes(CONTENT[3:]))
    shop.put(7, (1, "A.png", CONTENT[3:]))
    assert run_mirror(kind, shop.url, tmp_path).complete
    assert (tmp_path / "7/1-A.png").read_bytes() == (tmp_path / "7/1-a.png").read_bytes() == CONTENT[3:]


def test_a_lot_that_was_larger_than_may_be_asked_for_is_asked_for_as_far_as_that_goes(
    kind: Kind, shop: Shop, tmp_path: Path
) -> None:
    shop.pages["/files/7/1"] = status(404)
    run_mirror(kind, shop.url, tmp_path, mode="URL")
    for size in (501, 2**62):
        execute(tmp_path, f"UPDATE images SET lot = {size}")
        assert run_mirror(kind, shop.url, tmp_path, mode="URL").pending == 1


NAMES = [
    "a.png",
    "",
    "a b",
    "\u00e4\u00f6.png",
    "a" * 400,
    "\u4e2d" * 300 + ".png",
    "../x",
    "a\0b",
    "\ud800",
    "CON",
    "x.",
    "\u3000",
]


@pytest.mark.parametrize("name", NAMES, ids=map(ascii, NAMES))
@pytest.mark.parametrize("key", ["7", "-5", "abc", "CON", "con", "A/B", "", "\u00e4", "x" * 300])
def test_every_path_that_naming_gives_has_the_form_that_is_read(name: str, key: str) -> None:
    for position, occurrence in ((1, 0), (-(2**63), 0), (2**63 - 1, 12), (0, 1)):
        path = f"{folder(key)}/{file(position, occurrence, name)}"
        assert is_path(path)
        assert path.startswith(place_prefix(path))
        assert not path[len(place_prefix(path)) :].startswith("-") or name.startswith("-")


def test_a_locale_that_cannot_encode_a_name_finds_the_same_files(shop: Shop, tmp_path: Path) -> None:
    shop.put(9, (1, "\u00e4\u00f6\u4e2d.png", CONTENT[3:]), (2, "\U0001f600.png", CONTENT[4:]))
    plain: dict[str, Any] = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""}
    for written in (5, 0):
        command = [sys.executable, "-m", "product_images", "mirror", shop.url, str(tmp_path / "\u00e4")]
        run = subprocess.run(command, capture_output=True, check=False, timeout=60, env={**os.environ, **plain})
        assert (run.returncode, run.stderr) == (0, b"")
        assert b"images written: %d" % written in run.stdout
    (target,) = tmp_path.iterdir()
    assert (target / "9/1-\u00e4\u00f6\u4e2d.png").read_bytes() == CONTENT[3:]
    assert run_mirror("sync", shop.url, target).unchanged == 0
    shop.put(9)
    assert run_mirror("sync", shop.url, target).removed == 2
