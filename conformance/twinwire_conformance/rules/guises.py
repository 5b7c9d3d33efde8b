"""Variants of one request: caches, proxies and request coalescing mix them up, and some servers answer by client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from twinwire_conformance.contract import Ask
from twinwire_conformance.model import Answer, NotServed, Request, Violation
from twinwire_conformance.oracle.examination import Trial
from twinwire_conformance.oracle.lots import Lot
from twinwire_conformance.oracle.survey import largest
from twinwire_conformance.rules.registry import must
from twinwire_conformance.rules.twin import unlike
from twinwire_conformance.strategies import lenient_inputs
from twinwire_conformance.transport.clients import CLIENTS, PARTICULAR


@dataclass(frozen=True, slots=True)
class Guise:
    """A request that differs in one thing from the request before it.

    Args:
        differs: The name of that thing, for messages.
        ask: The page that the request must get.
        headers: Additional headers.
        altered: A parameter, as name and value, that makes the request unusual or invalid.
    """

    differs: str
    ask: Ask
    headers: tuple[tuple[str, str], ...] = ()
    altered: tuple[str, str] | None = None
    """A parameter that makes the request unusual or invalid, so that no page is expected; None for an ordinary request."""


GZIP = (("Accept-Encoding", "gzip"),)


@must("HTTP-10", "Requests that differ in one thing only each get their own response, in sequence and concurrently")
def requests_are_not_mixed_up(trial: Trial) -> None:
    """Send requests that differ in one thing from the one before, in sequence and then concurrently.

    A cache whose key lacks a header or parameter returns the response of the previous request.
    """
    previous: Guise | None = None
    chain = _chain(trial)
    for guise in chain[: 2 if trial.exam.profile.thrifty else None]:
        if guise.altered is not None:
            trial.lots.odd_answer(_request(trial, guise), fresh=True)
        else:
            _right_after(trial, previous, guise)
        previous = guise
    if not trial.exam.profile.thrifty:
        _at_once(trial)


def _right_after(trial: Trial, previous: Guise | None, guise: Guise) -> None:
    def subject(fresh: bool) -> Lot:
        if fresh and previous is not None:
            trial.lots.odd_answer(_request(trial, previous), fresh=True)
        return _page(trial, guise)

    when = f"right after a request that differs in {guise.differs}"
    trial.confirm(lambda fresh: [_expected(trial, guise, fresh=fresh)], subject, lambda lots, lot: _mixed(lots[0], lot, when))


def _at_once(trial: Trial) -> None:
    lots, terms = trial.lots, trial.terms
    json, xml = lots.media_types
    # Large pages take the server longer, so that the requests really overlap.
    ordinary = Ask(json, None, lots.size(230), terms.light_mode)
    packed = replace(ordinary, limit=lots.size(229))
    guises = [Guise("Accept-Encoding", packed, GZIP), Guise("nothing", ordinary), Guise("Accept-Encoding", packed)]
    guises += [Guise("Accept", replace(ordinary, media_type=xml))]
    few = replace(ordinary, limit=lots.size(12))
    heavy = [replace(few, mode=mode) for mode in terms.modes[1:]]
    guises += [Guise("the mode", each) for ask in heavy if trial.exam.heavy.fits(ask) for each in (few, ask, few, ask)]
    cursor = next((start.cursor for start in trial.exam.starts if start.cursor is not None), None)
    if cursor is not None:
        guises += [Guise("the cursor", replace(ordinary, cursor=cursor)), Guise("the cursor", ordinary)] * 2
    if terms.feed.session is not None and lots.session is None:
        guises.append(Guise("the session", replace(ordinary, session="twinwire-1", limit=lots.size(228))))
    guises.append(Guise("nothing", ordinary))
    requests = [_request(trial, guise) for guise in guises]
    for guise in guises:
        # Request each page alone first, to distinguish a feed that changed from responses that were mixed up.
        with trial.part():
            _expected(trial, guise, fresh=False)
    came = trial.exam.target.send_together(requests)
    for index, guise in enumerate(guises):

        def together(fresh: bool, index: int = index, guise: Guise = guise) -> Lot:
            answers = trial.exam.target.send_together(requests) if fresh else came
            return _served(trial, guise, answers[index])

        when = f"at the same time as requests that differ in one thing, such as {guise.differs}"
        trial.confirm(
            lambda fresh, guise=guise: [_expected(trial, guise, fresh=fresh)],  # type: ignore[misc]
            together,
            lambda lots, lot, when=when: _mixed(lots[0], lot, when),  # type: ignore[misc]
        )


def _expected(trial: Trial, guise: Guise, *, fresh: bool) -> Lot:
    """Return the page that a variant must get.

    The page is cut from the largest page where possible, because that is another request: a cache with an incomplete key could
    return the same wrong response again for an equal request.
    """
    ask = guise.ask
    limit = ask.limit or trial.terms.feed.limit.default
    apart = ask.mode is not trial.terms.light_mode or ask.cursor is not None or limit >= trial.lots.page_size
    if apart or trial.exam.survey.short:
        return trial.lots.lot(replace(ask, session=None), fresh=fresh)
    largest_page = trial.lots.lot(largest(trial.lots, None, ask.media_type), fresh=fresh)
    keys = frozenset(map(repr, largest_page.keys[: ask.limit or trial.terms.feed.limit.default]))
    return replace(largest_page.only(keys), ask=ask)


def _mixed(alone: Lot, lot: Lot, when: str) -> Violation | None:
    # A part of a larger page has no cursor and no remaining count of its own, so that only entries can be compared.
    pages = [page.only(frozenset(map(repr, page.keys))) for page in (alone, lot)]
    return unlike(pages[0], pages[1], "alone", when)


def _page(trial: Trial, guise: Guise) -> Lot:
    try:
        answer = trial.lots.odd_answer(_request(trial, guise), fresh=True, own=True)
    except NotServed as error:
        trial.lots.lot(replace(guise.ask, session=None))
        raise _unlike_alone(guise, error) from error
    return _served(trial, guise, answer)


def _unlike_alone(guise: Guise, error: NotServed) -> Violation:
    expected = f"the page that this request gets alone, after another request that differs in {guise.differs}"
    return Violation(expected, error.got, error.answers)


def _served(trial: Trial, guise: Guise, answer: Answer) -> Lot:
    """Return the page in a response to a variant.

    Raises:
        Violation: It is not a page, although the same request alone gets one.
    """
    try:
        lot = trial.lots.judge(guise.ask, answer)
    except NotServed as error:
        trial.lots.lot(replace(guise.ask, session=None))
        raise Violation(
            f"the page that this request gets alone, beside another request that differs in {guise.differs}",
            error.got,
            error.answers,
        ) from error
    if not guise.headers and answer.headers.get("content-encoding", "").lower() not in ("", "identity"):
        expected = "a body without a content coding, as none was offered"
        raise Violation(expected, f"Content-Encoding: {answer.headers['content-encoding']}, as for another request", [answer])
    return lot


def _request(trial: Trial, guise: Guise) -> Request:
    if guise.altered is not None:
        params = {trial.terms.feed.limit.parameter.name: str(guise.ask.limit)} | dict([guise.altered])
        return trial.lots.altered(guise.ask.media_type, *params.items())
    return replace(trial.lots.request(guise.ask), headers=guise.headers)


def _chain(trial: Trial) -> list[Guise]:
    """Return requests in sequence, each of which differs from the one before it in one thing."""
    lots, terms = trial.lots, trial.terms
    json, xml = lots.media_types
    # Many servers compress only bodies over a minimum size, such as 500 bytes (Starlette) or 1 KB (Express).
    first = Ask(json, None, lots.size(11), terms.light_mode)
    other = replace(first, media_type=xml)
    more = replace(other, limit=lots.size(12))
    back = replace(more, media_type=json)
    chain = [Guise("everything", first), Guise("Accept", other), Guise("the page size", more)]
    chain += [Guise("the page size", replace(more, limit=lots.page_size)), Guise("the page size", replace(more, limit=None))]
    # The compressed response comes first: a cache that ignores Accept-Encoding then sends it to a client without gzip.
    packed, plain = replace(more, limit=lots.size(14)), replace(back, limit=lots.size(15))
    chain += [Guise("Accept-Encoding", packed, GZIP), Guise("Accept-Encoding", packed), Guise("Accept", back)]
    chain += [Guise("Accept-Encoding", plain, GZIP), Guise("Accept-Encoding", plain)]
    heavy = [replace(back, mode=mode) for mode in terms.modes[1:]]
    for ask in (ask for ask in heavy if trial.exam.heavy.fits(ask)):
        chain += [Guise("the mode", ask), Guise("the mode", back)]
    cursor = next((start.cursor for start in trial.exam.starts if start.cursor is not None), None)
    if cursor is not None:
        chain += [Guise("the cursor", replace(back, cursor=cursor)), Guise("the cursor", back)]
    if terms.feed.session is not None and lots.session is None:
        common = "s" * ((terms.feed.session.type.max_length or 40) - 1)
        chain += [Guise("the session", replace(back, session=f"{common}1"))]
        chain += [Guise("the mode", replace(ask, session=f"{common}1")) for ask in heavy[:1] if trial.exam.heavy.fits(ask)]
        chain += [Guise("the end of the session", replace(back, session=f"{common}2")), Guise("the session", back)]
        # A load balancer may choose the server by session: several sessions reach several servers.
        chain += [Guise("the session", replace(back, session=name)) for name in ("a", "8", f"twinwire-{trial.exam.seed}")]
    ordinary = terms.sample(json)
    altered = [
        *lenient_inputs(terms)[:1],
        (terms.feed.limit.parameter.name, str(terms.feed.limit.maximum + 1)),
    ]
    chain += [each for param in altered for each in (Guise(param[0], ordinary, altered=param), Guise(param[0], ordinary))]
    if terms.feed.session is not None and lots.session is None and terms.feed.session.type.max_length is not None:
        longest = "s" * terms.feed.session.type.max_length
        # This page was not requested before, so that a cache stores the rejection first.
        unseen = replace(ordinary, limit=lots.size(16))
        chain += [Guise("the session", unseen, altered=(terms.feed.session.name, f"{longest}s"))]
        chain += [Guise("the end of the session", replace(unseen, session=longest))]
    return chain


@must("HTTP-11", "The result does not depend on the client: User-Agent, language, header order, connection and pauses")
def the_result_does_not_depend_on_who_asks(trial: Trial) -> None:
    """Repeat requests with the headers of ordinary clients, and compare the results with those of the suite's own requests."""
    thrifty = trial.exam.profile.thrifty
    for request, ask, who in _repeats(trial, thrifty=thrifty):
        with trial.part():
            trial.confirm(
                lambda fresh, ask=ask: [trial.lots.lot(ask, fresh=fresh)],  # type: ignore[misc]
                lambda fresh, ask=ask, request=request, who=who: _as_other(trial, ask, request, who, fresh=fresh),  # type: ignore[misc]
                lambda lots, lot, who=who: unlike(lots[0], lot, "sent by this kit", f"sent as {who}"),  # type: ignore[misc]
            )
    if not thrifty:
        _after_a_pause(trial)


