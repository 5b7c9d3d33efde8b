"""The survey: one cheap pass that learns where the feed begins, how it goes on, and where it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from twinwire.ir import INT64_MAX
from twinwire_conformance.contract import Ask, Terms
from twinwire_conformance.model import Inconclusive, Violation
from twinwire_conformance.oracle.lots import Lot, Lots
from twinwire_conformance.profiles import Profile


@dataclass(frozen=True, slots=True)
class Start:
    """A place from which a walk can begin: its cursor (None: the beginning) and how many entries remain there, if known."""

    cursor: str | None
    remaining: int | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """What a run knows of the feed.

    ``lots`` is the pass from the beginning in the largest lots; ``complete`` says that it reached the end. ``starts`` are
    the places to begin walks at, the beginning first; ``end`` is the place after the last entry, when it was reached.
    """

    lots: tuple[Lot, ...]
    complete: bool
    starts: tuple[Start, ...]
    tail: Start | None = None
    end: Start | None = None
    note: str = field(default="")

    @property
    def empty(self) -> bool:
        """Whether the feed has no entries."""
        return not self.lots or not self.lots[0].entries


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
    """Learn the feed. Raises Violation when a lot of the pass is not served."""
    taken, complete = _pass(lots, None, profile.survey_lots)
    starts = [Start(None)]
    starts += [Start(lot.cursor, lot.remaining) for lot in taken if lot.cursor is not None and lot.remaining != 0]
    if complete:
        tail = starts[-1] if taken[0].entries else None
        return Survey(tuple(taken), True, tuple(starts), tail, _end(taken))
    tail, note = _Search(lots, taken, profile.probes).run()
    end = None
    if tail is not None:
        last, reached = _pass(lots, tail.cursor, 3)
        end = _end(last) if reached else None
        starts.append(tail)
    return Survey(tuple(taken), False, tuple(starts), tail, end, note)


def _end(taken: Sequence[Lot]) -> Start | None:
    full = [lot for lot in taken if lot.entries]
    return Start(full[-1].cursor, 0) if full and full[-1].cursor is not None else None


def _pass(lots: Lots, cursor: str | None, most: int) -> tuple[list[Lot], bool]:
    taken: list[Lot] = []
    seen = {cursor}
    while len(taken) < most:
        lot = lots.lot(largest(lots.terms, cursor))
        taken.append(lot)
        if not lot.entries or lot.remaining == 0:
            return taken, True
        cursor = lot.cursor
        if cursor is None or cursor in seen:
            # No progress: PAGE-01 judges that, the survey only does not loop.
            return taken, False
        seen.add(cursor)
    return taken, False


class _Search:
    """Finds a place near the end of a large feed by asking for one entry at guessed cursors, where they have an order."""

    def __init__(self, lots: Lots, taken: Sequence[Lot], probes: int) -> None:
        self.lots = lots
        self.taken = taken
        self.probes = probes
        self.want = lots.terms.feed.limit.maximum

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
            lot = self.lots.lot(Ask(self.lots.terms.canonical_type("json"), str(guess), 1, self.lots.terms.light_mode))
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
