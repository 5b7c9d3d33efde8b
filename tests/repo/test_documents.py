"""The pages in docs/: the generated ones are current, and no link is broken."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from document_texts import EFFECTS, FIXES
from documents import DOCS, PAGES, ROOT, SPECS, between, example
from twinwire.cli import main
from twinwire.ir import read_contract
from twinwire.spec.codes import Code
from twinwire.spec.meta import x_feed_schema
from twinwire_conformance.reference import create_app, running
from twinwire_conformance.rules import RULES, catalogue
from twinwire_conformance.rules.explanations import explanations

MARKDOWN = sorted(
    path
    for path in (*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "examples").rglob("*.md"), ROOT / "generated" / "README.md")
    if "node_modules" not in path.parts
)
_LINK = re.compile(r"\[[^\]\n]*\]\(([^()\s]+)\)")
_CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.MULTILINE | re.DOTALL)


def prose(path: Path) -> str:
    """Return a page without its code blocks and code spans."""
    return _CODE.sub(lambda found: "code" if "\n" not in found[0] else "", path.read_text("utf-8"))


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_current(name: str) -> None:
    text = (DOCS / name).read_text("utf-8")
    assert PAGES[name](text) == text, "run: make docs"


def test_the_contract_holds_each_rule_with_its_reason_and_its_method() -> None:
    text = (DOCS / "contract.md").read_text("utf-8")
    for rule in catalogue():
        known = explanations()[rule.id]
        section = text.split(f"\n#### {rule.id}\n")[1].split("\n#### ")[0]
        assert f"**{rule.level.value}.** {known.clause}" in section
        assert f"- Why: {known.why}\n- Check: {known.check}\n" in section


def test_a_page_without_its_markers_is_an_error() -> None:
    with pytest.raises(ValueError, match="rules:begin"):
        between("nothing", "rules", "new")


def test_every_code_of_a_problem_has_a_fix_and_an_example() -> None:
    assert list(FIXES) == [code.value for code in Code]
    for code in Code:
        assert f": {code.value}: " in example(code)


def keys(node: dict[str, object], path: str = "") -> Iterator[str]:
    schema = x_feed_schema()
    properties = node["properties"]
    assert isinstance(properties, dict)
    for name, raw in properties.items():
        yield f"{path}{name}"
        inner, suffix = (raw["items"], "[].") if raw.get("type") == "array" else (raw, ".")
        inner = schema["$defs"][inner["$ref"].rpartition("/")[2]] if "$ref" in inner else inner
        if "properties" in inner:
            yield from keys(inner, f"{path}{name}{suffix}")


def test_every_key_of_x_feed_has_an_effect_and_a_section() -> None:
    known = list(keys(x_feed_schema()))
    assert sorted(known) == sorted(EFFECTS)
    page = (DOCS / "x-feed.md").read_text("utf-8")
    assert [key for key in known if not re.search(rf"^#+ `{re.escape(key)}`$", page, re.MULTILINE)] == []
    named = {rule for effect in EFFECTS.values() for rule in (*effect.switches, *effect.concerns)}
    assert named <= RULES.keys()


def test_rules_are_skipped_without_the_keys_that_switch_them_on(tmp_path: Path) -> None:
    # This spec has none of the keys, and one media type for each representation.
    spec = SPECS / "good" / "minimal.yaml"
    report = tmp_path / "report.json"
    with running(create_app(read_contract(spec))) as url:
        main(["certify", url, "--spec", str(spec), "--profile", "quick", "--seed", "1", "--report-json", str(report)])
    results = json.loads(report.read_text("utf-8"))["results"]
    skipped = {result["id"] for result in results if result["outcome"] == "skip"}
    switched = {rule for effect in EFFECTS.values() for rule in effect.switches}
    # Two rules need a text parameter, which no key of x-feed declares, and one needs an error result of the server.
    assert skipped - {"PARAM-05", "PARAM-06", "SCHEMA-08"} == switched


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(path: Path) -> None:
    broken = []
    for link in _LINK.findall(prose(path)):
        if re.match(r"[a-z]+:", link):
            continue
        place, _, anchor = unquote(link).partition("#")
        target = (path.parent / place) if place else path
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_there_are_links_to_test() -> None:
    assert sum(len(_LINK.findall(prose(path))) for path in MARKDOWN) > 50
