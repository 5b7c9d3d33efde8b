"""Bounds on time and memory: every run ends with a report that lists the rules that were not reached."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import hostile_servers
from twinwire.cli import main
from twinwire_conformance.contract import packaged_contract
from twinwire_conformance.decoding import ResultDecoder, Undecodable

LIMIT = 120.0
"""The timeout in seconds after which a run counts as hanging."""
CERTIFY = [sys.executable, "-c", "import sys; from twinwire.cli import main; sys.exit(main(sys.argv[1:]))", "certify"]
MOST_MEGABYTES = 200


@pytest.mark.parametrize(
    "name", ["hangs", "drips-headers", "drips-body", "drips-chunks", "interim-drips", "throttles-for-a-minute", "late-hangs"]
)
def test_requests_in_flight_end_with_the_time_of_the_run(name: str, tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    with hostile_servers.serving(name) as url:
        command = [*CERTIFY, url, "--max-time", "2", "--report-json", str(report)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 3, done.stderr
    found = json.loads(report.read_text())
    assert "the run's time of 2 s is spent" in found["note"]
    late = [each for each in found["results"] if "the run's time" in each["message"]]
    assert late
    assert {each["outcome"] for each in late} == {"inconclusive"}


# Repeated signals must not interrupt the writing of the report.
@pytest.mark.parametrize("numbers", [[signal.SIGTERM], [signal.SIGTERM, signal.SIGTERM, signal.SIGINT], [signal.SIGHUP]])
def test_a_signal_gives_the_report_and_the_recording(numbers: list[signal.Signals], tmp_path: Path) -> None:
    report, har = tmp_path / "r.json", tmp_path / "r.har"
    with hostile_servers.serving("late-hangs") as url:
        process = subprocess.Popen([*CERTIFY, url, "--report-json", str(report), "--har", str(har)], stdout=subprocess.DEVNULL)
        end = time.monotonic() + LIMIT
        while hostile_servers.asked() < 20 and time.monotonic() < end:
            time.sleep(0.05)
        for number in numbers:
            process.send_signal(number)
            time.sleep(0.02)
        assert process.wait(LIMIT) == 3
    assert json.loads(report.read_text())["note"] == "interrupted"
    assert json.loads(har.read_text())["log"]["entries"]


@pytest.mark.parametrize(
    "name", ["json-60-mb", "json-members", "json-deep", "xml-two-million", "xml-attributes", "xml-tag-name", "gzip-just-fits"]
)
def test_a_body_without_bound_is_one_finding_in_bounded_memory(name: str, tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    code = "import sys; from twinwire.cli import main; code = main(sys.argv[1:]); "
    # VmHWM is the peak of this process alone; ru_maxrss would include the parent's before exec.
    code += "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0]); sys.exit(code)"
    with hostile_servers.serving(name) as url:
        command = [sys.executable, "-c", code, "certify", url, "--profile", "quick", "--select", "SCHEMA-01,SCHEMA-02"]
        done = subprocess.run(
            [*command, "--report-json", str(report)], capture_output=True, text=True, timeout=LIMIT * 3, check=False
        )
    assert done.returncode in (1, 3), done.stderr
    assert int(done.stdout.split()[-1]) / 1024 < MOST_MEGABYTES
    assert all(len(each["message"]) < 2000 for each in json.loads(report.read_text())["results"])


@pytest.mark.parametrize(
    ("json_body", "says"),
    [
        (b"[" + b"[]," * 600_000 + b"0]", "more than 500000 values"),
        (b'{"a": ' + b"9" * 9_000_000 + b"}", "a number of more than"),
    ],
)
def test_json_beyond_the_limits_is_unreadable(json_body: bytes, says: str) -> None:
    with pytest.raises(Undecodable, match=says):
        ResultDecoder(packaged_contract()).json(json_body, None)


def test_commas_in_a_text_are_no_values() -> None:
    body = b'{"returnmsg": "' + b"," * 600_000 + b'"}'
    assert len(ResultDecoder(packaged_contract()).json(body, None).value["returnmsg"]) == 600_000


@pytest.mark.parametrize(
    ("xml_body", "says"),
    [
        (b"<result>" + b"<a/>" * 300_000 + b"</result>", "more than 200000 elements"),
        (b"<result" + b"".join(b" a%d=''" % number for number in range(250_000)) + b"/>", "more than 1000 attributes"),
        (b"<" + b"n" * 5_000_000 + b"/>", "a name of 5000000 bytes"),
        (b"<result>" + b"<!---->" * 300_000 + b"</result>", "comments"),
    ],
)
def test_xml_beyond_the_limits_is_unreadable(xml_body: bytes, says: str) -> None:
    with pytest.raises(Undecodable, match=says):
        ResultDecoder(packaged_contract()).xml(xml_body, None)


def _refused(path: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["certify", "--replay", path]) == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    return error


def test_a_recording_that_expands_without_bound_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # 300 MB of one character compress to little more than 1 MB.
    bomb = tmp_path / "bomb.har.gz"
    with gzip.open(bomb, "wb", 1) as stream:
        stream.write(b'{"log": "')
        for _ in range(300):
            stream.write(b"a" * 1024 * 1024)
    assert "more than 256 MB" in _refused(str(bomb), capsys)


def test_what_is_no_recording_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "wide.har").write_bytes(b'{"log": [' + b"[]," * 5_000_000)
    (tmp_path / "deep.har").write_bytes(b'{"log": ' + b"[" * 1_000_000)
    assert "more than 4000000 values" in _refused(str(tmp_path / "wide.har"), capsys)
    assert "is not a HAR file" in _refused(str(tmp_path / "deep.har"), capsys)
    assert "directory" in _refused(str(tmp_path), capsys)
    # /dev/zero never ends, so its first bytes must decide.
    assert "does not begin with an object" in _refused("/dev/zero", capsys)


def test_a_pipe_that_does_not_end_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twinwire_conformance.transport.files.PATIENCE", 0.3)
    os.mkfifo(tmp_path / "pipe")
    assert "did not end within 0.3 s" in _refused(str(tmp_path / "pipe"), capsys)
