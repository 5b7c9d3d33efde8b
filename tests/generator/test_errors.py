"""The text of problems and errors: one place, one caret, and no character that could deceive the reader."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from twinwire.errors import Problem, SpecError, UsageError, printable


def test_a_problem_shows_place_source_caret_and_hint() -> None:
    problem = Problem("spec.yaml", 3, 5, "dangling-ref", "there is no 'A'", "did you mean 'B'?", "  a: A")
    assert str(problem).split("\n") == [
        "spec.yaml:3:5: dangling-ref: there is no 'A'",
        "      a: A",
        "        ^",
        "    hint: did you mean 'B'?",
    ]


def test_a_tab_before_the_place_stands_before_the_caret_too() -> None:
    lines = str(Problem("spec.yaml", 1, 3, "code", "message", source="\ta b")).split("\n")
    assert lines[1:] == ["    \ta b", "    \t ^"]


def test_a_problem_without_a_source_line_has_no_caret() -> None:
    assert (
        str(Problem("spec.yaml", 1, 1, "empty", "the file is empty", source="  ")) == "spec.yaml:1:1: empty: the file is empty"
    )


def test_what_would_steer_a_terminal_is_escaped_and_the_caret_still_fits() -> None:
    # U+202E reverses the text after it, and U+009B begins an escape sequence of a terminal, as ESC [ does.
    problem = Problem("a\nb", 1, 6, "code", "bad \x1b[31m\u202e name", "not \x9b", source="\x1b[0m x")
    assert str(problem).split("\n") == [
        r"a\nb:1:6: code: bad \x1b[31m\u202e name",
        r"    \x1b[0m x",
        "            ^",
        r"    hint: not \x9b",
    ]


def test_a_very_long_line_is_cut_around_the_place() -> None:
    # JSON specs are often minified to one line.
    problem = Problem("spec.json", 1, 5001, "code", "message", source="a" * 5000 + "b" + "c" * 5000)
    _, source, caret = str(problem).split("\n")
    assert len(source) < 300
    assert source[caret.index("^")] == "b"


@given(st.text())
def test_printable_text_is_one_line_of_visible_characters(text: str) -> None:
    shown = printable(text)
    assert not any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in shown)
    assert len((shown + "x").splitlines()) == 1


def test_a_spec_error_lists_its_problems_in_the_order_of_the_file() -> None:
    later, earlier = Problem("a", 9, 1, "code", "later"), Problem("a", 2, 1, "code", "earlier")
    error = SpecError([later, earlier])
    assert error.problems == [earlier, later]
    assert str(error) == f"{earlier}\n{later}"
    assert error.exit_code == 2


def test_a_usage_error_is_one_line_with_its_hint() -> None:
    assert str(UsageError("no such host", "check the URL")) == "no such host (check the URL)"
