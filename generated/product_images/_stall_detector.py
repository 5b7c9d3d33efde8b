# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Detection of stalled pagination: repeated cursors, or a remaining count that never decreases."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable

from .errors import PaginationStalled

# The number of cursors remembered individually, so that memory stays bounded on a feed of millions of pages.
_REMEMBERED = 4096
# The number of consecutive pages without a new minimum of the remaining count that is considered a stall.
_PATIENCE = 50


class StallDetector:
    """The history of one traversal, for detecting that it makes no progress.

    A cursor repeated within 4096 pages is detected at once. A longer cycle is detected by Brent's algorithm, which compares
    each cursor with one held cursor and replaces that one after 1, 2, 4, 8, ... pages. Example with the cycle A B C: hold A
    (page 1), B (2), A (4); the next A is 3 pages later, so it is detected before page 8. Detection takes at most three rounds.

    Args:
        start: The cursors that stand for the beginning of the feed.
        asked: The cursor of the first request, None for the beginning.
    """

    def __init__(self, start: Iterable[str], asked: str | None) -> None:
        # Each of these stands for the beginning, so a page that returns one would restart the traversal.
        self._first = {*start, asked}
        self._recent: OrderedDict[str, None] = OrderedDict()
        self._trail: deque[str] = deque([asked] if asked is not None else [], maxlen=8)
        self._held = asked
        self._lots = 0
        self._turn: int = 1
        self._low: int | None = None
        self._since_low = self._entries_since_low = 0

    def empty(self, asked: str | None, remaining: int | None) -> None:
        """Record a page without entries.

        Raises:
            PaginationStalled: The page says that entries remain.
        """
        if remaining is not None and remaining > 0:
            raise self._stalled(f"an empty lot, while {remaining} entries remain", asked, remaining)

    def lot(self, token: str, entries: int, remaining: int | None) -> None:
        """Record a page with entries.

        Args:
            token: The cursor to the next page.
            entries: The number of entries of the page.
            remaining: The remaining count of the page, None when it has none.

        Raises:
            PaginationStalled: The cursor is repeated, or the remaining count does not decrease.
        """
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
        # On a live feed, new or modified entries keep the remaining count up for a while. Require both many pages and more
        # entries than were left at the minimum: by then all of those were delivered, and the end is no nearer.
        # Example: minimum 100, then 50 pages of 3 entries with 100 or more remaining -> 150 > 100 entries, stalled.
        if self._since_low >= _PATIENCE and self._entries_since_low > self._low:
            what = (
                f"{self._low} entries were said to remain; {self._entries_since_low} came since, in {self._since_low} lots, "
                f"and still {remaining} remain"
            )
            raise self._stalled(what, token, remaining)

    def _stalled(self, what: str, token: str | None, remaining: int | None) -> PaginationStalled:
        return PaginationStalled(f"the feed makes no progress: {what}", token, tuple(self._trail), remaining)
