"""Human output: the same words in a pipe and on a terminal, with colours on the terminal only."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from twinwire_conformance.model import NOT_SELECTED, Evidence, Level, Outcome, Report, Result, Verdict
from twinwire_conformance.reports.console import MAX_CURLS, Live, summarise

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
REPORT = Report(
    verdict=Verdict.NOT_CERTIFIED,
    target="http://127.0.0.1:1",
    # Square brackets are markup of the library rich, and must be printed as they are.
    spec={"title": "A feed [bold]with brackets[/bold]", "version": "1", "sha256": "0"},
    kit="0",
    profile="standard",
    seed=1,
    started="",
    seconds=1.0,
    requests=7,
    results=(
        Result("PAGE-01", Level.MUST, "progress", Outcome.PASS, 3),
        Result(
            "PAGE-02",
            Level.MUST,
            "nothing twice",
            Outcome.FAIL,
            1,
            "expected [red]one[/red]\n" + "got      " + "very long " * 40,
            tuple(Evidence(f"curl {number}", 200, "") for number in range(MAX_CURLS + 2)),
        ),
        Result("PAGE-03", Level.SHOULD, "nothing lost", Outcome.INCONCLUSIVE, 0, "the feed\nmoved"),
    ),
    note="interrupted",
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    return Terminal()


def test_a_terminal_gets_the_words_of_a_pipe_in_colour(terminal: Terminal) -> None:
    pipe = io.StringIO()
    summarise(pipe, REPORT)
    summarise(terminal, REPORT)
    assert _CONTROL.search(terminal.getvalue())
    assert _CONTROL.sub("", terminal.getvalue()) == pipe.getvalue()
    lines = pipe.getvalue().splitlines()
    assert lines[0] == "pass         PAGE-01   MUST   progress (3)"
    assert lines[2] == "inconclusive PAGE-03   SHOULD nothing lost — the feed moved"
    assert lines[4:7] == ["PAGE-02 nothing twice", "  expected [red]one[/red]", "  got      " + "very long " * 40]
    assert lines[7 : 8 + MAX_CURLS] == [
        *(f"  HTTP 200  curl {number}" for number in range(MAX_CURLS)),
        "  … and 2 more requests, in the JSON report",
    ]
    assert lines[-2:] == ["note: interrupted", "not-certified"]


def test_only_a_terminal_sees_the_progress(terminal: Terminal) -> None:
    pipe = io.StringIO()
    for stream in (pipe, terminal):
        with Live(stream, 2) as live:
            live.begin("PAGE-01")
            live.requests(5)
            live.end()
    assert pipe.getvalue() == ""
    assert "PAGE-01" in terminal.getvalue()
    assert "5 requests" in terminal.getvalue()


def test_a_run_in_a_pipe_loads_no_more_than_it_needs() -> None:
    # Slow imports would be noticed in every CI job.
    script = (
        "import sys; from twinwire.cli import main; "
        "code = main(['certify', '--reference', '--profile', 'quick', '--seed', '1']); "
        "print(code, [name for name in ('jinja2', 'yaml', 'rich', 'jsonschema', 'xmlschema') if name in sys.modules])"
    )
    plain = {name: value for name, value in os.environ.items() if name != "FORCE_COLOR"}
    done = subprocess.run([sys.executable, "-c", script], env=plain, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "0 []")


def test_deselected_and_blocked_rules_take_one_line_each() -> None:
    results = (
        Result("HTTP-01", Level.MUST, "a", Outcome.PASS, 3),
        Result("PAGE-01", Level.MUST, "b", Outcome.FAIL, 1),
        Result("PAGE-02", Level.MUST, "c", Outcome.BLOCKED, blocked_by="PAGE-01", message="x", cause="the cursor stands still"),
        Result("PAGE-03", Level.MUST, "d", Outcome.BLOCKED, blocked_by="PAGE-01", message="y", cause="the cursor stands still"),
        Result("TWIN-01", Level.MUST, "e", Outcome.BLOCKED, blocked_by="HTTP-02", message="z"),
        Result("TWIN-02", Level.MUST, "e", Outcome.SKIP, message=NOT_SELECTED),
        Result("IMAGE-01", Level.MUST, "f", Outcome.SKIP, message=NOT_SELECTED),
        Result("IMAGE-02", Level.MUST, "g", Outcome.SKIP, message=NOT_SELECTED),
    )
    report = replace(REPORT, results=results, coverage=("9 of 9 entries in JSON", "3 of 9 in XML"), notes=("one", "two"))
    pipe = io.StringIO()
    summarise(pipe, report)
    lines = pipe.getvalue().splitlines()
    assert lines[2:5] == [
        "blocked      by PAGE-01 (the cursor stands still): PAGE-02, PAGE-03",
        "blocked      by HTTP-02: TWIN-01",
        "not selected 3 of 8 rules: TWIN-02, IMAGE",
    ]
    assert "1 pass, 1 fail, 3 blocked, 3 not selected" in pipe.getvalue()
    assert lines[-6:] == [
        "Coverage: 9 of 9 entries in JSON",
        "Coverage: 3 of 9 in XML",
        "note: interrupted",
        "- one",
        "- two",
        "not-certified",
    ]
