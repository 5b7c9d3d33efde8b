"""HTTP and content negotiation (HTTP-01 to HTTP-08 and HTTP-12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus

from twinwire_conformance.contract import FORMATS, PageRequest
from twinwire_conformance.decoding import Undecodable
from twinwire_conformance.findings import NotServed, Violation
from twinwire_conformance.model import Response
from twinwire_conformance.oracle.baseline import largest
from twinwire_conformance.oracle.page import Page
from twinwire_conformance.oracle.rule_context import RuleContext
from twinwire_conformance.oracle.traversals import Traversal
from twinwire_conformance.rules.registry import must, should
from twinwire_conformance.rules.twin import unlike


def _corpus_is_served(context: RuleContext) -> None:
    """Request pages from every known start, in every content mode and representation."""
    if context.run_context.baseline.broken is not None:
        with context.part():
            raise context.run_context.baseline.broken
    for page_request in [
        *context.run_context.binary.plain(),
        *context.run_context.corpus("json"),
        *context.run_context.corpus("xml"),
    ]:
        with context.part():
            context.page_client.page(page_request)
            context.observe()


@must.traversal(
    "HTTP-01", "A valid request gets HTTP 200 and a result with the success code", also=_corpus_is_served, empty=True
)
def valid_requests_succeed(_reference: Sequence[Page], _path: Traversal) -> Violation | None:
    """Take every traversal. A page that is not served ends the traversal with NotServed, which fails this rule."""
    return None


@must("HTTP-02", "Each documented media type, requested alone, gets its representation with a matching Content-Type")
def each_media_type_gets_its_own(context: RuleContext) -> None:
    """Request every media type at the beginning and near the end of the feed, and check the Content-Type and the body."""
    for cursor in context.run_context.label_cursors:
        for media_type in context.contract.media_types:
            response = context.page_client.response(context.page_client.request(context.contract.sample(media_type, cursor)))
            format_ = context.contract.format_of(media_type) or "json"
            group = context.contract.representation(format_)
            allowed = tuple(dict.fromkeys((*group.labels, *group.media_types)))
            if response.status != 200 and not context.page_client.broken:
                raise Violation(f"HTTP 200 for Accept: {media_type}", _label(response), [response])
            if response.media_type not in allowed:
                raise Violation(f"one of {', '.join(allowed)} for Accept: {media_type}", _label(response), [response])
            with context.part():
                context.page_client.judge(context.contract.sample(media_type, cursor), response)
                context.observe()


@should("HTTP-03", "The Content-Type equals the media type requested, and a JSON body is not declared to be a form")
def each_label_is_the_type_asked_for(context: RuleContext) -> None:
    """Compare each Content-Type with the media type that was requested.

    A media type that must not be the Content-Type by contract (a form, for JSON) may be answered with another one only.
    """
    for media_type in context.contract.media_types:
        response = context.page_client.response(context.page_client.request(context.contract.sample(media_type)))
        group = context.contract.representation(context.contract.format_of(media_type) or "json")
        if media_type not in group.labels:
            if response.media_type == media_type:
                raise Violation(f"one of {', '.join(group.labels)} for Accept: {media_type}", _label(response), [response])
        elif response.media_type != media_type:
            raise Violation(f"the Content-Type {media_type}, as requested", _label(response), [response])
        context.observe()


@must("HTTP-04", "A request without Accept, and one with */*, gets a documented representation")
def no_preference_gets_a_documented_representation(context: RuleContext) -> None:
    """Send a request without an Accept header, and one with ``*/*``."""
    wanted = context.page_client.request(context.contract.sample(""))
    for accept in (None, "*/*"):
        response = context.page_client.response(replace(wanted, accept=accept))
        _readable(
            context, response, f"a documented representation for {'no Accept' if accept is None else 'Accept: ' + accept}"
        )


