"""Variants in the rejection of bad input, or in accepting it."""

from __future__ import annotations

import json
from collections.abc import Callable

from twinwire.ir import Contract
from twinwire_conformance.reference.pipeline import PARSE, RESPOND, Exchange, Hook, ServerResponse
from twinwire_conformance.reference.query import ParsedQuery, RefusedError
from twinwire_conformance.reference.variants.variant import REMARKS, Variant, VariantOverride

_HTML = "<!DOCTYPE html>\n<html><head><title>Unprocessable</title></head><body><h1>Cannot do that</h1></body></html>"


def _as(status: int, label: str, body: Callable[[Exchange], str]) -> Hook[ServerResponse]:
    def hook(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
        done = proceed()
        if x.error is None:
            return done
        headers = {"content-type": label} if label else {}
        # Only bad input is rejected in this form; a failed negotiation keeps its 406.
        return ServerResponse(status if x.status == 400 else x.status, headers, body(x).encode())

    return hook


def _problem(x: Exchange) -> str:
    assert x.error is not None
    return json.dumps({"type": "about:blank", "title": "Bad Request", "detail": x.error.message})


def _by_envelope(_x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if done.status == 400:
        done.status = 200
    return done


def _lenient(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    try:
        return proceed()
    except RefusedError:
        feed = x.feed
        return ParsedQuery(None, feed.limit.default, feed.modes.default if feed.modes else None)


def _has_envelope(contract: Contract) -> bool:
    return contract.feed.envelope


def _may_lower(contract: Contract) -> bool:
    return contract.feed.limit.lowered and contract.feed.outcome.warnings is not None


VARIANTS = (
    Variant("refusal-400", "bad input is rejected with 400 and an error result in the requested representation"),
    Variant(
        "refusal-422-html",
        "bad input is rejected with 422 and an HTML page",
        override=VariantOverride(RESPOND, _as(422, "text/html; charset=utf-8", lambda _x: _HTML)),
    ),
    Variant(
        "refusal-404-text",
        "bad input is rejected with 404 and plain text",
        override=VariantOverride(RESPOND, _as(404, "text/plain", lambda x: str(x.error))),
    ),
    Variant(
        "refusal-problem",
        "bad input is rejected with application/problem+json in either representation",
        override=VariantOverride(RESPOND, _as(400, "application/problem+json", _problem)),
    ),
    Variant(
        "refusal-bare",
        "bad input is rejected with 400 and an empty body",
        override=VariantOverride(RESPOND, _as(400, "", lambda _x: "")),
    ),
    Variant(
        "refusal-envelope",
        "bad input is rejected with an error result and HTTP 200",
        override=VariantOverride(RESPOND, _by_envelope),
        condition=_has_envelope,
    ),
    Variant(
        "limit-lowered", "a page size above the maximum is lowered, with a warning", lower_limit=True, condition=_may_lower
    ),
    Variant("lenient", "bad input is ignored and the first page is served", REMARKS, VariantOverride(PARSE, _lenient)),
)
