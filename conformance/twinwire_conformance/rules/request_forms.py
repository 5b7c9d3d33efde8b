"""Variants of one request: caches, proxies and request coalescing mix them up, and some servers answer by client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from twinwire_conformance.contract import PageRequest
from twinwire_conformance.findings import NotServed, Violation
from twinwire_conformance.model import Request, Response
from twinwire_conformance.oracle.baseline import largest
from twinwire_conformance.oracle.page import Page
from twinwire_conformance.oracle.rule_context import RuleContext
from twinwire_conformance.rules.registry import must
from twinwire_conformance.rules.twin import unlike
from twinwire_conformance.strategies import lenient_inputs
from twinwire_conformance.transport.clients import CLIENTS, PARTICULAR


@dataclass(frozen=True, slots=True)
class RequestForm:
    """A request that differs in one thing from the request before it.

    Args:
        differs: The name of that thing, for messages.
        page_request: The page that the request must get.
        headers: Additional headers.
        altered: A parameter, as name and value, that makes the request unusual or invalid.
    """

    differs: str
    page_request: PageRequest
    headers: tuple[tuple[str, str], ...] = ()
    altered: tuple[str, str] | None = None
    """A parameter that makes the request unusual or invalid, so that no page is expected; None for an ordinary request."""


GZIP = (("Accept-Encoding", "gzip"),)


@must("HTTP-10", "Requests that differ in one thing only each get their own response, in sequence and concurrently")
def requests_are_not_mixed_up(context: RuleContext) -> None:
    """Send requests that differ in one thing from the one before, in sequence and then concurrently.

    A cache whose key lacks a header or parameter returns the response of the previous request.
    """
    previous: RequestForm | None = None
    chain = _chain(context)
    for form in chain[: 2 if context.run_context.profile.thrifty else None]:
        if form.altered is not None:
            context.page_client.odd_response(_request(context, form), fresh=True)
        else:
            _right_after(context, previous, form)
        previous = form
    if not context.run_context.profile.thrifty:
        _at_once(context)


def _right_after(context: RuleContext, previous: RequestForm | None, form: RequestForm) -> None:
    def subject(fresh: bool) -> Page:
        if fresh and previous is not None:
            context.page_client.odd_response(_request(context, previous), fresh=True)
        return _page(context, form)

    when = f"right after a request that differs in {form.differs}"
    context.confirm(
        lambda fresh: [_expected(context, form, fresh=fresh)], subject, lambda pages, page: _mixed(pages[0], page, when)
    )


def _at_once(context: RuleContext) -> None:
    page_client, contract = context.page_client, context.contract
    json, xml = page_client.media_types
    # Large pages take the server longer, so that the requests really overlap.
    ordinary = PageRequest(json, None, page_client.size(230), contract.link_mode)
    packed = replace(ordinary, limit=page_client.size(229))
    forms = [
        RequestForm("Accept-Encoding", packed, GZIP),
        RequestForm("nothing", ordinary),
        RequestForm("Accept-Encoding", packed),
    ]
    forms += [RequestForm("Accept", replace(ordinary, media_type=xml))]
    few = replace(ordinary, limit=page_client.size(12))
    binary = [replace(few, mode=mode) for mode in contract.modes[1:]]
    forms += [
        RequestForm("the mode", each)
        for page_request in binary
        if context.run_context.binary.fits(page_request)
        for each in (few, page_request, few, page_request)
    ]
    cursor = next((start.cursor for start in context.run_context.starts if start.cursor is not None), None)
    if cursor is not None:
        forms += [RequestForm("the cursor", replace(ordinary, cursor=cursor)), RequestForm("the cursor", ordinary)] * 2
    if contract.feed.session is not None and page_client.session is None:
        forms.append(RequestForm("the session", replace(ordinary, session="twinwire-1", limit=page_client.size(228))))
    forms.append(RequestForm("nothing", ordinary))
    requests = [_request(context, form) for form in forms]
    for form in forms:
        # Request each page alone first, to distinguish a feed that changed from responses that were mixed up.
        with context.part():
            _expected(context, form, fresh=False)
    came = context.run_context.target.send_together(requests)
    for index, form in enumerate(forms):

        def together(fresh: bool, index: int = index, form: RequestForm = form) -> Page:
            responses = context.run_context.target.send_together(requests) if fresh else came
            return _served(context, form, responses[index])

        when = f"at the same time as requests that differ in one thing, such as {form.differs}"
        context.confirm(
            lambda fresh, form=form: [_expected(context, form, fresh=fresh)],  # type: ignore[misc]
            together,
            lambda pages, page, when=when: _mixed(pages[0], page, when),  # type: ignore[misc]
        )


def _expected(context: RuleContext, form: RequestForm, *, fresh: bool) -> Page:
    """Return the page that a variant must get.

    The page is cut from the largest page where possible, because that is another request: a cache with an incomplete key could
    return the same wrong response again for an equal request.
    """
    page_request = form.page_request
    limit = page_request.limit or context.contract.feed.limit.default
    apart = (
        page_request.mode is not context.contract.link_mode
        or page_request.cursor is not None
        or limit >= context.page_client.page_size
    )
    if apart or context.run_context.baseline.short:
        return context.page_client.page(replace(page_request, session=None), fresh=fresh)
    largest_page = context.page_client.page(largest(context.page_client, None, page_request.media_type), fresh=fresh)
    keys = frozenset(map(repr, largest_page.keys[: page_request.limit or context.contract.feed.limit.default]))
    return replace(largest_page.only(keys), page_request=page_request)


def _mixed(alone: Page, page: Page, when: str) -> Violation | None:
    # A part of a larger page has no cursor and no remaining count of its own, so that only entries can be compared.
    pages = [page.only(frozenset(map(repr, page.keys))) for page in (alone, page)]
    return unlike(pages[0], pages[1], "alone", when)


def _page(context: RuleContext, form: RequestForm) -> Page:
    try:
        response = context.page_client.odd_response(_request(context, form), fresh=True, own=True)
    except NotServed as error:
        context.page_client.page(replace(form.page_request, session=None))
        raise _unlike_alone(form, error) from error
    return _served(context, form, response)


def _unlike_alone(form: RequestForm, error: NotServed) -> Violation:
    expected = f"the page that this request gets alone, after another request that differs in {form.differs}"
    return Violation(expected, error.got, error.responses)


def _served(context: RuleContext, form: RequestForm, response: Response) -> Page:
    """Return the page in a response to a variant.

    Raises:
        Violation: It is not a page, although the same request alone gets one.
    """
    try:
        page = context.page_client.judge(form.page_request, response)
    except NotServed as error:
        context.page_client.page(replace(form.page_request, session=None))
        raise Violation(
            f"the page that this request gets alone, beside another request that differs in {form.differs}",
            error.got,
            error.responses,
        ) from error
    if not form.headers and response.headers.get("content-encoding", "").lower() not in ("", "identity"):
        expected = "a body without a content coding, as none was offered"
        raise Violation(
            expected, f"Content-Encoding: {response.headers['content-encoding']}, as for another request", [response]
        )
    return page


def _request(context: RuleContext, form: RequestForm) -> Request:
    if form.altered is not None:
        params = {context.contract.feed.limit.parameter.name: str(form.page_request.limit)} | dict([form.altered])
        return context.page_client.altered(form.page_request.media_type, *params.items())
    return replace(context.page_client.request(form.page_request), headers=form.headers)


def _chain(context: RuleContext) -> list[RequestForm]:
    """Return requests in sequence, each of which differs from the one before it in one thing."""
    page_client, contract = context.page_client, context.contract
    json, xml = page_client.media_types
    # Many servers compress only bodies over a minimum size, such as 500 bytes (Starlette) or 1 KB (Express).
    first = PageRequest(json, None, page_client.size(11), contract.link_mode)
    other = replace(first, media_type=xml)
    more = replace(other, limit=page_client.size(12))
    back = replace(more, media_type=json)
    chain = [RequestForm("everything", first), RequestForm("Accept", other), RequestForm("the page size", more)]
    chain += [
        RequestForm("the page size", replace(more, limit=page_client.page_size)),
        RequestForm("the page size", replace(more, limit=None)),
    ]
    # The compressed response comes first: a cache that ignores Accept-Encoding then sends it to a client without gzip.
    packed, plain = replace(more, limit=page_client.size(14)), replace(back, limit=page_client.size(15))
    chain += [RequestForm("Accept-Encoding", packed, GZIP), RequestForm("Accept-Encoding", packed), RequestForm("Accept", back)]
    chain += [RequestForm("Accept-Encoding", plain, GZIP), RequestForm("Accept-Encoding", plain)]
    binary = [replace(back, mode=mode) for mode in contract.modes[1:]]
    for page_request in (page_request for page_request in binary if context.run_context.binary.fits(page_request)):
        chain += [RequestForm("the mode", page_request), RequestForm("the mode", back)]
    cursor = next((start.cursor for start in context.run_context.starts if start.cursor is not None), None)
    if cursor is not None:
        chain += [RequestForm("the cursor", replace(back, cursor=cursor)), RequestForm("the cursor", back)]
    if contract.feed.session is not None and page_client.session is None:
        common = "s" * ((contract.feed.session.type.max_length or 40) - 1)
        chain += [RequestForm("the session", replace(back, session=f"{common}1"))]
        chain += [
            RequestForm("the mode", replace(page_request, session=f"{common}1"))
            for page_request in binary[:1]
            if context.run_context.binary.fits(page_request)
        ]
        chain += [RequestForm("the end of the session", replace(back, session=f"{common}2")), RequestForm("the session", back)]
        # A load balancer may choose the server by session: several sessions reach several servers.
        chain += [
            RequestForm("the session", replace(back, session=name))
            for name in ("a", "8", f"twinwire-{context.run_context.seed}")
        ]
    ordinary = contract.sample(json)
    altered = [
        *lenient_inputs(contract)[:1],
        (contract.feed.limit.parameter.name, str(contract.feed.limit.maximum + 1)),
    ]
    chain += [
        each for param in altered for each in (RequestForm(param[0], ordinary, altered=param), RequestForm(param[0], ordinary))
    ]
    if contract.feed.session is not None and page_client.session is None and contract.feed.session.type.max_length is not None:
        longest = "s" * contract.feed.session.type.max_length
        # This page was not requested before, so that a cache stores the rejection first.
        unseen = replace(ordinary, limit=page_client.size(16))
        chain += [RequestForm("the session", unseen, altered=(contract.feed.session.name, f"{longest}s"))]
        chain += [RequestForm("the end of the session", replace(unseen, session=longest))]
    return chain


@must("HTTP-11", "The result does not depend on the client: User-Agent, language, header order, connection and pauses")
def the_result_does_not_depend_on_who_asks(context: RuleContext) -> None:
    """Repeat requests with the headers of ordinary clients, and compare the results with those of the suite's own requests."""
    thrifty = context.run_context.profile.thrifty
    for request, page_request, who in _repeats(context, thrifty=thrifty):
        with context.part():
            context.confirm(
                lambda fresh, page_request=page_request: [context.page_client.page(page_request, fresh=fresh)],  # type: ignore[misc]
                lambda fresh, page_request=page_request, request=request, who=who: _as_other(
                    context, page_request, request, who, fresh=fresh
                ),  # type: ignore[misc]
                lambda pages, page, who=who: unlike(pages[0], page, "sent by this kit", f"sent as {who}"),  # type: ignore[misc]
            )
    if not thrifty:
        _after_a_pause(context)


