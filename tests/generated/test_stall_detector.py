"""The proof of progress over walks that are too long to be mocked lot by lot."""

from __future__ import annotations

import tracemalloc

import pytest

from product_images import PaginationStalled
from product_images._stall_detector import StallDetector


def lots_until_stalled(tail: int, cycle: int) -> int:
    progress = StallDetector(("", "0"), None)
    for lot in range(tail + 4 * cycle + 100_000):
        number = lot if lot < tail else tail + (lot - tail) % cycle
        try:
            progress.lot(f"t{number}", 1, None)
        except PaginationStalled:
            return lot
    raise AssertionError("never stalled")


@pytest.mark.parametrize("tail", [0, 1, 3, 5000])
@pytest.mark.parametrize("cycle", [1, 2, 3, 100, 4096])
def test_a_cycle_within_the_window_is_noticed_when_it_closes(tail: int, cycle: int) -> None:
    assert lots_until_stalled(tail, cycle) == tail + cycle


@pytest.mark.parametrize("tail", [0, 1, 9000])
@pytest.mark.parametrize("cycle", [4098, 20_000])
def test_a_longer_cycle_is_noticed_before_it_is_walked_three_times(tail: int, cycle: int) -> None:
    assert lots_until_stalled(tail, cycle) <= 3 * max(tail, cycle) + cycle


def test_the_beginning_is_remembered_however_long_the_walk() -> None:
    for first in ("0", "", "t7"):
        progress = StallDetector(("", "0"), "t7")
        for number in range(100, 20_000):
            progress.lot(f"t{number}", 1, None)
        with pytest.raises(PaginationStalled, match="came back after 19901 lots"):
            progress.lot(first, 1, None)


def test_memory_is_bounded_on_a_feed_of_very_many_lots() -> None:
    def walk(lots: range, progress: StallDetector) -> None:
        for number in lots:
            progress.lot(str(number), 1, None)

    progress = StallDetector((), None)
    walk(range(10_000), progress)
    tracemalloc.start()
    walk(range(10_000, 60_000), progress)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # The 4096 texts that replaced those of before tracing; 50,000 of them would take more than ten times as much.
    assert grown < 1_000_000
