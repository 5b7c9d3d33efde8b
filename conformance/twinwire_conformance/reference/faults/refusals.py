"""Faults of rejections: invalid error results, and representations that reject differently."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from twinwire_conformance.reference.faults.plan import given, has_envelope, has_message, integer, texts, understand_with
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.negotiation import Negotiated
from twinwire_conformance.reference.pipeline import PARSE, REFUSE, Exchange
from twinwire_conformance.reference.query import ParsedQuery, RefusedError

Result = dict[str, Any]
_envelope_fault = partial(fault, REFUSE, trips=("SCHEMA-08",), needs=has_envelope)
_refusal_fault = partial(fault, REFUSE, trips=("TWIN-04",))


def _as_envelope(x: Exchange) -> None:
    # The contract allows an error result for bad input only; a failed negotiation keeps its status.
    if x.status == 400:
        x.status = 200


@_envelope_fault("envelope-no-code", "an error result has no return code")
def _envelope_no_code(x: Exchange, proceed: Callable[[], Result]) -> Result:
    _as_envelope(x)
    return {name: value for name, value in proceed().items() if name != x.feed.outcome.code.wire_name}


@_envelope_fault("envelope-code-text", "an error result has a return code that is not a number")
def _envelope_code_text(x: Exchange, proceed: Callable[[], Result]) -> Result:
    _as_envelope(x)
    return {**proceed(), x.feed.outcome.code.wire_name: "E_INVALID"}


@_envelope_fault("envelope-with-entries", "an error result contains entries")
def _envelope_with_entries(x: Exchange, proceed: Callable[[], Result]) -> Result:
    _as_envelope(x)
    mode = x.feed.modes.default if x.feed.modes else None
    first = [x.contents.entry(place.index, mode) for place in x.snapshot.places(0, 2)]
    return {**proceed(), x.feed.entries.wire_name: first}


@_envelope_fault("envelope-always-first", "an error result is in the first representation, whatever was requested")
def _envelope_always_first(x: Exchange, proceed: Callable[[], Result]) -> Result:
    _as_envelope(x)
    first = x.feed.representations[0]
    x.choice = Negotiated(first, first.media_types[0])
    return proceed()


@_envelope_fault("envelope-wrong-type", "an error result has text where its counts should be")
def _envelope_wrong_type(x: Exchange, proceed: Callable[[], Result]) -> Result:
    _as_envelope(x)
    limit, remaining = x.feed.limit.member, x.feed.remaining
    totals = {member.wire_name: "n/a" for member in (limit, remaining) if member}
    return {**proceed(), **totals}


def _xml_refused(x: Exchange) -> bool:
    return x.is_xml and x.status == 400


# Two controllers, one per representation, with different validation.
@_refusal_fault("xml-refusal-422", "bad input is rejected with 422 in XML, with 400 in JSON")
def _xml_refusal_422(x: Exchange, proceed: Callable[[], Result]) -> Result:
    if _xml_refused(x):
        x.status = 422
    return proceed()


@_refusal_fault(
    "xml-refusal-enveloped",
    "bad input is rejected with an error result and HTTP 200 in XML, with 400 in JSON",
    needs=has_envelope,
)
def _xml_refusal_enveloped(x: Exchange, proceed: Callable[[], Result]) -> Result:
    if _xml_refused(x):
        x.status = 200
    return proceed()


@_refusal_fault("xml-refusal-code", "bad input is rejected with another return code in XML")
def _xml_refusal_code(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if _xml_refused(x):
        result[x.feed.outcome.code.wire_name] += 98
    return result


@_refusal_fault("xml-refusal-message", "the message of a rejection does not give the reason in XML", needs=has_message)
def _xml_refusal_message(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if _xml_refused(x) and x.feed.outcome.message:
        result[x.feed.outcome.message.wire_name] = "error"
    return result


# A limit of the XML formatter rather than of the parameter.
@_refusal_fault("xml-refusal-long-text-413", "an over-long text is rejected with 413 in XML, with 400 in JSON")
def _xml_refusal_long_text_413(x: Exchange, proceed: Callable[[], Result]) -> Result:
    if _xml_refused(x) and any(len(text) > (parameter.type.max_length or 0) for parameter, text in texts(x)):
        x.status = 413
    return proceed()


@fault(PARSE, "xml-bad-limit-served", "a page size that is not an integer is rejected in JSON only", trips=("TWIN-04",))
def _xml_bad_limit_served(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    limit = x.feed.limit.parameter
    if x.is_xml and integer(given(x, limit.name)) is None:
        return understand_with(x, limit, None)
    return proceed()


@fault(PARSE, "json-over-maximum-404", "a page size above the maximum gets 404 in JSON only", trips=("TWIN-04",))
def _json_over_maximum_404(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    if not x.is_xml and (integer(given(x, x.feed.limit.parameter.name)) or 0) > x.feed.limit.maximum:
        raise RefusedError("nothing found", status=404)
    return proceed()
