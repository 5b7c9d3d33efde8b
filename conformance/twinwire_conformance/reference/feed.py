"""The order of a synthetic feed: cursors, ranks, and entries that move to the end when modified.

Everything is computed from a few integers and nothing is stored, so a feed of a billion entries costs no memory.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

# Cursors resemble the time stamps in a vendor's change log, in ticks of 100 ns: far above 2**53, far below 2**63.
_ORIGIN = 636_000_000_000_000_000
_GAP = 10_000_000

_MASK = 2**64 - 1


# A test run requests the same entries again and again.
@lru_cache(maxsize=1 << 15)
def mix(*parts: int) -> int:
    """Hash integers to 64 well-spread bits, the same on every machine and in every run.

    The multipliers are those of SplitMix64. Python's hash() would not do: it maps small integers to themselves.
    """
    state = 0x9E3779B97F4A7C15
    for part in parts:
        state = ((state ^ part) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 29)) * 0x94D049BB133111EB) & _MASK
        state ^= state >> 32
    return state


@dataclass(frozen=True, slots=True)
class Place:
    """The position of an entry in a snapshot.

    Attributes:
        index: The entry's number, which determines its content.
        token: The cursor of the entry.
    """

    index: int
    token: int


@dataclass(frozen=True)
class FeedLog:
    """A feed of entries that are numbered from 0. One tick modifies one entry and moves it to the end.

    Args:
        size: The number of entries.
        seed: Selects the cursors.
        origin: The cursor at position 0 of the log is from `origin` to `origin + gap - 1`.
        gap: The average distance between consecutive cursors.
    """

    size: int
    seed: int = 0
    origin: int = _ORIGIN
    gap: int = _GAP

    @cached_property
    def stride(self) -> int:
        """The distance between the numbers of two entries modified in succession.

        It shares no divisor with `size`, so that `size` ticks modify every entry once. Example: size 10 -> 6 shares the divisor
        2 -> stride 7 -> entries 7, 4, 1, 8, 5, 2, 9, 6, 3, 0.
        """
        stride = max(1, self.size * 618 // 1000)
        while math.gcd(stride, self.size) > 1:
            stride += 1
        return stride

    @cached_property
    def inverse(self) -> int:
        """The inverse of `stride` modulo `size`: multiplied by an entry's number it gives the tick that modifies it."""
        return pow(self.stride, -1, self.size) if self.size else 0

    def token(self, position: int) -> int:
        """Return the cursor at a position of the log. Cursors grow with the position, in irregular steps."""
        return self.origin + position * self.gap + mix(self.seed, position) % self.gap

    def positions_up_to(self, token: int) -> int:
        """Return the number of positions whose cursor is at most this one."""
        # Each position owns one interval of `gap` cursors, so only the interval of this cursor needs a comparison.
        position = (token - self.origin) // self.gap
        return max(0, position + (self.token(position) <= token))

    def at(self, ticks: int) -> Snapshot:
        """Return the feed after a number of modifications."""
        return Snapshot(self, ticks)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The feed at one moment: first the unmodified entries in order, then the modified ones by their last change.

    Entry i stands at position i of the log until tick k, the first with `k * stride % size == i`, moves it to position `size +
    k`. Its old position is empty from then on.

    Example with size 5 and stride 3: tick 1 moves entry 3, tick 2 moves entry 1. After two ticks the order is 0, 2, 4, 3, 1.
    """

    feed: FeedLog
    ticks: int

    @property
    def total(self) -> int:
        """The number of entries."""
        return self.feed.size

    @property
    def _kept(self) -> int:
        return max(0, self.total - self.ticks)

    def rank_after(self, token: int) -> int:
        """Return the rank of the first entry after a cursor, or `total` if there is none."""
        position = self.feed.positions_up_to(token)
        if position <= self.total:
            return self._kept_below(position)
        tick = min(position - 1 - self.total, self.ticks)
        return self._kept + max(0, tick - self._first_tick + 1)

    def places(self, start: int, stop: int) -> Iterator[Place]:
        """Yield the places of the ranks from `start` up to but not including `stop`, as far as they exist."""
        stop = min(stop, self.total)
        yield from self._kept_places(start, min(stop, self._kept))
        for rank in range(max(start, self._kept), stop):
            tick = self._first_tick + rank - self._kept
            yield Place(tick * self.feed.stride % self.total, self.feed.token(self.total + tick))

    @property
    def _first_tick(self) -> int:
        # Only an entry's last change counts, and `size` consecutive ticks hold every entry once.
        return self.ticks - min(self.ticks, self.total) + 1

    def _kept_places(self, start: int, stop: int) -> Iterator[Place]:
        if start >= stop:
            return
        # The rank is found by bisection over the log; later places follow by skipping empty positions.
        position = bisect_left(range(self.total), start + 1, key=lambda index: self._kept_below(index + 1))
        for _ in range(stop - start):
            while self.ticks and self._moved(position):
                position += 1
            yield Place(position, self.feed.token(position))
            position += 1

    def _moved(self, index: int) -> bool:
        tick = index * self.feed.inverse % self.total or self.total
        return tick <= self.ticks

    def _kept_below(self, position: int) -> int:
        if self.ticks >= self.total:
            return 0
        # Count the unmodified entries below a position p: p minus the number of ticks t with t * stride % n < p.
        # The truth value [x % n < p] equals floor(x / n) - floor((x - p) / n), and _floor_sum adds such floors without a loop.
        # Example: n = 5, stride = 3, two ticks, p = 4: x = 3, 6 -> x % n = 3, 1, both below 4 -> 4 - 2 = 2 entries (0 and 2).
        stride, size = self.feed.stride, self.total
        moved = _floor_sum(self.ticks, size, stride, stride) - _floor_sum(self.ticks, size, stride, stride - position)
        return position - moved


def _floor_sum(count: int, divisor: int, step: int, first: int) -> int:
    # Return the sum of (first + i * step) // divisor for i below count, in logarithmic time.
    # Whole multiples of the divisor are summed at once; the rest counts lattice points below a line, and swapping the axes
    # (divisor and step) gives a smaller problem, as in Euclid's algorithm.
    # Example: count 3, divisor 4, step 3, first 1 -> 1 // 4 + 4 // 4 + 7 // 4 = 0 + 1 + 1 = 2.
    total = 0
    while count > 0:
        total += (count - 1) * count // 2 * (step // divisor) + count * (first // divisor)
        step, first = step % divisor, first % divisor
        top = step * count + first
        count, first = top // divisor, top % divisor
        divisor, step = step, divisor
    return total
