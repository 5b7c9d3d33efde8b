"""The proof that a walk through the feed gets on: no cursor comes back, and what remains falls."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable

from .errors import PaginationStalled

# Cursors that are remembered one by one, so that memory is bounded on a feed of millions of lots.
_REMEMBERED = 4096
# Lots in a row without a new low of what remains, from which on it counts as never falling.
_PATIENCE = 50


class StallDetector:
    """What one walk has seen. ``start`` lists the cursors that ask from the beginning, ``asked`` is the first one sent.

    A cursor that comes back within 4096 lots is noticed at once. A longer cycle is noticed by Brent's algorithm, which holds
    one cursor in its hand while the number of lots doubles: before the cycle has been walked three times.
    """

    def __init__(self, start: Iterable[str], asked: str | None) -> None:
        # All of these ask from the beginning, so one that comes back begins again.
        self._first = {*start, asked}
        self._recent: OrderedDict[str, None] = OrderedDict()
        self._trail: deque[str] = deque([asked] if asked is not None else [], maxlen=8)
        self._held = asked
        self._lots = 0
        self._turn: int = 1
        self._low: int | None = None
        self._since_low = self._entries_since_low = 0

    def empty(self, asked: str | None, remaining: int | None) -> None:
        """Take note of a lot without entries. Raises PaginationStalled when entries remain."""
        if remaining is not None and remaining > 0:
            raise self._stalled(f"an empty lot, while {remaining} entries remain", asked, remaining)

    def lot(self, token: str, entries: int, remaining: int | None) -> None:
        """Take note of a lot with entries, and of its cursor. Raises PaginationStalled when it is no progress."""
        if token in self._first or token in self._recent or token == self._held:
            raise self._stalled(f"the cursor {token[:60]!r} came back after {self._lots + 1} lots", token, remaining)
        self._remember(token)
        if remaining is not None:
            self._fall(token, entries, remaining)
        self._trail.append(token)

    def _remember(self, token: str) -> None:
        self._recent[token] = None
        if len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)
        self._lots += 1
        if self._lots == self._turn:
            self._held, self._turn = token, self._turn * 2

    def _fall(self, token: str, entries: int, remaining: int) -> None:
        if self._low is None or remaining < self._low:
            self._low, self._since_low, self._entries_since_low = remaining, 0, 0
            return
        self._since_low += 1
        self._entries_since_low += entries
        # Entries that are added or modified meanwhile keep it up on a live feed. So it has to stay up for many lots, and for
        # more entries than were left: by then all of those have come, and the walk is no nearer to the end.
        if self._since_low >= _PATIENCE and self._entries_since_low > self._low:
            what = (
                f"{self._low} entries were said to remain; {self._entries_since_low} came since, in {self._since_low} lots, "
                f"and still {remaining} remain"
            )
            raise self._stalled(what, token, remaining)

    def _stalled(self, what: str, token: str | None, remaining: int | None) -> PaginationStalled:
        return PaginationStalled(f"the feed makes no progress: {what}", token, tuple(self._trail), remaining)
