"""Coverage: rules about content check every entry, in both representations and all content modes, while budgets allow.

Beyond the budgets they check a sample that the seed spreads over the feed, at positions that are not round. Each window of
the feed is requested with links in JSON and right after that in XML, and then page by page in each other content mode.
Source: the contract, "Coverage".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from twinwire.ir import Mode
from twinwire_conformance.contract import PageRequest
from twinwire_conformance.findings import BudgetSpent, Inconclusive, NotServed
from twinwire_conformance.oracle.baseline import Baseline, largest
from twinwire_conformance.oracle.observations import Observations, PairKind
from twinwire_conformance.oracle.page import Page
from twinwire_conformance.oracle.page_client import PageClient
from twinwire_conformance.profiles import Profile
from twinwire_conformance.strategies import spread

PAGE_BYTES = 3 * 1024 * 1024
"""The intended size of pages with binary content, in bytes: large enough to show defects of large bodies only."""
MOST_BYTES = 12 * 1024 * 1024
"""The most bytes that are read of a page; a smaller page is requested in place of a larger one."""
WINDOWS = 200


@dataclass(slots=True)
class CoverageCounts:
    """The number of entries that were checked, by representation and content mode."""

    counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, page: Page, count: int) -> None:
        """Count ``count`` entries of a page."""
        key = (
            page.contract.format_of(page.page_request.media_type) or "",
            page.page_request.mode.name if page.page_request.mode else "",
        )
        self.counts[key] = self.counts.get(key, 0) + count


class Coverage:
    """Checks the entries of the feed, once per run.

    Args:
        page_client: Requests the pages.
        baseline: The baseline traversal.
        profile: The budgets of requests and bytes.
        seed: Spreads the sample of a feed that is too large to check whole.
        observations: Receives each pair of pages to compare.
    """

    def __init__(
        self, page_client: PageClient, baseline: Baseline, profile: Profile, seed: int, observations: Observations
    ) -> None:
        self.page_client = page_client
        self.baseline = baseline
        self.profile = profile
        self.seed = seed
        self.observations = observations
        self.seen = CoverageCounts()
        self.stopped = ""
        """The reason why not every entry was checked; empty when all were."""
        self._first_request = 0
        self._bytes = 0
        self._each: dict[str, float] = {}

    def run(self, corpus: list[PageRequest]) -> None:
        """Compare the pages of a corpus, then one window of the feed after another, until the budgets are spent."""
        self._first_request = self.page_client.target.requests
        try:
            for page_request in corpus:
                self._corpus(page_request)
            for cursor in self._windows():
                if not self._room(2):
                    self.stopped = "the budget of coverage was spent"
                    break
                self._window(cursor)
        except BudgetSpent as error:
            self.stopped = error.message

    def lines(self) -> tuple[str, ...]:
        """Return lines for the report, such as "1,200 of 1,200 entries in JSON and XML, binary and link mode"."""
        size = self.baseline.size if self.baseline.size is not None else self.baseline.reach
        by_count: dict[int, list[tuple[str, str]]] = {}
        for key, count in self.seen.counts.items():
            # Windows of a sample may overlap, so that the sum can exceed the size of the feed.
            by_count.setdefault(min(count, size), []).append(key)
        lines = []
        for count, keys in sorted(by_count.items(), reverse=True):
            formats = " and ".join(dict.fromkeys(format_.upper() for format_, _ in keys))
            modes = " and ".join(mode for mode in dict.fromkeys(mode for _, mode in keys) if mode)
            where = f"{formats}, {modes} mode" if modes else formats
            sampled = "" if count >= size else " (sampled)"
            lines.append(f"{count:,} of {size:,} entries{sampled} in {where}")
        return tuple(lines)

    def _corpus(self, page_request: PageRequest) -> None:
        with self._tolerant():
            left = self.page_client.page(page_request)
            link = self.page_client.contract.link_mode
            if page_request.mode is not link and left.size:
                with self._tolerant():
                    self.observations.pair("modes", self.page_client.page(largest(self.page_client, page_request.cursor)), left)
            self._twin(left)

    def _twin(self, left: Page) -> Page | None:
        """Request a page in the other representation right after it, and compare both."""
        media_type = self.page_client.media_types[1]
        if media_type == left.page_request.media_type:
            return None
        right = self.page_client.page(replace(left.page_request, media_type=media_type))
        contract = self.page_client.contract
        kind: PairKind = (
            "link twins" if left.page_request.mode is contract.link_mode and contract.feed.modes is not None else "binary twins"
        )
        self.observations.pair(kind, left, right)
        return right

    def _window(self, cursor: str | None) -> None:
        left: Page | None = None
        with self._tolerant():
            left = self._taken(largest(self.page_client, cursor))
        if left is None:
            return
        with self._tolerant():
            right = self._twin(left)
            if right is not None:
                self._count(right, right.size)
        for mode in self.page_client.contract.modes[1:]:
            self._mode(left, cursor, mode)

    def _mode(self, left: Page, cursor: str | None, mode: Mode | None) -> None:
        """Traverse a window in another content mode, in pages of a moderate number of bytes."""
        done = 0
        while done < left.size:
            if not self._room(2):
                self.stopped = "the budget of coverage was spent"
                return
            page = self._page(cursor, left.size - done, mode)
            if page is None:
                return
            self.observations.pair("modes", left, page)
            with self._tolerant():
                right = self._twin(page)
                if right is not None:
                    self._count(right, right.size)
            done += page.size
            if not page.size or page.cursor is None or page.cursor == cursor:
                return
            cursor = page.cursor

    def _page(self, cursor: str | None, most: int, mode: Mode | None) -> Page | None:
        name = mode.name if mode else ""
        # The size of an entry is unknown at first: request one, because a page of images may exceed the memory.
        limit = max(1, min(most, int(PAGE_BYTES / self._each[name]))) if name in self._each else 1
        while True:
            page_request = PageRequest(self.page_client.media_types[0], cursor, self.page_client.size(limit), mode)
            response = self.page_client.response(replace(self.page_client.request(page_request), most=MOST_BYTES))
            if response.cut:
                if limit == 1:
                    self.stopped = "single entries are too large to look at all of them"
                    return None
                # The page was cut at MOST_BYTES, so that its entries are larger than an equal share: assume
                # twice that for later pages.
                self._each[name] = MOST_BYTES / limit * 2
                limit = max(1, limit // 8)
                continue
            with self._tolerant():
                page = self._taken(page_request)
                each = len(response.body) / max(1, page.size)
                self._each[name] = max(each, (self._each.get(name, each) + each) / 2, 1.0)
                return page
            return None

    def _taken(self, page_request: PageRequest) -> Page:
        page = self.page_client.page(page_request)
        self._count(page, page.size)
        return page

    def _count(self, page: Page, entries: int) -> None:
        self.seen.add(page, entries)
        self._bytes += page.response.size

    def _room(self, requests: int) -> bool:
        spent = self.page_client.target.requests - self._first_request
        return spent + requests <= self.profile.coverage_requests and self._bytes < self.profile.coverage_bytes

    @contextmanager
    def _tolerant(self) -> Iterator[None]:
        # A page that is not served was noted for the rule that fails; the other pages are still checked.
        with suppress(NotServed, Inconclusive):
            try:
                yield
            except BudgetSpent as error:
                self.stopped = error.message

    def _windows(self) -> Iterator[str | None]:
        """Yield the cursors of windows: the baseline pages, the last pages, then cursors spread over the feed by the seed."""
        given: set[str | None] = set()
        known = [page_request.cursor for page_request in self.baseline.page_requests]
        tail = self.baseline.tail.cursor if self.baseline.tail is not None else None
        if self.baseline.complete:
            # The first page, then every second one, then the others: half the budget still reaches the end of the feed.
            known = known[:1] + known[1:][::2] + known[1:][1::2]
        for cursor in (*known, *([tail] if tail is not None else []), *self._sampled()):
            if cursor not in given:
                given.add(cursor)
                yield cursor

    def _sampled(self) -> Iterator[str]:
        """Yield guessed cursors between the last baseline page and the end of the feed.

        This needs numeric cursors: the server returns the entries after a number, whether or not it has returned that cursor.
        """
        known, end = self.baseline, self.baseline.end
        if known.complete or end is None or not known.pages or self.page_client.contract.feed.cursor.order != "numeric":
            return
        try:
            low, high = int(known.pages[-1].cursor or ""), int(end.cursor or "")
        except ValueError:
            return
        for place in _shuffled(spread(self.seed, max(2, high - low), WINDOWS)):
            yield str(low + place)


def _shuffled(places: list[int]) -> Iterator[int]:
    """Yield places in an order in which the first few are already spread over all of them.

    Example: of the places at 0 to 7 come 4, then 2 6, then 1 3 5 7: the middle, the quarters, the eighths.
    """
    step = len(places)
    seen: set[int] = set()
    while step > 1:
        for index in range(step // 2, len(places), step):
            if index not in seen:
                seen.add(index)
                yield places[index]
        step //= 2
