"""The selftest: its cases, its judgement of each kind, its formats and its exit code."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from twinwire.cli import main
from twinwire.ir import Contract
from twinwire_conformance import selftest
from twinwire_conformance.reference import FAULTS, IMPOSTORS, VARIANTS, create_app
from twinwire_conformance.selftest import CaseResult, as_json, as_markdown, as_text, cases, run_case, unproved


def judgement(kind: selftest.Kind, name: str, wanted: str, failed: str, problem: str = "") -> CaseResult:
    return CaseResult(kind, name, (wanted,), (failed,), "not-certified", 10, 0.1, problem)


def test_every_fault_variant_and_impostor_is_a_case() -> None:
    kinds = [kind for kind, _ in cases()]
    assert kinds.count("fault") == len(FAULTS)
    assert kinds.count("variant") >= 20
    assert kinds.count("variant") <= len(VARIANTS)
    assert 10 <= kinds.count("impostor") <= len(IMPOSTORS)
    assert kinds.count("faultless") == 1


@pytest.mark.parametrize(
    ("kind", "name"), [("faultless", ""), ("fault", "boundary-lost"), ("variant", "refusal-422-html"), ("impostor", "braces")]
)
def test_the_suite_judges_each_kind_rightly(kind: selftest.Kind, name: str) -> None:
    assert (kind, name) in cases()
    assert run_case(kind, name).problem == ""


def test_a_fault_that_the_wrong_rule_sees_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    # With wrong rule ids, the fault is found by a rule that it does not name.
    mislabelled = replace(FAULTS["boundary-lost"], trips=("HTTP-07",))
    monkeypatch.setattr(selftest, "FAULTS", {**FAULTS, "boundary-lost": mislabelled})
    assert "not HTTP-07" in run_case("fault", "boundary-lost").problem


def test_a_fault_gets_the_feed_and_the_images_that_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[Any] = []

    def create(contract: Contract, fault: str, **size: Any) -> Any:
        sizes.append(size)
        return create_app(contract, fault=fault, **size)

    monkeypatch.setattr(selftest, "create_app", create)
    run_case("fault", "large-image-unpadded", "quick")
    assert sizes == [{"products": 20, "image_bytes": 70_000}]


def test_a_fault_of_connections_is_tried_over_one() -> None:
    assert run_case("fault", "connection-first-xml-406", "quick").failed


def test_a_rule_that_no_fault_makes_fail_is_named() -> None:
    trials = [judgement("fault", "a", "PAGE-01", "PAGE-01"), judgement("fault", "b", "PAGE-02", "PAGE-03")]
    assert "PAGE-01" not in unproved(trials)
    assert {"PAGE-02", "PAGE-03"} <= set(unproved(trials))


def test_each_format_names_what_went_wrong() -> None:
    trials = [judgement("fault", "a", "PAGE-01", "PAGE-01"), judgement("variant", "b", "certified", "PAGE-01", "turned red")]
    assert "variant b: turned red" in as_text(trials)
    assert "| variant | b |" in as_markdown(trials)
    assert json.loads(as_json(trials))["trials"][1]["problem"] == "turned red"


def test_the_exit_code_says_whether_the_suite_passed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(selftest, "matrix", lambda *_: [judgement("fault", "a", "PAGE-01", "PAGE-01")])
    assert main(["selftest"]) == 1
    assert "PAGE-02: no fault makes it fail" in capsys.readouterr().out
    monkeypatch.setattr(selftest, "unproved", lambda _: [])
    assert main(["selftest"]) == 0