def _as_other(context: RuleContext, page_request: PageRequest, request: Request, who: str, *, fresh: bool) -> Page:
    expected = f"the page that this kit gets, also for {who}"
    try:
        response = context.page_client.odd_response(request, fresh=fresh, own=True)
        if response.status in (401, 403, 407):
            raise Violation(expected, f"HTTP {response.status}", [response])
        return context.page_client.judge(page_request, response)
    except NotServed as error:
        context.page_client.page(page_request)
        raise Violation(expected, error.got, error.responses) from error


def _repeats(context: RuleContext, *, thrifty: bool) -> Iterator[tuple[Request, PageRequest, str]]:
    page_client, contract = context.page_client, context.contract
    json, xml = page_client.media_types
    if thrifty:
        # One request varies both: another client, and a new connection on which it is the first request.
        page_request = contract.sample(xml)
        yield (
            replace(page_client.request(page_request), client=CLIENTS[0], fresh_connection=True),
            page_request,
            CLIENTS[0].name,
        )
        return
    # Twelve entries show a server that gives other clients smaller pages. Binary content is requested where it is not huge.
    few = PageRequest(json, context.run_context.binary.odd, page_client.size(12), contract.link_mode)
    page_requests = [
        page_request
        for page_request in (replace(few, mode=mode) for mode in contract.modes[1:])
        if context.run_context.binary.fits(page_request)
    ] or [few]
    for index, client in enumerate(CLIENTS[: context.run_context.profile.clients]):
        page_request = replace(page_requests[index % len(page_requests)], media_type=(json, xml)[index % 2])
        yield replace(page_client.request(page_request), client=client), page_request, client.name
    for client in PARTICULAR:
        for media_type in dict.fromkeys((xml, json)):
            # The first page has the largest remaining count, which shows thousands separators (1.200 or 1,200) by language.
            page_request = PageRequest(media_type, None, page_client.size(12), contract.link_mode)
            yield replace(page_client.request(page_request), client=client), page_request, client.name
    # One client traverses the feed: a server that recognises the kit may return other pages to other clients.
    cursor: str | None = None
    for size in (3, 130, 64):
        page_request = PageRequest(json, cursor, page_client.size(size), contract.link_mode)
        yield replace(page_client.request(page_request), client=CLIENTS[0]), page_request, CLIENTS[0].name
        cursor = page_client.page(page_request).cursor
        if cursor is None:
            break
    # The first request on a connection, without a page size, relies on the server's defaults most.
    page_request = PageRequest(json, None, None, contract.link_mode)
    yield replace(page_client.request(page_request), fresh_connection=True), page_request, "the same client on a new connection"
    # Some servers close the connection before the whole of a large body is sent.
    large = [replace(each, media_type=xml) for each in context.run_context.binary.larger()]
    for page_request in large[:1] or [PageRequest(xml, None, page_client.page_size, contract.link_mode)]:
        close = replace(page_client.request(page_request), fresh_connection=True, headers=(("Connection", "close"),))
        yield close, page_request, "the same client on a connection that closes after the response"


def _after_a_pause(context: RuleContext) -> None:
    page_request = context.contract.sample(context.page_client.media_types[0])
    seconds = context.run_context.profile.pause

    def paused(fresh: bool) -> Page:
        if fresh or not context.run_context.moving:
            context.run_context.target.pause(seconds)
        return context.page_client.page(page_request, fresh=True)

    with context.part():
        context.confirm(
            lambda fresh: [context.page_client.page(page_request, fresh=fresh)],
            paused,
            lambda pages, page: unlike(pages[0], page, "in quick succession", f"after a pause of {seconds:g} s"),
        )