@should("HTTP-05", "The server honours the q-values of the Accept header")
def preferences_are_honoured(context: RuleContext) -> None:
    """Prefer each representation to the other: by a larger q-value, by q=0 for the other, and over a wildcard.

    The preferred type comes last in the header, so that a server which takes the first one fails.
    """
    json, xml = (context.contract.canonical_type(format_) for format_ in FORMATS)
    wanted = context.page_client.request(context.contract.sample(""))
    for preferred, other in ((json, xml), (xml, json)):
        ways = (f"{other};q=0.1, {preferred};q=0.9", f"{other};q=0, {preferred}", f"*/*;q=0.1, {preferred}")
        for accept in ways[: 1 if context.run_context.profile.thrifty else 3]:
            response = context.page_client.response(replace(wanted, accept=accept))
            if context.contract.declared_format(response.media_type) != context.contract.format_of(preferred):
                raise Violation(f"{preferred} for Accept: {accept}", _label(response), [response])
            context.observe()


def _framed_and_coded(response: Response) -> int:
    if response.framing_defect:
        raise Violation(
            "a body whose length is stated in exactly one way (Content-Length or chunked)", response.framing_defect, [response]
        )
    if response.unasked_coding:
        expected = "a body without a content coding, as none was offered"
        raise Violation(expected, f"Content-Encoding: {response.unasked_coding}", [response])
    return 1


@must(
    "HTTP-06",
    "Every body is complete and decodes: framing, content coding (only one that was offered) and charset",
    response=_framed_and_coded,
)
def bodies_decode_as_declared(context: RuleContext) -> None:
    """Decode a body of each media type, then offer gzip and compare the page with the same page sent uncompressed.

    Small pages are requested, which few servers compress, and the largest, because compression goes wrong at buffer bounds.
    """
    for media_type in context.contract.media_types:
        # HTTP-02 sends the same requests, so that this costs none.
        response = context.page_client.response(context.page_client.request(context.contract.sample(media_type)))
        with context.part():
            context.page_client.judge(context.contract.sample(media_type), response)
            context.observe()
    for page_request in _compressed(context):
        with context.part():
            context.confirm(
                lambda fresh, page_request=page_request: [context.page_client.page(page_request, fresh=fresh)],  # type: ignore[misc]
                lambda fresh, page_request=page_request: _packed(context, page_request, fresh=fresh),  # type: ignore[misc]
                lambda pages, page: unlike(pages[0], page, "without gzip", "with gzip"),
            )
    context.report_noted()


def _packed(context: RuleContext, page_request: PageRequest, *, fresh: bool) -> Page:
    """Return the page for a request that offers gzip.

    Raises:
        Violation: It is not served, although the same request without the offer is.
    """
    request = replace(context.page_client.request(page_request), headers=(("Accept-Encoding", "gzip"),))
    try:
        return context.page_client.judge(page_request, context.page_client.odd_response(request, fresh=fresh, own=True))
    except NotServed as error:
        context.page_client.page(page_request)
        raise Violation("the same page as without gzip", f"{error.got} with Accept-Encoding: gzip", error.responses) from error


def _compressed(context: RuleContext) -> list[PageRequest]:
    json, xml = (context.contract.canonical_type(format_) for format_ in FORMATS)
    if context.run_context.profile.thrifty:
        return [context.contract.sample(json)]
    page_requests = [
        context.contract.sample(json),
        context.contract.sample(xml),
        largest(context.page_client, None, json),
        largest(context.page_client, None, xml),
    ]
    if context.run_context.baseline.end is not None:
        page_requests.append(PageRequest(json, context.run_context.baseline.end.cursor, None, context.contract.link_mode))
    # Binary content has the largest bodies. Those that are not huge are requested compressed, too.
    large = context.run_context.binary.larger()
    return [
        *page_requests,
        *(replace(page_request, media_type=media_type) for page_request in large for media_type in (json, xml)),
    ]


