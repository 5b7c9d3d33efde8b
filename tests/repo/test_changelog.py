"""The form of CHANGELOG.md: that of Keep a Changelog, with the version of the package as the newest one."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from twinwire import __version__

TEXT = (Path(__file__).parents[2] / "CHANGELOG.md").read_text("utf-8")
VERSIONS = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)$", TEXT, re.MULTILINE)
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_changelog_begins_with_what_is_not_released() -> None:
    headings = re.findall(r"^## (.*)$", TEXT, re.MULTILINE)
    assert headings == ["[Unreleased]", *(f"[{version}] - {day}" for version, day in VERSIONS)]


def test_the_newest_version_is_that_of_the_package() -> None:
    assert VERSIONS[0][0] == __version__


def test_versions_and_dates_fall() -> None:
    numbers = [tuple(map(int, version.split("."))) for version, _ in VERSIONS]
    days = [date.fromisoformat(day) for _, day in VERSIONS]
    assert numbers == sorted(numbers, reverse=True)
    assert days == sorted(days, reverse=True)


def test_every_change_has_a_kind() -> None:
    assert set(re.findall(r"^### (.*)$", TEXT, re.MULTILINE)) <= KINDS
