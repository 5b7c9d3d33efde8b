"""``python -m product_images mirror``: options, secrets, progress, exit codes."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from product_images._mirror.progress import MirrorProgress, summary
from product_images._mirror.report import MirrorReport
from shop import Handler, Shop, images, open_shop, serve, status


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop() as shop:
        shop.put(7, (1, "a.png", b"\0a"), (2, "b.png", b"\0b"))
        yield shop


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "product_images", *map(str, arguments)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PRODUCT_IMAGES_")}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=kept | environment)


def test_a_mirror_that_is_current_exits_with_0_and_says_what_it_did(shop: Shop, tmp_path: Path) -> None:
    first = run("mirror", shop.url, tmp_path)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == "lots: 1, entries: 1; images written: 2 (4 bytes), unchanged: 0, removed: 0\n"
    assert images(tmp_path) == {"7/1-a.png": b"\0a", "7/2-b.png": b"\0b"}
    assert run("mirror", shop.url, tmp_path).stdout.startswith("lots: 1, entries: 0; images written: 0 ")


def test_every_option_is_taken(shop: Shop, tmp_path: Path) -> None:
    options = [
        "--representation",
        "json",
        "--mode",
        "URL",
        "--count",
        "5",
        "--session",
        "s",
        "--parallel",
        "2",
        "--prefetch",
        "1",
        "--max-image-bytes",
        "9",
    ]
    done = run("mirror", shop.url, tmp_path, *options, "--header", "X-Key: abc", "--allow-private", "--timeout", "9", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    path, headers = shop.asked[0]
    assert path == "/products/images?count=5&session=s&options=URL"
    assert headers["x-key"] == "abc"


def test_images_that_cannot_be_had_exit_with_1_until_they_can(shop: Shop, tmp_path: Path) -> None:
    shop.pages["/files/7/2"] = status(404)
    for _ in range(2):
        done = run("mirror", shop.url, tmp_path, "--mode", "URL")
        assert (done.returncode, done.stderr) == (1, "image 2 of '7': the server answered 404\n")
        assert done.stdout.endswith("; missing: 1, to be tried again by the next run\n")
    shop.pages["/files/7/2"] = serve(b"\0b")
    assert run("mirror", shop.url, tmp_path, "--mode", "URL").returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["mirror"],
        ["mirror", "URL"],
        ["reflect", "URL", "DIR"],
        ["mirror", "URL", "DIR", "--mode", "thumbnails"],
        ["mirror", "URL", "DIR", "--count", "many"],
        ["mirror", "URL", "DIR", "--count", "501"],
        ["mirror", "URL", "DIR", "--parallel", "0"],
        ["mirror", "URL", "DIR", "--prefetch", "2"],
        ["mirror", "URL", "DIR", "--par", "2"],
        ["mirror", "URL", "DIR", "--timeout", "0"],
        ["mirror", "URL", "DIR", "--timeout", "-1"],
        ["mirror", "URL", "DIR", "--timeout", "nan"],
        ["mirror", "URL", "DIR", "--timeout", "inf"],
        ["mirror", "URL", "DIR", "--header", "hunter2"],
        ["mirror", "URL", "DIR", "--header", "hunter2 x: hunter2"],
        ["mirror", "URL", "DIR", "--header", "X: hunter2\u00e9"],
        ["mirror", "URL", "DIR", "--session", "hunter2" * 15],
        ["mirror", "ftp://x", "DIR"],
        ["mirror", "http://me:hunter2@x", "DIR"],
    ],
)
def test_wrong_usage_exits_with_2_and_makes_nothing(shop: Shop, tmp_path: Path, arguments: list[str]) -> None:
    places = {"URL": shop.url, "DIR": str(tmp_path / "mirror")}
    done = run(*(places.get(argument, argument) for argument in arguments))
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr or "hunter2 x" in str(arguments)
    assert list(tmp_path.iterdir()) == []


def test_what_the_server_says_does_nothing_to_the_terminal(shop: Shop, tmp_path: Path) -> None:
    shop.put(8, (1, "c.png", b"\0c", "http://\u202eevil.test\x1b[2J/"))
    feed = shop.feed
    shop.feed = lambda query: feed(query).replace(b"{", b'{"warnings": ["cut \\u001b[2J\\nhere"], ', 1)  # type: ignore[method-assign]
    done = run("mirror", shop.url, tmp_path, "--mode", "URL")
    assert done.returncode == 1
    assert done.stderr.startswith("warning: cut \\x1b[2J\\nhere\nimage 1 of '8': ")
    assert done.stderr.count("\n") == 2
    assert "\x1b" not in done.stderr


def test_a_server_that_fails_exits_with_3(shop: Shop, tmp_path: Path) -> None:
    shop.refuses = 500
    done = run("mirror", shop.url, tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == f"product_images mirror: {shop.url}/products/images answered 500\n"


def test_a_directory_that_cannot_be_used_exits_with_4(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    done = run("mirror", shop.url, tmp_path / "file")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (4, "", 1)
    assert "File exists" in done.stderr


def test_an_interrupt_exits_with_130_and_the_next_run_goes_on(shop: Shop, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "product_images", "mirror", shop.url, str(tmp_path), "--mode", "URL"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    def interrupt(handler: Handler) -> None:
        os.kill(process.pid, signal.SIGINT)
        handler.answer(200, b"\0a")

    shop.pages["/files/7/1"] = interrupt
    assert process.communicate(timeout=60)[1] == "product_images mirror: interrupted; the next run goes on\n"
    assert process.returncode == 130
    shop.pages["/files/7/1"] = serve(b"\0a")
    assert run("mirror", shop.url, tmp_path, "--mode", "URL").returncode == 0
    assert len(images(tmp_path)) == 2


def test_secrets_come_from_the_environment_and_go_nowhere_else(shop: Shop, tmp_path: Path) -> None:
    secrets = {"PRODUCT_IMAGES_HEADER_X_API_KEY": "hunter2", "PRODUCT_IMAGES_SESSION": "sesame"}
    shop.refuses = 403
    done = run("mirror", shop.url, tmp_path, "--header", "X-Other: flag", **secrets)
    path, headers = shop.asked[0]
    assert path.endswith("session=sesame")
    assert (headers["x-api-key"], headers["x-other"]) == ("hunter2", "flag")
    assert done.returncode == 3
    assert not {"hunter2", "sesame"} & set(done.stderr.replace("'", " ").split())


def test_a_flag_wins_over_the_environment(shop: Shop, tmp_path: Path) -> None:
    secrets = {"PRODUCT_IMAGES_HEADER_X_API_KEY": "hunter2", "PRODUCT_IMAGES_SESSION": "sesame"}
    run("mirror", shop.url, tmp_path, "--header", "x-api-key: flag", "--session", "given", **secrets)
    path, headers = shop.asked[0]
    assert (path.endswith("session=given"), headers["x-api-key"]) == (True, "flag")


def test_a_dry_run_changes_nothing(shop: Shop, tmp_path: Path) -> None:
    done = run("mirror", shop.url, tmp_path / "mirror", "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "lots: 1, entries: 1; images to be written: 2 (4 bytes), unchanged: 0, to be removed: 0\n"
    assert list(tmp_path.iterdir()) == []


def test_the_help_says_what_the_exit_codes_mean() -> None:
    done = run("mirror", "--help")
    assert done.returncode == 0
    for code in ("0 ", "1 ", "2 ", "3 ", "4 ", "130 "):
        assert f"\n  {code}" in done.stdout
    assert "PRODUCT_IMAGES_SESSION" in done.stdout
    assert "mirror" in run("--help").stdout


@pytest.mark.parametrize("encoding", ["ascii", "ascii:strict", "cp437", "latin-1", "utf-8"])
def test_a_console_that_lacks_a_character_sees_an_escape(shop: Shop, tmp_path: Path, encoding: str) -> None:
    console = {"PYTHONIOENCODING": encoding, "LC_ALL": "C"}
    for command in (["--help"], ["mirror", "--help"]):
        done = run(*command, **console)
        assert (done.returncode, done.stderr) == (0, "")
    assert run("mirror", "\u4e2d", **console).returncode == 2
    shop.put(8, (1, "\u4e2d.png", b"\0a", "http://\u4e2d.invalid/"))
    feed = shop.feed
    shop.feed = lambda query: feed(query).replace(b"{", b'{"warnings": ["\\u4e2d"], ', 1)  # type: ignore[method-assign]
    done = run("mirror", shop.url, tmp_path / "\u4e2d", "--mode", "URL", **console)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert done.stderr.startswith("warning: ")
    (tmp_path / "\u4e2df").write_bytes(b"mine")
    done = run("mirror", shop.url, tmp_path / "\u4e2df", **console)
    assert (done.returncode, "Traceback" in done.stderr, done.stderr.count("\n")) == (4, False, 1)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_one_line_that_is_written_over_and_left_empty() -> None:
    terminal = Terminal()
    with MirrorProgress(terminal, quiet=False) as progress:
        progress(MirrorReport(lots=1, entries=25, written=30, unchanged=10, bytes=2_500_000, remaining=75))
        progress(MirrorReport(lots=4, entries=100, written=1, bytes=5, remaining=0, pending=2))
    lines = terminal.getvalue().split("\r")
    assert lines[1] == "[#####               ]  25% entries: 25, images: 40, 2.5 MB"
    assert lines[2] == "[####################] 100% entries: 100, images: 1, 5 bytes, missing: 2"
    assert lines[3].strip() == lines[4] == ""
    assert "\n" not in terminal.getvalue()


def test_progress_of_a_feed_that_does_not_say_what_remains_has_no_bar() -> None:
    terminal = Terminal()
    with MirrorProgress(terminal, quiet=False) as progress:
        progress(MirrorReport(entries=3))
    assert terminal.getvalue().startswith("\rentries: 3, images: 0, 0 bytes\r")


@pytest.mark.parametrize("quiet", [False, True])
def test_no_terminal_sees_nothing_of_a_short_run(quiet: bool) -> None:
    stream = io.StringIO()
    with MirrorProgress(stream, quiet=quiet) as progress:
        progress(MirrorReport(entries=3))
    assert stream.getvalue() == ""


def test_a_summary_says_what_is_left_to_do() -> None:
    report = MirrorReport(lots=2, entries=3, written=4, bytes=1_000_000, removed=1, pending=5)
    assert summary(report, dry_run=False) == (
        "lots: 2, entries: 3; images written: 4 (1.0 MB), unchanged: 0, removed: 1; "
        "missing: 5, to be tried again by the next run"
    )
