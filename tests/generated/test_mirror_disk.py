"""Disks that fill up or refuse, directories that are in use or are none, and links that somebody planted."""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import mirror_kills
from product_images import AsyncClient, MirrorError, mirror_async
from product_images._mirror import disk
from product_images._mirror.manifest import _APPLICATION, FORMAT, Manifest
from sdk_clients import Driver, Kind, run_mirror
from shop import Shop, images, open_shop

CONTENT = bytes(range(256)) * 4


@pytest.fixture
def kind(driver: Driver) -> Kind:
    return driver.kind


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop() as shop:
        for product in (6, 7, 8):
            shop.put(product, (1, "a.png", CONTENT), (2, "b.png", b"%d" % product))
        yield shop


def everything(shop: Shop) -> dict[str, bytes]:
    return {
        f"{product}/{sequence}-{name}": content
        for product, (_, listed) in sorted(shop.products.items())
        for sequence, name, content, _ in listed
    }


class Faults:
    """Counts what the mirror asks of the disk, and fails from one call on, as a disk does that is full."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[str] = []
        self.fails_from: int | None = None
        self.error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        for name in ("open", "write", "fsync"):
            monkeypatch.setattr(disk, "os", self)
            setattr(self, name, self._counted(name, getattr(os, name)))
        for name in ("mkdir", "replace", "unlink"):
            monkeypatch.setattr(Path, name, self._counted(name, getattr(Path, name)))

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def _counted(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            self.calls.append(name)
            if self.fails_from is not None and len(self.calls) > self.fails_from:
                raise self.error
            return call(*arguments, **named)

        return counted


@pytest.mark.parametrize(("kind", "mode"), [("sync", "URL"), ("async", "binary")])
def test_wherever_the_disk_fails_nothing_is_lost_and_the_next_run_goes_on(
    kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    faults = Faults(monkeypatch)
    options: dict[str, Any] = {"mode": mode, "count": 1, "parallel": 1}
    with open_shop() as shop:
        shop.put(7, (1, "a.png", CONTENT))
        shop.put(8, (1, "b.png", b"\0b"))
        run_mirror(kind, shop.url, tmp_path / "whole", **options)
        total = len(faults.calls)
        assert {"open", "write", "fsync", "mkdir", "replace"} <= set(faults.calls)
        failed = 0
        for number in range(total):
            target = tmp_path / str(number)
            faults.calls.clear()
            faults.fails_from = number
            complaint = complaint_of(kind, shop, target, options)
            failed += bool(complaint)
            assert not complaint or ("No space left on device" in complaint and "\n" not in complaint)
            faults.fails_from = None
            mirror_kills.check_interrupted(target, mirror_kills.Tally())
            run_mirror(kind, shop.url, target, **options)
            assert images(target) == everything(shop)
            assert not list((target / ".mirror/tmp").iterdir())
    # What does not fail the run: a file that is not there to be compared, and a temporary file that stays until the next.
    assert failed > total / 2


def complaint_of(kind: Kind, shop: Shop, directory: Path, options: dict[str, Any]) -> str:
    try:
        run_mirror(kind, shop.url, directory, **options)
    except MirrorError as error:
        return str(error)
    return ""


def run_limited(shop: Shop, directory: Path, limit: int) -> subprocess.CompletedProcess[str]:
    """Run the command under a real limit of the size of files, which is how a quota is met."""
    code = (
        "import resource, runpy, sys; limit = int(sys.argv.pop(1)); resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit));"
        "runpy.run_module('product_images', run_name='__main__', alter_sys=True)"
    )
    command = [sys.executable, "-c", code, str(limit), "mirror", shop.url, str(directory), "--count", "1", "--quiet"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("limit", [1000, 10_000, 200_000])
def test_a_file_that_the_system_does_not_let_grow_is_one_clear_error(shop: Shop, tmp_path: Path, limit: int) -> None:
    shop.put(9, (1, "big.png", CONTENT * 1000))
    run = run_limited(shop, tmp_path, limit)
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (4, "", 1)
    assert run.stderr.startswith("product_images mirror: cannot ")
    if limit == 200_000:
        assert "File too large" in run.stderr
        assert len(images(tmp_path)) == 6
    mirror_kills.check_interrupted(tmp_path, mirror_kills.Tally())
    run_mirror("sync", shop.url, tmp_path)
    assert images(tmp_path) == everything(shop)


def test_a_place_where_nothing_can_be_made_is_one_clear_error(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    for place, why in (("file", "File exists"), ("file/below", "Not a directory")):
        with pytest.raises(MirrorError, match=f"cannot use the directory .*{place}: {why}"):
            run_mirror(kind, shop.url, tmp_path / place)
    with pytest.raises(MirrorError, match="cannot use the directory /proc/nowhere"):
        run_mirror(kind, shop.url, Path("/proc/nowhere"))
    with pytest.raises(MirrorError, match="is no directory"):
        run_mirror(kind, shop.url, tmp_path / "file", dry_run=True)
    assert (tmp_path / "file").read_bytes() == b"mine"
    assert shop.asked == []


@pytest.mark.parametrize("error", [errno.EROFS, errno.EACCES])
def test_a_directory_that_may_not_be_written_is_one_clear_error(
    kind: Kind, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    # Injected, for whoever runs the tests as root may write everywhere.
    faults = Faults(monkeypatch)
    faults.error, faults.fails_from = OSError(error, os.strerror(error)), 0
    with pytest.raises(MirrorError, match=os.strerror(error)):
        run_mirror(kind, shop.url, tmp_path / "mirror")
    assert shop.asked == []


def test_a_planted_link_in_the_place_of_an_entry_s_directory_is_not_followed(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    outside, target = tmp_path / "outside", tmp_path / "mirror"
    outside.mkdir()
    target.mkdir()
    (outside / "1-a.png").write_bytes(b"mine")
    (target / "7").symlink_to(outside)
    with pytest.raises(MirrorError, match="7 is not a directory of its own: move it away"):
        run_mirror(kind, shop.url, target)
    assert images(outside) == {"1-a.png": b"mine"}
    (target / "7").unlink()
    run_mirror(kind, shop.url, target)
    assert images(target) == everything(shop)


def test_a_planted_link_in_the_place_of_a_file_is_replaced_and_not_followed(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    outside, target = tmp_path / "outside", tmp_path / "mirror"
    # With the very bytes that are to come: the link is no file that is current.
    outside.write_bytes(CONTENT)
    (target / "7").mkdir(parents=True)
    (target / "7/1-a.png").symlink_to(outside)
    run_mirror(kind, shop.url, target)
    assert not (target / "7/1-a.png").is_symlink()
    assert images(target) == everything(shop)
    assert outside.read_bytes() == CONTENT


def test_nothing_is_removed_through_a_planted_link(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    target, outside = tmp_path / "mirror", tmp_path / "outside"
    run_mirror(kind, shop.url, target)
    (target / "7").rename(outside)
    (target / "7").symlink_to(outside)
    shop.put(7)
    run_mirror(kind, shop.url, target)
    assert sorted(images(outside)) == ["1-a.png", "2-b.png"]


@pytest.mark.parametrize("name", [".mirror", ".mirror/tmp", ".mirror/manifest.sqlite", ".mirror/lock"])
def test_the_mirror_s_own_files_are_no_links(kind: Kind, shop: Shop, tmp_path: Path, name: str) -> None:
    target, outside = tmp_path / "mirror", tmp_path / "outside"
    (target / name).parent.mkdir(parents=True)
    if name.endswith((".mirror", "tmp")):
        outside.mkdir()
        (outside / "mine").write_bytes(b"mine")
    else:
        outside.write_bytes(b"")
    (target / name).symlink_to(outside)
    with pytest.raises(MirrorError, match="move it away"):
        run_mirror(kind, shop.url, target)
    assert images(outside) == {"mine": b"mine"} if outside.is_dir() else outside.read_bytes() == b""


def test_a_directory_where_an_image_has_to_stand_is_one_clear_error(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "7/1-a.png").mkdir(parents=True)
    with pytest.raises(MirrorError, match="Is a directory"):
        run_mirror(kind, shop.url, tmp_path)


def test_two_mirrors_never_run_in_one_directory(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    complaints: list[str] = []

    def second(_: object) -> None:
        command = [sys.executable, "-m", "product_images", "mirror", shop.url, str(tmp_path)]
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert run.returncode == 4
        complaints.append(run.stderr)

    run_mirror(kind, shop.url, tmp_path, progress=second)
    assert complaints == [f"product_images mirror: cannot lock {tmp_path}: another mirror is running there\n"]
    assert run_mirror(kind, shop.url, tmp_path).complete


def test_the_manifest_can_be_read_while_the_mirror_runs(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    counts = []

    def read(_: object) -> None:
        with closing(sqlite3.connect(tmp_path / ".mirror/manifest.sqlite", timeout=0)) as db:
            counts.append(db.execute("SELECT count(*) FROM images").fetchone()[0])

    run_mirror(kind, shop.url, tmp_path, count=1, progress=read)
    assert counts == [2, 4, 6]


def test_what_a_killed_run_left_half_written_is_swept(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    (tmp_path / ".mirror/tmp").mkdir(parents=True)
    (tmp_path / ".mirror/tmp/0.part").write_bytes(b"half")
    run_mirror(kind, shop.url, tmp_path)
    assert not list((tmp_path / ".mirror/tmp").iterdir())


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"no database at all" * 100, "file is not a database"),
        ("CREATE TABLE mine (x)", "no manifest of a mirror: move it away"),
        (f"PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {FORMAT + 1}", "has format 2, this program writes 1"),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_manifest_that_cannot_be_used_is_one_clear_error(
    kind: Kind, shop: Shop, tmp_path: Path, content: bytes | str, problem: str, dry_run: bool
) -> None:
    (tmp_path / ".mirror").mkdir()
    path = tmp_path / ".mirror/manifest.sqlite"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        with closing(sqlite3.connect(path)) as db:
            db.executescript(content)
    before = path.read_bytes()
    with pytest.raises(MirrorError, match=f"{path}.* {problem}"):
        run_mirror(kind, shop.url, tmp_path, dry_run=dry_run)
    assert images(tmp_path) == {}
    assert path.read_bytes() == before


def test_the_token_is_stored_after_everything_it_stands_for(
    kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []

    def noted(name: str, owner: Any, attribute: str) -> None:
        call = getattr(owner, attribute)

        def wrapped(*arguments: Any, **named: Any) -> Any:
            done = call(*arguments, **named)
            events.append(name)
            return done

        monkeypatch.setattr(owner, attribute, wrapped)

    noted("announced", Manifest, "announce")
    noted("written", disk.Draft, "move")
    noted("synchronised", disk.Disk, "settle")
    noted("stored", Manifest, "store")
    noted("removed", disk.Disk, "remove")
    with open_shop() as shop:
        shop.put(7, (1, "a.png", b"a"))
        shop.put(8, (1, "a.png", b"a"), (2, "b.png", b"b"))
        run_mirror(kind, shop.url, tmp_path)
        shop.put(7, (1, "b.png", b"b"))
        run_mirror(kind, shop.url, tmp_path)
    first = ["synchronised", "announced", "written", "written", "written", "synchronised", "stored"]
    assert events == [*first, "synchronised", "announced", "written", "synchronised", "stored", "removed"]


def test_a_run_that_is_cancelled_leaves_the_directory_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started, released = threading.Event(), threading.Event()
    store = Manifest.store

    def slow(self: Manifest, *arguments: Any) -> None:
        started.set()
        assert released.wait(20)
        store(self, *arguments)

    monkeypatch.setattr(Manifest, "store", slow)

    async def run(url: str) -> None:
        async with AsyncClient(url) as client:
            task = asyncio.create_task(mirror_async(client, tmp_path))
            await asyncio.to_thread(started.wait, 20)
            task.cancel()
            asyncio.get_running_loop().call_later(0.05, released.set)
            with pytest.raises(asyncio.CancelledError):
                await task

    with open_shop() as shop:
        shop.put(7, (1, "a.png", b"a"))
        asyncio.run(run(shop.url))
        # What was being stored has been stored, and the lock is free.
        assert mirror_kills.check_interrupted(tmp_path, mirror_kills.Tally()) == "101"
        assert run_mirror("async", shop.url, tmp_path).entries == 0


@pytest.mark.parametrize("mode", ["binary", "URL"])
@pytest.mark.parametrize("error", [errno.EILSEQ, errno.EINVAL, errno.ENAMETOOLONG])
def test_a_name_that_the_file_system_cannot_hold_is_a_problem_of_its_image_only(
    kind: Kind, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, error: int
) -> None:
    replace = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if not target.name.isascii():
            raise OSError(error, os.strerror(error))
        return replace(self, target)

    for product in (6, 7, 8):
        shop.put(product, (1, "a.png", CONTENT))
    shop.put(9, (1, "\u00e4.png", CONTENT))
    monkeypatch.setattr(Path, "replace", refuse)
    report = run_mirror(kind, shop.url, tmp_path, mode=mode)
    assert report.problems == (r"image 1 of '9': the file system cannot hold the name '9/1-\xe4.png'",)
    assert (report.written, report.pending, len(images(tmp_path))) == (3, 1, 3)
    monkeypatch.undo()
    assert run_mirror(kind, shop.url, tmp_path, mode=mode).complete
