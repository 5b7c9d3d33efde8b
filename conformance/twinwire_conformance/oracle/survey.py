"""The baseline traversal: it learns cheaply where the feed begins, how its cursors continue, and where it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from twinwire.ir import INT64_MAX
from twinwire_conformance.contract import FORMATS, Ask
from twinwire_conformance.model import Inconclusive, NotServed, Violation
from twinwire_conformance.oracle.lots import Lot, Lots
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
class Survey:
    """The knowledge of the feed that a run shares.

    Args:
        asks: The requests for the largest pages from the beginning, in order.
        lots: The pages that were received.
        complete: Whether the traversal reached the end of the feed.
        starts: The places that traversals begin at, the beginning of the feed first.
        tail: The place from which a few pages reach the end; None when it is unknown.
        end: The place after the last entry; None when it was not reached.
        end_note: The reason why the end was not reached; empty when it was.
        broken: The failure of the page that ended the traversal; None without one.
        note: The deviation from the plan; empty without one.
        reach: The number of entries that were read from the beginning without a gap.
    """

    asks: tuple[Ask, ...]
    lots: tuple[Lot, ...]
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
        return bool(self.lots) and not self.lots[0].size

    @property
    def size(self) -> int | None:
        """The number of entries according to the first page; None when it is unknown."""
        first = self.lots[0] if self.lots else None
        return None if first is None or first.remaining is None else first.size + first.remaining

    @property
    def short(self) -> bool:
        """True when a page holds fewer entries than requested although more remain."""
        pairs = zip(self.asks, self.lots, strict=False)
        return any(lot.size < (ask.limit or 0) and bool(lot.remaining) for ask, lot in pairs)

    @property
    def ascending(self) -> bool:
        """Return whether the cursors of the baseline traversal grow, if it has several (PAGE-08)."""
        numbers = [number for lot in self.lots if lot.size and (number := _number(lot.cursor)) is not None]
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
            raise Inconclusive("the feed has no entries to traverse", [self.lots[0].answer])


def take(lots: Lots, start: Start, need: int, fresh: bool, *, most: int = 40, media_type: str | None = None) -> list[Lot]:
    """Return pages of the largest size from a start, until they hold enough entries or the feed ends.

    Args:
        lots: Requests the pages.
        start: The place to begin at.
        need: The number of entries that are enough.
        fresh: Whether to request the pages again instead of using kept responses.
        most: The most pages to request.
        media_type: The media type to accept; None for the first usable one.

    Raises:
        Inconclusive: ``most`` pages are not enough, because the server's pages are far smaller than requested.
    """
    taken: list[Lot] = []
    cursor, held = start.cursor, 0
    while held < need:
        if len(taken) == most:
            raise Inconclusive(f"{most} pages of the largest size hold only {held} of {need} entries")
        lot = lots.lot(largest(lots, cursor, media_type), fresh=fresh)
        taken.append(lot)
        held += lot.size
        if not lot.size or lot.remaining == 0 or lot.cursor is None or lot.cursor == cursor:
            break
        cursor = lot.cursor
    return taken


def largest(lots: Lots, cursor: str | None, media_type: str | None = None) -> Ask:
    """Return the request for the largest page that the target serves, in the content mode with the smallest responses."""
    return Ask(media_type or lots.media_types[0], cursor, lots.page_size, lots.terms.light_mode)


def probe(lots: Lots) -> Violation | None:
    """Find the usable representations. Return the first failure when there is none, else None.

    A representation is unusable when the requests for a few entries, for one entry and for a default page all fail. Rules that
    need both representations are then blocked by the rule that fails for it.
    """
    terms = lots.terms
    first: NotServed | None = None
    for format_ in FORMATS:
        media_type = terms.canonical_type(format_)
        asks = (
            terms.sample(media_type),
            Ask(media_type, None, lots.size(1), terms.light_mode),
            Ask(media_type, None, None, terms.light_mode),
        )
        for ask in asks:
            try:
                lots.lot(ask)
            except NotServed as error:
                error.keep_less()
                lots.broken.setdefault(format_, error)
                first = first or error
            else:
                lots.broken.pop(format_, None)
                break
            # A bad status does not depend on the page size; a body that cannot be decoded may depend on one of the entries.
            if lots.broken[format_].owner not in ("SCHEMA-01", "SCHEMA-02", "HTTP-06"):
                break
    working = [terms.canonical_type(format_) for format_ in lots.formats]
    if working:
        lots.media_types = (working[0], working[-1])
    return None if working else first


def survey(lots: Lots, profile: Profile) -> Survey:
    """Learn the feed by a baseline traversal.

    Args:
        lots: Requests the pages; its page size is reduced when the largest one is not served.
        profile: The most pages and requests to spend.
    """
    # Without an order of cursors none can be guessed, so that the end is reached only by traversing the whole feed.
    ordered = lots.terms.feed.cursor.order == "numeric"
    most = profile.survey_lots if ordered else profile.reach
    first = _pass(lots, None, most)
    note = ""
    # Some servers fail for their own largest page, by a timeout or a limit of memory.
    if first.broken is not None and not first.lots:
        first, note = _smaller_pages(lots, first, most)
    end = _end(first) if first.complete else None
    going = [lot for lot in first.lots if lot.cursor and lot.remaining != 0 and (end is None or lot.cursor != end.cursor)]
    starts = [Start(None), *(Start(lot.cursor, lot.remaining) for lot in going)]
    tail: Start | None = None
    broken = first.broken
    why = ""
    if first.complete:
        tail = starts[-1] if first.lots[0].size else None
        if first.before_last is not None:
            starts.append(tail := first.before_last)
    elif broken is None:
        tail, why = _Search(lots, first.lots, profile.probes).run()
        if tail is not None:
            starts.append(tail)
            last = _pass(lots, tail.cursor, 3)
            end = _end(last) if last.complete else None
            broken = last.broken
    else:
        why = "the end of the feed was not reached: a page on the way was not served"
    if not profile.thrifty:
        starts += _late(lots, tail)
    return Survey(tuple(first.asks), tuple(first.lots), first.complete, tuple(starts), tail, end, why, broken, note, first.held)


def _smaller_pages(lots: Lots, first: _Pass, most: int) -> tuple[_Pass, str]:
    """Traverse the feed in smaller pages when the largest is not served. Return the traversal and a note for the report."""
    limit = lots.terms.feed.limit
    for size in (limit.default, limit.maximum // 2, 50, 10, limit.minimum):
        if not limit.minimum <= size < limit.maximum:
            continue
        lots.page_size = size
        taken = _pass(lots, None, most)
        if taken.lots:
            why = first.broken.got if first.broken else "not served"
            if first.broken is not None and first.broken.owner == "HTTP-01":
                lots.reassign(first.broken, "PARAM-01")
            return taken, f"pages of {limit.maximum} entries are not served ({why}): the run uses pages of {size}"
    lots.page_size = limit.maximum
    return first, ""


def _late(lots: Lots, tail: Start | None) -> list[Start]:
    """Return a place a few entries after the tail, so that not all traversals begin at a multiple of the largest page."""
    if tail is None or tail.remaining is None or tail.remaining <= lots.size(LATE):
        return []
    try:
        lot = lots.lot(Ask(lots.media_types[0], tail.cursor, lots.size(LATE), lots.terms.light_mode))
    except NotServed:
        # The rules that traverse from the tail request this page again and fail for it.
        return []
    return [Start(lot.cursor, lot.remaining)] if lot.cursor is not None and lot.size else []


def _end(taken: _Pass) -> Start | None:
    return Start(taken.last.cursor, 0) if taken.last is not None and taken.last.cursor is not None else None


@dataclass(slots=True)
class _Pass:
    asks: list[Ask] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    pages: int = 0
    held: int = 0
    last: Lot | None = None
    before_last: Start | None = None
    """The start of the last page with entries, when that page is not among those that are kept whole."""
    complete: bool = False
    broken: NotServed | None = None


def _pass(lots: Lots, cursor: str | None, most: int) -> _Pass:
    taken = _Pass()
    seen = {cursor}
    while taken.pages < most:
        taken.asks.append(largest(lots, cursor))
        try:
            lot = lots.lot(taken.asks[-1])
        except NotServed as error:
            taken.broken = error
            break
        if len(taken.lots) < MAX_KEPT:
            taken.lots.append(lot)
        elif lot.size:
            taken.before_last = Start(taken.asks[-1].cursor, lot.size + (lot.remaining or 0))
        taken.pages += 1
        taken.held += lot.size
        if lot.size:
            taken.last = lot
        if not lot.size or lot.remaining == 0:
            taken.complete = True
            break
        cursor = lot.cursor
        if cursor is None or cursor in seen:
            # No progress: PAGE-01 fails for this; here it only must not loop.
            break
        seen.add(cursor)
        if lot.remaining is not None and lot.remaining > (most - 1) * lots.page_size:
            # The end is too far to traverse to; two pages show the distance between cursors, from which it is guessed.
            most = min(most, 2)
    return taken


class _Search:
    """Finds a place near the end of a large feed by requesting single entries after guessed cursors.

    Cursors that increase need not be dense: the gap between two entries is estimated, and corrected at each guess.

    Example: 1,000 entries remain after cursor 10,000, and the first pages had 20 cursor values per entry. The goal is a place
    within 100 entries of the end, so that the first guess is 10,000 + 20 x 950 = 29,000. The page there says that 300 remain:
    the gap is corrected to 19,000 / 700 = 27, and the next guess is 29,000 + 27 x 250. A guess after the end returns no
    entries: it becomes the upper bound, and the gap shrinks.
    """

    def __init__(self, lots: Lots, taken: Sequence[Lot], probes: int) -> None:
        self.lots = lots
        self.taken = taken
        self.probes = probes
        # A few lots must reach the end from there, also where lots are shorter than asked for.
        self.want = max(2, min(lots.page_size, max(lot.size for lot in taken)))

    def run(self) -> tuple[Start | None, str]:
        first, last = _number(self.taken[0].cursor), _number(self.taken[-1].cursor)
        remaining = self.taken[-1].remaining
        unreached = "the end of the feed was not reached"
        if self.lots.terms.feed.cursor.order != "numeric":
            return None, f"{unreached}: cursors without an order cannot be guessed"
        if first is None or last is None:
            got = self.taken[-1].cursor if last is None else self.taken[0].cursor
            return None, f"{unreached}: the cursor {got!r} is not a number"
        if not remaining:
            return None, f"{unreached}: the pages do not tell how many entries remain"
        held = sum(lot.size for lot in self.taken[1:])
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
            lot = self.lots.lot(Ask(self.lots.media_types[0], str(guess), self.lots.size(1), self.lots.terms.light_mode))
            if not lot.size:
                high = guess
                gap *= 0.7
                continue
            left = (lot.remaining or 0) + lot.size
            if left < remaining:
                gap = max(1.0, (guess - low) / (remaining - left))
            if not lot.remaining:
                # This is the last entry itself, so that a page from its cursor is empty.
                high = guess
                gap *= 0.9
                continue
            low, remaining = guess, left
            if left <= self.want:
                # PARAM-08 promises only cursors that the feed returned, so that the page's cursor is used, not the guess.
                return Start(lot.cursor, lot.remaining), ""
        return None, f"the end of the feed was not reached within {self.probes} requests"


def _number(cursor: str | None) -> int | None:
    try:
        return int(cursor) if cursor is not None else None
    except ValueError:
        return None
