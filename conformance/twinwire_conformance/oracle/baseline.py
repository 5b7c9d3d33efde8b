"""The baseline traversal: it learns cheaply where the feed begins, how its cursors continue, and where it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from twinwire.ir import INT64_MAX
from twinwire_conformance.contract import FORMATS, PageRequest
from twinwire_conformance.findings import Inconclusive, NotServed, Violation
from twinwire_conformance.oracle.page import Page
from twinwire_conformance.oracle.page_client import PageClient
from twinwire_conformance.profiles import Profile

LATE = 7
MAX_KEPT = 14
"""The most pages of the baseline traversal that are kept whole; for later pages only totals are kept."""


@dataclass(frozen=True, slots=True)
class Start:
    """A place at which a traversal can begin.

    Args:
        cursor: The cursor to request with; None for the beginning of the feed.
        remaining: The number of entries from there to the end; None when it is unknown.
    """

    cursor: str | None
    remaining: int | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """The knowledge of the feed that a run shares.

    Args:
        page_requests: The requests for the largest pages from the beginning, in order.
        pages: The pages that were received.
        complete: Whether the traversal reached the end of the feed.
        starts: The places that traversals begin at, the beginning of the feed first.
        tail: The place from which a few pages reach the end; None when it is unknown.
        end: The place after the last entry; None when it was not reached.
        end_note: The reason why the end was not reached; empty when it was.
        broken: The failure of the page that ended the traversal; None without one.
        note: The deviation from the plan; empty without one.
        reach: The number of entries that were read from the beginning without a gap.
    """

    page_requests: tuple[PageRequest, ...]
    pages: tuple[Page, ...]
    complete: bool
    starts: tuple[Start, ...]
    tail: Start | None = None
    end: Start | None = None
    end_note: str = ""
    """The reason why the end was not reached; empty when it was."""
    broken: NotServed | None = None
    note: str = ""
    """The deviation from the plan; empty without one."""
    reach: int = 0
    """The number of entries that were read from the beginning without a gap."""

    @property
    def empty(self) -> bool:
        """Return whether the feed was read and has no entries."""
        return bool(self.pages) and not self.pages[0].size

    @property
    def size(self) -> int | None:
        """The number of entries according to the first page; None when it is unknown."""
        first = self.pages[0] if self.pages else None
        return None if first is None or first.remaining is None else first.size + first.remaining

    @property
    def short(self) -> bool:
        """True when a page holds fewer entries than requested although more remain."""
        pairs = zip(self.page_requests, self.pages, strict=False)
        return any(page.size < (page_request.limit or 0) and bool(page.remaining) for page_request, page in pairs)

    @property
    def ascending(self) -> bool:
        """Return whether the cursors of the baseline traversal grow, if it has several (PAGE-08)."""
        numbers = [number for page in self.pages if page.size and (number := _number(page.cursor)) is not None]
        return numbers == sorted(numbers)

    def need(self) -> None:
        """Raise when traversals are not possible.

        Raises:
            NotServed: The first page was not served.
            Inconclusive: The feed has no entries.
        """
        if self.broken is not None and not self.reach:
            raise self.broken
        if self.empty:
            raise Inconclusive("the feed has no entries to traverse", [self.pages[0].response])


def take(
    page_client: PageClient, start: Start, need: int, fresh: bool, *, most: int = 40, media_type: str | None = None
) -> list[Page]:
    """Return pages of the largest size from a start, until they hold enough entries or the feed ends.

    Args:
        page_client: Requests the pages.
        start: The place to begin at.
        need: The number of entries that are enough.
        fresh: Whether to request the pages again instead of using kept responses.
        most: The most pages to request.
        media_type: The media type to accept; None for the first usable one.

    Raises:
        Inconclusive: ``most`` pages are not enough, because the server's pages are far smaller than requested.
    """
    taken: list[Page] = []
    cursor, held = start.cursor, 0
    while held < need:
        if len(taken) == most:
            raise Inconclusive(f"{most} pages of the largest size hold only {held} of {need} entries")
        page = page_client.page(largest(page_client, cursor, media_type), fresh=fresh)
        taken.append(page)
        held += page.size
        if not page.size or page.remaining == 0 or page.cursor is None or page.cursor == cursor:
            break
        cursor = page.cursor
    return taken


def largest(page_client: PageClient, cursor: str | None, media_type: str | None = None) -> PageRequest:
    """Return the request for the largest page that the target serves, in the content mode with the smallest responses."""
    return PageRequest(media_type or page_client.media_types[0], cursor, page_client.page_size, page_client.contract.link_mode)


def probe(page_client: PageClient) -> Violation | None:
    """Find the usable representations. Return the first failure when there is none, else None.

    A representation is unusable when the requests for a few entries, for one entry and for a default page all fail. Rules that
    need both representations are then blocked by the rule that fails for it.
    """
    contract = page_client.contract
    first: NotServed | None = None
    for format_ in FORMATS:
        media_type = contract.canonical_type(format_)
        page_requests = (
            contract.sample(media_type),
            PageRequest(media_type, None, page_client.size(1), contract.link_mode),
            PageRequest(media_type, None, None, contract.link_mode),
        )
        for page_request in page_requests:
            try:
                page_client.page(page_request)
            except NotServed as error:
                error.keep_less()
                page_client.broken.setdefault(format_, error)
                first = first or error
            else:
                page_client.broken.pop(format_, None)
                break
            # A bad status does not depend on the page size; a body that cannot be decoded may depend on one of the entries.
            if page_client.broken[format_].owner not in ("SCHEMA-01", "SCHEMA-02", "HTTP-06"):
                break
    working = [contract.canonical_type(format_) for format_ in page_client.formats]
    if working:
        page_client.media_types = (working[0], working[-1])
    return None if working else first


def baseline(page_client: PageClient, profile: Profile) -> Baseline:
    """Learn the feed by a baseline traversal.

    Args:
        page_client: Requests the pages; its page size is reduced when the largest one is not served.
        profile: The most pages and requests to spend.
    """
    # Without an order of cursors none can be guessed, so that the end is reached only by traversing the whole feed.
    ordered = page_client.contract.feed.cursor.order == "numeric"
    most = profile.survey_lots if ordered else profile.reach
    first = _pass(page_client, None, most)
    note = ""
    # Some servers fail for their own largest page, by a timeout or a limit of memory.
    if first.broken is not None and not first.pages:
        first, note = _smaller_pages(page_client, first, most)
    end = _end(first) if first.complete else None
    going = [page for page in first.pages if page.cursor and page.remaining != 0 and (end is None or page.cursor != end.cursor)]
    starts = [Start(None), *(Start(page.cursor, page.remaining) for page in going)]
    tail: Start | None = None
    broken = first.broken
    why = ""
    if first.complete:
        tail = starts[-1] if first.pages[0].size else None
        if first.before_last is not None:
            starts.append(tail := first.before_last)
    elif broken is None:
        tail, why = _PageSizeSearch(page_client, first.pages, profile.probes).run()
        if tail is not None:
            starts.append(tail)
            last = _pass(page_client, tail.cursor, 3)
            end = _end(last) if last.complete else None
            broken = last.broken
    else:
        why = "the end of the feed was not reached: a page on the way was not served"
    if not profile.thrifty:
        starts += _late(page_client, tail)
    return Baseline(
        tuple(first.page_requests), tuple(first.pages), first.complete, tuple(starts), tail, end, why, broken, note, first.held
    )


def _smaller_pages(page_client: PageClient, first: _Attempt, most: int) -> tuple[_Attempt, str]:
    """Traverse the feed in smaller pages when the largest is not served. Return the traversal and a note for the report."""
    limit = page_client.contract.feed.limit
    for size in (limit.default, limit.maximum // 2, 50, 10, limit.minimum):
        if not limit.minimum <= size < limit.maximum:
            continue
        page_client.page_size = size
        taken = _pass(page_client, None, most)
        if taken.pages:
            why = first.broken.got if first.broken else "not served"
            if first.broken is not None and first.broken.owner == "HTTP-01":
                page_client.reassign(first.broken, "PARAM-01")
            return taken, f"pages of {limit.maximum} entries are not served ({why}): the run uses pages of {size}"
    page_client.page_size = limit.maximum
    return first, ""


def _late(page_client: PageClient, tail: Start | None) -> list[Start]:
    """Return a place a few entries after the tail, so that not all traversals begin at a multiple of the largest page."""
    if tail is None or tail.remaining is None or tail.remaining <= page_client.size(LATE):
        return []
    try:
        page = page_client.page(
            PageRequest(page_client.media_types[0], tail.cursor, page_client.size(LATE), page_client.contract.link_mode)
        )
    except NotServed:
        # The rules that traverse from the tail request this page again and fail for it.
        return []
    return [Start(page.cursor, page.remaining)] if page.cursor is not None and page.size else []


def _end(taken: _Attempt) -> Start | None:
    return Start(taken.last.cursor, 0) if taken.last is not None and taken.last.cursor is not None else None


@dataclass(slots=True)
class _Attempt:
    page_requests: list[PageRequest] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    count: int = 0
    held: int = 0
    last: Page | None = None
    before_last: Start | None = None
    """The start of the last page with entries, when that page is not among those that are kept whole."""
    complete: bool = False
    broken: NotServed | None = None


def _pass(page_client: PageClient, cursor: str | None, most: int) -> _Attempt:
    taken = _Attempt()
    seen = {cursor}
    while taken.count < most:
        taken.page_requests.append(largest(page_client, cursor))
        try:
            page = page_client.page(taken.page_requests[-1])
        except NotServed as error:
            taken.broken = error
            break
        if len(taken.pages) < MAX_KEPT:
            taken.pages.append(page)
        elif page.size:
            taken.before_last = Start(taken.page_requests[-1].cursor, page.size + (page.remaining or 0))
        taken.count += 1
        taken.held += page.size
        if page.size:
            taken.last = page
        if not page.size or page.remaining == 0:
            taken.complete = True
            break
        cursor = page.cursor
        if cursor is None or cursor in seen:
            # No progress: PAGE-01 fails for this; here it only must not loop.
            break
        seen.add(cursor)
        if page.remaining is not None and page.remaining > (most - 1) * page_client.page_size:
            # The end is too far to traverse to; two pages show the distance between cursors, from which it is guessed.
            most = min(most, 2)
    return taken


class _PageSizeSearch:
    """Finds a place near the end of a large feed by requesting single entries after guessed cursors.

    Cursors that increase need not be dense: the gap between two entries is estimated, and corrected at each guess.

    Example: 1,000 entries remain after cursor 10,000, and the first pages had 20 cursor values per entry. The goal is a place
    within 100 entries of the end, so that the first guess is 10,000 + 20 x 950 = 29,000. The page there says that 300 remain:
    the gap is corrected to 19,000 / 700 = 27, and the next guess is 29,000 + 27 x 250. A guess after the end returns no
    entries: it becomes the upper bound, and the gap shrinks.
    """

    def __init__(self, page_client: PageClient, taken: Sequence[Page], probes: int) -> None:
        self.page_client = page_client
        self.taken = taken
        self.probes = probes
        # A few pages must reach the end from there, even if the server serves shorter pages than requested.
        self.want = max(2, min(page_client.page_size, max(page.size for page in taken)))

    def run(self) -> tuple[Start | None, str]:
        first, last = _number(self.taken[0].cursor), _number(self.taken[-1].cursor)
        remaining = self.taken[-1].remaining
        unreached = "the end of the feed was not reached"
        if self.page_client.contract.feed.cursor.order != "numeric":
            return None, f"{unreached}: cursors without an order cannot be guessed"
        if first is None or last is None:
            got = self.taken[-1].cursor if last is None else self.taken[0].cursor
            return None, f"{unreached}: the cursor {got!r} is not a number"
        if not remaining:
            return None, f"{unreached}: the pages do not tell how many entries remain"
        held = sum(page.size for page in self.taken[1:])
        gap = max(1.0, (last - first) / held if held and last > first else 1.0)
        try:
            return self._narrow(last, remaining, gap)
        except NotServed as error:
            got = error.got
            return (
                None,
                f"{unreached}: a request with a guessed cursor, between two that the feed returned, was not served ({got})",
            )

    def _narrow(self, low: int, remaining: int, gap: float) -> tuple[Start | None, str]:
        high: int | None = None
        for _ in range(self.probes):
            guess = low + max(1, int(gap * (remaining - self.want / 2)))
            if high is not None and not low < guess < high:
                guess = (low + high) // 2
            guess = min(guess, INT64_MAX)
            if guess == low:
                break
            page = self.page_client.page(
                PageRequest(
                    self.page_client.media_types[0], str(guess), self.page_client.size(1), self.page_client.contract.link_mode
                )
            )
            if not page.size:
                high = guess
                gap *= 0.7
                continue
            left = (page.remaining or 0) + page.size
            if left < remaining:
                gap = max(1.0, (guess - low) / (remaining - left))
            if not page.remaining:
                # This is the last entry itself, so that a page from its cursor is empty.
                high = guess
                gap *= 0.9
                continue
            low, remaining = guess, left
            if left <= self.want:
                # PARAM-08 promises only cursors that the feed returned, so that the page's cursor is used, not the guess.
                return Start(page.cursor, page.remaining), ""
        return None, f"the end of the feed was not reached within {self.probes} requests"


def _number(cursor: str | None) -> int | None:
    try:
        return int(cursor) if cursor is not None else None
    except ValueError:
        return None
