"""SARIF: what GitHub accepts, at places that are right, with fingerprints that last."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from github_sarif import objections
from sample_results import REPORT, RESULTS, sample_results
from twinwire.ir import read_contract
from twinwire_conformance.model import Report, Result
from twinwire_conformance.reports import markdown
from twinwire_conformance.reports.fingerprints import fingerprint, member_path
from twinwire_conformance.reports.results import Results
from twinwire_conformance.reports.sarif import render
from twinwire_conformance.rules.explanations import explanations

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "spec" / "products-images.yaml"


def log(results: Results) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render(results, "r"))
    assert objections(found) == []
    return found


def results_of(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["ruleId"]: each for each in found["runs"][0]["results"]}


def place_of(result: dict[str, Any]) -> tuple[str, dict[str, int]]:
    physical = result["locations"][0]["physicalLocation"]
    return physical["artifactLocation"]["uri"], physical["region"]


def marked(file: Path, region: dict[str, int]) -> str:
    return file.read_text("utf-8").splitlines()[region["startLine"] - 1][region["startColumn"] - 1 : region["endColumn"] - 1]


def test_a_rule_is_explained_to_whoever_sees_only_the_alert() -> None:
    explained = replace(sample_results(), helps=explanations())
    rules = {rule["id"]: rule for rule in log(explained)["runs"][0]["tool"]["driver"]["rules"]}
    for rule, texts in explanations().items():
        if rule in rules:
            for shown_text in (rules[rule]["help"]["text"], rules[rule]["help"]["markdown"]):
                assert all(text in shown_text for text in (texts.clause, texts.why, texts.cause, texts.fix))
    summary = markdown.render(explained, "")
    assert f"Usual fix: {explanations()['SCHEMA-04'].fix}" in summary


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_only_failures_and_remarks_are_results(repository: Path) -> None:
    found = log(sample_results())
    assert {rule: each["level"] for rule, each in results_of(found).items()} == {
        "SCHEMA-04": "error",
        "SCHEMA-07": "warning",
        "PAGE-03": "error",
    }
    assert len(found["runs"][0]["tool"]["driver"]["rules"]) == len(RESULTS)
    assert found["runs"][0]["properties"]["verdict"] == "not-certified"
    assert "](" not in results_of(log(_with(message="expected [a](http://x)")))["SCHEMA-04"]["message"]["text"]


def test_a_result_points_at_the_spec_of_the_repository(repository: Path) -> None:
    (repository / "spec").mkdir()
    shutil.copy(SPEC, repository / "spec")
    found = results_of(log(sample_results()))
    uri, region = place_of(found["SCHEMA-04"])
    assert (uri, region["startLine"]) == ("spec/products-images.yaml", 173)
    assert marked(SPEC, region) == "count:"
    uri, region = place_of(found["PAGE-03"])
    assert (uri, marked(SPEC, region)) == ("spec/products-images.yaml", "/products/images:")


@pytest.mark.parametrize("edited", [False, True])
def test_without_that_file_it_points_at_the_packaged_copy(edited: bool, repository: Path) -> None:
    if edited:
        (repository / "spec").mkdir()
        (repository / "spec" / SPEC.name).write_text("# edited\n" + SPEC.read_text("utf-8"), "utf-8")
    found = results_of(log(sample_results()))
    uri, region = place_of(found["SCHEMA-04"])
    assert uri == "twinwire_conformance/data/contract.json"
    assert marked(ROOT / "conformance" / uri, region).startswith('"count": {')
    assert marked(ROOT / "conformance" / uri, place_of(found["PAGE-03"])[1]).startswith('"/products/images": {')


def test_a_spec_that_was_given_is_named_relative_to_the_working_directory(repository: Path) -> None:
    file = repository / "my specs" / "fééd.yaml"
    file.parent.mkdir()
    file.write_bytes(SPEC.read_bytes())
    contract = read_contract(file)
    for given in (str(file), "my specs/fééd.yaml", "./my specs/../my specs/fééd.yaml"):
        uri, region = place_of(results_of(log(Results(REPORT, contract, given)))["SCHEMA-04"])
        assert (uri, region["startLine"]) == ("my%20specs/f%C3%A9%C3%A9d.yaml", 173)
    away = json.loads(render(Results(REPORT, contract, str(SPEC)), "r"))
    assert place_of(results_of(away)["SCHEMA-04"])[0] == SPEC.as_uri()


def test_a_fingerprint_depends_on_the_rule_and_the_member_only(repository: Path) -> None:
    before = results_of(log(sample_results()))["SCHEMA-04"]["partialFingerprints"]
    other = _with(message="other words", title="Another title", spec_line=9, seconds=9.0, evidence=())
    assert results_of(log(replace(other, report=replace(other.report, seed=8))))["SCHEMA-04"]["partialFingerprints"] == before
    assert results_of(log(_with(member="token")))["SCHEMA-04"]["partialFingerprints"] != before
    assert before == {"primaryLocationLineHash": f"{fingerprint('SCHEMA-04', 'count')}:1"}
    # Written down: a fingerprint that changes makes every known failure a new one.
    assert fingerprint("SCHEMA-04", "count") == "9ef51fdf4fffc4406df9c1dd4e2adf45"


@pytest.mark.parametrize(
    ("path", "member"),
    [
        ("", ""),
        ("$", ""),
        ("$.token", "token"),
        ("$.product[7].images.image[0].sequence", "product.images.image.sequence"),
        ("/result", ""),
        ("/result/product[7]/images/image/@sequence", "product.images.image.sequence"),
        ("entry 12346", ""),
        ("entry 12346.images[2].sequence", "images.sequence"),
        ("entry 'a.b[\\'1'[3].sequence", "sequence"),
        ('entry "x.y".sequence', "sequence"),
        ("$." + "a" * 500, "a" * 200),
    ],
)
def test_a_member_has_one_path_in_both_representations(path: str, member: str) -> None:
    assert member_path(path) == member


def _with(**changed: Any) -> Results:
    results: tuple[Result, ...] = tuple(replace(each, **changed) if each.id == "SCHEMA-04" else each for each in RESULTS)
    report: Report = replace(REPORT, results=results)
    return sample_results(report)
