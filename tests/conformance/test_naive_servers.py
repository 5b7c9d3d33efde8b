"""The servers written from the vendor's page get the right verdict, for their known defects only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import naive_servers
from naive_servers import SERVERS, NaiveServer, serving
from twinwire.cli import main
from twinwire_conformance.rules import catalogue

SEED = "7"


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_a_naive_server_gets_the_verdict_that_its_defects_explain(server: NaiveServer, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    with serving(server) as url:
        code = main(["certify", url, "--seed", SEED, "--report-json", str(path)])
    report = json.loads(path.read_text(encoding="utf-8"))
    messages = {result["id"]: result["message"] for result in report["results"] if result["outcome"] == "fail"}
    failed = set(messages)

    explained = {rule for cause in server.causes for rule in cause.explained}
    assert {rule: messages[rule] for rule in failed - explained} == {}
    assert [cause.name for cause in server.causes if cause.must and not cause.must & failed] == []
    verdict = "not-certified" if any(cause.must for cause in server.causes) else "certified-with-remarks"
    assert (code, report["verdict"]) == (1 if verdict == "not-certified" else 0, verdict), messages
    assert [result["id"] for result in report["results"] if result["outcome"] == "inconclusive"] == []
    # Grouping must not list more causes than the server has defects.
    assert 1 <= len(report["causes"]) <= len(server.causes), report["causes"]


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
