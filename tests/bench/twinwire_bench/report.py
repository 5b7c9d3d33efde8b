"""The results of the bench: Markdown tables for people, JSON for programs, and the copy of the tables in docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from twinwire_bench.errors import BenchError
from twinwire_bench.measure import Timing

BEGIN = "<!-- bench:begin -->"
END = "<!-- bench:end -->"
PAGE = Path(__file__).parents[3] / "docs" / "benchmarks.md"
"""The page that holds the tables."""


@dataclass(frozen=True)
class Table:
    """A section's results. Ratios are to the row ``ours`` of the same column; a pair without a timing is one that cannot."""

    title: str
    note: str
    ours: str
    rows: Sequence[str]
    columns: Sequence[str]
    timings: Mapping[tuple[str, str], Timing]
    # Distributions whose versions belong to the numbers.
    packages: Sequence[str]
    # What is no time of a cell, by what it is.
    figures: Mapping[str, str] = field(default_factory=dict[str, str])

    def markdown(self) -> str:
        """Return the table in Markdown: the best time of each cell and its ratio to ours."""
        lines = [f"**{self.title}**", "", f"| | {' | '.join(self.columns)} |", f"|---|{'---:|' * len(self.columns)}"]
        lines += [f"| {row} | {' | '.join(self._cell(row, column) for column in self.columns)} |" for row in self.rows]
        figures = [f"- {name}: **{value}**" for name, value in self.figures.items()]
        return "\n".join([*lines, "", *([*figures, ""] if figures else []), self.note])

    def _cell(self, row: str, column: str) -> str:
        timing = self.timings.get((row, column))
        if timing is None:
            return "cannot"
        ratio = self.ratio(row, column)
        text = milliseconds(timing.best)
        return f"**{text}**" if row == self.ours or ratio is None else f"{text} ({times(ratio)})"

    def ratio(self, row: str, column: str) -> float | None:
        """Return a cell's best time over ours, or None when either cannot."""
        ours, other = self.timings.get((self.ours, column)), self.timings.get((row, column))
        return other.best / ours.best if ours and other else None

    def json(self) -> dict[str, Any]:
        """Return the results as JSON values; times are in milliseconds."""
        cells = [
            {"row": row, "column": column, "best_ms": timing.best * 1e3, "median_ms": timing.median * 1e3}
            | {"rounds": timing.rounds, "ratio": self.ratio(row, column)}
            for (row, column), timing in self.timings.items()
        ]
        return {"title": self.title, "ours": self.ours, "cells": cells, "figures": dict(self.figures)}


def milliseconds(seconds: float) -> str:
    """Return a time to three digits: ``1.23 ms``, ``12.3 ms``, ``123 ms``, ``1230 ms``."""
    value = seconds * 1e3
    return f"{value:.{max(0, 2 - len(str(int(value))) + 1)}f} ms"


def times(ratio: float) -> str:
    """Return a ratio to about two digits: ``0.09×``, ``1.2×``, ``89×``."""
    return f"{ratio:.{2 if ratio < 1 else 1 if ratio < 10 else 0}f}×"


def facts(tables: Sequence[Table]) -> str:
    """Return one line about the machine and the versions that were measured."""
    packages = sorted({name for table in tables for name in table.packages})
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return (
        f"Measured with `make bench` on {os.cpu_count()} CPUs ({platform.machine()}, {platform.system()}), "
        f"Python {platform.python_version()}, {versions}."
    )


def document(tables: Sequence[Table]) -> str:
    """Return all tables and the line of facts, in Markdown."""
    return "\n\n".join([*(table.markdown() for table in tables), facts(tables)])


def replace_between_markers(text: str, content: str) -> str:
    """Return a text with what stands between the bench markers replaced. Raises BenchError."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise BenchError(f"expected one {BEGIN} and after it one {END}")
    pattern = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    return pattern.sub(lambda _: f"{BEGIN}\n{content}\n{END}", text)
