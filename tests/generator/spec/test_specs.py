"""Good and bad specs as files. A new file in ``specs/good`` or ``specs/bad`` is tested without any further change.

A bad spec states its problems in comments: ``# expect: 33:25: dangling-ref`` (line, column and code).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from twinwire.errors import Problem, SpecError
from twinwire.ir import build
from twinwire.spec.check import check
from twinwire.spec.codes import Code
from twinwire.spec.source import load

SPECS = Path(__file__).parents[1] / "specs"
GOOD = sorted((SPECS / "good").iterdir())
BAD = sorted((SPECS / "bad").iterdir())
OURS = Path(__file__).parents[3] / "spec" / "products-images.yaml"

_EXPECT = re.compile(r"^# expect: (\d+):(\d+): ([a-z0-9-]+)$", re.MULTILINE)
# Codes without a file here: test_source.py has the problems of unreadable files, and test_warnings.py the warnings.
ELSEWHERE = {Code.UNREADABLE, Code.TOO_LARGE, Code.ENCODING, Code.EMPTY, Code.IGNORED_KEYWORD, Code.NO_EXAMPLE}


def problems_of(path: Path) -> list[Problem]:
    try:
        return check(load(path))
    except SpecError as error:
        return error.problems


def expected_in(path: Path) -> list[tuple[int, int, str]]:
    found = _EXPECT.findall(path.read_text(encoding="utf-8"))
    return [(int(line), int(column), code) for line, column, code in found]


@pytest.mark.parametrize("path", [*GOOD, OURS], ids=lambda path: path.name)
def test_a_good_spec_has_no_problem_and_can_be_built(path: Path) -> None:
    document = load(path)
    assert [str(problem) for problem in check(document)] == []
    assert build(document).origin.sha256 == document.sha256


@pytest.mark.parametrize("path", [*GOOD, OURS], ids=lambda path: path.name)
def test_a_good_spec_is_valid_openapi_to_another_validator(path: Path) -> None:
    OpenAPIV31SpecValidator(load(path).data).validate()


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_spec_has_exactly_the_problems_it_states(path: Path) -> None:
    stated = expected_in(path)
    assert stated, f"{path.name} states no '# expect: line:column: code'"
    found = problems_of(path)
    assert [(problem.line, problem.column, problem.code) for problem in found] == stated, "\n".join(map(str, found))


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_problem_says_where_what_and_what_to_do(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").split("\n")
    for problem in problems_of(path):
        assert problem.message
        assert problem.hint
        assert problem.source == lines[problem.line - 1]
        assert problem.column <= len(problem.source) + 1
        head, source, caret, hint = str(problem).split("\n")
        assert head == f"{path}:{problem.line}:{problem.column}: {problem.code}: {problem.message}"
        assert caret.expandtabs() == " " * len(f"    {problem.source[: problem.column - 1]}".expandtabs()) + "^"
        assert source.startswith("    ")
        assert hint == f"    hint: {problem.hint}"


def test_there_are_files_to_test() -> None:
    assert len(GOOD) >= 8
    assert len(BAD) >= 45


def test_every_code_is_shown_by_a_bad_spec() -> None:
    shown = {code for path in BAD for _, _, code in expected_in(path)}
    assert shown == set(Code) - ELSEWHERE


def test_every_code_is_described_once() -> None:
    descriptions = [code.description for code in Code]
    assert len(set(descriptions)) == len(descriptions)
    assert all(descriptions)