@should.page("HTTP-07", "A JSON body does not begin with a byte order mark")
def json_has_no_byte_order_mark(page: Page) -> int:
    """Check the first bytes of every JSON page for the byte order marks of UTF-8 and UTF-16."""
    if page.format != "json":
        return 0
    if page.response.body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise Violation("a body that begins with a JSON value (RFC 8259 section 8.1)", "a byte order mark", [page.response])
    return 1


_UNSUPPORTED = (
    "image/png",
    "application/vnd.unheard-of+json",
    "video/*",
    "application/json;q=abc",
    "application/json;q=, application/xml;q=",
    "application/json,,application/xml,",
    ";q=1, /, */",
    "json",
    "application/json;q=0, application/xml;q=0, text/json;q=0, text/xml;q=0, */*;q=0",
    "text/html, " * 300 + "text/plain",
)


@must("HTTP-08", "An unsupported or malformed Accept header gets HTTP 406, 400 or a documented representation")
def an_unsupported_accept_is_answered_by_the_book(context: RuleContext) -> None:
    """Request media types that no feed offers, and send Accept headers that break the grammar."""
    wanted = context.page_client.request(context.contract.sample(""))
    allowed = (HTTPStatus.NOT_ACCEPTABLE, HTTPStatus.BAD_REQUEST)
    for accept in _UNSUPPORTED[: 1 if context.run_context.profile.thrifty else None]:
        with context.part():
            response = context.page_client.odd_response(replace(wanted, accept=accept))
        if context.blocked:
            return
        # 413, 414 and 431 reject a header for its length, which is legal for a long one.
        if response.status in allowed or (len(accept) > 1000 and response.status in (413, 414, 431)):
            context.observe()
        else:
            shown_text = accept if len(accept) <= 60 else f"{accept[:60]}... ({len(accept)} characters)"
            _readable(context, response, f"a documented representation, HTTP 406 or 400, for Accept: {shown_text}")


_INVITING = ("max-age", "s-maxage", "public")


@should.response("HTTP-12", "A response that caches may store lists the request headers that it depends on in Vary")
def cacheable_responses_name_what_they_depend_on(response: Response) -> int:
    """Check the caching headers of every response.

    A response that says nothing about caching, or forbids it, passes. Example: ``Cache-Control: max-age=60`` needs
    ``Vary: Accept``, and ``Accept-Encoding`` as well when the body is compressed.
    """
    control = response.headers.get("cache-control", "").lower()
    directives = [part.strip() for part in control.split(",")]
    if response.status != 200 or any(name in directives for name in ("no-store", "private")):
        return 1
    lifetimes = [part for part in directives if part.partition("=")[0] in _INVITING and part not in ("max-age=0", "s-maxage=0")]
    validators = [name for name in ("expires", "last-modified", "etag") if response.headers.get(name)]
    # A cache must revalidate a no-cache response with the server, which then sees the Accept header (RFC 9111).
    if "no-cache" in directives or not (lifetimes or validators):
        return 1
    vary = [part.strip().lower() for part in response.headers.get("vary", "").split(",")]
    wanted = ["accept", *(["accept-encoding"] if response.headers.get("content-encoding") else [])]
    missing = [name for name in wanted if name not in vary and "*" not in vary]
    if missing:
        reason = ", ".join([*lifetimes, *validators])
        raise Violation(
            f"Vary: {', '.join(wanted)} beside {reason}", f"Vary: {response.headers.get('vary') or '(missing)'}", [response]
        )
    return 1


def _readable(context: RuleContext, response: Response, expected: str) -> None:
    if response.status != 200:
        raise Violation(f"HTTP 200 and {expected}", _label(response), [response])
    try:
        context.contract.read(response)
    except Undecodable as error:
        if context.page_client.broken:
            # One representation is broken for ordinary requests as well; judge() names the rule that fails for it.
            with context.part():
                context.page_client.judge(context.contract.sample(""), response)
            return
        raise Violation(expected, str(error), [response]) from error
    context.observe()


def _label(response: Response) -> str:
    return f"HTTP {response.status} with the Content-Type {response.headers.get('content-type', 'missing')!r}"
