"""Parameters: bounds, defaults and bad values (PARAM-01 to PARAM-10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from twinwire.ir import Parameter
from twinwire_conformance.contract import FORMATS, PageRequest
from twinwire_conformance.decoding import Undecodable, difference
from twinwire_conformance.findings import Inconclusive, NotServed, Skipped, Violation
from twinwire_conformance.model import Response
from twinwire_conformance.oracle.page import Page
from twinwire_conformance.oracle.rule_context import RuleContext
from twinwire_conformance.rules.registry import must, should
from twinwire_conformance.rules.twin import unlike
from twinwire_conformance.strategies import bad_inputs, free_texts


@must("PARAM-01", "Requests for the smallest and the largest page size are served")
def both_bounds_are_served(context: RuleContext) -> None:
    """Request pages of the smallest and the largest size in each representation."""
    limit = context.contract.feed.limit
    for format_ in FORMATS:
        for size in (limit.maximum, limit.minimum):
            if context.run_context.profile.thrifty and (format_, size) == ("xml", limit.minimum):
                continue
            page_request = PageRequest(context.contract.canonical_type(format_), None, size, context.contract.link_mode)
            with context.part():
                try:
                    context.page_client.page(page_request)
                except NotServed as error:
                    if error.owner != "HTTP-01" or context.page_client.broken:
                        raise
                    # HTTP-01 owns pages that are not served, but here the page size is the reason: this rule fails instead.
                    got = error.got
                    context.page_client.reassign(error, "PARAM-01")
                    expected = f"a page for {limit.parameter.name}={size}, which the contract allows"
                    raise Violation(expected, got, error.responses) from error
                context.observe()


@must("PARAM-02", "A request without a page size gets the page of the default page size")
def a_missing_count_is_the_default(context: RuleContext) -> None:
    """Compare pages without a page size with pages of the default size, at the beginning and in the middle of the feed."""
    limit = context.contract.feed.limit
    starts = context.run_context.starts
    cursors = (None,) if context.run_context.profile.thrifty else dict.fromkeys((None, starts[len(starts) // 2].cursor))
    for cursor in cursors:
        for format_ in FORMATS[: 1 if context.run_context.profile.thrifty else None]:
            page_request = PageRequest(
                context.contract.canonical_type(format_), cursor, limit.default, context.contract.link_mode
            )
            with context.part():
                context.same([page_request, replace(page_request, limit=None)], _equal(limit.parameter.name, limit.default))
    if limit.parameter.empty_is_absent and not context.run_context.profile.thrifty:
        _empty_as_absent(context)


def _empty_as_absent(context: RuleContext) -> None:
    """Compare the page for an empty page size with the one without. A rejection is allowed, because this is only a reading."""
    limit = context.contract.feed.limit
    name = limit.parameter.name
    page_request = PageRequest(context.page_client.media_types[0], None, None, context.contract.link_mode)
    request = context.page_client.request(page_request)
    empty = replace(request, params=(*request.params, (name, "")))
    with context.part():
        response = context.page_client.odd_response(empty)
        if context.contract.is_rejection(response):
            return
        context.confirm(
            lambda fresh: [context.page_client.page(page_request, fresh=fresh)],
            lambda fresh: context.page_client.judge(
                page_request, context.page_client.odd_response(empty, fresh=True) if fresh else response
            ),
            lambda pages, page: unlike(pages[0], page, f"without {name}", f"with an empty {name}"),
        )


def _equal(name: str, default: int) -> Callable[[Page, Page], Violation | None]:
    def judge(left: Page, right: Page) -> Violation | None:
        found = difference(left.signature, right.signature)
        if found is None:
            return None
        path, one, other = found
        return Violation(
            f"{one}, as with {name}={default}", f"{other} without {name}", [left.response, right.response], path=path
        )

    return judge


def _beyond_bounds(context: RuleContext) -> None:
    """Count the entries of pages whose requested size is out of bounds and should have been rejected."""
    limit = context.contract.feed.limit
    alone = (limit.maximum + 1, limit.minimum - 1, -1, 2**31, limit.maximum * 2, 2**32 + 1)
    # Given count=2&count=600, a server may check one value and use the other.
    pair = (limit.minimum + 1, limit.maximum + 100)
    sent: list[tuple[int, ...]] = [*((size,) for size in alone), pair, pair[::-1]]
    for sizes in sent[: 1 if context.run_context.profile.thrifty else None]:
        params = [(limit.parameter.name, str(size)) for size in sizes]
        response = context.page_client.odd_response(context.page_client.altered(context.page_client.media_types[0], *params))
        try:
            entries = Page(PageRequest(""), response, context.contract.read(response), context.contract).entries
        except Undecodable:
            # A rejection need not be a readable result; PARAM-04 judges its form.
            continue
        # A server may ignore a bad page size and use the default; PARAM-04 remarks on that.
        most = limit.maximum if max(sizes) > limit.minimum else limit.default
        if len(entries) > most:
            shown_text = "&".join(f"{name}={value}" for name, value in params)
            expected = f"at most {most} entries for {shown_text}, or a rejection"
            raise Violation(expected, f"{len(entries)} entries", [response])


@must.page(
    "PARAM-03", "A page never holds more entries than requested, nor more than the largest page size", also=_beyond_bounds
)
def a_page_never_holds_more_than_requested(page: Page) -> int:
    """Count the entries of every page, also of pages whose requested size is out of bounds."""
    asked = page.page_request.limit if page.page_request.limit is not None else page.contract.feed.limit.default
    if page.size > asked:
        raise Violation(f"at most the {asked} entries requested", f"{page.size} entries", [page.response])
    return 1


@should.page("PARAM-10", "A page holds as many entries as requested while at least as many remain")
def a_page_holds_as_many_as_requested(page: Page) -> int:
    """Compare every page's entries with what was requested and with what it says to remain."""
    asked, held = (
        page.page_request.limit if page.page_request.limit is not None else page.contract.feed.limit.default,
        page.size,
    )
    if page.succeeded and held < asked and page.remaining is not None and page.remaining > 0:
        got = f"{held}, and {page.remaining} remain"
        raise Violation(f"{min(asked, held + page.remaining)} entries", got, [page.response])
    return 1


