"""JUnit XML: valid for Jenkins, complete for GitLab, and of bounded size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from sample_results import HOSTILE, REPORT, RESULTS, sample_results
from twinwire_conformance.model import Evidence, Report
from twinwire_conformance.reports.junit import MAX_CASE_BYTES, render

SCHEMA = etree.XMLSchema(file=str(Path(__file__).parents[1] / "support" / "schemas" / "junit.xsd"))


def parsed(report: Report = REPORT) -> etree._Element:
    root = etree.fromstring(render(sample_results(report), "r").encode())
    SCHEMA.assertValid(root)
    return root


def test_classes_and_names_are_unique_and_name_the_rule() -> None:
    cases = [(case.get("classname"), case.get("name")) for case in parsed().iter("testcase")]
    assert len(set(cases)) == len(cases) == len(RESULTS)
    assert ("twinwire.PAGE", "PAGE-03 Title of PAGE-03 & more") in cases


def test_each_outcome_has_its_element() -> None:
    cases = {str(case.get("name")).split()[0]: case for case in parsed().iter("testcase")}
    found = {rule: [(child.tag, child.get("type")) for child in case] for rule, case in cases.items()}
    assert found == {
        "HTTP-01": [],
        "HTTP-03": [],
        "SCHEMA-04": [("failure", "MUST")],
        "SCHEMA-07": [("failure", "SHOULD")],
        "PAGE-03": [("failure", "MUST")],
        "PAGE-04": [("error", "inconclusive")],
        "PAGE-08": [("skipped", "inconclusive")],
        "PAGE-09": [("skipped", "skip")],
        "TWIN-01": [("skipped", "blocked")],
        "TWIN-02": [("skipped", "waived")],
        "IMAGE-01": [("skipped", "skip")],
    }


def test_suites_state_counts_times_and_properties() -> None:
    root = parsed()
    assert dict(root.attrib) == {"name": "twinwire", "tests": "11", "failures": "3", "errors": "1", "time": "12.346"}
    must, should = root
    counts = ("tests", "failures", "errors", "skipped", "time")
    assert [[suite.get(name) for name in counts] for suite in (must, should)] == [
        ["8", "2", "1", "4", "1.500"],
        ["3", "1", "0", "1", "0.000"],
    ]
    properties = {str(each.get("name")): each.get("value") for each in must.iter("property")}
    expected = {"target": "http://127.0.0.1:1/v1", "seed": "7", "profile": "standard", "level": "MUST"}
    assert expected.items() <= properties.items()


def test_what_was_skipped_says_why() -> None:
    reasons = {str(child.get("message")) for child in parsed().iter("skipped")}
    assert {"the contract has no session", "blocked by SCHEMA-04: 4", "not selected", "expected a; got b"} <= reasons


def test_characters_that_xml_cannot_hold_are_shown_as_escapes() -> None:
    (failure,) = [child for child in parsed().iter("failure") if "count" in str(child.text)]
    shown = HOSTILE.replace("\x00", "\\x00").replace("\x1b", "\\x1b").replace("\ufffe", "\\ufffe").replace("\udc80", "\\udc80")
    assert shown in str(failure.text)
    assert "\\x1b[31m" in str(failure.get("message"))


@pytest.mark.parametrize("char", ["x", "&", '"', "é", "\U0001f600", "\x00"])
def test_a_case_has_at_most_64_kilobytes(char: str) -> None:
    long = replace(RESULTS[2], message=char * 200_000, evidence=(Evidence(char * 9_000, 200, char * 9_000),), title=char * 300)
    (case,) = parsed(replace(REPORT, results=(long,))).iter("testcase")
    assert 32 * 1024 < len(etree.tostring(case, encoding="utf-8")) <= MAX_CASE_BYTES
    assert "characters are shown; --report-json has them all" in str(case[0].text)[-90:]
