from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from twinwire.cli import main
from twinwire_conformance.catalogue import as_markdown, entry
from twinwire_conformance.contract import packaged_contract
from twinwire_conformance.reference import create_app, running
from twinwire_conformance.rules import catalogue

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
CERTIFY = (ROOT / "docs" / "certify.md").read_text("utf-8")
GUIDES = "\n".join([README, CERTIFY, *((ROOT / "docs" / name).read_text("utf-8") for name in ("sdk.md", "mirror.md"))])


def between(marker: str, page: str) -> str:
    found = re.search(f"<!-- {marker}:begin -->\n(.*?)<!-- {marker}:end -->", page, re.DOTALL)
    assert found is not None, marker
    return found[1].strip()


def test_the_table_of_rules_is_that_of_the_catalogue() -> None:
    # `twinwire rules --format markdown` prints it.
    assert between("rules", CERTIFY) == as_markdown([entry(rule) for rule in catalogue()])


def test_the_failure_is_printed_as_the_readme_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    with running(create_app(packaged_contract(), fault="boundary-lost")) as url:
        assert main(["certify", url, "--seed", "1"]) == 1
    printed = capsys.readouterr().out.replace(url, "http://127.0.0.1:8080")
    assert between("failure", README).removeprefix("```text\n").removesuffix("\n```") in printed


def test_every_command_is_in_the_readme(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    commands = re.findall(r"^    (\w+) ", capsys.readouterr().out, re.MULTILINE)
    assert len(commands) >= 6
    assert [name for name in commands if f"twinwire {name}" not in README] == []


def test_the_guides_name_no_option_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    known: set[str] = set()
    for name in ("validate", "generate", "certify", "serve", "rules", "selftest"):
        with pytest.raises(SystemExit):
            main([name, "--help"])
        known |= set(re.findall(r"--[a-z][a-z-]*", capsys.readouterr().out))
    command = [sys.executable, "-m", "product_images", "mirror", "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    known |= set(re.findall(r"--[a-z][a-z-]*", shown))
    foreign = {"--pyargs", "--target"}
    assert set(re.findall(r"(?<![\w<!-])--[a-z][a-z-]*", GUIDES)) <= known | foreign


@pytest.mark.parametrize("name", ["README.md", "docs/sdk.md", "docs/mirror.md"])
def test_the_example_of_a_page_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / name).read_text("utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    with running(create_app(packaged_contract(), products=60, images=True)) as url:
        exec(example.replace("https://api.example.com/v1", url), {})
    printed = capsys.readouterr().out
    assert "entries; go on from" in printed or "images written" in printed
    assert (tmp_path / "images" / ".mirror").exists() == ("mirror(client" in example)
