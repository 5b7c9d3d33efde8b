"""The survey: one cheap pass that learns where the feed begins, how it goes on, and where it ends."""

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
"""The most pages of the baseline traversal that are kept whole; of the others only what they add up to."""


@dataclass(frozen=True, slots=True)
class Start:
    """A place from which a walk can begin: its cursor (None: the beginning) and how many entries remain there, if known."""

    cursor: str | None
    remaining: int | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """What a run knows of the feed.

    ``asks`` are the requests of the pass from the beginning in the largest lots, ``lots`` what came; when a lot was not
    served, ``broken`` says how. ``complete`` says that the pass reached the end. ``starts`` are the places to begin walks
    at, the beginning first; ``tail`` is the one from which the end can be reached in few lots, and ``end`` the place
    after the last entry, when it was reached.
    """

    asks: tuple[Ask, ...]
    lots: tuple[Lot, ...]
    complete: bool
    starts: tuple[Start, ...]
    tail: Start | None = None
    end: Start | None = None
    end_note: str = ""
    """Why the end was not reached; empty when it was."""
    broken: NotServed | None = None
    note: str = ""
    """The deviations from the plan; empty without one."""
    reach: int = 0
    """The number of entries that were read from the beginning without a gap."""

    @property
    def empty(self) -> bool:
        """Return whether the feed was read and has no entries."""
        return bool(self.lots) and not self.lots[0].size

    @property
    def size(self) -> int | None:
        """How many entries the feed says it has."""
        first = self.lots[0] if self.lots else None
        return None if first is None or first.remaining is None else first.size + first.remaining

    @property
    def short(self) -> bool:
        """Return whether pages hold fewer entries than requested although more remain."""
        pairs = zip(self.asks, self.lots, strict=False)
        return any(lot.size < (ask.limit or 0) and bool(lot.remaining) for ask, lot in pairs)

    @property
    def ascending(self) -> bool:
        """Return whether the cursors of the baseline traversal grow, if it has several (PAGE-08)."""
        numbers = [number for lot in self.lots if lot.size and (number := _number(lot.cursor)) is not None]
        return numbers == sorted(numbers)

    def need(self) -> None:
        """Raise what keeps traversals from being taken: a page that was not served, or a feed without entries."""
        if self.broken is not None and not self.reach:
            raise self.broken
        if self.empty:
            raise Inconclusive("the feed is empty: there is nothing to traverse", [self.lots[0].answer])


def take(lots: Lots, start: Start, need: int, fresh: bool, *, most: int = 40, media_type: str | None = None) -> list[Lot]:
    """Return pages of the largest size from a start, until they hold ``need`` entries or the feed ends.

    Raises Inconclusive when ``most`` pages do not suffice, as with a server whose pages are far smaller than requested.
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
    """Return the request for the largest page that is served, in the light mode."""
    return Ask(media_type or lots.media_types[0], cursor, lots.page_size, lots.terms.light_mode)


def probe(lots: Lots) -> Violation | None:
    """Find the usable representations; return the failure that came instead of a page when there is none.

    A representation in which neither a few entries nor a single one nor an ordinary page comes as a result is not used: the
    other one is judged, and the rules that need both are blocked by the one that says what is wrong.
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
            # A bad status or framing would come again with another page size; only the body depends on the entries.
            if lots.broken[format_].owner not in ("SCHEMA-01", "SCHEMA-02", "HTTP-06"):
                break
    working = [terms.canonical_type(format_) for format_ in lots.formats]
    if working:
        lots.media_types = (working[0], working[-1])
    return None if working else first


def survey(lots: Lots, profile: Profile) -> Survey:
    """Learn the feed, as much of it as is served."""
    # Where cursors have no order there is no way to the end but through the feed.
    ordered = lots.terms.feed.cursor.order == "numeric"
    most = profile.survey_lots if ordered else profile.reach
    first = _pass(lots, None, most)
    note = ""
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
    """Fall back to smaller pages when the largest is not served; say so."""
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
            return taken, f"pages of {limit.maximum} entries are not served ({why}): judged with pages of {size}"
    lots.page_size = limit.maximum
    return first, ""


def _late(lots: Lots, tail: Start | None) -> list[Start]:
    """Return a place a few entries after the tail, so that not every walk begins at a multiple of the largest lot."""
    if tail is None or tail.remaining is None or tail.remaining <= lots.size(LATE):
        return []
    try:
        lot = lots.lot(Ask(lots.media_types[0], tail.cursor, lots.size(LATE), lots.terms.light_mode))
    except NotServed:
        # The rules that walk from the tail meet this again and say so.
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
            # No progress: PAGE-01 judges that, the survey only does not loop.
            break
        seen.add(cursor)
        if lot.remaining is not None and lot.remaining > (most - 1) * lots.page_size:
            # The end is out of reach this way; two lots are enough to learn how far cursors lie apart.
            most = min(most, 2)
    return taken


class _Search:
    """Finds a place near the end of a large feed by asking for one entry at guessed cursors, where they have an order."""

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
            return None, f"{unreached}: its cursors have no order in which to look for it"
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
            return None, f"{unreached}: a request with a cursor between two that the feed gave out was not served ({got})"

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
                # The last entry itself: what begins after it is empty.
                high = guess
                gap *= 0.9
                continue
            low, remaining = guess, left
            if left <= self.want:
                # The cursor of a lot is one that the feed gave out; the guessed one is not.
                return Start(lot.cursor, lot.remaining), ""
        return None, f"the end of the feed was not reached within {self.probes} requests"


def _number(cursor: str | None) -> int | None:
    try:
        return int(cursor) if cursor is not None else None
    except ValueError:
        return None
