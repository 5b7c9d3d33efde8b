"""A directory that follows a feed, in both modes and by both clients."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import mirror_kills
from product_images import Client, MirrorError, ParameterError, TransportError, mirror
from sdk_clients import Driver, Kind, run_mirror
from shop import Shop, images, open_shop
from twinwire_conformance.contract import packaged_contract
from twinwire_conformance.reference import create_app, running

MODES = ["binary", "URL"]


@pytest.fixture
def kind(driver: Driver) -> Kind:
    return driver.kind


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop() as shop:
        yield shop


@pytest.fixture(scope="module")
def reference() -> Iterator[str]:
    with running(create_app(packaged_contract(), products=230, images=True)) as url:
        yield url


def rows(directory: Path, columns: str = "*") -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(directory / ".mirror/manifest.sqlite")) as db:
        return db.execute(f"SELECT {columns} FROM images ORDER BY entry, position, occurrence").fetchall()


@pytest.mark.parametrize("prefetch", [0, 1])
@pytest.mark.parametrize("representation", ["json", "xml"])
@pytest.mark.parametrize("mode", MODES)
def test_a_mirror_holds_every_image_of_the_feed_once(
    kind: Kind, reference: str, tmp_path: Path, mode: str, representation: str, prefetch: int
) -> None:
    settings = {"representation": representation}
    report = run_mirror(kind, reference, tmp_path, settings, mode=mode, count=60, prefetch=prefetch)
    assert (report.lots, report.entries, report.remaining, report.complete) == (4, 230, 0, True)
    assert report.written == mirror_kills.check_complete(tmp_path, reference)
    assert report.bytes == sum(map(len, images(tmp_path).values()))


@pytest.mark.parametrize("mode", MODES)
def test_the_next_run_goes_on_from_the_stored_token_and_repeats_nothing(
    kind: Kind, shop: Shop, tmp_path: Path, mode: str
) -> None:
    for product in range(5):
        shop.put(product, (1, "a.png", b"\0image %d" % product))
    first = run_mirror(kind, shop.url, tmp_path, mode=mode, count=2)
    assert (first.written, first.token) == (5, "105")
    shop.asked.clear()
    second = run_mirror(kind, shop.url, tmp_path, mode=mode, count=2)
    assert (second.written, second.unchanged, second.token) == (0, 0, "105")
    assert ["token=105" in path for path, _ in shop.asked] == [True]


@pytest.mark.parametrize("mode", MODES)
def test_an_entry_that_comes_again_replaces_all_of_its_images(kind: Kind, shop: Shop, tmp_path: Path, mode: str) -> None:
    shop.put(
        7, (1, "same.png", b"\0same"), (2, "changed.png", b"\0old"), (3, "renamed.png", b"\0named"), (4, "gone.png", b"\0gone")
    )
    shop.put(8, (1, "other.png", b"\0other"))
    run_mirror(kind, shop.url, tmp_path, mode=mode)
    shop.put(7, (1, "same.png", b"\0same"), (2, "changed.png", b"\0new"), (3, "renamed2.png", b"\0named"))
    report = run_mirror(kind, shop.url, tmp_path, mode=mode)
    assert images(tmp_path) == {
        "7/1-same.png": b"\0same",
        "7/2-changed.png": b"\0new",
        "7/3-renamed2.png": b"\0named",
        "8/1-other.png": b"\0other",
    }
    # Without an ETag a link has to be loaded to know that nothing changed.
    assert (report.written, report.unchanged, report.removed) == ((2, 1, 2) if mode == "binary" else (3, 0, 2))


def test_an_entry_without_images_leaves_no_directory(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    shop.put(7, (1, "a.png", b"\0a"))
    run_mirror(kind, shop.url, tmp_path)
    shop.put(7)
    assert run_mirror(kind, shop.url, tmp_path).removed == 1
    assert [path.name for path in tmp_path.iterdir()] == [".mirror"]


@pytest.mark.parametrize("mode", MODES)
def test_the_manifest_says_what_each_file_is(kind: Kind, shop: Shop, tmp_path: Path, mode: str) -> None:
    shop.put(7, (1, "../a.png", b"\0one"))
    shop.put(8, (5, "b.png", b"\0two"))
    run_mirror(kind, shop.url, tmp_path, mode=mode)
    links = [f"{shop.url}/files/7/1", f"{shop.url}/files/8/5"] if mode == "URL" else [None, None]
    columns = "entry, position, occurrence, filename, path, token, url, sha256, size, problem"
    assert rows(tmp_path, columns) == [
        ("7", 1, 0, "../a.png", "7/1-.._a.png", "102", links[0], hashlib.sha256(b"\0one").hexdigest(), 4, None),
        ("8", 5, 0, "b.png", "8/5-b.png", "102", links[1], hashlib.sha256(b"\0two").hexdigest(), 4, None),
    ]


def test_images_at_one_position_are_kept_apart(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    shop.put(7, (1, "a.png", b"\0first"), (1, "a.png", b"\0second"), (1, "A.PNG", b"\0third"))
    run_mirror(kind, shop.url, tmp_path)
    assert images(tmp_path) == {"7/1-a.png": b"\0first", "7/1.1-a.png": b"\0second", "7/1.2-A.PNG": b"\0third"}


def test_the_mode_may_change_from_run_to_run(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    shop.put(7, (1, "a.png", b"\0a"))
    run_mirror(kind, shop.url, tmp_path, mode="URL")
    shop.put(7, (1, "a.png", b"\0a"), (2, "b.png", b"\0b"))
    report = run_mirror(kind, shop.url, tmp_path, mode="binary")
    assert (report.written, report.unchanged, images(tmp_path)) == (1, 1, {"7/1-a.png": b"\0a", "7/2-b.png": b"\0b"})


def test_a_file_that_was_changed_or_deleted_is_put_right_when_its_entry_comes_again(
    kind: Kind, shop: Shop, tmp_path: Path
) -> None:
    for _ in range(2):
        shop.put(7, (1, "a.png", b"\0aaa"), (2, "b.png", b"\0bbb"))
        run_mirror(kind, shop.url, tmp_path)
        assert images(tmp_path) == {"7/1-a.png": b"\0aaa", "7/2-b.png": b"\0bbb"}
        (tmp_path / "7/1-a.png").write_bytes(b"\0xxx")
        (tmp_path / "7/2-b.png").unlink()


def test_an_image_without_bytes_is_a_problem_and_no_file(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    shop.put(7, (1, "a.png", b""))
    report = run_mirror(kind, shop.url, tmp_path)
    assert (report.complete, report.pending, report.problems) == (False, 1, ("image 1 of '7': it has no bytes",))
    assert images(tmp_path) == {}


@pytest.mark.parametrize("mode", MODES)
def test_a_dry_run_says_what_would_be_done_and_changes_nothing(kind: Kind, shop: Shop, tmp_path: Path, mode: str) -> None:
    shop.put(7, (1, "a.png", b"\0a"), (2, "b.png", b"\0b"))
    target = tmp_path / "mirror"
    report = run_mirror(kind, shop.url, target, mode=mode, dry_run=True)
    assert (report.written, report.entries, target.exists()) == (2, 1, False)
    run_mirror(kind, shop.url, target, mode=mode)
    shop.put(7, (1, "a.png", b"\0a"), (3, "c.png", b"\0c"))
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(target.rglob("*"))}
    shop.asked.clear()
    report = run_mirror(kind, shop.url, target, mode=mode, dry_run=True)
    assert (report.written, report.unchanged, report.removed) == ((1, 1, 1) if mode == "binary" else (2, 0, 1))
    assert {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(target.rglob("*"))} == before
    assert not [path for path, _ in shop.asked if path.startswith("/files")]


def test_a_dry_run_reads_what_a_killed_run_has_left_in_the_journal(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    shop.put(7, (1, "a.png", b"\0a"))
    run_mirror(kind, shop.url, tmp_path)
    # A connection that is not closed leaves the journal, as a process does that is killed.
    db = sqlite3.connect(tmp_path / ".mirror/manifest.sqlite")
    db.execute("UPDATE mirror SET token = '100'")
    db.commit()
    assert (tmp_path / ".mirror/manifest.sqlite-wal").stat().st_size
    report = run_mirror(kind, shop.url, tmp_path, dry_run=True)
    db.close()
    assert (report.entries, report.unchanged) == (1, 1)


def test_a_report_comes_after_each_lot(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    for product in range(3):
        shop.put(product, (1, "a.png", b"\0a"))
    reports: list[Any] = []
    last = run_mirror(kind, shop.url, tmp_path, count=1, progress=reports.append)
    assert [(report.written, report.token, report.remaining) for report in reports] == [
        (1, "101", 2),
        (2, "102", 1),
        (3, "103", 0),
    ]
    assert reports[-1] == last


def test_a_server_that_fails_in_the_middle_loses_nothing(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    for product in range(4):
        shop.put(product, (1, "a.png", b"\0image %d" % product))

    def fail(_: object) -> None:
        shop.refuses = 503

    with pytest.raises(Exception, match="answered 503"):
        run_mirror(kind, shop.url, tmp_path, count=2, progress=fail)
    assert len(images(tmp_path)) == len(rows(tmp_path)) == 2
    shop.refuses = 0
    report = run_mirror(kind, shop.url, tmp_path, count=2)
    assert (report.written, len(images(tmp_path))) == (2, 4)


def test_a_server_that_is_not_there_is_one_clear_error(kind: Kind, tmp_path: Path) -> None:
    with pytest.raises(TransportError, match="did not answer"):
        run_mirror(kind, "http://127.0.0.1:9", tmp_path)
    assert images(tmp_path) == {}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"mode": "thumbnails"}, "mode: must be one of binary, URL, not 'thumbnails'"),
        ({"count": 501}, "count: must be an integer from 1 to 500"),
        ({"parallel": 0}, "parallel: must be an integer of at least 1, not 0"),
        ({"parallel": 2.5}, "parallel: must be an integer of at least 1, not 2.5"),
        ({"max_image_bytes": "9"}, "max_image_bytes: must be an integer of at least 1, not '9'"),
        ({"prefetch": 2}, "prefetch: must be 0 or 1"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_asked(
    kind: Kind, shop: Shop, tmp_path: Path, options: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ParameterError, match=problem):
        run_mirror(kind, shop.url, tmp_path / "mirror", **options)
    assert shop.asked == []


def test_a_client_that_leaves_base64_as_it_is_is_refused(shop: Shop, tmp_path: Path) -> None:
    with Client(shop.url, verbatim_base64=True) as client, pytest.raises(ParameterError, match="verbatim_base64"):
        mirror(client, tmp_path)


def test_a_directory_mirrors_one_feed(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    run_mirror(kind, shop.url, tmp_path)
    with open_shop() as other, pytest.raises(MirrorError, match=r"mirrors http://.* mirror to another directory"):
        run_mirror(kind, other.url, tmp_path)


def test_the_secrets_of_a_client_are_in_no_file(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    settings = {"session": "open sesame", "headers": {"Authorization": "Bearer hunter2hunter2"}}
    leak = f"{shop.url}/files/missing?session=open%20sesame&key=hunter2hunter2"
    shop.put(7, (1, "a.png", b"\0a"), (2, "b.png", b"\0b", leak))
    report = run_mirror(kind, shop.url, tmp_path, settings, mode="URL")
    assert "answered 404" in report.problems[0]
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()) + repr(report).encode()
    assert b"\0sesame" not in everything
    assert b"\0hunter2" not in everything
    assert b"session=***&key=***" in everything


@pytest.mark.parametrize("mode", MODES)
def test_a_feed_that_changes_meanwhile_is_followed(kind: Kind, tmp_path: Path, mode: str) -> None:
    clock = mirror_kills.Clock()
    with running(create_app(packaged_contract(), products=150, live=30, images=True, clock=clock)) as url:
        for _ in range(3):
            run_mirror(kind, url, tmp_path, mode=mode, count=40)
        clock.hold()
        run_mirror(kind, url, tmp_path, mode=mode)
        mirror_kills.check_complete(tmp_path, url)


def test_a_lot_that_was_written_but_not_stored_leaves_no_stray_file(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    shop.put(7, (1, "old.png", b"\0old"))
    shop.put(8, (1, "b.png", b"\0b"))

    def die(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_mirror(kind, shop.url, tmp_path, count=1, progress=die)
    # The first lot is stored. What the second would have written is there as if the run had been killed before its commit.
    with closing(sqlite3.connect(tmp_path / ".mirror/manifest.sqlite")) as db:
        db.execute("INSERT INTO removals VALUES ('9/1-c.png')")
        db.commit()
    (tmp_path / "9").mkdir()
    (tmp_path / "9/1-c.png").write_bytes(b"\0c")
    run_mirror(kind, shop.url, tmp_path)
    assert images(tmp_path) == {"7/1-old.png": b"\0old", "8/1-b.png": b"\0b"}
    assert not (tmp_path / "9").exists()


def test_a_mirror_asks_the_feed_no_more_than_a_walk_does(kind: Kind, shop: Shop, tmp_path: Path) -> None:
    for product in range(6):
        shop.put(product, (1, "a.png", b"\0a"))
    run_mirror(kind, shop.url, tmp_path, count=3)
    assert [path.split("?")[1] for path, _ in shop.asked] == ["count=3", "token=103&count=3"]
