"""--baseline tells new failures from known ones, --fail-on changes the exit code, and --quiet and --verbose what is printed."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sample_results import REPORT, RESULTS, sample_results
from twinwire.cli import main
from twinwire.errors import UsageError
from twinwire_conformance.contract import packaged_contract
from twinwire_conformance.model import Evidence, Outcome, Report
from twinwire_conformance.reference import FAULTS, create_app, running
from twinwire_conformance.reports import document, markdown, sarif
from twinwire_conformance.reports.baseline import Comparison, compare, read_baseline
from twinwire_conformance.reports.console import Detail, summarise
from twinwire_conformance.reports.fingerprints import fingerprint

REMARK = "HTTP-03"
"""The rule that the faulty server below breaks: a SHOULD."""


def changed(rule: str, **values: Any) -> Report:
    return replace(REPORT, results=tuple(replace(each, **values) if each.id == rule else each for each in RESULTS))


@pytest.fixture
def baseline(tmp_path: Path) -> str:
    file = tmp_path / "before.json"
    file.write_text(document.text(REPORT), "utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("report", "comparison"),
    [
        (REPORT, Comparison(known=("SCHEMA-04", "SCHEMA-07", "PAGE-03"), open=("TWIN-02",))),
        (
            changed("SCHEMA-04", message="other words", evidence=()),
            Comparison(known=("SCHEMA-04", "SCHEMA-07", "PAGE-03"), open=("TWIN-02",)),
        ),
        (
            changed("SCHEMA-04", member="token"),
            Comparison(new=("SCHEMA-04",), known=("SCHEMA-07", "PAGE-03"), open=("SCHEMA-04", "TWIN-02")),
        ),
        (
            changed("HTTP-01", outcome=Outcome.FAIL),
            Comparison(new=("HTTP-01",), known=("SCHEMA-04", "SCHEMA-07", "PAGE-03"), open=("TWIN-02",)),
        ),
        (changed("PAGE-03", outcome=Outcome.PASS), Comparison((), ("SCHEMA-04", "SCHEMA-07"), ("PAGE-03",), ("TWIN-02",))),
        (changed("PAGE-03", outcome=Outcome.BLOCKED), Comparison((), ("SCHEMA-04", "SCHEMA-07"), (), ("PAGE-03", "TWIN-02"))),
    ],
)
def test_a_failure_is_known_by_its_rule_and_member(report: Report, comparison: Comparison, baseline: str) -> None:
    assert compare(report, read_baseline(baseline)) == comparison


def test_a_compressed_report_is_a_baseline(baseline: str) -> None:
    file = Path(baseline + ".gz")
    file.write_bytes(gzip.compress(Path(baseline).read_bytes()))
    assert read_baseline(str(file)) == read_baseline(baseline)
    assert fingerprint("SCHEMA-04", "count") in read_baseline(baseline)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read: No such file"),
        (b"", "is not a report: Expecting value"),
        (b"[]", "is not a report: it has no results"),
        (b'{"results": [1]}', "is not a report: it has no results"),
        (b'{"results": [{"id": "PAGE-01", "outcome": "fail"}]}', "a failure has no fingerprint; an older version wrote it"),
        (b"\xff", "is not a report"),
        (b"[" * 100_000, "is not a report"),
        (b"\x1f\x8bx", "cannot be read"),
        (gzip.compress(b"x" * 1000, mtime=0)[:-9], "cannot be read"),
        (gzip.compress(b" " * (64 * 1024 * 1024 + 2), mtime=0), "is not a report: it has more than 67108864 bytes"),
    ],
)
def test_a_baseline_that_cannot_be_used_is_wrong_usage(content: bytes | None, says: str, tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_baseline(str(file))
    assert says in str(caught.value)
    assert "(name a file that --report-json wrote)" in str(caught.value)
    assert len(str(caught.value)) < 500


def test_every_format_tells_new_from_known() -> None:
    results = replace(
        sample_results(), comparison=Comparison(new=("SCHEMA-04",), known=("SCHEMA-07", "PAGE-03"), gone=("HTTP-01",))
    )
    whole = json.loads(document.render(results, ""))
    assert whole["baseline"] == {"new": ["SCHEMA-04"], "known": ["SCHEMA-07", "PAGE-03"], "gone": ["HTTP-01"], "open": []}
    assert [each.get("baseline") for each in whole["results"]][2:6] == ["new", "known", "known", None]
    found = json.loads(sarif.render(results, ""))["runs"][0]["results"]
    assert [each["baselineState"] for each in found] == ["new", "unchanged", "unchanged"]
    line = "Failures since the baseline: 1 new (SCHEMA-04), 2 known (SCHEMA-07, PAGE-03), 1 gone (HTTP-01), 0 not decided"
    assert f"- {line}\n" in markdown.render(results, "")
    assert "### SCHEMA-04 (MUST, new): " in markdown.render(results, "")


def told(detail: Detail, comparison: Comparison | None = None) -> list[str]:
    report = changed(
        "SCHEMA-04",
        message="expected a\ngot      b",
        evidence=tuple(Evidence(f"curl {number}", 200, f"body {number}") for number in range(6)),
    )
    stream = io.StringIO()
    summarise(stream, report, detail, comparison)
    return stream.getvalue().split("\n")[:-1]


def test_quiet_is_a_line_for_each_cause_and_the_verdict() -> None:
    comparison = Comparison(new=("SCHEMA-04",), known=("SCHEMA-07",))
    assert told(Detail.QUIET, comparison) == [
        "SCHEMA-04 Title of SCHEMA-04 & more (new)",
        "SCHEMA-07 Title of SCHEMA-07 & more (known)",
        str(comparison),
        "note: only 10 of 11 rules were selected",
        "- a clock <b>ticks</b>",
        "not-certified",
    ]


def test_verbose_shows_every_request_and_response_and_the_failures_behind_a_cause() -> None:
    normal, verbose = told(Detail.NORMAL), told(Detail.VERBOSE)
    assert "  HTTP 200  curl 5" not in normal
    assert normal.count("PAGE-03 Title of PAGE-03 & more") == 0
    assert [line for line in verbose if line.endswith("5")] == ["  HTTP 200  curl 5", "    body 5"]
    assert verbose.count("PAGE-03 Title of PAGE-03 & more") == 1
    assert normal[-1] == verbose[-1] == "not-certified"


@pytest.fixture(scope="module")
def remarked() -> Iterator[str]:
    fault = next(each for each in FAULTS.values() if set(each.trips) == {REMARK})
    with running(create_app(packaged_contract(), fault=fault.name)) as url:
        yield url


def test_a_failed_should_fails_the_run_when_it_is_asked_for(
    remarked: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["certify", remarked, "--select", "HTTP-01,HTTP-03", "--profile", "quick"]
    report = str(tmp_path / "r.json")
    assert main([*command, "--report-json", report]) == 0
    assert main([*command, "--fail-on", "SHOULD"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "partial"
    assert main([*command, "--quiet", "--baseline", report, "--seed", "5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert "1 known (HTTP-03)" in lines[1]


def test_under_pytest_a_failed_should_fails_its_test_when_it_is_asked_for(remarked: str, baseline: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "twinwire_conformance.plugin"]
    command += ["--pyargs", "twinwire_conformance.suite", "--target", remarked, "--target-select", "HTTP-01,HTTP-03"]
    for more, summary in (([], "1 xfailed"), (["--target-fail-on", "should"], "1 failed, 1 passed, ")):
        done = subprocess.run(
            [*command, "--target-baseline", baseline, *more],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=tmp_path,
        )
        assert summary in done.stdout
        assert "Failures since the baseline: 1 new (HTTP-03), 0 known" in done.stdout
        assert done.returncode == (1 if more else 0)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--fail-on", "must"], "--fail-on must be 'should', got 'must' (a failed MUST always fails the run)"),
        (["--quiet", "--verbose"], "--quiet and --verbose were both given (leave one of them out)"),
        (["--baseline", "no/such/r.json"], "the baseline 'no/such/r.json' cannot be read: No such file or directory"),
    ],
)
def test_wrong_usage_is_one_line(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["certify", "--reference", *arguments]) == 2
    captured = capsys.readouterr()
    assert (captured.out, len(captured.err.splitlines())) == ("", 1)
    assert says in captured.err
