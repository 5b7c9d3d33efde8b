"""The order of a synthetic feed: tokens, ranks, and how entries move to the end. All of it is arithmetic; nothing is stored."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

# Tokens look like the time stamps of a vendor's change log, in ticks of 100 ns: far above 2**53, far below 2**63.
_ORIGIN = 636_000_000_000_000_000
_GAP = 10_000_000

_MASK = 2**64 - 1


# A tester asks for the same entries again and again.
@lru_cache(maxsize=1 << 15)
def mix(*parts: int) -> int:
    """Hash integers to 64 well-spread bits, the same on every machine and in every run."""
    state = 0x9E3779B97F4A7C15
    for part in parts:
        state = ((state ^ part) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 29)) * 0x94D049BB133111EB) & _MASK
        state ^= state >> 32
    return state


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands: its number, which its content depends on, and its token."""

    index: int
    token: int


@dataclass(frozen=True)
class Feed:
    """A feed of ``size`` entries, numbered from 0. One tick changes one entry, which then moves to the end.

    Position 0 of the log has a token from ``origin`` to before ``origin + gap``, and so on.
    """

    size: int
    seed: int = 0
    origin: int = _ORIGIN
    gap: int = _GAP

    @cached_property
    def stride(self) -> int:
        """The step from one changed entry to the next; sharing no divisor with ``size``, it reaches all of them."""
        stride = max(1, self.size * 618 // 1000)
        while math.gcd(stride, self.size) > 1:
            stride += 1
        return stride

    @cached_property
    def inverse(self) -> int:
        """The number that undoes ``stride``: from an entry to the tick that changes it."""
        return pow(self.stride, -1, self.size) if self.size else 0

    def token(self, position: int) -> int:
        """Return the token at a position of the log; tokens grow with it, in irregular steps."""
        return self.origin + position * self.gap + mix(self.seed, position) % self.gap

    def positions_up_to(self, token: int) -> int:
        """Return how many positions, from 0 on, have a token that is not later than this one."""
        position = (token - self.origin) // self.gap
        return max(0, position + (self.token(position) <= token))

    def at(self, ticks: int) -> Snapshot:
        """Return the feed as it stands after this many changes."""
        return Snapshot(self, ticks)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The feed at one moment: the entries that never changed, in order, then the changed ones by their last change.

    Entry i stands at position i of the log until tick k, the first with ``k * stride % size == i``, moves it to
    position ``size + k``; its old place is then a hole.
    """

    feed: Feed
    ticks: int

    @property
    def total(self) -> int:
        """The number of entries."""
        return self.feed.size

    @property
    def _kept(self) -> int:
        return max(0, self.total - self.ticks)

    def rank_after(self, token: int) -> int:
        """Return the rank of the first entry whose token is later than this one; ``total`` when there is none."""
        position = self.feed.positions_up_to(token)
        if position <= self.total:
            return self._kept_below(position)
        tick = min(position - 1 - self.total, self.ticks)
        return self._kept + max(0, tick - self._first_tick + 1)

    def places(self, start: int, stop: int) -> Iterator[Place]:
        """Yield the places of the ranks from ``start`` to before ``stop``, as far as there are any."""
        stop = min(stop, self.total)
        yield from self._kept_places(start, min(stop, self._kept))
        for rank in range(max(start, self._kept), stop):
            tick = self._first_tick + rank - self._kept
            yield Place(tick * self.feed.stride % self.total, self.feed.token(self.total + tick))

    @property
    def _first_tick(self) -> int:
        # Of two changes of one entry only the later one counts, so the last `size` ticks hold every changed entry once.
        return self.ticks - min(self.ticks, self.total) + 1

    def _kept_places(self, start: int, stop: int) -> Iterator[Place]:
        if start >= stop:
            return
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
        # [x % n < p] is floor(x / n) - floor((x - p) / n), which sums in closed form over the ticks' multiples of stride.
        stride, size = self.feed.stride, self.total
        moved = _floor_sum(self.ticks, size, stride, stride) - _floor_sum(self.ticks, size, stride, stride - position)
        return position - moved


def _floor_sum(count: int, divisor: int, step: int, first: int) -> int:
    # The sum of (first + i * step) // divisor for i below count, in logarithmic time.
    total = 0
    while count > 0:
        total += (count - 1) * count // 2 * (step // divisor) + count * (first // divisor)
        step, first = step % divisor, first % divisor
        top = step * count + first
        count, first = top // divisor, top % divisor
        divisor, step = step, divisor
    return total
