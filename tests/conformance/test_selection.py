"""The selection of rules, and the verdict of a run with some rules deselected."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from broken_servers import CountsImagesForEntries
from independent_server import ImagesServer, running
from twinwire.cli import main
from twinwire_conformance.model import NOT_SELECTED, Level, Outcome, Report, Result, Verdict, verdict
from twinwire_conformance.reports.document import document, schema
from twinwire_conformance.rules import catalogue

# Only these rules can lead to remarks.
SHOULDS = ",".join(rule.id for rule in catalogue() if rule.level is Level.SHOULD)
FAMILIES = "HTTP,PARAM,SCHEMA,PAGE,TWIN,IMAGE"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(ImagesServer, products=120) as base:
        yield base


def certify(directory: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    report = directory / "r.json"
    code = main(["certify", "--profile", "quick", *arguments, "--report-json", str(report)])
    found = json.loads(report.read_text("utf-8"))
    jsonschema.validate(found, schema())
    return code, found


def tried(report: dict[str, Any]) -> list[str]:
    return [item["id"] for item in report["results"] if item["message"] != NOT_SELECTED]


def test_families_and_ids_are_selected_and_ignored_in_any_case(url: str, tmp_path: Path) -> None:
    arguments = ["--select", "twin, http-04", "--select", "Image-03", "--ignore", "twin-03,TWIN-05", "--ignore", "twin-02"]
    code, report = certify(tmp_path, url, *arguments)
    assert (code, report["verdict"]) == (0, "partial")
    assert tried(report) == ["HTTP-04", "TWIN-01", "TWIN-04", "IMAGE-03"]
    assert {item["outcome"] for item in report["results"] if item["id"] not in tried(report)} == {"skip"}
    assert len(report["results"]) == len(catalogue())


def test_what_was_not_selected_is_one_line(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    certify(tmp_path, url, "--ignore", "page,HTTP-05")
    lines = capsys.readouterr().out.splitlines()
    pages = [rule.id for rule in catalogue() if rule.id.startswith("PAGE-")]
    line = f"not selected {len(pages) + 1} of {len(catalogue())} rules: HTTP-05, PAGE"
    assert [text for text in lines if "not selected" in text][:1] == [line]
    assert not [text for text in lines if text.startswith("skip") and "not selected" in text]
    assert lines[-1] == "partial"


def test_to_ignore_only_what_remarks_is_still_partial(url: str, tmp_path: Path) -> None:
    code, report = certify(tmp_path, url, "--ignore", SHOULDS)
    assert (code, report["verdict"]) == (0, "partial")


def test_to_select_every_family_is_a_whole_certification(url: str, tmp_path: Path) -> None:
    code, report = certify(tmp_path, url, "--select", FAMILIES)
    assert (code, report["verdict"]) == (0, "certified")


def test_a_failed_must_among_the_selected_is_not_certified(tmp_path: Path) -> None:
    with running(CountsImagesForEntries, products=50) as base:
        assert certify(tmp_path, base, "--select", "SCHEMA")[1]["verdict"] == "not-certified"
        assert certify(tmp_path, base, "--select", "HTTP-04")[1]["verdict"] == "partial"


@pytest.mark.parametrize("rules", ["HTTP-01", "HTTP-03"])
def test_a_target_that_cannot_be_reached_is_inconclusive(rules: str, tmp_path: Path) -> None:
    code, report = certify(tmp_path, "http://127.0.0.1:9", "--select", rules)
    assert (code, report["verdict"]) == (3, "inconclusive")


@pytest.mark.parametrize(("server", "code"), [(ImagesServer, 0), (CountsImagesForEntries, 1)])
def test_a_replay_tries_the_recorded_rules_to_the_same_verdict(server: type[ImagesServer], code: int, tmp_path: Path) -> None:
    har = tmp_path / "run.har"
    with running(server, products=50) as base:
        first, report = certify(tmp_path, base, "--ignore", "PAGE,image", "--har", str(har))
    again, replayed = certify(tmp_path, "--replay", str(har))
    assert (first, again) == (code, code)
    assert replayed["verdict"] == report["verdict"]
    assert tried(replayed) == tried(report)


def results(*outcomes: str) -> list[Result]:
    """Return results for texts like `MUST pass`. `out` is a rule that was not selected."""
    found = []
    for index, text in enumerate(outcomes):
        level, word = text.split()
        outcome, message = (Outcome.SKIP, NOT_SELECTED) if word == "out" else (Outcome(word), "")
        found.append(Result(f"PAGE-{index + 1:02}", Level(level), "", outcome, message=message))
    return found


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["MUST pass", "MUST blocked"], Verdict.CERTIFIED),
        (["MUST fail", "MUST blocked"], Verdict.NOT_CERTIFIED),
        (["MUST inconclusive", "MUST blocked", "MUST pass"], Verdict.INCONCLUSIVE),
        (["MUST blocked", "MUST blocked"], Verdict.INCONCLUSIVE),
        (["MUST blocked", "MUST skip", "SHOULD pass"], Verdict.INCONCLUSIVE),
        (["MUST pass", "SHOULD fail", "SHOULD blocked"], Verdict.REMARKS),
        (["MUST pass", "MUST out"], Verdict.PARTIAL),
        (["MUST pass", "SHOULD out"], Verdict.PARTIAL),
        (["MUST pass", "SHOULD fail", "SHOULD out"], Verdict.PARTIAL),
        (["MUST waived", "SHOULD out"], Verdict.PARTIAL),
        (["MUST fail", "MUST out"], Verdict.NOT_CERTIFIED),
        (["MUST inconclusive", "MUST pass", "MUST out"], Verdict.INCONCLUSIVE),
        (["MUST blocked", "MUST out"], Verdict.INCONCLUSIVE),
        (["MUST skip", "SHOULD pass", "MUST out"], Verdict.INCONCLUSIVE),
        (["SHOULD pass", "SHOULD inconclusive", "MUST out"], Verdict.PARTIAL),
        (["SHOULD inconclusive", "MUST out"], Verdict.INCONCLUSIVE),
        ([], Verdict.INCONCLUSIVE),
    ],
)
def test_the_verdict_follows_from_the_outcomes(outcomes: list[str], expected: Verdict) -> None:
    assert verdict(results(*outcomes)) is expected


def test_the_report_names_what_blocks_a_rule_and_how_much_was_covered() -> None:
    blocked = Result("PAGE-02", Level.MUST, "t", Outcome.BLOCKED, blocked_by="PAGE-01", cause="the cursor stands still")
    spec = {"title": "t", "version": "1", "sha256": "0" * 64}
    started = "2026-11-30T00:00:00+00:00"
    all_ = (Result("PAGE-01", Level.MUST, "t", Outcome.FAIL), blocked)
    report = Report(Verdict.NOT_CERTIFIED, "", spec, "0", "quick", 1, started, 0.0, 0, all_, "", ("all of it",), ("odd",))
    found = document(report)
    jsonschema.validate(found, schema())
    assert (found["coverage"], found["notes"]) == (["all of it"], ["odd"])
    assert "blocked_by" not in found["results"][0]
    assert "cause" not in found["results"][0]
    assert (found["results"][1]["blocked_by"], found["results"][1]["cause"]) == ("PAGE-01", "the cursor stands still")
