"""The README and the pages in docs/: their commands and examples work, and the files and options that they name exist."""

from __future__ import annotations

import contextlib
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from documents import between
from twinwire.cli import main
from twinwire_conformance.contract import packaged_contract
from twinwire_conformance.options import OPTIONS, REPORT_OPTIONS
from twinwire_conformance.profiles import PROFILES
from twinwire_conformance.reference import create_app, running
from twinwire_conformance.rules import catalogue

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = ("validate", "generate", "certify", "serve", "rules", "selftest")
EXAMPLE_URL = "https://api.example.com/v1"
_BLOCK = re.compile(r"^ *```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"`((?:[\w.-]+/)*[\w-]+(?:\.(?:py|yaml|json|toml|md|txt)|/))`")


def blocks(page: Path, language: str) -> list[str]:
    """Return the code blocks of a page in a language."""
    return [code for kind, code in _BLOCK.findall(page.read_text("utf-8")) if kind == language]


def commands(page: Path) -> list[list[str]]:
    """Return the commands of a page, as their words, without comments."""
    lines = [line for code in blocks(page, "console") for line in code.splitlines() if line.startswith("$ ")]
    return [shlex.split(line[2:].removesuffix(" &"), comments=True) for line in lines]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(create_app(packaged_contract(), products=300, images=True)) as found:
        yield found


def test_the_readme_has_at_most_120_lines() -> None:
    assert len(README.splitlines()) <= 120


def test_the_failure_in_the_readme_is_a_real_one(capsys: pytest.CaptureFixture[str]) -> None:
    shown = README.split("<!-- failure:begin -->")[1].split("<!-- failure:end -->")[0]
    assert between(README, "failure", shown.strip("\n")) == README
    with running(create_app(packaged_contract(), fault="boundary-lost")) as base:
        assert main(["certify", base, "--seed", "1"]) == 1
    output = capsys.readouterr().out.replace(base, "http://127.0.0.1:8080").splitlines()
    at = 0
    for line in shown.strip().splitlines()[1:-1]:
        assert line in output[at:], line
        at = output.index(line, at)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_can_be_understood(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for words in commands(page):
        if words[0] == "twinwire":
            assert understood(words[1:], monkeypatch), words
        elif words[0] == "make":
            assert re.search(rf"^{words[1]}:", makefile, re.MULTILINE), words
        elif words[0] == "pytest":
            known = {"--pyargs", "--target", *(f"--target-{option.name}" for option in OPTIONS)}
            assert {word for word in words if word.startswith("--")} <= known, words
        elif words[:3] == ["python", "-m", "product_images"]:
            assert words[3] == "mirror"
        else:
            assert words == ["pip", "install", "."], words


def understood(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Return whether the command line takes these arguments; the command itself does not run."""
    [point] = [point for point in entry_points(group="twinwire.commands") if point.name == arguments[0]]
    ran: list[Any] = []
    command = point.load()
    monkeypatch.setattr("twinwire.cli._commands", lambda _: [type("Probe", (), {**fields(command), "run": ran.append})()])
    with contextlib.suppress(SystemExit):
        main(arguments)
    return bool(ran)


def fields(command: Any) -> dict[str, Any]:
    """Return the attributes of a command for a class body; as a static method, ``configure`` gets no ``self``."""
    return {
        "name": command.name,
        "help": command.help,
        "order": command.order,
        "configure": staticmethod(command.configure),
    }


def test_the_commands_of_the_readme_run(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    ran = 0
    for words in commands(ROOT / "README.md"):
        if words[0] != "twinwire" or words[1] == "serve" or "http://127.0.0.1:8080" in words:
            # `serve` runs until it is stopped, and the failure that the README shows has a separate test.
            continue
        replaced = {EXAMPLE_URL: url, "Authorization: Bearer …": "Authorization: Bearer secret"}
        replaced |= {"report.json": str(tmp_path / "report.json"), "sdk": str(tmp_path / "sdk")}
        assert main([replaced.get(word, word) for word in words[1:]]) == 0, (words, capsys.readouterr())
        ran += 1
    assert ran >= 4
    assert (tmp_path / "report.json").exists()
    assert (tmp_path / "sdk" / "product_images" / "client.py").exists()


@pytest.mark.parametrize("page", ["README.md", "docs/sdk.md", "docs/mirror.md"])
def test_the_examples_of_the_sdk_run(page: str, url: str, tmp_path: Path) -> None:
    examples = blocks(ROOT / page, "python")
    assert examples
    for index, code in enumerate(examples):
        command = [sys.executable, "-W", "error", "-c", code, url, str(tmp_path / str(index))]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert (done.returncode, done.stderr) == (0, ""), code


def test_the_worked_examples_of_a_rule_a_fault_and_a_report_work() -> None:
    # In a separate process, because a registered rule, fault or report cannot be removed.
    rule, fault, report = blocks(ROOT / "docs" / "contributing.md", "python")
    probe = f"""
import textwrap
from twinwire.cli import main
from twinwire_conformance.contract import packaged_contract
from twinwire_conformance.reference import create_app
from twinwire_conformance.reference.faults import schema as faults
from twinwire_conformance.reports import results as reports
from twinwire_conformance.rules import schema as rules

exec(textwrap.dedent({rule!r}), vars(rules))
exec(textwrap.dedent({fault!r}), vars(faults))
exec(textwrap.dedent({report!r}), vars(reports))
assert reports.WRITER.option == "report-csv"
sound, broken = create_app(packaged_contract()), create_app(packaged_contract(), fault="message-blank-last")
for name, code in (("sound", 0), ("broken", 0)):
    assert main(["certify", "--app", f"__main__:{{name}}", "--select", "SCHEMA-11", "--profile", "quick"]) == code
"""
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    passed, failed = done.stdout.count("pass         SCHEMA-11"), done.stdout.count("fail         SCHEMA-11")
    assert (passed, failed) == (1, 1), done.stdout


def test_every_subcommand_is_in_the_readme(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    found = re.findall(r"^    (\w+) ", capsys.readouterr().out, re.MULTILINE)
    assert len(found) >= len(COMMANDS)
    assert [name for name in found if f"twinwire {name}" not in README] == []


def test_the_numbers_of_the_pages_are_those_of_the_code() -> None:
    assert f"[The {len(catalogue())} rules]" in README
    assert f"at most {PROFILES['standard'].max_requests} requests" in README
    text = (ROOT / "docs" / "certify.md").read_text("utf-8")
    for name, profile in PROFILES.items():
        assert f"| `{name}` | {profile.max_requests:,} | {profile.max_time:g} |" in text


def test_every_option_of_certify_is_in_its_page() -> None:
    text = (ROOT / "docs" / "certify.md").read_text("utf-8")
    assert [option.name for option in (*OPTIONS, *REPORT_OPTIONS) if f"--{option.name}" not in text] == []


def test_no_page_names_an_option_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    known: set[str] = {f"--target-{option.name}" for option in (*OPTIONS, *REPORT_OPTIONS)}
    for name in COMMANDS:
        with pytest.raises(SystemExit):
            main([name, "--help"])
        known |= set(re.findall(r"--[a-z][a-z-]*", capsys.readouterr().out))
    command = [sys.executable, "-m", "product_images", "mirror", "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    # The bench shows its help only where the libraries that it compares are installed, so its source is searched.
    bench = (ROOT / "tests" / "bench" / "run.py").read_text("utf-8")
    known |= set(re.findall(r"--[a-z][a-z-]*", shown + bench))
    # Options of pytest itself.
    known |= {"--pyargs", "--target", "--target-"}
    for page in PAGES:
        named = set(re.findall(r"(?<![\w<!-])--[a-z][a-z-]*", page.read_text("utf-8")))
        assert named - known == set(), page.name


FOLDERS = ("", "docs", "generator/twinwire", "conformance", "conformance/twinwire_conformance")
# Not files of the repository: one is made in a worked example, one is a key of x-feed, and one stands for any file.
EXAMPLES = {"csv_text.py", "representations.json", "F.json"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    named = set(_PATH.findall(page.read_text("utf-8")))
    absent = {path for path in named if not any((ROOT / folder / path).exists() for folder in FOLDERS)}
    assert {path for path in absent if not known(page, path)} - EXAMPLES == set()


def known(page: Path, path: str) -> bool:
    """Return whether a bare file name is that of a file next to one that the page names with its folder."""
    beside = {
        Path(name) if name.endswith("/") else Path(name).parent
        for name in _PATH.findall(page.read_text("utf-8"))
        if "/" in name
    }
    return "/" not in path and any((ROOT / folder / place / path).exists() for folder in FOLDERS for place in beside)
