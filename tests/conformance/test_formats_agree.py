"""Every format says the same of one run: the same verdict, and the same rules with the same outcomes."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from lxml import etree

from certification_runs import run
from github_sarif import objections
from twinwire.cli import main
from twinwire_conformance.contract import ContractView, packaged_contract
from twinwire_conformance.model import Level, Outcome, Verdict
from twinwire_conformance.reference import create_app, running
from twinwire_conformance.reports.document import document, schema
from twinwire_conformance.reports.registry import WRITERS
from twinwire_conformance.rules import RULES

SCHEMAS = Path(__file__).parents[1] / "support" / "schemas"
FAIL, PASS, INCONCLUSIVE = Outcome.FAIL, Outcome.PASS, Outcome.INCONCLUSIVE


class Written:
    """The reports of one run, by the option of the writer."""

    def __init__(self, directory: Path, code: int, printed: str) -> None:
        self.directory = directory
        self.code = code
        self.printed = printed.splitlines()
        self.whole: dict[str, Any] = json.loads(self.text("report-json"))
        self.results = {each["id"]: each for each in self.whole["results"]}

    def text(self, option: str) -> str:
        return (self.directory / option).read_text("utf-8")

    def of(self, *wanted: Outcome, level: Level | None = None) -> set[str]:
        return {
            rule
            for rule, each in self.results.items()
            if each["outcome"] in wanted and (level is None or each["level"] == level)
        }


@pytest.fixture(scope="module", params=["boundary-lost", "label-always-first", ""])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Written:
    directory = tmp_path_factory.mktemp("reports")
    named = [word for writer in WRITERS for word in (f"--{writer.option}", str(directory / writer.option))]
    printed = io.StringIO()
    with running(create_app(packaged_contract(), fault=request.param or None)) as url, contextlib.redirect_stdout(printed):
        code = main(["certify", url, "--profile", "quick", "--seed", "3", *named])
    return Written(directory, code, printed.getvalue())


def test_every_format_is_compared_here(written: Written) -> None:
    assert {writer.option for writer in WRITERS} == {"report-json", "report-md", "junit", "ctrf", "sarif", "badge"}
    assert set(written.results) == set(RULES)


def test_json_agrees_with_the_terminal_and_the_exit_code(written: Written) -> None:
    jsonschema.Draft202012Validator(schema()).validate(written.whole)
    verdict = written.whole["verdict"]
    assert written.printed[-1] == verdict
    assert written.code == Verdict(verdict).exit_code
    shown_text = {line.split()[1] for line in written.printed if line.startswith("fail ")}
    assert shown_text == written.of(FAIL)
    assert all(len(written.results[rule]["fingerprint"]) == 32 for rule in written.of(FAIL))


def test_junit_agrees(written: Written) -> None:
    root = etree.fromstring(written.text("junit").encode())
    etree.XMLSchema(file=str(SCHEMAS / "junit.xsd")).assertValid(root)
    cases = {str(case.get("name")).split()[0]: [child.tag for child in case] for case in root.iter("testcase")}
    assert cases.keys() == written.results.keys()
    assert {rule for rule, kinds in cases.items() if kinds == ["failure"]} == written.of(FAIL)
    assert {rule for rule, kinds in cases.items() if kinds == ["error"]} == written.of(INCONCLUSIVE, level=Level.MUST)
    assert {rule for rule, kinds in cases.items() if not kinds} == written.of(PASS)
    assert {each.get("value") for each in root.iter("property") if each.get("name") == "verdict"} == {written.whole["verdict"]}


def test_ctrf_agrees(written: Written) -> None:
    found = json.loads(written.text("ctrf"))
    jsonschema.Draft7Validator(json.loads((SCHEMAS / "ctrf.schema.json").read_text("utf-8"))).validate(found)
    tests = {test["extra"]["id"]: test for test in found["results"]["tests"]}
    assert {rule: test["rawStatus"] for rule, test in tests.items()} == {
        rule: each["outcome"] for rule, each in written.results.items()
    }
    assert {rule for rule, test in tests.items() if test["status"] == "failed"} == written.of(FAIL)
    assert {rule: test["extra"].get("fingerprint") for rule, test in tests.items()} == {
        rule: each.get("fingerprint") for rule, each in written.results.items()
    }
    assert found["results"]["extra"]["verdict"] == written.whole["verdict"]


def test_sarif_agrees(written: Written) -> None:
    found = json.loads(written.text("sarif"))
    assert objections(found) == []
    run = found["runs"][0]
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == written.results.keys()
    assert {each["ruleId"] for each in run["results"] if each["level"] == "error"} == written.of(FAIL, level=Level.MUST)
    assert {each["ruleId"] for each in run["results"] if each["level"] == "warning"} == written.of(FAIL, level=Level.SHOULD)
    prints = {each["ruleId"]: each["partialFingerprints"]["primaryLocationLineHash"] for each in run["results"]}
    assert prints == {rule: f"{written.results[rule]['fingerprint']}:1" for rule in written.of(FAIL)}
    assert run["properties"]["verdict"] == written.whole["verdict"]


@pytest.mark.parametrize("fault", ["boundary-lost", "xml-never", "position-twice-of-four"])
def test_the_seed_does_not_change_a_fingerprint(fault: str) -> None:
    contract = packaged_contract()
    found = []
    for seed in (1, 2):
        report = run(ContractView(contract), create_app(contract, fault=fault), profile="quick", seed=seed)
        results = {each["id"]: each for each in document(report)["results"]}
        found.append({cause.rule: results[cause.rule]["fingerprint"] for cause in report.causes})
    assert found[0] == found[1] != {}


def test_the_summary_and_the_badge_agree(written: Written) -> None:
    shown_text = written.whole["verdict"].replace("-", " ")
    text = written.text("report-md")
    assert text.splitlines()[0] == f"# twinwire: {shown_text}"
    leaders = [line.split()[1] for line in text.splitlines() if line.startswith("### ")]
    assert leaders == [cause["rule"] for cause in written.whole["causes"]]
    behind = {rule for cause in written.whole["causes"] for rule in cause["also"]}
    assert {*leaders, *behind} == written.of(FAIL)
    open_rules = {line.split(" | ")[0].removeprefix("| ") for line in text.splitlines() if " | inconclusive | " in line}
    assert open_rules == written.of(INCONCLUSIVE)
    assert f"twinwire: {shown_text}" in written.text("badge")
