"""Equivalence: the same request returns the same result in JSON and XML (TWIN-01 to TWIN-05)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from twinwire_conformance.contract import FORMATS, ContractView, PageRequest
from twinwire_conformance.decoding import Undecodable, difference
from twinwire_conformance.findings import Inconclusive, Skipped, Violation
from twinwire_conformance.model import Response
from twinwire_conformance.oracle.page import Page
from twinwire_conformance.oracle.rule_context import RuleContext
from twinwire_conformance.rules.registry import must
from twinwire_conformance.strategies import echoed_inputs, lenient_inputs, some_bad_inputs


@must.pair(
    "TWIN-01", "The same request gives the same result in JSON and XML, member by member, in binary mode", "binary twins"
)
def both_representations_say_the_same(left: Page, right: Page) -> Violation | None:
    """Compare pages with binary content, or pages of a feed without content modes, in JSON and XML."""
    return compare(left, right)


def _has_modes(contract: ContractView) -> None:
    if contract.feed.modes is None:
        raise Skipped("the contract has no content modes")


@must.pair(
    "TWIN-02",
    "The same request gives the same result in JSON and XML, member by member, in link mode",
    "link twins",
    need=_has_modes,
)
def both_representations_say_the_same_of_links(left: Page, right: Page) -> Violation | None:
    """Compare pages with links in JSON and XML."""
    return compare(left, right)


@must("TWIN-03", "The empty page after the end of the feed is the same in JSON and XML")
def both_representations_say_the_same_of_the_empty_page(context: RuleContext) -> None:
    """Compare the empty page after the end in JSON and XML, in every content mode."""
    end = context.run_context.baseline.end
    if end is None:
        context.run_context.baseline.need()
        raise Inconclusive(context.run_context.baseline.end_note or "the end of the feed was not reached")
    link, *others = context.contract.modes
    json = context.contract.canonical_type("json")
    _twins(context, PageRequest(json, end.cursor, None, link))
    for mode in others if not context.run_context.profile.thrifty else ():
        # On a changing feed the page may have entries by now; one entry keeps binary content small.
        _twins(context, PageRequest(json, end.cursor, context.page_client.size(1), mode))


@must("TWIN-05", "All media types of one representation give the same result")
def all_labels_say_the_same(context: RuleContext) -> None:
    """Compare the results of all media types of a representation: at the beginning, at the end, and for unusual entries."""
    if all(len(item.media_types) == 1 for item in context.contract.feed.representations):
        raise Skipped("each representation has one media type only")
    page_requests = [context.contract.sample("", cursor) for cursor in context.run_context.label_cursors]
    if not context.run_context.profile.thrifty:
        page_requests = [
            PageRequest("", None, None, context.contract.link_mode),
            *page_requests[1:],
            *context.run_context.binary.first(""),
        ]
    for page_request in page_requests:
        for item in context.contract.feed.representations:
            context.same([replace(page_request, media_type=name) for name in item.media_types], compare)


@must("TWIN-04", "JSON and XML reject or adjust the same request with the same code, message, warnings and HTTP status")
def both_representations_refuse_the_same(context: RuleContext) -> None:
    """Send bad and unusual input in JSON and XML, and compare the rejections, adjustments and warnings."""
    bad = some_bad_inputs(context.contract, thrifty=context.run_context.profile.thrifty)
    for each in bad:
        with context.part():
            context.run_context.twin(each)
            _alike(context, *(context.run_context.bad(each, context.contract.canonical_type(format_)) for format_ in FORMATS))
    for each in echoed_inputs(context.contract)[: 0 if context.run_context.profile.thrifty else 4]:
        with context.part():
            _alike(context, *(context.run_context.bad(each, context.contract.canonical_type(format_)) for format_ in FORMATS))
    for param in lenient_inputs(context.contract)[: 0 if context.run_context.profile.thrifty else 2]:
        requests = [context.page_client.altered(context.contract.canonical_type(format_), param) for format_ in FORMATS]
        with context.part():
            _alike(context, *(context.page_client.odd_response(request) for request in requests))


def _alike(context: RuleContext, left: Response, right: Response) -> None:
    if left.status != right.status:
        expected = f"HTTP {left.status}, as in {left.request.accept}"
        raise Violation(expected, f"HTTP {right.status} in {right.request.accept}", [left, right])
    if left.cut or right.cut:
        # Only the beginning of large content was read, so that the outcome of the request is not known.
        context.observe()
        return
    for response in (left, right):
        if response.status == 200:
            context.page_client.judge(context.contract.sample(response.request.accept or ""), response)
    results = [_result(context, response) for response in (left, right)]
    if results[0] is None or results[1] is None:
        if left.status == 200 and (results[0] is None) != (results[1] is None):
            words = ["no readable result" if result is None else "a result" for result in results]
            expected = f"{words[0]}, as in {left.request.accept}"
            raise Violation(expected, f"{words[1]} in {right.request.accept}", [left, right])
        context.observe()
        return
    outcome = context.contract.feed.outcome
    names = [field.wire_name for field in (outcome.code, outcome.message, outcome.warnings) if field is not None]
    names = [name for name in names if name not in context.page_client.volatile]
    chosen: list[dict[str, Any]] = [{name: result.get(name) for name in names} for result in results if result is not None]
    found = difference(chosen[0], chosen[1])
    if found is not None:
        path, one, other = found
        expected = f"{one}, as in {left.request.accept}"
        raise Violation(expected, f"{other} in {right.request.accept}", [left, right], path=path)
    context.observe()


def _result(context: RuleContext, response: Response) -> dict[str, Any] | None:
    """Return the result in a response, success or not; None when the response does not hold one."""
    try:
        value = context.contract.read(response).value
    except Undecodable:
        return None
    return value if context.contract.feed.outcome.code.wire_name in value else None


def _twins(context: RuleContext, page_request: PageRequest) -> None:
    context.same([page_request, replace(page_request, media_type=context.contract.canonical_type("xml"))], compare)


def compare(left: Page, right: Page) -> Violation | None:
    """Return the first difference between the pages of one request in two media types as a violation, or None."""
    return unlike(left, right, f"in {left.page_request.media_type}", f"in {right.page_request.media_type}")


def unlike(left: Page, right: Page, one_way: str, other_way: str) -> Violation | None:
    """Return the first difference between two results as a violation, or None when they are equal.

    Args:
        left: The expected page.
        right: The page under test.
        one_way: The words that describe how the first was requested, such as "in application/json".
        other_way: The same for the second.
    """
    found = difference(left.compared, right.compared)
    if found is None:
        return None
    path, one, other = found
    return Violation(f"{one}, as {one_way}", f"{other} {other_way}", [left.response, right.response], path=path)
