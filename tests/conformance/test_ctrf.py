"""CTRF: what its schema requires, integers only, and nothing that it does not document outside ``extra``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema

from sample_results import REPORT, RESULTS, sample_results
from twinwire_conformance.model import Outcome
from twinwire_conformance.reports.ctrf import MAX_TRACE, render

SCHEMA = json.loads((Path(__file__).parents[1] / "support" / "schemas" / "ctrf.schema.json").read_text("utf-8"))


def written() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render(sample_results(), "r"))
    jsonschema.Draft7Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(found)
    return found


def numbers(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for each in value.values():
            yield from numbers(each)
    elif isinstance(value, list):
        for each in value:
            yield from numbers(each)
    elif not isinstance(value, str | bool | None):
        yield value


def test_the_summary_counts_the_tests() -> None:
    results = written()["results"]
    statuses = [test["status"] for test in results["tests"]]
    summary = results["summary"]
    assert {kind: summary[kind] for kind in ("passed", "failed", "skipped", "pending", "other")} == {
        "passed": 2,
        "failed": 3,
        "skipped": 4,
        "pending": 0,
        "other": 2,
    }
    assert all(statuses.count(kind) == summary[kind] for kind in set(statuses))
    assert summary["tests"] == len(statuses) == len(RESULTS)
    assert summary["start"] == 1767323045000
    assert summary["stop"] - summary["start"] == 12346
    assert {type(number) for number in numbers(written())} == {int}


def test_each_status_keeps_the_outcome_and_the_level() -> None:
    tests = written()["results"]["tests"]
    assert [test["rawStatus"] for test in tests] == [result.outcome.value for result in RESULTS]
    assert [test["tags"] for test in tests] == [[result.level.value] for result in RESULTS]
    assert {test["status"] for test in tests if test["rawStatus"] == Outcome.INCONCLUSIVE} == {"other"}
    assert len({test["id"] for test in tests}) == len(tests)
    failed = next(test for test in tests if test["extra"]["id"] == "SCHEMA-04")
    assert failed["extra"]["member"] == "count"
    assert failed["duration"] == 1500


def test_a_long_trace_is_cut_and_says_so() -> None:
    test = next(test for test in written()["results"]["tests"] if test["extra"]["id"] == "PAGE-03")
    assert MAX_TRACE < len(test["trace"]) < MAX_TRACE + 100
    assert test["trace"].endswith("characters are shown")
    assert written()["results"]["extra"]["verdict"] == REPORT.verdict.value
