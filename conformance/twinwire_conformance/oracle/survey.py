"""The survey: one cheap pass that learns where the feed begins, how it goes on, and where it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from twinwire.ir import INT64_MAX
from twinwire_conformance.contract import Ask, Terms
from twinwire_conformance.model import Inconclusive, Violation
from twinwire_conformance.oracle.lots import Lot, Lots
from twinwire_conformance.profiles import Profile

LATE = 7


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
    note: str = ""
    broken: Violation | None = None

    @property
    def empty(self) -> bool:
        """Whether the feed has no entries."""
        return not self.lots or not self.lots[0].entries

    @property
    def size(self) -> int | None:
        """How many entries the feed says it has."""
        first = self.lots[0] if self.lots else None
        return None if first is None or first.remaining is None else len(first.entries) + first.remaining


def take(lots: Lots, start: Start, need: int, fresh: bool, *, most: int = 40) -> list[Lot]:
    """Return lots of the largest size from a start, until they hold ``need`` entries or the feed ends.

    Raises Inconclusive when ``most`` lots do not suffice, as with a server whose lots are far smaller than asked for.
    """
    terms = lots.terms
    taken: list[Lot] = []
    cursor, held = start.cursor, 0
    while held < need:
        if len(taken) == most:
            raise Inconclusive(f"{most} lots of the largest size hold only {held} of {need} entries")
        lot = lots.lot(largest(terms, cursor), fresh=fresh)
        taken.append(lot)
        held += len(lot.entries)
        if not lot.entries or lot.remaining == 0 or lot.cursor is None or lot.cursor == cursor:
            break
        cursor = lot.cursor
    return taken


def largest(terms: Terms, cursor: str | None) -> Ask:
    """Return the ask for the largest lot in the lightest mode."""
    return Ask(terms.canonical_type("json"), cursor, terms.feed.limit.maximum, terms.light_mode)


def survey(lots: Lots, profile: Profile) -> Survey:
    """Learn the feed, as much of it as is served."""
    # Where cursors have no order there is no way to the end but through the feed.
    ordered = lots.terms.feed.cursor.order == "numeric"
    first = _pass(lots, None, profile.survey_lots if ordered else profile.reach)
    end = _end(first.lots) if first.complete else None
    going = [lot for lot in first.lots if lot.cursor and lot.remaining != 0 and (end is None or lot.cursor != end.cursor)]
    starts = [Start(None), *(Start(lot.cursor, lot.remaining) for lot in going)]
    tail: Start | None = None
    note = ""
    broken = first.broken
    if first.complete:
        tail = starts[-1] if first.lots[0].entries else None
    elif broken is None:
        tail, note = _Search(lots, first.lots, profile.probes).run()
        if tail is not None:
            starts.append(tail)
            last = _pass(lots, tail.cursor, 3)
            end = _end(last.lots) if last.complete else None
            broken = last.broken
    if not profile.thrifty:
        starts += _late(lots, tail)
    return Survey(tuple(first.asks), tuple(first.lots), first.complete, tuple(starts), tail, end, note, broken)


def _late(lots: Lots, tail: Start | None) -> list[Start]:
    """Return a place a few entries after the tail, so that not every walk begins at a multiple of the largest lot."""
    if tail is None or tail.remaining is None or tail.remaining <= lots.terms.size(LATE):
        return []
    try:
        lot = lots.lot(Ask(lots.terms.canonical_type("json"), tail.cursor, lots.terms.size(LATE), lots.terms.light_mode))
    except Violation:
        # The rules that walk from the tail meet this again and say so.
        return []
    return [Start(lot.cursor, lot.remaining)] if lot.cursor is not None and lot.entries else []


def _end(taken: Sequence[Lot]) -> Start | None:
    full = [lot for lot in taken if lot.entries]
    return Start(full[-1].cursor, 0) if full and full[-1].cursor is not None else None


@dataclass(slots=True)
class _Pass:
    asks: list[Ask] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    complete: bool = False
    broken: Violation | None = None


def _pass(lots: Lots, cursor: str | None, most: int) -> _Pass:
    taken = _Pass()
    seen = {cursor}
    while len(taken.lots) < most:
        taken.asks.append(largest(lots.terms, cursor))
        try:
            lot = lots.lot(taken.asks[-1])
        except Violation as error:
            taken.broken = error
            break
        taken.lots.append(lot)
        if not lot.entries or lot.remaining == 0:
            taken.complete = True
            break
        cursor = lot.cursor
        if cursor is None or cursor in seen:
            # No progress: PAGE-01 judges that, the survey only does not loop.
            break
        seen.add(cursor)
        if lot.remaining is not None and lot.remaining > (most - 1) * lots.terms.feed.limit.maximum:
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
        self.want = min(lots.terms.feed.limit.maximum, max(len(lot.entries) for lot in taken))

    def run(self) -> tuple[Start | None, str]:
        terms = self.lots.terms
        first, last = _number(self.taken[0].cursor), _number(self.taken[-1].cursor)
        remaining = self.taken[-1].remaining
        if terms.feed.cursor.order != "numeric" or first is None or last is None or not remaining:
            return None, "the end of the feed was not reached: its cursors have no order in which to look for it"
        held = sum(len(lot.entries) for lot in self.taken[1:])
        gap = max(1.0, (last - first) / held if held and last > first else 1.0)
        try:
            return self._narrow(last, remaining, gap)
        except Violation:
            return None, "the end of the feed was not reached: a cursor that the feed did not give out is not accepted"

    def _narrow(self, low: int, remaining: int, gap: float) -> tuple[Start | None, str]:
        high: int | None = None
        for _ in range(self.probes):
            guess = low + max(1, int(gap * (remaining - self.want / 2)))
            if high is not None and not low < guess < high:
                guess = (low + high) // 2
            guess = min(guess, INT64_MAX)
            if guess == low:
                break
            lot = self.lots.lot(
                Ask(self.lots.terms.canonical_type("json"), str(guess), self.lots.terms.size(1), self.lots.terms.light_mode)
            )
            if not lot.entries:
                high = guess
                gap *= 0.7
                continue
            left = (lot.remaining or 0) + len(lot.entries)
            if left < remaining:
                gap = max(1.0, (guess - low) / (remaining - left))
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
