"""The pages for readers: their links lead somewhere, and no page is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reference_pages import PAGES as PAGES_OF
from reference_pages import RULES as KEY_RULES
from twinwire.spec import meta
from twinwire.spec.codes import Code
from twinwire_conformance.rules import catalogue

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub forms them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_a_heading_of_this_repository(page: Path) -> None:
    links = re.findall(r"(?<!\\)\]\((?!https?:)([^)\s]+)\)", page.read_text("utf-8"))
    for link in links:
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("name", PAGES_OF)
def test_a_generated_page_is_current(name: str) -> None:
    # `python tests/support/reference_pages.py` writes it.
    assert (ROOT / "docs" / name).read_text("utf-8") == PAGES_OF[name]()


def test_every_code_of_a_problem_is_on_its_page() -> None:
    page = (ROOT / "docs" / "problems.md").read_text("utf-8")
    assert re.findall(r"^\| `([a-z0-9-]+)`", page, re.MULTILINE) == list(Code)


def test_every_key_of_x_feed_is_on_its_page_with_rules_that_exist() -> None:
    page = (ROOT / "docs" / "x-feed.md").read_text("utf-8")
    schema = meta.x_feed_schema()
    assert [key for key in schema["properties"] if f"| `{key}` |" not in page] == []
    assert {rule for rules in KEY_RULES.values() for rule in rules} <= {rule.id for rule in catalogue()}
    for path in KEY_RULES:
        node = schema
        for key in path.split("."):
            node = node["properties"][key]


FOLDERS = ["", "docs", "generator/twinwire", "conformance/twinwire_conformance"]
# The name of a module that is about to be renamed may already be used; empty again after the rename.
EXPECTED = {
    *("output_dir.py", "output_check.py", "spec/spec_index.py", "decoding/", "reference/query.py", "transport/redaction.py"),
    *("oracle/page.py", "oracle/page_client.py", "oracle/response_cache.py"),
}
# A worked example adds it.
EXAMPLES = {"reports/csv_text.py", "conformance/twinwire_conformance/reports/csv_text.py"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    named = set(re.findall(r"`((?:[\w.-]+/)*[\w-]+(?:\.(?:py|yaml|json|toml|md|txt)|/))`", page.read_text("utf-8")))
    absent = {path for path in named if not any((ROOT / folder / path).exists() for folder in FOLDERS)}
    assert absent <= EXPECTED | EXAMPLES
