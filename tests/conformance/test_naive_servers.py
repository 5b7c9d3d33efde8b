"""Servers written from the vendor's page alone get the right verdict, for the defects that they have and for no other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import naive_servers
from naive_servers import SERVERS, Cause, NaiveServer, serving
from twinwire.cli import main
from twinwire_conformance.rules import catalogue

SEED = "7"

# Switch on when the report groups its findings: it then names no more causes than the server has.
CAUSES_ARE_GROUPED = False

# MUST rules that a server breaks and the suite does not find broken. Remove a line when the suite finds it.
NOT_FOUND_YET = {
    ("fastapi", "SCHEMA-06"),  # the empty page for token=9223372036854775808 is not looked at
    ("flask", "PARAM-03"),  # count=0 gives one entry; only counts over 500 are tried
    ("flask", "SCHEMA-06"),
    ("node", "PARAM-03"),  # count=-1 gives 729 entries
    ("dotnet", "PARAM-05"),  # 100 characters outside the BMP are rejected; only "x" and "é" are tried
}

# Rules that fail and are not broken. Remove a line when the suite stops saying so.
FALSE_YET = {
    ("django", "HTTP-07"),  # says that an XML response is not JSON, and nothing about a byte order mark
    ("flask", "PAGE-09"),  # the same traversal fails without interleaving
}


def named_causes(report: Mapping[str, Any]) -> list[str]:
    """Return the causes that a report names; before it groups them, the distinct first lines of its failures."""
    if "causes" in report:
        return [json.dumps(cause, sort_keys=True, ensure_ascii=False) for cause in report["causes"]]
    lines = (result["message"].partition("\n")[0] for result in report["results"] if result["outcome"] == "fail")
    return list(dict.fromkeys(lines))


def expected_verdict(server: NaiveServer) -> str:
    found = {rule for cause in server.causes for rule in cause.must if (server.name, rule) not in NOT_FOUND_YET}
    return "not-certified" if found else "certified-with-remarks"


def is_found(server: NaiveServer, cause: Cause, failed: set[str]) -> bool:
    return bool(cause.must & failed) or all((server.name, rule) in NOT_FOUND_YET for rule in cause.must)


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_a_naive_server_gets_the_verdict_that_its_defects_explain(server: NaiveServer, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    with serving(server) as url:
        code = main(["certify", url, "--seed", SEED, "--report-json", str(path)])
    report = json.loads(path.read_text(encoding="utf-8"))
    messages = {result["id"]: result["message"] for result in report["results"] if result["outcome"] == "fail"}
    failed = set(messages)

    explained = {rule for cause in server.causes for rule in cause.explained}
    false = {rule for name, rule in FALSE_YET if name == server.name}
    assert {rule: messages[rule] for rule in failed - explained - false} == {}
    assert false <= failed, "the suite no longer says this: remove it from FALSE_YET"
    missed = {rule for name, rule in NOT_FOUND_YET if name == server.name}
    assert missed & failed == set(), "the suite finds this now: remove it from NOT_FOUND_YET"

    assert [cause.name for cause in server.causes if cause.must and not is_found(server, cause, failed)] == []
    verdict = expected_verdict(server)
    assert (code, report["verdict"]) == (1 if verdict == "not-certified" else 0, verdict), messages
    undecided = [result["id"] for result in report["results"] if result["outcome"] == "inconclusive"]
    assert undecided == []
    if CAUSES_ARE_GROUPED:
        assert len(named_causes(report)) <= len(server.causes), named_causes(report)


def test_every_cause_stands_in_the_readme_of_the_servers() -> None:
    readme = (naive_servers.FOLDER / "README.md").read_text(encoding="utf-8")
    sections = {section.partition("\n")[0]: section for section in readme.split("\n## ")}
    for server in SERVERS:
        lines = [line for line in sections[f"{server.name}_server"].splitlines() if line.startswith("- ")]
        assert lines == [f"- {cause.name} ({cause.rules})" for cause in server.causes]


def test_every_cause_names_rules_of_its_level() -> None:
    levels = {rule.id: rule.level.value for rule in catalogue()}
    for server in SERVERS:
        assert (naive_servers.FOLDER / f"{server.name}_server").is_dir()
        for cause in server.causes:
            assert cause.must | cause.should
            assert {levels[rule] for rule in cause.must} <= {"MUST"}
            assert {levels[rule] for rule in cause.should} <= {"SHOULD"}
            assert cause.behind <= set(levels)


def test_the_exceptions_belong_to_a_server() -> None:
    rules = {(server.name, rule) for server in SERVERS for cause in server.causes for rule in cause.must}
    assert rules >= NOT_FOUND_YET
    explained = {(server.name, rule) for server in SERVERS for cause in server.causes for rule in cause.explained}
    assert FALSE_YET.isdisjoint(explained)
