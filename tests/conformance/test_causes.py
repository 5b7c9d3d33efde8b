"""Failures that one defect causes are grouped."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from twinwire_conformance.basis import basis
from twinwire_conformance.causes import group
from twinwire_conformance.contract import packaged_contract
from twinwire_conformance.findings import Finding, Violation
from twinwire_conformance.model import Cause, Level, Outcome, Request, Response, Result


def result(rule: str, outcome: Outcome = Outcome.FAIL, blocked_by: str = "") -> Result:
    return Result(rule, Level.MUST, "A title", outcome, message="expected a\ngot      b", blocked_by=blocked_by)


def causes(results: list[Result], findings: Mapping[str, Finding] | None = None) -> list[Cause]:
    return list(group(results, findings or {})[1])


def reply() -> Response:
    return Response(Request((), "application/json"), "http://in-process.invalid", 200, {}, b"{}", 0.0, 0.0)


def at(path: str) -> Violation:
    return Violation("a", "b", path=path)


def test_failures_at_one_member_have_one_cause_which_the_schema_stands_for() -> None:
    findings = {"SCHEMA-01": at("$.token"), "SCHEMA-06": at("$.token"), "TWIN-02": at("$.token")}
    found = causes([result(rule) for rule in ("SCHEMA-01", "SCHEMA-06", "TWIN-02")], findings)
    assert [(cause.rule, cause.also) for cause in found] == [("SCHEMA-01", ("SCHEMA-06", "TWIN-02"))]


def test_a_member_is_the_same_at_every_entry_and_in_both_modes() -> None:
    paths = {"IMAGE-01": at("$.product[0].images.image.binaryimage"), "TWIN-01": at("$.product[7].images.image[1].binaryimage")}
    found = causes([result("IMAGE-01"), result("TWIN-01")], paths)
    assert [cause.rule for cause in found] == ["IMAGE-01"]


def test_failures_at_different_members_have_causes_of_their_own() -> None:
    found = causes([result("SCHEMA-04"), result("TWIN-01")], {"SCHEMA-04": at("$.count"), "TWIN-01": at("$.version")})
    assert [cause.rule for cause in found] == ["SCHEMA-04", "TWIN-01"]


def test_a_lost_entry_explains_a_wrong_remaining_number() -> None:
    found = causes([result("PAGE-05"), result("PAGE-03"), result("PAGE-06")])
    assert [(cause.rule, cause.also) for cause in found] == [("PAGE-03", ("PAGE-05", "PAGE-06"))]


def test_a_cause_names_the_rules_that_it_blocks_and_what_came() -> None:
    found = causes([result("SCHEMA-02"), result("TWIN-01", Outcome.BLOCKED, "SCHEMA-02"), result("PAGE-01", Outcome.PASS)])
    assert found == [Cause("SCHEMA-02", Level.MUST, "expected a, got b", (), ("TWIN-01",))]


def test_where_one_request_gets_different_pages_no_comparison_is_a_cause_of_its_own() -> None:
    responses = [reply(), reply()]
    findings = {rule: Violation("a", "b", responses, path="$.queuecount") for rule in ("HTTP-06", "TWIN-01", "PAGE-04")}
    findings["SCHEMA-02"] = at("$.version")
    found = causes([result(rule) for rule in ("HTTP-06", "SCHEMA-02", "TWIN-01", "PAGE-04")], findings)
    assert {cause.rule: cause.also for cause in found} == {"SCHEMA-02": (), "PAGE-04": ("HTTP-06", "TWIN-01")}


def test_each_failure_names_the_rule_that_stands_for_it() -> None:
    results, _ = group([result("PAGE-03"), result("PAGE-05"), result("PAGE-01", Outcome.PASS)], {})
    assert [each.cause for each in results] == ["", "PAGE-03", ""]


def test_a_failure_names_the_clause_the_line_of_the_spec_and_the_errata_that_it_rests_on() -> None:
    contract = packaged_contract()
    text = (Path(__file__).parents[2] / "spec" / "products-images.yaml").read_text("utf-8").splitlines()
    said = basis(contract, "PARAM-09")
    assert said == f"rests on clause PARAM-09; the spec's line {contract.lines['token']} (token); {_errata('token')}"
    assert text[contract.lines["token"] - 1].strip() == "token:"
    assert basis(contract, "TWIN-01", "version").startswith("rests on clause TWIN-01; the spec's line")
    assert basis(contract, "HTTP-05") == "rests on clause HTTP-05"


def _errata(where: str) -> str:
    return "errata " + ", ".join(erratum.id for erratum in packaged_contract().errata if erratum.where == where)
