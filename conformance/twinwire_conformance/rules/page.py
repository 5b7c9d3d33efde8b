"""Paging: what holds of every pass over a feed that stands still."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

from twinwire.ir import INT64_MAX
from twinwire_conformance.contract import FORMATS, Ask
from twinwire_conformance.model import Inconclusive, Skipped, Violation
from twinwire_conformance.oracle.examination import Trial
from twinwire_conformance.oracle.lots import Lot, Lots
from twinwire_conformance.oracle.survey import Start, take
from twinwire_conformance.oracle.walks import Path, of_walks
from twinwire_conformance.reading import difference, shown
from twinwire_conformance.rules.registry import must, should
from twinwire_conformance.rules.twin import unlike
from twinwire_conformance.strategies import boundary_sizes


@must("PAGE-01", "progress: while entries come, the token moves and none comes back", walks=True)
def cursors_make_progress(trial: Trial) -> None:
    """Look at the cursors of every walk."""
    trial.walk(_progress)


@of_walks
def _progress(_: Sequence[Lot], path: Path) -> Violation | None:
    seen: dict[str | None, int] = {path.start.cursor: 0}
    for number, lot in enumerate(path.lots, 1):
        if not lot.entries:
            return None
        if lot.cursor is None:
            return _violation("a cursor with every lot that has entries", f"none with lot {number}", path)
        if lot.cursor in seen:
            where = f"lot {seen[lot.cursor]}" if seen[lot.cursor] else "the start"
            return _violation("a cursor that moves on", f"{lot.cursor} of lot {number} is that of {where}", path)
        seen[lot.cursor] = number
    return None


@must("PAGE-02", "nothing twice: one pass never holds the same entry twice", walks=True)
def nothing_comes_twice(trial: Trial) -> None:
    """Look for an entry that stands twice in a walk."""
    trial.walk(_unique)


@of_walks
def _unique(_: Sequence[Lot], path: Path) -> Violation | None:
    seen: dict[str, int] = {}
    for number, lot in enumerate(path.lots, 1):
        for key in lot.keys:
            word = repr(key)
            if word in seen:
                return _violation("every entry once in a pass", f"{shown(key)} in lots {seen[word]} and {number}", path)
            seen[word] = number
    return None


@must("PAGE-03", "nothing lost: every cutting of the feed into lots gives the same sequence", walks=True)
def every_cutting_gives_the_same_sequence(trial: Trial) -> None:
    """Hold the entries of every walk against the same stretch in the largest lots."""
    trial.walk(_sequence)


@of_walks
def _sequence(reference: Sequence[Lot], path: Path) -> Violation | None:
    expected = [pair for lot in reference for pair in zip(lot.words, lot.entries, strict=True)]
    came = [(number, *pair) for number, lot in enumerate(path.lots, 1) for pair in zip(lot.words, lot.entries, strict=True)]
    for index, (number, words, entry) in enumerate(came):
        if index >= len(expected):
            if not _ended(reference):
                # The walk went farther than the lots it is held against; nothing is known of what came then.
                return None
            return _violation(f"{len(expected)} entries, as in the largest lots", f"one more, in lot {number}", path)
        found = words != expected[index][0] and difference(expected[index][1], entry, f"entry {index + 1}")
        if found:
            where, one, other = found
            return _violation(f"{one} at {where} of the pass, as in the largest lots", f"{other} in lot {number}", path)
    if not path.lots[-1].entries and len(came) < len(expected):
        return _violation(f"{len(expected)} entries, as in the largest lots", f"an empty lot after {len(came)}", path)
    return None


def _ended(lots: Sequence[Lot]) -> bool:
    return not lots or not lots[-1].entries or lots[-1].remaining == 0 or lots[-1].cursor is None


@must("PAGE-04", "replay: the same token and count give the same lot, any number of times")
def a_lot_can_be_replayed(trial: Trial) -> None:
    """Ask again for the lots of the corpus, and for lots of boundary sizes from every start."""
    asks = [*trial.exam.corpus("json"), *trial.exam.corpus("xml")]
    thrifty = trial.exam.profile.thrifty
    # Small lots first: where a feed moves, they are the ones that stand still for long enough.
    _replay(trial, trial.terms.sample(asks[0].media_type), times=1 if thrifty else 3)
    if thrifty:
        _replay(trial, asks[-1], times=1)
        return
    sizes = boundary_sizes(trial.terms.feed.limit)
    starts = trial.exam.survey.starts
    for index, start in enumerate(dict.fromkeys((starts[0], starts[len(starts) // 2], starts[-1]))):
        asks.append(Ask(asks[index].media_type, start.cursor, sizes[(index + 2) % len(sizes)], trial.terms.light_mode))
    for ask in asks:
        _replay(trial, ask, times=1)


def _replay(trial: Trial, ask: Ask, times: int) -> None:
    def judge(first: Sequence[Lot], again: Lot) -> Violation | None:
        found = difference(first[0].signature, again.signature)
        if found is None:
            return None
        path, one, other = found
        return Violation(one, f"{other} when asked again", [first[0].answer, again.answer], path=path)

    def once(fresh: bool) -> list[Lot]:
        # What was kept a while ago tells nothing of a feed that moves.
        return [trial.lots.lot(ask, fresh=fresh or trial.exam.moving)]

    for _ in range(times):
        trial.confirm(once, lambda _: trial.lots.lot(ask, fresh=True), judge)


@must("PAGE-05", "queue: what remains falls by each lot's count, and the first lot tells the feed's size", walks=True)
def what_remains_is_told_truly(trial: Trial) -> None:
    """Follow the remaining number over every walk, and compare it with the size of a feed that was read whole."""
    if trial.terms.feed.remaining is None:
        raise Skipped("the contract has no member for the number of remaining entries")
    _whole(trial)
    trial.walk(_queue)


def _whole(trial: Trial) -> None:
    known = trial.exam.survey
    if not known.complete or known.empty:
        return

    def judge(reference: Sequence[Lot], _: Sequence[Lot]) -> Violation | None:
        size = sum(len(lot.entries) for lot in reference)
        first = reference[0]
        if first.remaining is None or first.remaining + len(first.entries) == size:
            return None
        told = f"{len(first.entries)} + {first.remaining}"
        return Violation(f"the feed's {size} entries in the first lot and after it", told, [first.answer])

    def whole(fresh: bool) -> list[Lot]:
        # From the beginning each time: where the feed has moved, the survey's cursors no longer cut it the same way.
        return take(trial.lots, Start(None), 10**9, fresh)

    trial.confirm(whole, whole, judge)


@of_walks
def _queue(reference: Sequence[Lot], path: Path) -> Violation | None:
    for lots in (reference, path.lots):
        left: int | None = None
        if reference and reference[0].remaining is not None:
            left = reference[0].remaining + len(reference[0].entries)
        for number, lot in enumerate(lots, 1):
            if lot.remaining is None or left is None:
                return _violation("a number of remaining entries with every lot", f"none with lot {number}", path)
            left -= len(lot.entries)
            if lot.remaining != left:
                return _violation(f"{left} remaining after lot {number}", str(lot.remaining), Path(path.start, tuple(lots)))
    return None


@must("PAGE-06", "end: nothing remains exactly when the next lot is empty", walks=True)
def the_end_is_told_truly(trial: Trial) -> None:
    """Compare what each lot of a walk says to remain with the lot that follows it."""
    if trial.terms.feed.remaining is None:
        raise Skipped("the contract has no member for the number of remaining entries")
    trial.walk(_end)


@of_walks
def _end(_: Sequence[Lot], path: Path) -> Violation | None:
    for number, lot in enumerate(path.lots, 1):
        if not lot.entries and lot.remaining:
            return _violation(f"nothing to remain after the empty lot {number}", str(lot.remaining), path)
    for number, (lot, following) in enumerate(pairwise(path.lots), 1):
        if lot.remaining == 0 and following.entries:
            got = f"{len(following.entries)} entries after lot {number}"
            return _violation("an empty lot after one with nothing remaining", got, path)
        if lot.remaining and not following.entries:
            return _violation(f"entries, as {lot.remaining} remain after lot {number}", "an empty lot", path)
    return None


@must("PAGE-07", "past the end: the last token, and any later one, give an empty lot")
def after_the_end_comes_nothing(trial: Trial) -> None:
    """Ask with the last cursor and later ones, after the largest lots and after a last lot that was exactly full."""
    if trial.exam.survey.empty:
        raise Inconclusive("the feed is empty: it has no last token")
    limit = trial.terms.feed.limit
    json, xml = trial.terms.canonical_type("json"), trial.terms.canonical_type("xml")
    # The same asks as in the corpus, so that their answers serve again.
    at_end = [Ask(media_type, None, None, trial.terms.light_mode) for media_type in (json, xml)]
    if not trial.exam.profile.thrifty:
        at_end.append(Ask(json, None, limit.maximum, trial.terms.light_mode))
    for ask in at_end:
        _nothing_after(trial, lambda last, _: last.cursor, ask)
    _nothing_after(trial, partial(_exactly_full, trial), at_end[0])
    if trial.terms.feed.cursor.order == "numeric":
        for step in _STEPS[-1:] if trial.exam.profile.thrifty else _STEPS:
            _nothing_after(trial, partial(_later, step=step), trial.terms.sample(json))


_STEPS = (1, 2**32, 2**63)


def _later(last: Lot, _: bool, step: int) -> str:
    try:
        return str(min(INT64_MAX, int(last.cursor or "") + step))
    except ValueError as error:
        raise Inconclusive(f"the last token {last.cursor!r} is no number: later ones are not known", [last.answer]) from error


def _exactly_full(trial: Trial, last: Lot, fresh: bool) -> str | None:
    full = replace(last.ask, limit=trial.terms.size(len(last.entries)))
    return trial.lots.lot(full, fresh=fresh).cursor


def _nothing_after(trial: Trial, cursor: Callable[[Lot, bool], str | None], ask: Ask) -> None:
    def subject(fresh: bool) -> Lot:
        last = trial.ending(False)[-1]
        return trial.lots.lot(replace(ask, cursor=cursor(last, fresh)), fresh=fresh)

    def judge(ending: Sequence[Lot], lot: Lot) -> Violation | None:
        if not lot.entries:
            return None
        expected = f"an empty lot after {ending[-1].cursor}, with which the feed ends"
        return Violation(expected, f"{len(lot.entries)} entries after {lot.ask.cursor}", [ending[-1].answer, lot.answer])

    trial.confirm(trial.ending, subject, judge)


@should("PAGE-08", "tokens grow numerically", walks=True)
def cursors_grow(trial: Trial) -> None:
    """Compare the cursors of every walk as numbers."""
    if trial.terms.feed.cursor.order != "numeric":
        raise Skipped("the contract gives its tokens no order")
    trial.walk(_growth)


@of_walks
def _growth(_: Sequence[Lot], path: Path) -> Violation | None:
    cursors = [path.start.cursor, *(lot.cursor for lot in path.lots if lot.entries)]
    for number, (one, other) in enumerate(pairwise(cursors), 1):
        if one is None or other is None:
            continue
        try:
            grows = int(one) < int(other)
        except ValueError:
            return _violation("a number", f"{other!r} in lot {number}", path)
        if not grows:
            return _violation(f"a token over {one}", f"{other} in lot {number}", path)
    return None


@must("PAGE-09", "passes interleaved under different sessions do not disturb each other")
def sessions_do_not_disturb_each_other(trial: Trial) -> None:
    """Take two passes of different lots in turns, each under a session of its own, and compare each with one taken alone."""
    if trial.terms.feed.session is None:
        raise Skipped("the contract has no sessions")
    if trial.exam.survey.empty:
        raise Inconclusive("the feed is empty: there is nothing to walk over")
    sizes = (trial.terms.size(3), trial.terms.size(5))
    turns = 2 if trial.exam.profile.thrifty else 4

    def alone(fresh: bool) -> list[Lot]:
        need = max(sizes) * turns
        if not fresh:
            return take(trial.lots, trial.exam.starts[0], need, fresh)
        # No more than is needed: on a feed that moves, less of it has to stand still.
        ask = Ask(trial.terms.canonical_type("json"), None, trial.terms.size(need), trial.terms.light_mode)
        return [trial.lots.lot(ask, fresh=fresh)]

    def together(_: bool) -> list[list[Lot]]:
        passes: list[list[Lot]] = [[], []]
        for _turn in range(turns):
            for index, taken in enumerate(passes):
                _step(trial, taken, sizes[index], f"twinwire-{index + 1}")
        # A pass that begins again under a session that has got somewhere.
        passes.append([])
        _step(trial, passes[-1], sizes[0], "twinwire-1")
        return passes

    trial.confirm(alone, together, _undisturbed)


def _step(trial: Trial, taken: list[Lot], size: int, session: str) -> None:
    if taken and (not taken[-1].entries or taken[-1].cursor is None):
        return
    cursor = taken[-1].cursor if taken else None
    ask = Ask(trial.terms.canonical_type("json"), cursor, size, trial.terms.light_mode, session)
    answer = trial.lots.answer(trial.lots.request(ask), fresh=True)
    if trial.lots.session is not None and trial.terms.refuses(answer):
        raise Inconclusive("a session was given, and the target accepts no other", [answer])
    lot = trial.lots.judge(ask, answer)
    if not lot.succeeded:
        raise Violation("a lot under any session", "a refusal", [lot.answer])
    taken.append(lot)


def _undisturbed(alone: Sequence[Lot], passes: Sequence[Sequence[Lot]]) -> Violation | None:
    for taken in passes:
        path = Path(Start(None), tuple(taken))
        found = _sequence(alone, path)
        if found is not None:
            return found
    return None


@must("PAGE-10", "requests at the same time get what they get alone")
def concurrent_requests_get_what_they_get_alone(trial: Trial) -> None:
    """Send requests from several places, in several sizes and formats, at the same time; compare each with its answer alone."""
    asks = _crowd(trial)
    # A race is lost only now and then, so there is more than one; where the feed moves, each takes many requests to judge.
    for _ in range(1 if trial.exam.profile.thrifty or trial.exam.moving else 3):
        crowd = _Crowd(trial.lots, asks)
        for index in range(len(asks)):
            trial.confirm(partial(crowd.alone, index), partial(crowd.together, index), _unmixed)


def _unmixed(alone: Sequence[Lot], together: Lot) -> Violation | None:
    return unlike(alone[0], together, "alone", "among others at the same time")


class _Crowd:
    """Asks that are sent at the same time; one crowd serves every first look."""

    def __init__(self, lots: Lots, asks: Sequence[Ask]) -> None:
        self.lots = lots
        self.asks = asks
        self.first = lots.together(asks)

    def alone(self, index: int, fresh: bool) -> list[Lot]:
        return [self.lots.lot(self.asks[index], fresh=fresh)]

    def together(self, index: int, fresh: bool) -> Lot:
        return (self.lots.together(self.asks) if fresh else self.first)[index]


def _crowd(trial: Trial) -> list[Ask]:
    json, xml = (trial.terms.canonical_type(format_) for format_ in FORMATS)
    if trial.exam.profile.thrifty:
        # Lots that other rules have asked for anyway, so that only the crowd itself costs requests.
        others = trial.exam.heavy.moderate(xml)[:1] or [trial.exam.corpus("xml")[0]]
        return [trial.terms.sample(json), *others, trial.exam.corpus("json")[0], trial.terms.sample(xml)]
    starts = list(dict.fromkeys(start.cursor for start in trial.exam.starts))
    sizes = [trial.terms.size(number) for number in (2, 3, 50, 7)]
    asks = [
        Ask((json, xml)[index % 2], starts[index % len(starts)], sizes[index // 2 % len(sizes)], trial.terms.light_mode)
        for index in range(8)
    ]
    # Other modes among them, in small lots, as their answers are large: before some and after all.
    heavy = trial.exam.heavy.moderate(json)
    return [*asks[:3], *heavy, *asks[3:], *heavy]


def _violation(expected: str, got: str, path: Path) -> Violation:
    return Violation(expected, got, path.answers, table=path.table())
