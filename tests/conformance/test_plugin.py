"""The rules under pytest: one run and one budget per session, with pytest-xdist and reruns too."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import ClassVar

import pytest

import hostile_servers
from broken_servers import LosesAnEntryBetweenLots
from independent_server import Reply, running
from twinwire_conformance.rules import catalogue

SUITE = ["-p", "twinwire_conformance.plugin", "--pyargs", "twinwire_conformance.suite"]
QUICK = ["--target-profile", "quick", "--target-seed", "7"]
RULES = len(catalogue())


class Counting(LosesAnEntryBetweenLots):
    """Counts the requests that it receives."""

    count: ClassVar[int] = 0

    def reply(self, path: str, query: str, accept: str) -> Reply:
        Counting.count += 1
        return super().reply(path, query, accept)


class Session:
    """Runs pytest in its own directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def run(self, *arguments: str, suite: list[str] = SUITE) -> tuple[int, str]:
        command = [sys.executable, "-m", "pytest", "-q", *suite, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=self.directory)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(tmp_path)


def counts(text: str) -> dict[str, int]:
    return {word: int(number) for number, word in re.findall(r"([0-9]+) (passed|failed|skipped|rerun|deselected)", text)}


@pytest.mark.parametrize("arguments", [[], ["--target", ""], ["--target", " "], ["-n", "1"]])
def test_without_a_target_the_session_is_wrong_usage(arguments: list[str], session: Session) -> None:
    code, text = session.run(*arguments)
    assert code == pytest.ExitCode.USAGE_ERROR
    lines = [line for line in text.splitlines() if "target" in line]
    assert len(lines) == 1
    assert lines[0].startswith(("ERROR: no target was given", "ERROR: the URL of the target is empty"))
    assert "--target-reference" in lines[0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--target-select", "PAGE-1"], "--target-select names an unknown rule or family: 'PAGE-1' (did you mean PAGE-11?)"),
        (["--target-header", "Connection: close"], "--header sets Connection"),
        (["--target-rate", "nan"], "--target-rate must be a number"),
    ],
)
def test_wrong_usage_is_one_line_and_no_test_is_run(arguments: list[str], says: str, session: Session) -> None:
    code, text = session.run("--target", "http://127.0.0.1:9", *arguments)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert [line for line in text.splitlines() if line.startswith("ERROR: ") and says in line]
    assert counts(text).keys() <= {"deselected"}
    assert "Traceback" not in text


@pytest.mark.parametrize("arguments", [[], ["-n", "2"]])
def test_a_target_that_cannot_be_reached_ends_the_session_once(arguments: list[str], session: Session) -> None:
    code, text = session.run("--target", "http://127.0.0.1:9", *arguments)
    assert code == 1
    assert text.count("no feed at http://127.0.0.1:9/products/images") == 1
    assert counts(text) == {}


def test_the_embedded_reference_server_is_certified_when_it_is_asked_for(session: Session) -> None:
    code, text = session.run("--target-reference", *QUICK)
    assert code == 0, text
    assert sum(counts(text).values()) == RULES
    assert ": certified (profile quick, seed 7, " in text


def test_deselected_rules_are_not_tried(session: Session) -> None:
    code, text = session.run("--target-reference", *QUICK, "--target-select", "twin,HTTP-04", "--target-ignore", "TWIN-05")
    assert code == 0, text
    assert counts(text) == {"passed": 5, "deselected": RULES - 5}
    assert f"only 5 of {RULES} rules were selected" in text
    assert ": partial (" in text


@pytest.mark.parametrize(
    "arguments", [["--reruns", "2"], ["-n", "2", "--dist", "worksteal", "--reruns", "2"], ["-n", "2", "--dist", "each"]]
)
def test_however_often_a_test_is_run_there_is_one_run(arguments: list[str], session: Session) -> None:
    Counting.count = 0
    with running(Counting, products=120) as url:
        code, text = session.run("--target", url, *QUICK, "-p", "no:cacheprovider", *arguments)
    assert code == 1
    # The budget of the quick profile, however many workers or reruns there are.
    assert 0 < Counting.count <= 60
    assert f"{Counting.count} requests" in text
    times = 2 if "each" in arguments else 1
    found = counts(text)
    assert found.get("rerun", 0) == (2 * found["failed"] if "--reruns" in arguments else 0)
    assert found["passed"] + found["failed"] + found.get("skipped", 0) >= (RULES - 5) * times
    assert "test_rule[PAGE-03]" in text


def test_only_what_failed_last_is_tried_again(session: Session) -> None:
    with running(LosesAnEntryBetweenLots, products=120) as url:
        _, first = session.run("--target", url, *QUICK)
        _, again = session.run("--target", url, *QUICK, "--lf")
    assert f"only {counts(first)['failed']} of {RULES} rules were selected" in again
    # Fewer rules share the budget, so a rule may see less of the feed than before.
    assert 0 < counts(again)["failed"] <= counts(first)["failed"]


def test_other_tests_need_no_target(session: Session) -> None:
    (session.directory / "test_other.py").write_text("def test_it(): pass\n")
    code, text = session.run("test_other.py", suite=["-p", "twinwire_conformance.plugin"])
    assert code == 0, text
    assert session.run("--collect-only")[0] == 0


def test_the_traceback_of_an_application_is_shown(session: Session) -> None:
    (session.directory / "broken.py").write_text("async def app(scope, receive, send):\n    raise KeyError('nothing')\n")
    code, text = session.run("--target-app", "broken:app", *QUICK)
    assert code == 1
    assert "HTTP 500" in text
    assert "KeyError: 'nothing'" in text


@pytest.mark.parametrize(
    ("number", "arguments"), [(signal.SIGTERM, []), (signal.SIGINT, []), (signal.SIGHUP, []), (signal.SIGTERM, ["-n", "2"])]
)
def test_a_signal_gives_the_report_and_the_recording(number: signal.Signals, arguments: list[str], tmp_path: Path) -> None:
    har = tmp_path / "r.har"
    command = [sys.executable, "-m", "pytest", "-q", *SUITE, *arguments, "--target-har", str(har)]
    with hostile_servers.serving("late-hangs") as url:
        process = subprocess.Popen(
            [*command, "--target", url], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path
        )
        end = time.monotonic() + 120
        while hostile_servers.asked() < 32 and time.monotonic() < end:
            time.sleep(0.05)
        process.send_signal(number)
        text, _ = process.communicate(timeout=120)
    assert process.returncode == pytest.ExitCode.INTERRUPTED, text
    assert "note: interrupted" in text
    assert re.search(r"^pass +[A-Z]+-[0-9]+ ", text, re.MULTILINE), text
    assert re.search(r"^inconclusive +HTTP-09 .* the run was interrupted before this rule$", text, re.MULTILINE), text
    assert len(json.loads(har.read_text())["log"]["entries"]) >= 20
