"""The words that report formats share."""

from __future__ import annotations

import pytest

from twinwire_conformance.model import Level, Outcome, Result
from twinwire_conformance.reports.wording import one_line


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("expected a\ngot      b\npage  cursor\n   1       2\nrests on clause PAGE-05", "expected a; got b"),
        ("expected a\n  in  two lines\ngot      b", "expected a; in two lines; got b"),
        ("the feed\nmoved", "the feed; moved"),
        ("rests on clause PAGE-05", "fail"),
        ("", "fail"),
        ("x" * 30, "x" * 19 + "…"),
    ],
)
def test_a_message_in_one_line_leaves_the_table_and_the_basis_out(message: str, line: str) -> None:
    result = Result("PAGE-05", Level.MUST, "A title", Outcome.FAIL, message=message)
    assert one_line(result, longest=20 if line.endswith("…") else 99) == line
