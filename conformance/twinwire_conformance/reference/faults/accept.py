"""Faults in content negotiation beyond one documented type: Content-Type, q-values and unsupported types."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from twinwire_conformance.reference.faults.plan import has_many_types
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.negotiation import Negotiated, negotiate
from twinwire_conformance.reference.pipeline import NEGOTIATE, RESPOND, Exchange, ServerResponse
from twinwire_conformance.reference.query import RefusedError

_label_fault = partial(fault, RESPOND, trips=("HTTP-03",), needs=has_many_types)
_weight_fault = partial(fault, NEGOTIATE, trips=("HTTP-05",))


@_label_fault("label-always-first", "a response's Content-Type is always the first type of its representation")
def _label_always_first(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    return _labelled(proceed(), x.choice.representation.labels[0])


@_label_fault("label-xml-last", "XML has the last of its types as its Content-Type")
def _label_xml_last(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    return _labelled(proceed(), x.choice.representation.labels[-1]) if x.is_xml else proceed()


def _labelled(done: ServerResponse, label: str) -> ServerResponse:
    done.headers["content-type"] = f"{label}; charset=utf-8"
    return done


@_weight_fault("accept-first-named", "the first type named is served, whatever its weight")
def _accept_first_named(x: Exchange, proceed: Callable[[], Negotiated]) -> Negotiated:
    patterns = [part.partition(";")[0] for part in x.accept.split(",")]
    found = (negotiate(x.feed.representations, pattern) for pattern in patterns if pattern.strip())
    return next((choice for choice in found if choice), None) or proceed()


@_weight_fault("accept-first-format", "the first representation is served if it is accepted at all, whatever its weight")
def _accept_first_format(x: Exchange, proceed: Callable[[], Negotiated]) -> Negotiated:
    return negotiate(x.feed.representations[:1], x.accept) or proceed()


# q=0 means "not acceptable" (RFC 9110, section 12.4.2), not "no preference".
@_weight_fault("accept-zero-taken", "a type with q=0 is treated as one without a weight")
def _accept_zero_taken(x: Exchange, proceed: Callable[[], Negotiated]) -> Negotiated:
    return negotiate(x.feed.representations, re.sub(r";\s*q=0(\.0*)?(?=\s*(,|$))", "", x.accept)) or proceed()


@_weight_fault("accept-wildcard-first", "if Accept contains */*, preferred types beside it are ignored")
def _accept_wildcard_first(x: Exchange, proceed: Callable[[], Negotiated]) -> Negotiated:
    return x.choice if "*/*" in x.accept else proceed()


def _unsupported_fault(name: str, description: str, status: int, only: str = "") -> None:
    """Register a fault that responds with another status than 406 if `only` appears in the Accept header."""

    def hook(x: Exchange, proceed: Callable[[], Negotiated]) -> Negotiated:
        try:
            return proceed()
        except RefusedError as error:
            raise RefusedError(error.message, status if only in x.accept else error.status) from error

    fault(NEGOTIATE, name, description, trips=("HTTP-08",))(hook)


_unsupported_fault("unsupported-500", "an unsupported Accept crashes the server", 500)
_unsupported_fault("unsupported-404", "an unsupported Accept gets 404", 404)
# 415 is about the media type of a request's body, which a GET does not have.
_unsupported_fault("unsupported-415", "an unsupported Accept gets 415", 415)
_unsupported_fault("unsupported-range-500", "a range of unsupported types crashes the server", 500, "/*")
_unsupported_fault("unsupported-suffix-500", "an unsupported type with a suffix crashes the server", 500, "+")


@fault(RESPOND, "unsupported-html", "an unsupported Accept gets an HTML page", trips=("HTTP-08",))
def _unsupported_html(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    if x.status != 406:
        return proceed()
    return ServerResponse(200, {"content-type": "text/html; charset=utf-8"}, b"<!DOCTYPE html><title>Help</title><p>The API")


@fault(
    RESPOND,
    "unsupported-echoed",
    "an unsupported type becomes the Content-Type of the response served in its place",
    trips=("HTTP-08",),
)
def _unsupported_echoed(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    return proceed() if x.status != 406 else ServerResponse(200, {"content-type": x.accept}, x.body)
