from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from twinwire.cli import main
from twinwire_conformance.catalogue import as_markdown, entry
from twinwire_conformance.rules import catalogue

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def between(marker: str) -> str:
    found = re.search(f"<!-- {marker}:begin -->\n(.*?)<!-- {marker}:end -->", README, re.DOTALL)
    assert found is not None, marker
    return found[1].strip()


def test_the_table_of_rules_is_that_of_the_catalogue() -> None:
    # `twinwire rules --format markdown` prints it.
    assert between("rules") == as_markdown([entry(rule) for rule in catalogue()])


def test_every_command_is_in_the_readme(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    commands = re.findall(r"^    (\w+) ", capsys.readouterr().out, re.MULTILINE)
    assert len(commands) >= 6
    assert [name for name in commands if f"twinwire {name}" not in README] == []


def test_the_readme_names_no_option_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    known: set[str] = set()
    for name in ("validate", "generate", "certify", "serve", "rules", "selftest"):
        with pytest.raises(SystemExit):
            main([name, "--help"])
        known |= set(re.findall(r"--[a-z][a-z-]*", capsys.readouterr().out))
    command = [sys.executable, "-m", "product_images", "mirror", "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    known |= set(re.findall(r"--[a-z][a-z-]*", shown))
    foreign = {"--pyargs", "--target"}
    assert set(re.findall(r"(?<![\w<!-])--[a-z][a-z-]*", README)) <= known | foreign
