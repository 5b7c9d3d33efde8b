"""Secrets appear in no output, even if a server returns them encoded."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import echoing_server
from twinwire.cli import main
from twinwire.errors import UsageError
from twinwire_conformance import credentials
from twinwire_conformance.reference import running
from twinwire_conformance.reports.registry import WRITERS

BASIC = base64.b64encode(b"user:canary-three").decode()
# A secret of each kind, with characters that percent-encoding, JSON and HTML escape differently.
FLAGS = {"header": ["Authorization: Bearer canary-one/x", f"Proxy-Authorization: Basic {BASIC}"], "session": 'canary "four" é'}
VARIABLES = {"TWINWIRE_HEADER_X_API_KEY": "canary&<two>", "TWINWIRE_HEADER_AUTHORIZATION": "canary-that-a-flag-replaces"}


def traces(text: str) -> Iterator[str]:
    """Yield the places where a text shows a secret, in plain text or in a known encoding."""
    lowered = text.lower()
    yield from re.findall(".{0,20}canary.{0,20}", lowered)
    for prefix in (b"", b"a", b"ab"):
        # The first and last two base64 characters depend on the surrounding bytes.
        amid = base64.b64encode(prefix + b"canary").decode().rstrip("=")[len(prefix) + (len(prefix) > 0) : -1]
        yield from re.findall(f".{{0,20}}{re.escape(amid)}.{{0,20}}", text)
    yield from re.findall("%63%61%6e|" + r"\\u0063\\u0061|&#99;&#97;|&#x63;&#x61;", lowered)


def flags(prefix: str) -> list[str]:
    headers = [word for line in FLAGS["header"] for word in (f"--{prefix}header", line)]
    return [*headers, f"--{prefix}session", str(FLAGS["session"])]


def decoded_bodies(har: Mapping[str, Any]) -> Iterator[str]:
    for entry in har["log"]["entries"]:
        content = entry["response"]["content"]
        if content.get("encoding") == "base64":
            body = base64.b64decode(content["text"])
            yield from (body.decode(charset, "replace") for charset in ("latin-1", "utf-16-le", "utf-16-be"))
        else:
            yield content.get("text", "")


@pytest.mark.parametrize("text", ["a canary", base64.b64encode(b"zcanaryz").decode(), "\\u0063\\u0061", "%63%61%6E"])
def test_a_trace_is_found(text: str) -> None:
    assert list(traces(text))


def test_secrets_that_a_server_says_back_are_in_no_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    har = tmp_path / "run.har"
    reports = {writer.option: tmp_path / writer.option for writer in WRITERS}
    named = [word for option, file in reports.items() for word in (f"--{option}", str(file))]
    with running(echoing_server.app) as base:
        # The password in the URL is a secret too.
        url = base.replace("//", "//user:canary-five@")
        rules = "HTTP-01,HTTP-02,HTTP-09,SCHEMA-04,SCHEMA-06,TWIN-01,IMAGE-04,PARAM-05"
        code = main(["certify", url, *flags(""), "--select", rules, *named, "--har", str(har)])
    assert code == 1
    captured = capsys.readouterr()
    recorded = json.loads(har.read_text("utf-8"))
    statuses = {entry["response"]["status"] for entry in recorded["log"]["entries"]}
    assert statuses == {200, 500}
    written = [captured.out, captured.err, har.read_text("utf-8"), *decoded_bodies(recorded)]
    assert any("***" in text for text in written[:2])
    assert "***" in written[2]
    written += [file.read_text("utf-8") for file in reports.values()]
    assert "***" in reports["report-json"].read_text("utf-8")
    assert [found for text in written for found in traces(text)] == []


def test_secrets_are_not_in_the_output_of_pytest(tmp_path: Path) -> None:
    # --showlocals prints local variables, which contain the secrets.
    base = [sys.executable, "-m", "pytest", "-q", "--showlocals", "-p", "no:cacheprovider", "-p", "twinwire_conformance.plugin"]
    base += ["--pyargs", "twinwire_conformance.suite", "--target-profile", "quick", "--target-app", "echoing_server:app"]
    base += ["-k", "HTTP or SCHEMA"]
    har = tmp_path / "run.har"
    support = str(Path(echoing_server.__file__).parent)
    environment = {**os.environ, **VARIABLES, "PYTHONPATH": support}
    command = [*base, *flags("target-"), "--target-har", str(har)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path, env=environment)
    assert done.returncode == 1, done.stdout
    assert "***" in done.stdout
    recorded = json.loads(har.read_text("utf-8"))
    written = [done.stdout, done.stderr, har.read_text("utf-8"), *decoded_bodies(recorded)]
    assert [found for text in written for found in traces(text)] == []
    wrong = subprocess.run(
        [*base, "--target-header", "X-Bad: canary\u20ac"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
        env=environment,
    )
    assert wrong.returncode == pytest.ExitCode.USAGE_ERROR
    assert list(traces(wrong.stdout + wrong.stderr)) == []


def test_what_cannot_be_reached_shows_no_secrets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    har = tmp_path / "run.har"
    assert main(["certify", "http://user:canary@127.0.0.1:9/canary-one/x", *flags(""), "--har", str(har)]) == 3
    captured = capsys.readouterr()
    assert "http://***@127.0.0.1:9/***/products/images" in captured.err
    assert list(traces(captured.out + captured.err + har.read_text("utf-8"))) == []


def test_headers_come_from_the_environment_and_flags_win() -> None:
    environment = {"TWINWIRE_HEADER_X_API_KEY": " k ", "TWINWIRE_HEADER_": "x", "TWINWIRE_HEADER_EMPTY": "", "HOME": "/"}
    assert credentials.headers([], environment) == {"X-API-KEY": "k"}
    assert credentials.headers(["x-api-key: flag", "A: b"], environment) == {"x-api-key": "flag", "A": "b"}


def test_the_session_comes_from_the_environment_and_a_flag_wins() -> None:
    environment = {"TWINWIRE_SESSION": "s"}
    assert credentials.session(None, environment) == "s"
    assert credentials.session("flag", environment) == "flag"
    assert credentials.session(None, {"TWINWIRE_SESSION": ""}) is None


def test_a_variable_that_cannot_be_sent_is_named_without_its_value() -> None:
    with pytest.raises(UsageError, match="X-KEY") as caught:
        credentials.headers([], {"TWINWIRE_HEADER_X_KEY": "canary\u20ac"})
    assert "canary" not in str(caught.value)


def test_the_help_names_the_variables(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["certify", "--help"])
    shown = capsys.readouterr().out
    assert "TWINWIRE_HEADER_AUTHORIZATION" in shown
    assert "TWINWIRE_SESSION" in shown