@should("PARAM-04", "A page size that is out of range or not an integer is rejected, or lowered with a warning")
def bad_counts_are_refused(context: RuleContext) -> None:
    """Send page sizes that break the constraint. One over the maximum may be lowered with a warning instead of rejected."""
    _refusals(context, "limit")


@must("PARAM-05", "Text parameters of the smallest and the largest allowed length are accepted, whatever their characters")
def texts_of_any_length_allowed_are_accepted(context: RuleContext) -> None:
    """Send every text parameter at both bounds of its length.

    The texts are plain ASCII, accented letters, characters beyond the basic multilingual plane, punctuation, text that looks
    like an attack, and control characters.
    """
    texts = free_texts(context.contract)
    if not texts:
        raise Skipped("the contract does not limit the length of any text parameter")
    for values in (_short, _long, _wide, _astral, _marks, _suspicious, _controls)[
        : 2 if context.run_context.profile.thrifty else None
    ]:
        params = [(parameter.name, values(parameter)) for parameter in texts]
        # XML needs more characters escaped than JSON, and cannot represent most control characters at all.
        media_type = context.page_client.media_types[values in (_marks, _suspicious, _controls)]
        # All parameters together cost one request. Only when that is rejected, each is sent alone to find the cause.
        if not _accepts(context, media_type, params):
            for param in params:
                _accepted(context, media_type, *param)
        context.observe(len(params))


def _short(parameter: Parameter) -> str:
    return "x" * (parameter.type.min_length or 0)


def _long(parameter: Parameter) -> str:
    return "x" * (parameter.type.max_length or 0)


def _wide(parameter: Parameter) -> str:
    return "\u00e9" * (parameter.type.max_length or 0)


def _astral(parameter: Parameter) -> str:
    # Each character is two UTF-16 units (.NET, Java) and four bytes in UTF-8: servers that count either reject them.
    return "\U0001f600" * (parameter.type.max_length or 0)


