"""One request in several guises: mixed up by caches, proxies and coalescing, or answered by who asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from twinwire_conformance.contract import Ask
from twinwire_conformance.model import Request, Violation
from twinwire_conformance.oracle.examination import Trial
from twinwire_conformance.oracle.lots import Lot
from twinwire_conformance.reading import difference
from twinwire_conformance.rules.registry import must
from twinwire_conformance.rules.twin import unlike
from twinwire_conformance.transport.clients import CLIENTS


@dataclass(frozen=True, slots=True)
class Guise:
    """A request that differs from the ordinary one in one thing: how it is named, what is sent, and the page it must get."""

    name: str
    ask: Ask
    headers: tuple[tuple[str, str], ...] = ()


@must("HTTP-10", "Requests that differ in one thing only are never mixed up, one after the other or at the same time")
def requests_are_not_mixed_up(trial: Trial) -> None:
    """Send an ordinary request and, right after it and at the same time, others that differ from it in one thing only."""
    ordinary, guises = _guises(trial)
    if trial.exam.profile.thrifty:
        guises = guises[:3]
    trial.lots.lot(ordinary, fresh=True)
    for guise in guises:
        with trial.part():
            trial.confirm(
                lambda fresh, guise=guise: [_expected(trial, guise, fresh=fresh)],  # type: ignore[misc]
                lambda fresh, guise=guise: _right_after(trial, ordinary, guise, fresh=fresh),  # type: ignore[misc]
                lambda lots, lot, guise=guise: _mixed(lots[0], lot, f"right after one that differs in {guise.name}"),  # type: ignore[misc]
            )
    if trial.exam.profile.thrifty:
        return
    with trial.part():
        _at_once(trial, [Guise("nothing", ordinary), *guises])


def _at_once(trial: Trial, guises: Sequence[Guise]) -> None:
    requests = [_request(trial, guise) for guise in guises]
    came = trial.exam.target.send_together(requests)
    for index, guise in enumerate(guises):
        first = [trial.lots.judge(guise.ask, came[index])]

        def together(fresh: bool, index: int = index, guise: Guise = guise, first: list[Lot] = first) -> Lot:
            if not fresh:
                return first[0]
            return trial.lots.judge(guise.ask, trial.exam.target.send_together(requests)[index])

        with trial.part():
            trial.confirm(
                lambda fresh, guise=guise: [_expected(trial, guise, fresh=fresh)],  # type: ignore[misc]
                together,
                lambda lots, lot, guise=guise: _mixed(  # type: ignore[misc]
                    lots[0], lot, f"at the same time as others, from which it differs in {guise.name}"
                ),
            )


def _right_after(trial: Trial, ordinary: Ask, guise: Guise, *, fresh: bool) -> Lot:
    if fresh:
        trial.lots.lot(ordinary, fresh=True)
    return _page(trial, guise, fresh=True)


def _expected(trial: Trial, guise: Guise, *, fresh: bool) -> Lot:
    """Return the page that a guise must get: at first from the baseline traversal, which was long before."""
    known = trial.exam.survey.lots
    if fresh or not known or guise.ask.mode is not trial.terms.light_mode or guise.ask.cursor is not None:
        return _page(trial, guise, fresh=fresh)
    keys = frozenset(map(repr, known[0].keys[: guise.ask.limit]))
    return replace(known[0].only(keys), ask=guise.ask)


def _mixed(alone: Lot, lot: Lot, when: str) -> Violation | None:
    found = difference([*alone.entries], [*lot.entries], f"$.{alone.terms.feed.entries.wire}")
    if found is None:
        return None
    path, one, other = found
    return Violation(f"{one}, as alone", f"{other} {when}", [alone.answer, lot.answer], path=path)


def _page(trial: Trial, guise: Guise, *, fresh: bool) -> Lot:
    if not guise.headers:
        return trial.lots.lot(guise.ask, fresh=fresh)
    return trial.lots.judge(guise.ask, trial.lots.answer(_request(trial, guise), fresh=fresh))


def _request(trial: Trial, guise: Guise) -> Request:
    return replace(trial.lots.request(guise.ask), headers=guise.headers)


def _guises(trial: Trial) -> tuple[Ask, list[Guise]]:
    """Return an ordinary request and its guises."""
    lots, terms = trial.lots, trial.terms
    json, xml = lots.media_types
    # Large enough that a server which compresses does so.
    ordinary = Ask(json, None, lots.size(11), terms.light_mode)
    guises = [Guise("Accept", replace(ordinary, media_type=xml))] if xml != json else []
    guises += [Guise("the page size", replace(ordinary, limit=lots.size(12)))]
    others = [replace(ordinary, mode=mode) for mode in terms.modes[1:]]
    guises += [Guise("the mode", ask) for ask in others if trial.exam.heavy.fits(ask)]
    cursor = next((start.cursor for start in trial.exam.starts if start.cursor is not None), None)
    if cursor is not None:
        guises.append(Guise("the cursor", replace(ordinary, cursor=cursor)))
    guises.append(Guise("Accept-Encoding", ordinary, (("Accept-Encoding", "gzip"),)))
    if terms.feed.session is not None and lots.session is None:
        most = terms.feed.session.type.max_length or 40
        common = "s" * (most - 1)
        guises.append(Guise("the session", replace(ordinary, session=f"{common}1")))
        guises.append(Guise("the end of the session", replace(ordinary, session=f"{common}2", limit=lots.size(13))))
    return ordinary, guises


@must("HTTP-11", "The result does not depend on who asks: client, language, header order, connection and pauses")
def the_result_does_not_depend_on_who_asks(trial: Trial) -> None:
    """Repeat requests as ordinary clients send them, and compare what comes with what the suite gets under its own name."""
    thrifty = trial.exam.profile.thrifty
    for request, ask, who in _repeats(trial, thrifty=thrifty):
        with trial.part():
            trial.confirm(
                lambda fresh, ask=ask: [trial.lots.lot(ask, fresh=fresh)],  # type: ignore[misc]
                lambda fresh, ask=ask, request=request: _as_other(trial, ask, request, fresh=fresh),  # type: ignore[misc]
                lambda lots, lot, who=who: unlike(lots[0], lot, "sent by this kit", f"sent as by {who}"),  # type: ignore[misc]
            )
    if not thrifty:
        _after_a_pause(trial)


def _as_other(trial: Trial, ask: Ask, request: Request, *, fresh: bool) -> Lot:
    return trial.lots.judge(ask, trial.lots.answer(request, fresh=fresh))


def _repeats(trial: Trial, *, thrifty: bool) -> Iterator[tuple[Request, Ask, str]]:
    lots, terms = trial.lots, trial.terms
    json, xml = lots.media_types
    if thrifty:
        ask = terms.sample(json)
        yield replace(lots.request(ask), client=CLIENTS[0]), ask, CLIENTS[0].name
        return
    asks = [Ask(json, None, lots.page_size, terms.light_mode), trial.exam.odd(xml), trial.exam.odd(json)]
    asks += trial.exam.heavy.moderate(xml)
    starts = [start.cursor for start in trial.exam.starts]
    asks += [terms.sample(media_type, cursor) for media_type, cursor in zip((xml, json), starts[-2:], strict=False)]
    for index, client in enumerate(CLIENTS):
        ask = asks[index % len(asks)]
        yield replace(lots.request(ask), client=client), ask, client.name
    # One of them goes through the feed: a server may give other pages to who is not known to test it.
    cursor: str | None = None
    for size in (3, 7, 64):
        ask = Ask(json, cursor, lots.size(size), terms.light_mode)
        yield replace(lots.request(ask), client=CLIENTS[0]), ask, CLIENTS[0].name
        cursor = lots.lot(ask).cursor
        if cursor is None:
            break
    ask = terms.sample(json)
    yield replace(lots.request(ask), fresh_connection=True), ask, "the same client on a new connection"


def _after_a_pause(trial: Trial) -> None:
    ask = trial.terms.sample(trial.lots.media_types[0])
    seconds = trial.exam.profile.pause

    def paused(fresh: bool) -> Lot:
        if fresh or not trial.exam.moving:
            trial.exam.target.pause(seconds)
        return trial.lots.lot(ask, fresh=True)

    with trial.part():
        trial.confirm(
            lambda fresh: [trial.lots.lot(ask, fresh=fresh)],
            paused,
            lambda lots, lot: unlike(lots[0], lot, "in quick succession", f"after a pause of {seconds:g} s"),
        )
