"""Measuring: cells run in interleaved rounds, so that what disturbs the machine disturbs all of them alike."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

MIN_ROUNDS = 3
MAX_ROUNDS = 30
# A sample shorter than this is repeated within the sample, so that the clock and the call weigh nothing.
SAMPLE_SECONDS = 0.005
LARGE_BLOCK = 256 * 1024


@dataclass(frozen=True)
class Cell:
    """One thing to measure, and the row and column of the table that it fills.

    ``after`` is given the result of the last call of each sample, and is not timed.
    """

    row: str
    column: str
    call: Callable[[], Any]
    after: Callable[[Any], object] | None = None

    def clean(self, result: object) -> None:
        """Clean up after a call."""
        if self.after is not None:
            self.after(result)


@dataclass(frozen=True)
class Timing:
    """Seconds per call: the best and the median of the rounds."""

    best: float
    median: float
    rounds: int


@dataclass
class _Running:
    cell: Cell
    loops: int
    spent: float = 0.0
    samples: list[float] = field(default_factory=list)

    def sample(self) -> None:
        # Garbage of the cell before is not this cell's to collect; what this one makes is, as it is in use. No more are the
        # small blocks that it freed this cell's to put together, which malloc does when it is next asked for a large one.
        gc.collect()
        bytearray(LARGE_BLOCK)
        result = None
        begin = time.perf_counter()
        for _ in range(self.loops):
            result = self.cell.call()
        seconds = time.perf_counter() - begin
        self.cell.clean(result)
        self.spent += seconds
        self.samples.append(seconds / self.loops)

    def timing(self) -> Timing:
        return Timing(min(self.samples), statistics.median(self.samples), len(self.samples))


def measure(cells: Iterable[Cell], cap: float) -> dict[tuple[str, str], Timing]:
    """Time cells in up to 30 rounds; a cell sits out once ``cap`` seconds are spent on it and it has had three."""
    running = [_Running(cell, _warm_up(cell)) for cell in cells]
    for number in range(MAX_ROUNDS):
        for one in running:
            if number < MIN_ROUNDS or one.spent < cap:
                one.sample()
    return {(one.cell.row, one.cell.column): one.timing() for one in running}


def _warm_up(cell: Cell) -> int:
    cell.clean(cell.call())
    begin = time.perf_counter()
    result = cell.call()
    seconds = time.perf_counter() - begin
    cell.clean(result)
    return max(1, round(SAMPLE_SECONDS / max(seconds, 1e-9)))
