"""Report files: modes, links, pipes, devices and standard output."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import random
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from twinwire.cli import main
from twinwire.errors import UsageError
from twinwire_conformance.reports import output
from twinwire_conformance.reports.output import Output

SCRIPT = [sys.executable, "-c", "import sys; from twinwire.cli import main; sys.exit(main(sys.argv[1:]))"]
CERTIFY = [*SCRIPT, "certify", "--reference", "--select", "HTTP-04"]


@pytest.fixture
def mask() -> Iterator[None]:
    old = os.umask(0o027)
    yield
    os.umask(old)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_gets_its_mode_from_the_umask(tmp_path: Path, mask: None) -> None:
    Output(str(tmp_path / "r")).write("text")
    assert mode(tmp_path / "r") == 0o640
    assert list(tmp_path.iterdir()) == [tmp_path / "r"]


def test_a_file_is_replaced_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "r"
    file.write_text("a longer text")
    file.chmod(0o604)
    before = file.stat().st_ino
    place = Output(str(file))
    assert file.read_text() == "a longer text"
    # A failure in the middle must leave the old report intact.
    with pytest.raises(TypeError), place.stream() as stream:
        stream.writelines([b"half", "not bytes"])  # type: ignore[list-item]
    assert file.read_text() == "a longer text"
    place.write("text")
    assert (file.read_text(), mode(file)) == ("text", 0o604)
    assert file.stat().st_ino != before
    assert list(tmp_path.iterdir()) == [file]


# A temporary name derived from the file's name would be too long.
def test_a_name_of_the_greatest_length_can_be_written(tmp_path: Path) -> None:
    Output(str(tmp_path / ("r" * 255))).write("text")
    assert (tmp_path / ("r" * 255)).read_text() == "text"


@pytest.mark.parametrize("there", [True, False])
def test_the_target_of_a_link_is_written_in_place(there: bool, tmp_path: Path) -> None:
    file, link = tmp_path / "sub" / "r", tmp_path / "link"
    file.parent.mkdir()
    link.symlink_to("sub/r")
    if there:
        file.write_text("a longer text")
        # A second hard link shows that the target is written in place.
        os.link(file, tmp_path / "other")
    Output(str(link)).write("text")
    assert link.is_symlink()
    assert file.read_text() == "text"
    assert not there or (tmp_path / "other").read_text() == "text"


def test_a_link_that_leads_nowhere_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("no/such/directory/r")
    with pytest.raises(UsageError, match="cannot be written"):
        Output(str(tmp_path / "link"))


@pytest.mark.parametrize("name", ["pipe", "link", "pipe.gz"])
@pytest.mark.parametrize("late", [False, True])
def test_a_named_pipe_is_written_in_place(name: str, late: bool, tmp_path: Path) -> None:
    pipe = tmp_path / ("pipe" if name == "link" else name)
    os.mkfifo(pipe)
    if name == "link":
        (tmp_path / name).symlink_to("pipe")
    came: list[bytes] = []
    reader = threading.Thread(target=lambda: came.append(pipe.read_bytes()))
    if not late:
        reader.start()
    place = Output(str(tmp_path / name))
    if late:
        threading.Timer(0.2, reader.start).start()
    place.write("text" * 100_000)
    while not came:
        reader.join(0.1) if reader.ident else None
    assert (gzip.decompress(came[0]) if name.endswith(".gz") else came[0]) == b"text" * 100_000
    assert stat.S_ISFIFO(pipe.lstat().st_mode)


def test_a_pipe_that_nothing_reads_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "PIPE_PATIENCE", 0.1)
    os.mkfifo(tmp_path / "pipe")
    assert main(["certify", "--reference", "--select", "HTTP-04", "--report-json", str(tmp_path / "pipe")]) == 2
    captured = capsys.readouterr()
    assert captured.out.rstrip().endswith("partial")
    assert "nothing read from the pipe within 0.1 s" in captured.err
    assert len(captured.err.splitlines()) == 1


@pytest.mark.parametrize("name", ["pipe", "pipe.gz", "fd"])
def test_a_reader_that_stops_reading_ends_the_report(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "PIPE_PATIENCE", 0.3)
    reading, writing = os.pipe()
    path = f"/dev/fd/{writing}"
    if name != "fd":
        path = str(tmp_path / name)
        os.mkfifo(path)
        os.close(reading)
        reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    begin = time.monotonic()
    with pytest.raises(UsageError, match=r"could not be written to .*: its reader has read nothing for 0.3 s"):
        Output(path).write(random.Random(1).randbytes(500_000).hex())
    assert time.monotonic() - begin < 5
    os.close(reading)
    os.close(writing)


def test_a_reader_that_never_comes_to_the_end_ends_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "PIPE_LONGEST", 0.5)
    os.mkfifo(tmp_path / "pipe")
    reading = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    stopped = threading.Event()

    def read() -> None:
        while not stopped.wait(0.05):
            with contextlib.suppress(BlockingIOError):
                os.read(reading, 4096)

    reader = threading.Thread(target=read)
    reader.start()
    with pytest.raises(UsageError, match=r"its reader did not take all of it within 0.5 s"):
        Output(str(tmp_path / "pipe")).write("a" * 10_000_000)
    stopped.set()
    reader.join()
    os.close(reading)


@pytest.mark.parametrize("option", ["--report-json", "--har"])
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "-"])
def test_standard_output_by_any_name_gets_the_report_alone(option: str, name: str, tmp_path: Path) -> None:
    before = os.lstat("/dev/stdout").st_mode
    piped = subprocess.run([*CERTIFY, option, name], capture_output=True, text=True, timeout=60, check=False)
    assert piped.returncode == 0, piped.stderr
    assert json.loads(piped.stdout)
    assert "partial" in piped.stderr
    # A redirected file must keep what was written to it before the report.
    with (tmp_path / "all").open("wb") as stream:
        stream.write(b"before\n")
        stream.flush()
        subprocess.run([*CERTIFY, option, name], stdout=stream, stderr=subprocess.DEVNULL, timeout=60, check=True)
    assert (tmp_path / "all").read_text().startswith("before\n{")
    assert os.lstat("/dev/stdout").st_mode == before


def test_a_process_substitution_gets_the_report(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    command = [*CERTIFY, "--report-json", f"/dev/fd/{writing}"]
    process = subprocess.Popen(command, pass_fds=[writing], stdout=subprocess.PIPE, text=True)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        report = json.load(stream)
    out, _ = process.communicate(timeout=60)
    assert report["verdict"] == "partial"
    assert out.rstrip().endswith("partial")


def test_a_device_stays_a_device() -> None:
    Output("/dev/null").write("text")
    assert stat.S_ISCHR(os.lstat("/dev/null").st_mode)


def test_any_number_of_reports_may_go_to_a_device(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["certify", "--reference", "--select", "HTTP-04", "--report-json", "/dev/null", "--har", "/dev/null"]
    assert main(command) == 0, capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_device_that_is_full_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["certify", "--reference", "--select", "HTTP-04", "--report-json", "/dev/full"]) == 2
    assert "could not be written to '/dev/full': No space left" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["/dev/fd/999", "/dev/fd/99999999999999999999", "", "no/such/r", "a\0b"])
def test_what_cannot_be_written_is_refused_before_the_run(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        Output(name)


@pytest.mark.parametrize("second", ["r", "./r", "sub/../r"])
def test_two_reports_in_one_place_are_wrong_usage(
    second: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    assert main(["certify", "--reference", "--report-json", "r", "--har", second]) == 2
    assert "two reports were sent to 'r'" in capsys.readouterr().err
    assert main(["certify", "--reference", "--report-json", "-", "--har", "/dev/stdout"]) == 2
