"""Schema: validity and meaning of the members of a result (SCHEMA-01 to SCHEMA-10)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from twinwire.ir import INT64_MAX, INT64_MIN, Kind
from twinwire_conformance.contract import FORMATS, ContractView, Format, kind_of
from twinwire_conformance.decoding import Undecodable
from twinwire_conformance.decoding.charsets import utf8_of_xml
from twinwire_conformance.findings import Skipped, Violation
from twinwire_conformance.model import Response
from twinwire_conformance.oracle.page import Page
from twinwire_conformance.oracle.rule_context import RuleContext
from twinwire_conformance.rules.registry import must, should
from twinwire_conformance.strategies import echoed_inputs, some_bad_inputs

_LONGEST_PATH = 400
_DECIMAL = re.compile(r"-?[0-9]+")


@must.page("SCHEMA-01", "Every JSON result is valid against the generated JSON Schema")
def json_is_valid(page: Page) -> int:
    """Validate every JSON page. Members that the contract does not define are left out first; SCHEMA-09 names them."""
    return _valid_page(page, "json")


@must.page("SCHEMA-02", "Every XML result is valid against the generated XSD")
def xml_is_valid(page: Page) -> int:
    """Validate every XML page, and check for the members of a success, which an XSD cannot require of successes only."""
    checked = _valid_page(page, "xml")
    missing = _missing(page) if checked else None
    if missing:
        raise Violation(
            f"the member {missing}, which every success has",
            "no such member",
            [page.response],
            path=f"/{page.reading.known.tag}",
        )
    return checked


def _valid_page(page: Page, format_: Format) -> int:
    if page.format != format_:
        return 0
    _valid(page, format_)
    return 1


def _valid(page: Page, format_: Format) -> None:
    schemas = page.contract.schemas
    # The body as received is valid for nearly every page, which saves building a second element tree.
    if (
        format_ == "xml"
        and not page.reading.odd
        and schemas.is_valid_xml(utf8_of_xml(page.reading.body(), page.response.charset))
    ):
        return
    known = page.reading.known
    flaw = schemas.json_flaw(known) if format_ == "json" else schemas.xml_flaw(known)
    if flaw is not None:
        path, reason = flaw
        expected = "a value that the JSON Schema allows" if format_ == "json" else "a value that the XSD allows"
        raise Violation(expected, reason[:300], [page.response], path=path)


def _missing(page: Page) -> str | None:
    feed = page.contract.feed
    # An empty page has no entries by nature, and may go without a cursor.
    optional = set() if page.size else {feed.entries.wire_name, feed.cursor.member.wire_name}
    wanted = [field.wire_name for field in feed.success if field.wire_name not in optional]
    return next((name for name in wanted if page.succeeded and name not in page.value), None)


@must.page("SCHEMA-03", "The return code of a page is the success code")
def a_success_carries_the_success_code(page: Page) -> int:
    """Check the return code of every page."""
    outcome = page.contract.feed.outcome
    if not page.succeeded:
        got = repr(page.value.get(outcome.code.wire_name))
        raise Violation(repr(outcome.success), got, [page.response], path=f"$.{outcome.code.wire_name}")
    return 1


def _has_count(contract: ContractView) -> None:
    if contract.feed.limit.member is None:
        raise Skipped("the contract has no member for the number of entries")


@must.page("SCHEMA-04", "The count of a page is the number of its entries", need=_has_count)
def count_is_the_number_of_entries(page: Page) -> int:
    """Compare the count of every page with its entries."""
    member = page.contract.feed.limit.member
    if member is not None and page.succeeded and page.count != page.size:
        got = f"{page.count} with {page.size} entries"
        raise Violation(str(page.size), got, [page.response], path=f"$.{member.wire_name}")
    return int(page.succeeded)


def _has_remaining(contract: ContractView) -> None:
    if contract.feed.remaining is None:
        raise Skipped("the contract has no member for the number of remaining entries")


@must.page("SCHEMA-05", "The number of remaining entries is not negative", need=_has_remaining)
def remaining_is_not_negative(page: Page) -> int:
    """Check the number of remaining entries of every page."""
    member = page.contract.feed.remaining
    if member is not None and page.succeeded and (page.remaining is None or page.remaining < 0):
        got = repr(page.value.get(member.wire_name))
        raise Violation("a number of at least 0", got, [page.response], path=f"$.{member.wire_name}")
    return int(page.succeeded)


@must.page("SCHEMA-06", "Every cursor in a response is a signed 64-bit integer in decimal text", every_result=True)
def cursors_have_their_form(page: Page) -> int:
    """Check the cursor of every result. An empty page or a rejection may have none."""
    feed = page.contract.feed
    member = feed.cursor.member
    found = page.value.get(member.wire_name)
    if found is None and (not page.size or not page.succeeded):
        return 0
    if found and not page.size and found == page.page_request.cursor and found in feed.cursor.start:
        # An empty page may repeat the token that it was requested with, also one that means the beginning.
        return 1
    if not _well_formed(found, kind_of(member), numeric=feed.cursor.order == "numeric"):
        raise Violation(f"a {_form(page.contract)}", repr(found), [page.response], path=f"$.{member.wire_name}")
    return 1


@should("SCHEMA-07", "The API version is present, not empty, and the same in every response")
def the_version_is_told(context: RuleContext) -> None:
    """Compare the API version of every page of the corpus and of the baseline traversal."""
    member = context.contract.feed.version
    if member is None:
        raise Skipped("the contract has no member for the version")
    first: Page | None = None
    for page in _some_pages(context):
        found = page.value.get(member.wire_name)
        if not isinstance(found, str) or not found.strip():
            raise Violation("a non-empty API version", repr(found), [page.response], path=f"$.{member.wire_name}")
        first = first or page
        if found != first.value[member.wire_name]:
            expected = f"{first.value[member.wire_name]!r}, as in other responses"
            raise Violation(expected, repr(found), [first.response, page.response], path=f"$.{member.wire_name}")
        context.observe()


@must("SCHEMA-08", "An error result is a valid result in the representation requested, even when it quotes hostile input")
def rejections_are_valid(context: RuleContext) -> None:
    """Send bad input in each representation, some of it full of markup and quotes, and validate each rejection."""
    chosen = some_bad_inputs(context.contract, thrifty=context.run_context.profile.thrifty)
    for bad in [*chosen, *echoed_inputs(context.contract)[: 0 if context.run_context.profile.thrifty else 4]]:
        for format_ in FORMATS:
            response = context.run_context.bad(bad, context.contract.canonical_type(format_))
            with context.part():
                context.observe(_rejection(context, response, format_, lowered=bad.excess))
    # Rejections are often written by another component than pages, which may compress them differently.
    for bad, format_ in zip(reversed(chosen), FORMATS, strict=False) if not context.run_context.profile.thrifty else ():
        request = context.page_client.altered(context.contract.canonical_type(format_), (bad.parameter, bad.value))
        response = context.page_client.odd_response(replace(request, headers=(("Accept-Encoding", "gzip"),)))
        with context.part():
            context.observe(_rejection(context, response, format_, lowered=bad.excess))
    if not context.observation_count and not context.blocked:
        raise Skipped("no bad input was rejected by an error result")


def _rejection(context: RuleContext, response: Response, format_: Format, *, lowered: bool) -> int:
    """Validate a rejection and return the number of observations: 1, or 0 when the response is not a rejection to validate.

    A 4xx may have any body, but a body whose Content-Type is that of a representation must be a valid result.
    """
    came = context.contract.declared_format(response.media_type)
    if response.status == 429 or not (response.status == 200 or 400 <= response.status < 500):
        return 0
    if response.status != 200 and (came is None or not response.body.strip()):
        return 0
    try:
        page = Page(
            context.contract.sample(response.request.accept or ""), response, context.contract.read(response), context.contract
        )
    except Undecodable as error:
        if response.status == 200 and (lowered or context.page_client.broken):
            # The response may be a page. judge() names the rule that fails for a page that cannot be decoded.
            context.page_client.judge(context.contract.sample(response.request.accept or ""), response)
        if error.foreign and response.status != 200:
            # The contract does not specify the body of a 4xx; problem details or a framework's own JSON are allowed.
            return 1
        raise Violation(
            f"a rejection that is {(came or format_).upper()}, as its Content-Type says", str(error), [response]
        ) from error
    code = context.contract.feed.outcome.code.wire_name
    if page.succeeded or (code not in page.value and response.status != 200):
        return 0
    if came != format_:
        raise Violation(f"a rejection in {format_.upper()}, as requested", f"Content-Type {response.media_type}", [response])
    if page.size:
        raise Violation("no entries in a rejection", f"{page.size} entries", [page.response])
    _valid(page, format_)
    return 1


@should.page(
    "SCHEMA-09", "Responses hold no members, attributes, elements or text that the contract does not define", every_result=True
)
def nothing_is_unknown(page: Page) -> int:
    """Name the members, attributes, elements and text that the contract does not define."""
    if page.reading.unknown:
        shown_text = ", ".join(list(dict.fromkeys(_general(path) for path in page.reading.unknown))[:10])
        raise Violation("only content that the contract defines", shown_text, [page.response])
    return 1


@must.page("SCHEMA-10", "The member names of every JSON object are unique", every_result=True)
def member_names_are_unique(page: Page) -> int:
    """Look for repeated member names in every JSON result, also in rejections."""
    if page.format != "json":
        return 0
    if page.reading.repeated:
        shown_text = ", ".join(list(dict.fromkeys(map(_general, page.reading.repeated)))[:10])
        expected = "each member name once in its object (RFC 8259, section 4)"
        raise Violation(expected, f"more than once: {shown_text}", [page.response])
    return 1


def _general(path: str) -> str:
    return re.sub(r"\[[0-9]+\]", "[*]", path[:_LONGEST_PATH])


def _form(contract: ContractView) -> str:
    return "decimal signed 64-bit integer in text" if contract.feed.cursor.order == "numeric" else "cursor"


def _well_formed(found: object, kind: Kind | None, *, numeric: bool) -> bool:
    if kind is Kind.INTEGER:
        return isinstance(found, int) and not isinstance(found, bool)
    if not isinstance(found, str) or not found:
        return False
    if not numeric:
        return True
    return len(found) <= 20 and bool(_DECIMAL.fullmatch(found)) and INT64_MIN <= int(found) <= INT64_MAX


def _some_pages(context: RuleContext) -> Iterator[Page]:
    # Pages are yielded one at a time, so that two with huge images are never in memory together.
    for format_ in FORMATS:
        for page_request in context.run_context.corpus(format_):
            with context.part():
                yield context.page_client.read(page_request)
    for page_request in context.run_context.baseline.page_requests:
        with context.part():
            yield context.page_client.read(page_request)