def _marks(parameter: Parameter) -> str:
    most = parameter.type.max_length or 0
    return ("'\"\\%&<>;+=#?/{}[]()|^~`$*!@,.:-_ --" * (most // 30 + 1))[:most]


def _suspicious(parameter: Parameter) -> str:
    # Web application firewalls reject such texts as attacks; the contract has no exception for them.
    return "<script>alert(1)</script>' OR '1'='1'; DROP TABLE x;-- ../../etc/passwd ${jndi:ldap://x}"[
        : parameter.type.max_length
    ]


def _controls(parameter: Parameter) -> str:
    return ("\x01\x08\t\r\n\x1b\x7f\x85\u2028\ufeff" * 10)[: parameter.type.max_length]


def _ask_with(context: RuleContext, media_type: str, params: Sequence[tuple[str, str]]) -> Response:
    return context.page_client.odd_response(context.page_client.altered(media_type, *params))


def _accepts(context: RuleContext, media_type: str, params: Sequence[tuple[str, str]]) -> bool:
    response = _ask_with(context, media_type, params)
    with context.part():
        context.page_client.well_formed(response)
    return response.status == 200 and context.contract.envelope(response) is None


def _accepted(context: RuleContext, media_type: str, name: str, value: str) -> None:
    if _accepts(context, media_type, [(name, value)]):
        return
    response = _ask_with(context, media_type, [(name, value)])
    session = context.contract.feed.session
    if session is not None and name == session.name and context.page_client.session is not None:
        # With --session the target may know that session only.
        raise Inconclusive(
            "the session given by --session is accepted, and other sessions are not: their lengths cannot be tried", [response]
        )
    if not context.contract.is_rejection(response):
        context.page_client.judge(context.contract.sample(media_type), response)
    shown_text = f"{name} of {len(value)} characters" + (f" such as {value[:12]!r}" if value else "")
    raise Violation(f"a page for {shown_text}", f"HTTP {response.status} and a rejection", [response])


@should("PARAM-06", "A text parameter that exceeds its largest allowed length is rejected")
def long_texts_are_refused(context: RuleContext) -> None:
    """Send every text parameter with one character more than allowed."""
    _refusals(context, "length")


@should("PARAM-07", "A cursor that is not a signed 64-bit integer (bigint) is rejected")
def bad_tokens_are_refused(context: RuleContext) -> None:
    """Send cursors that are not of the type of their parameter."""
    _refusals(context, "cursor")


def _refusals(context: RuleContext, constraint: str) -> None:
    chosen = [bad for bad in bad_inputs(context.contract) if bad.constraint == constraint]
    if not chosen:
        raise Skipped("the contract has no such constraint")
    for bad in chosen[: 1 if context.run_context.profile.thrifty else 10]:
        context.run_context.twin(bad)
        response = context.run_context.bad(bad, context.page_client.media_types[0])
        if not context.contract.is_rejection(response) and not (bad.excess and _lowered(context, response)):
            got = f"HTTP {response.status} and no rejection"
            raise Violation(f"a rejection of {bad.parameter}={bad.value[:40]}", got, [response])
        context.observe()


def _lowered(context: RuleContext, response: Response) -> bool:
    warnings = context.contract.feed.outcome.warnings
    if not context.contract.feed.limit.lowered or warnings is None or response.status != 200:
        return False
    try:
        return bool(context.contract.read(response).value.get(warnings.wire_name))
    except Undecodable:
        return False


@must("PARAM-08", "Every cursor that the feed has returned is accepted")
def given_tokens_are_accepted(context: RuleContext) -> None:
    """Request the next page with the cursors of the baseline traversal and the corpus."""
    page_requests = [
        *context.run_context.baseline.page_requests[:4],
        *context.run_context.baseline.page_requests[-2:],
        *context.run_context.corpus(),
    ]
    if not context.run_context.profile.thrifty:
        page_requests += context.run_context.corpus("xml")
    cursors: dict[str, None] = {}
    for page_request in page_requests:
        with context.part():
            cursor = context.page_client.read(page_request).cursor
            if cursor is not None:
                cursors[cursor] = None
    for cursor in list(cursors)[: 1 if context.run_context.profile.thrifty else 4]:
        with context.part():
            try:
                context.page_client.page(context.contract.sample(context.page_client.media_types[0], cursor))
            except NotServed as error:
                if error.owner != "HTTP-01" or context.page_client.broken:
                    raise
                # HTTP-01 owns pages that are not served, but here the cursor is the reason: this rule fails instead.
                context.page_client.reassign(error, "PARAM-08")
                raise Violation(
                    f"a page for the cursor {cursor}, which the feed returned", error.got, error.responses
                ) from error
            context.observe()


@should("PARAM-09", "A request with token=0 or an empty token equals one without a token (a reading: erratum token-start)")
def start_tokens_are_the_beginning(context: RuleContext) -> None:
    """Compare the first page with the pages of the cursors that mean the beginning by contract."""
    if not context.contract.feed.cursor.start:
        raise Skipped("the contract has no cursor that means the beginning")
    for format_ in FORMATS:
        page_request = context.contract.sample(context.contract.canonical_type(format_))
        for cursor in context.contract.feed.cursor.start:
            name = context.contract.feed.cursor.parameter.name
            response = context.page_client.odd_response(context.page_client.request(replace(page_request, cursor=cursor)))
            if context.contract.is_rejection(response):
                expected = f"the page without {name} for {name}={cursor}, as erratum token-start reads it"
                raise Violation(expected, f"HTTP {response.status} and a rejection", [response])
            context.same([page_request, replace(page_request, cursor=cursor)], partial(_same_start, name))
        if context.run_context.profile.thrifty:
            break


def _same_start(name: str, left: Page, right: Page) -> Violation | None:
    # An empty feed may repeat the cursor that was asked with.
    return unlike(left, right, f"without {name}", f"with {name}={right.page_request.cursor}") if left.size else None
