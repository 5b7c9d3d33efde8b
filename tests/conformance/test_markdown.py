"""The Markdown summary and the annotations: causes first, within GitHub's limits, and a server's words are no markup."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest

from sample_results import HOSTILE, MUST, REPORT, RESULTS, SHOULD, sample_results
from twinwire.cli import main
from twinwire_conformance.model import Cause, Evidence, Level, Outcome, Report, Result
from twinwire_conformance.reports.github import MAX_ANNOTATIONS, annotation_lines, commands_stopped
from twinwire_conformance.reports.markdown import MAX_BYTES, render


def prose(text: str) -> str:
    """Return a summary without its code."""
    without = re.sub(r"^(`{3,})\w+\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", without)


def test_the_causes_come_first_and_say_how_to_see_them_again() -> None:
    text = render(sample_results(), "r")
    assert text.startswith("# twinwire: not certified\n\n`http://127.0.0.1:1/v1` against A feed \\& more 1\n")
    headings = [line for line in text.splitlines() if line.startswith("#") and not line.startswith("# HTTP")]
    assert headings[1:4] == [
        "## 2 causes",
        "### SCHEMA-04 (MUST): Title of SCHEMA-04 \\& more",
        "### SCHEMA-07 (SHOULD): Title of SCHEMA-07 \\& more",
    ]
    assert headings[4:] == ["## Requirements", "## Not decided", "## Waived", "## Skipped"]
    assert "Fails for the same cause: PAGE-03." in text
    assert "Cannot be judged because of it: TWIN-01." in text
    assert "\n# HTTP 200\ncurl 'http://x/" in text
    assert "| SCHEMA | MUST | 0 | 1 | 0 | 0 | 0 |" in text
    assert "| TWIN-01 | MUST | blocked | `blocked by SCHEMA-04: 4` |" in text


@pytest.mark.parametrize("words", [HOSTILE, "```\n# x", "`", "``a", "a | b", "~~~", "@user #1", "    \n\n<b>"])
def test_the_words_of_a_server_are_code(words: str) -> None:
    results = tuple(replace(each, message=f"{words}canary{words}") if each.message else each for each in RESULTS)
    text = render(sample_results(replace(REPORT, results=results, note=words, notes=(words,))), "r")
    assert "canary" in text
    assert "canary" not in prose(text)
    assert "<script>" not in prose(text)
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", text)


def test_a_summary_fits_and_says_what_was_cut() -> None:
    evidence = tuple(Evidence("curl " + "é" * 3000, 200, "") for _ in range(4))
    failed = [
        Result(f"PAGE-{number:03}", MUST, "x", Outcome.FAIL, message="m\n\n" * 2000, evidence=evidence) for number in range(400)
    ]
    text = render(sample_results(replace(REPORT, results=tuple(failed), causes=())), "r")
    assert MAX_BYTES - 50_000 < len(text.encode()) <= MAX_BYTES
    assert text.endswith("the rest of this summary is cut; `--report-json` has it all.\n")
    assert "400 causes" in text
    fences = re.findall("^```", text, re.MULTILINE)
    assert len(fences) % 2 == 0


def failing(level: Level, number: int) -> Report:
    results = tuple(Result(f"PAGE-{index:02}", level, "a: b, c", Outcome.FAIL, message="x") for index in range(number))
    return replace(REPORT, results=results, causes=())


@pytest.mark.parametrize("level", [MUST, SHOULD])
@pytest.mark.parametrize("number", [0, 1, MAX_ANNOTATIONS, MAX_ANNOTATIONS + 1, 40])
def test_there_are_at_most_ten_annotations_of_a_kind(level: Level, number: int) -> None:
    lines = annotation_lines(failing(level, number))
    kind = "error" if level is MUST else "warning"
    assert sum(line.startswith(f"::{kind} ") for line in lines) == min(number, MAX_ANNOTATIONS)
    assert len(lines) == min(number, MAX_ANNOTATIONS) + 1
    assert lines[-1].startswith("::notice title=twinwire%3A not-certified::http://127.0.0.1:1/v1 (profile standard")
    if number > MAX_ANNOTATIONS:
        assert lines[-2].startswith(f"::{kind} title=twinwire%3A {number - 9} more::PAGE-09, ")


def test_an_annotation_is_one_line_whatever_a_server_says() -> None:
    message = "expected a\ngot      100%\r\n::stop-commands::x"
    result = Result("PAGE-01", MUST, "A title: with, 100%", Outcome.FAIL, message=message)
    report = replace(REPORT, results=(result,), causes=(Cause("PAGE-01", MUST, "y"),))
    assert annotation_lines(report)[0] == (
        "::error title=PAGE-01 A title%3A with%2C 100%25::expected a; got 100%25; ::stop-commands::x"
    )


def test_undecided_must_rules_are_warnings() -> None:
    results = (Result("PAGE-01", MUST, "a", Outcome.INCONCLUSIVE), Result("PAGE-02", SHOULD, "b", Outcome.INCONCLUSIVE))
    lines = annotation_lines(replace(REPORT, results=results, causes=()))
    assert [line.split("::")[1] for line in lines[:-1]] == ["warning title=PAGE-01 a"]


def test_commands_are_stopped_with_a_word_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    stream = io.StringIO()
    for _ in range(2):
        with commands_stopped(stream):
            print("::error::x", file=stream)
    lines = stream.getvalue().splitlines()
    assert re.fullmatch("::stop-commands::[0-9a-f]{32}", lines[0])
    assert lines[2] == f"::{lines[0].split('::')[2]}::"
    assert lines[0] != lines[3]


@pytest.mark.parametrize("github", [True, False])
def test_certify_annotates_under_github_actions_only(
    github: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true" if github else "")
    summary = tmp_path / "summary"
    assert main(["certify", "--reference", "--select", "HTTP-04", "--report-md", str(summary)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("::notice title=twinwire%3A partial::") for line in lines) == github
    assert any(line.startswith("::") for line in lines) == github
    assert summary.read_text("utf-8").startswith("# twinwire: partial\n")
