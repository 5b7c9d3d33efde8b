"""The command `twinwire rules`: the list of rules, and one rule explained."""

from __future__ import annotations

import json

import pytest

from twinwire.cli import main
from twinwire_conformance.catalogue import PARTS
from twinwire_conformance.rules import RULES, catalogue
from twinwire_conformance.rules.explanations import explanations


def test_every_rule_has_an_explanation_and_every_explanation_a_rule() -> None:
    assert explanations().keys() == RULES.keys()


def test_explanations_stand_in_the_order_of_the_catalogue() -> None:
    assert list(explanations()) == [rule.id for rule in catalogue()]


@pytest.mark.parametrize("rule", list(RULES))
def test_an_explanation_consists_of_sentences(rule: str) -> None:
    for part in PARTS:
        text = getattr(explanations()[rule], part)
        assert text[0].isupper() or text[0] in "`10", (rule, part)
        assert text.endswith("."), (rule, part)


@pytest.mark.parametrize("rule", list(RULES))
def test_an_explanation_names_no_rule_that_does_not_exist(rule: str) -> None:
    words = " ".join(getattr(explanations()[rule], part) for part in PARTS).replace("'s", "").split()
    named = {word.strip(".,;:()") for word in words}
    families = {name.split("-")[0] for name in RULES}
    assert {name for name in named if name.split("-")[0] in families and "-" in name and name[-1].isdigit()} <= RULES.keys()


def test_without_an_id_the_catalogue_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 * len(RULES)
    assert lines[0].startswith("HTTP-01   MUST   ")


def test_a_rule_is_explained_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "page-03"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"PAGE-03 MUST {RULES['PAGE-03'].title}"
    assert [line for line in lines if line in (*PARTS.values(), "Proved by")] == [*PARTS.values(), "Proved by"]
    assert max(map(len, lines)) <= 100


def test_a_rule_is_explained_as_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "PAGE-03", "--format", "markdown"]) == 0
    output = capsys.readouterr().out
    assert output.startswith(f"### PAGE-03 (MUST): {RULES['PAGE-03'].title}\n\n**Clause.** ")
    assert "`boundary-lost`" in output


def test_a_rule_is_explained_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "PAGE-03", "--format", "json"]) == 0
    item = json.loads(capsys.readouterr().out)
    assert list(item) == ["id", "level", "title", *PARTS, "faults"]
    assert (item["id"], item["level"]) == ("PAGE-03", "MUST")
    assert "boundary-lost" in item["faults"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("PAGE-3", "no rule has the id 'PAGE-3' (did you mean PAGE-03"),
        ("PAGE-99", "no rule has the id 'PAGE-99' (did you mean PAGE-0"),
        ("PAGE", "PAGE is a family, not the id of a rule (name one of PAGE-01, PAGE-02"),
        ("\x1b[1m", r"no rule has the id '\\x1b[1m' (twinwire rules lists the ids)"),
    ],
)
def test_a_wrong_id_gets_one_clear_error(name: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", name]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"twinwire rules: {message}")
    assert shown.err.count("\n") <= 2
