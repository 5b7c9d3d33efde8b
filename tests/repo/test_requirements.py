"""The requirements of both projects: no version with a known advisory, and each pin within the allowed versions."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECTS = ("pyproject.toml", "generated/pyproject.toml")
# The first version without the named advisory.
FIXED = {
    "django": ("5.2.17", "CVE-2026-15307"),
    "flask": ("3.1.3", "CVE-2026-27205"),
    "h11": ("0.16", "CVE-2025-43859"),
    "httpcore": ("1.0.9", "CVE-2025-43859"),
    "httpx2": ("2.12", "CVE-2026-84382"),
    "jinja2": ("3.1.6", "CVE-2025-27516"),
    "lxml": ("6.1", "CVE-2026-41066"),
    "pytest": ("9.0.3", "CVE-2025-71176"),
    "pyyaml": ("5.4", "CVE-2020-14343"),
    "starlette": ("1.3.1", "CVE-2026-54283"),
}


def requirements(project: str) -> Iterator[Requirement]:
    table = tomllib.loads((ROOT / project).read_text("utf-8"))["project"]
    for text in [
        *table["dependencies"],
        *(item for extra in table.get("optional-dependencies", {}).values() for item in extra),
    ]:
        yield Requirement(text)


def pins() -> dict[str, Version]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pairs = (line.split("==") for line in lines if not line.startswith("#"))
    return {canonicalize_name(name): Version(version) for name, version in pairs}


@pytest.mark.parametrize("project", PROJECTS)
def test_no_version_with_a_known_advisory_is_allowed(project: str) -> None:
    found = {canonicalize_name(item.name): item for item in requirements(project)}
    assert found
    for name in found.keys() & FIXED.keys():
        [floor] = [item.version for item in found[name].specifier if item.operator == ">="]
        assert Version(floor) >= Version(FIXED[name][0]), f"{name}: {FIXED[name][1]}"


@pytest.mark.parametrize("project", PROJECTS)
def test_every_requirement_is_pinned_to_a_version_that_it_allows(project: str) -> None:
    pinned = pins()
    for item in requirements(project):
        # The project does not pin itself.
        if item.name != "twinwire":
            assert pinned[canonicalize_name(item.name)] in item.specifier, item


def test_no_pin_has_a_known_advisory() -> None:
    pinned = pins()
    assert FIXED.keys() <= pinned.keys()
    for name, (version, advisory) in FIXED.items():
        assert pinned[canonicalize_name(name)] >= Version(version), advisory


def test_the_sdk_does_not_leave_the_floor_of_h11_to_the_http_library() -> None:
    # httpx 0.27 takes any httpcore 1, and httpcore 1.0.8 any h11 below 0.15.
    assert "httpcore" in {item.name for item in requirements("generated/pyproject.toml")}