def _as_other(trial: Trial, ask: Ask, request: Request, who: str, *, fresh: bool) -> Lot:
    expected = f"the page that this kit gets, also for {who}"
    try:
        answer = trial.lots.odd_answer(request, fresh=fresh, own=True)
        if answer.status in (401, 403, 407):
            raise Violation(expected, f"HTTP {answer.status}", [answer])
        return trial.lots.judge(ask, answer)
    except NotServed as error:
        trial.lots.lot(ask)
        raise Violation(expected, error.got, error.answers) from error


def _repeats(trial: Trial, *, thrifty: bool) -> Iterator[tuple[Request, Ask, str]]:
    lots, terms = trial.lots, trial.terms
    json, xml = lots.media_types
    if thrifty:
        # One request varies both: another client, and a new connection on which it is the first request.
        ask = terms.sample(xml)
        yield replace(lots.request(ask), client=CLIENTS[0], fresh_connection=True), ask, CLIENTS[0].name
        return
    # Twelve entries show a server that gives other clients smaller pages. Binary content is requested where it is not huge.
    few = Ask(json, trial.exam.heavy.odd, lots.size(12), terms.light_mode)
    asks = [ask for ask in (replace(few, mode=mode) for mode in terms.modes[1:]) if trial.exam.heavy.fits(ask)] or [few]
    for index, client in enumerate(CLIENTS[: trial.exam.profile.clients]):
        ask = replace(asks[index % len(asks)], media_type=(json, xml)[index % 2])
        yield replace(lots.request(ask), client=client), ask, client.name
    for client in PARTICULAR:
        for media_type in dict.fromkeys((xml, json)):
            # The first page has the largest remaining count, which shows thousands separators (1.200 or 1,200) by language.
            ask = Ask(media_type, None, lots.size(12), terms.light_mode)
            yield replace(lots.request(ask), client=client), ask, client.name
    # One client traverses the feed: a server that recognises the kit may return other pages to other clients.
    cursor: str | None = None
    for size in (3, 130, 64):
        ask = Ask(json, cursor, lots.size(size), terms.light_mode)
        yield replace(lots.request(ask), client=CLIENTS[0]), ask, CLIENTS[0].name
        cursor = lots.lot(ask).cursor
        if cursor is None:
            break
    # The first request on a connection, without a page size, relies on the server's defaults most.
    ask = Ask(json, None, None, terms.light_mode)
    yield replace(lots.request(ask), fresh_connection=True), ask, "the same client on a new connection"
    # Some servers close the connection before the whole of a large body is sent.
    large = [replace(each, media_type=xml) for each in trial.exam.heavy.larger()]
    for ask in large[:1] or [Ask(xml, None, lots.page_size, terms.light_mode)]:
        close = replace(lots.request(ask), fresh_connection=True, headers=(("Connection", "close"),))
        yield close, ask, "the same client on a connection that closes after the response"


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
