"""Paging: interleaved traversals (PAGE-09) and concurrent requests (PAGE-10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from twinwire_conformance.contract import Ask
from twinwire_conformance.model import Answer, Inconclusive, NotServed, Skipped, Violation
from twinwire_conformance.oracle.examination import Trial
from twinwire_conformance.oracle.lots import Lot, Lots
from twinwire_conformance.oracle.survey import Start, take
from twinwire_conformance.oracle.walks import Path
from twinwire_conformance.rules.page import every_cutting_gives_the_same_sequence
from twinwire_conformance.rules.registry import must
from twinwire_conformance.rules.twin import unlike

_NAMES = ("1", "2")
# Session and page size of each step. Session 1 is ahead at first with the same page size; later the sizes differ.
# A server that keeps one position for all sessions returns the second page of session 1 to session 2.
_PLAN = (("1", 3), ("1", 3), ("2", 3), ("1", 3), ("2", 3), ("2", 5), ("1", 3), ("2", 5))
_SHORT = (("1", 3), ("1", 3), ("2", 3), ("1", 3))


@must("PAGE-09", "Traversals interleaved under different sessions do not disturb each other")
def sessions_do_not_disturb_each_other(trial: Trial) -> None:
    """Interleave two traversals of different pages under two sessions, and compare each with the same traversal alone."""
    if trial.terms.feed.session is None:
        raise Skipped("the contract has no sessions")
    trial.exam.survey.need()
    plan = [(name, trial.lots.size(size)) for name, size in (_SHORT if trial.exam.profile.thrifty else _PLAN)]

    def alone(fresh: bool) -> list[Lot]:
        need = max(sum(size for each, size in plan if each == name) for name in _NAMES)
        if not fresh:
            return take(trial.lots, trial.exam.starts[0], need, fresh)
        # Request no more than needed: the fewer entries are compared, the likelier none of them changed meanwhile.
        ask = Ask(trial.lots.media_types[0], None, trial.lots.size(need), trial.terms.light_mode)
        return [trial.lots.lot(ask, fresh=fresh)]

    def together(_: bool) -> list[Path]:
        taken: dict[str, list[Lot]] = {name: [] for name in _NAMES}
        for name, size in plan:
            _step(trial, taken[name], size, f"twinwire-{name}")
        # A server that keeps its position by session goes on here instead of beginning again.
        again: list[Lot] = []
        _step(trial, again, plan[0][1], f"twinwire-{plan[0][0]}")
        return [_path(each) for each in (*taken.values(), again)]

    try:
        trial.confirm(alone, together, _undisturbed)
    except NotServed:
        raise
    except Violation as found:
        raise _unless_alone_too(trial, found, plan, alone) from None


def _unless_alone_too(
    trial: Trial, found: Violation, plan: Sequence[tuple[str, int]], alone: Callable[[bool], list[Lot]]
) -> Violation:
    """Return the violation, or one of PAGE-03 when the same traversals also fail without interleaving."""
    paths = []
    for name in _NAMES:
        taken: list[Lot] = []
        for size in (size for each, size in plan if each == name):
            _step(trial, taken, size, None)
        paths.append(_path(taken))
    again = _undisturbed(alone(True), paths)
    if again is None:
        return found
    return NotServed(
        "PAGE-03",
        "traversals that are correct without interleaving",
        "the same traversals fail without interleaving, too",
        again.answers,
    )


def _path(taken: Sequence[Lot]) -> Path:
    return Path(Start(None), tuple(taken), ended=bool(taken) and not taken[-1].size)


def _step(trial: Trial, taken: list[Lot], size: int, session: str | None) -> None:
    if taken and (not taken[-1].size or taken[-1].cursor is None):
        return
    cursor = taken[-1].cursor if taken else None
    ask = Ask(trial.lots.media_types[0], cursor, size, trial.terms.light_mode, session)
    answer: Answer = trial.lots.answer(trial.lots.request(ask), fresh=True)
    if session is not None and trial.lots.session is not None and trial.terms.refuses(answer):
        raise Inconclusive(
            "the session given by --session is accepted, and the sessions of this rule are not: it needs two", [answer]
        )
    lot = trial.lots.judge(ask, answer)
    if not lot.succeeded:
        raise Violation("a page under any session", "a rejection", [lot.answer])
    taken.append(lot)


def _undisturbed(alone: Sequence[Lot], paths: Sequence[Path]) -> Violation | None:
    for path in paths:
        found = every_cutting_gives_the_same_sequence(alone, path)
        if found is not None:
            return found
    return None


@must("PAGE-10", "Concurrent requests get the same pages as requests that are sent alone")
def concurrent_requests_get_what_they_get_alone(trial: Trial) -> None:
    """Send concurrent requests, and compare each page with the same page requested alone.

    The requests differ in start, page size, representation and content mode.
    """
    asks = _crowd(trial)
    # A race condition shows only now and then, so that requests are sent several times. On a changing feed once is enough:
    # each difference takes many requests to confirm there.
    for _ in range(1 if trial.exam.moving else trial.exam.profile.crowds):
        crowd = _Crowd(trial.lots, asks)
        for index in range(len(asks)):
            with trial.part():
                try:
                    trial.confirm(partial(crowd.alone, index), partial(crowd.together, index), _unmixed)
                except NotServed:
                    raise
                except Violation as found:
                    raise _unless_unstable(trial, asks[index], found) from None


def _unless_unstable(trial: Trial, ask: Ask, found: Violation) -> Violation:
    """Return the violation, or one of PAGE-04 when the same request sent alone also returns different pages."""
    pages = [trial.lots.lot(ask, fresh=True) for _ in range(4)]
    again = next((each for each in (_unmixed([pages[0]], page) for page in pages[1:]) if each is not None), None)
    if again is None or trial.exam.moving:
        return found
    return NotServed(
        "PAGE-04",
        "pages that are repeatable without concurrent requests",
        "different pages for the same request sent alone",
        again.answers,
    )


def _unmixed(alone: Sequence[Lot], together: Lot) -> Violation | None:
    return unlike(alone[0], together, "alone", "among concurrent requests")


class _Crowd:
    """A group of concurrent requests. The first look at each of them uses the responses of one sending."""

    def __init__(self, lots: Lots, asks: Sequence[Ask]) -> None:
        self.lots = lots
        self.asks = asks
        for ask in asks:
            # Request each page alone first, to distinguish a feed that changed from requests that disturb each other.
            with suppress(NotServed):
                lots.lot(ask)
        self.first = self._send()

    def alone(self, index: int, fresh: bool) -> list[Lot]:
        return [self.lots.lot(self.asks[index], fresh=fresh)]

    def together(self, index: int, fresh: bool) -> Lot:
        """Return the page for one of the concurrent requests.

        Args:
            index: The place of the request in the group.
            fresh: Whether to send the whole group again.

        Raises:
            Violation: The page is not served, although it is when requested alone.
        """
        answer = (self._send() if fresh else self.first)[index]
        try:
            return self.lots.judge(self.asks[index], answer)
        except NotServed as error:
            self.lots.lot(self.asks[index])
            raise Violation(
                "the page that this request gets alone", f"{error.got} among concurrent requests", error.answers
            ) from error

    def _send(self) -> list[Answer]:
        return self.lots.target.send_together([self.lots.request(ask) for ask in self.asks])


def _crowd(trial: Trial) -> list[Ask]:
    json, xml = trial.lots.media_types
    if trial.exam.profile.thrifty:
        # Other rules request the same pages, so that only the concurrent requests themselves cost anything.
        others = trial.exam.heavy.moderate(xml)[:1] or [trial.terms.sample(xml)]
        return [trial.terms.sample(json), *others]
    starts = list(dict.fromkeys(start.cursor for start in trial.exam.starts))
    sizes = [trial.lots.size(number) for number in (2, 3, 50, 7)]
    asks = [
        Ask((json, xml)[index % 2], starts[index % len(starts)], sizes[index // 2 % len(sizes)], trial.terms.light_mode)
        for index in range(8)
    ]
    # Binary pages take longest. Sent among and after the others, they overlap with both quick and slow responses.
    heavy = trial.exam.heavy.moderate(json)
    return [*asks[:3], *heavy, *asks[3:], *heavy]
