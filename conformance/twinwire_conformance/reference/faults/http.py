"""Faults in HTTP status codes, content negotiation and the handling of bad input."""

from __future__ import annotations

from collections.abc import Callable

from twinwire.ir import INT64_MAX, INT64_MIN, Kind
from twinwire_conformance.reference.faults.plan import (
    FAR,
    given,
    has_many_types,
    has_numeric_cursor,
    has_relabelled_type,
    has_text_parameter,
    integer,
    is_empty,
)
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.negotiation import Negotiated
from twinwire_conformance.reference.pipeline import (
    ENCODE,
    NEGOTIATE,
    PARSE,
    RESPOND,
    WINDOW,
    Exchange,
    ServedPage,
    ServerResponse,
)
from twinwire_conformance.reference.query import ParsedQuery, RefusedError, parse_query

# The message of .NET's NullReferenceException.
_CRASH = "Object reference not set to an instance of an object"


# Many frameworks turn an empty result into 404, as Spring's ResponseEntity.of does.
@fault(WINDOW, "empty-lot-404", "an empty page gets 404", trips=("HTTP-01",))
def _empty_lot_404(_x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if not page.places:
        raise RefusedError("nothing found", status=404)
    return page


# ASP.NET Core sends 204 if an action returns null.
@fault(RESPOND, "empty-lot-204", "an empty page gets 204 without a body", trips=("HTTP-01",))
def _empty_lot_204(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    return ServerResponse(204, {}, b"") if is_empty(x) else proceed()


# 206 is for range requests (RFC 9110, section 15.3.7), but some APIs use it for paging.
@fault(RESPOND, "status-206", "a page that is not the last gets 206 Partial Content", trips=("HTTP-01",))
def _status_206(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if x.error is None and x.page.remaining:
        done.status = 206
    return done


@fault(WINDOW, "far-lot-503", "a page that starts past entry 1000 gets 503", trips=("HTTP-01",))
def _far_lot_503(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if FAR < page.start < x.snapshot.total:
        raise RefusedError("the query timed out", status=503)
    return page


@fault(NEGOTIATE, "xml-never", "every XML media type is answered in JSON", trips=("HTTP-02",))
def _xml_never(x: Exchange, proceed: Callable[[], Negotiated]) -> Negotiated:
    choice = proceed()
    return x.choice if choice.representation.format == "xml" else choice


@fault(NEGOTIATE, "last-xml-type-json", "the last XML media type is answered in JSON", trips=("HTTP-02",))
def _last_xml_type_json(x: Exchange, proceed: Callable[[], Negotiated]) -> Negotiated:
    choice = proceed()
    last = choice.representation.media_types[-1]
    return x.choice if choice.representation.format == "xml" and choice.media_type == last else choice


@fault(
    NEGOTIATE,
    "second-type-406",
    "the second media type of a representation is rejected",
    trips=("HTTP-02",),
    needs=has_many_types,
)
def _second_type_406(_x: Exchange, proceed: Callable[[], Negotiated]) -> Negotiated:
    choice = proceed()
    if choice.media_type == choice.representation.media_types[1]:
        raise RefusedError("not acceptable", status=406)
    return choice


# The vendor's page lists application/x-www-form-urlencoded among the return formats of JSON.
@fault(
    NEGOTIATE,
    "form-type-406",
    "a media type that is never a Content-Type is rejected",
    trips=("HTTP-02",),
    needs=has_relabelled_type,
)
def _form_type_406(_x: Exchange, proceed: Callable[[], Negotiated]) -> Negotiated:
    choice = proceed()
    if choice.media_type in choice.representation.relabelled:
        raise RefusedError("not acceptable", status=406)
    return choice


@fault(RESPOND, "label-lies-xml", "XML has Content-Type application/json", trips=("HTTP-02",))
def _label_lies_xml(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if x.is_xml:
        done.headers["content-type"] = "application/json; charset=utf-8"
    return done


@fault(RESPOND, "label-html", "XML has Content-Type text/html", trips=("HTTP-02",))
def _label_html(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if x.is_xml:
        done.headers["content-type"] = "text/html; charset=utf-8"
    return done


@fault(RESPOND, "label-missing", "XML has no Content-Type", trips=("HTTP-02",))
def _label_missing(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if x.is_xml:
        del done.headers["content-type"]
    return done


@fault(NEGOTIATE, "accept-required", "a request without Accept is rejected", trips=("HTTP-04",))
def _accept_required(x: Exchange, proceed: Callable[[], Negotiated]) -> Negotiated:
    if not x.accept:
        raise RefusedError("an Accept header is required", status=406)
    return proceed()


@fault(NEGOTIATE, "wildcard-406", "the Accept header */* is rejected", trips=("HTTP-04",))
def _wildcard_406(x: Exchange, proceed: Callable[[], Negotiated]) -> Negotiated:
    if x.accept == "*/*":
        raise RefusedError("not acceptable", status=406)
    return proceed()


@fault(RESPOND, "wildcard-html", "without a definite Accept the response is an HTML page", trips=("HTTP-04",))
def _wildcard_html(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    if x.accept in ("", "*/*"):
        return ServerResponse(
            200, {"content-type": "text/html; charset=utf-8"}, b"<!DOCTYPE html><title>Help</title><p>The API"
        )
    return proceed()


@fault(
    PARSE, "token-text-500", "a cursor that is not an integer crashes the server", trips=("HTTP-09",), needs=has_numeric_cursor
)
def _token_text_500(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    text = given(x, x.feed.cursor.parameter.name)
    if text and integer(text) is None:
        raise RefusedError(_CRASH, status=500)
    return proceed()


@fault(
    PARSE, "token-beyond-int64-500", "a cursor beyond 64 bits crashes the server", trips=("HTTP-09",), needs=has_numeric_cursor
)
def _token_beyond_int64_500(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    number = integer(given(x, x.feed.cursor.parameter.name))
    if number is not None and not INT64_MIN <= number <= INT64_MAX:
        raise RefusedError("Arithmetic operation resulted in an overflow", status=500)
    return proceed()


@fault(PARSE, "token-negative-500", "a negative cursor crashes the server", trips=("HTTP-09",), needs=has_numeric_cursor)
def _token_negative_500(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    if (integer(given(x, x.feed.cursor.parameter.name)) or 0) < 0:
        raise RefusedError(_CRASH, status=500)
    return proceed()


@fault(PARSE, "limit-zero-500", "a page size of 0 crashes the server", trips=("HTTP-09",))
def _limit_zero_500(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    if integer(given(x, x.feed.limit.parameter.name)) == 0:
        raise RefusedError("Attempted to divide by zero", status=500)
    return proceed()


@fault(PARSE, "limit-text-500", "a page size that is not an integer crashes the server", trips=("HTTP-09",))
def _limit_text_500(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    text = given(x, x.feed.limit.parameter.name)
    if text and integer(text) is None:
        raise RefusedError("Input string was not in a correct format", status=500)
    return proceed()


@fault(PARSE, "limit-beyond-int32-500", "a page size beyond 32 bits crashes the server", trips=("HTTP-09",))
def _limit_beyond_int32_500(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    if abs(integer(given(x, x.feed.limit.parameter.name)) or 0) >= 2**31:
        raise RefusedError("Value was either too large or too small for an Int32", status=500)
    return proceed()


# SQL Server's error for a value that is longer than its column.
@fault(PARSE, "long-text-500", "an over-long text crashes the server", trips=("HTTP-09",), needs=has_text_parameter)
def _long_text_500(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    values = parse_query(x.query)
    for parameter in x.contract.operation.parameters:
        most = parameter.type.max_length
        if (
            parameter.type.kind is Kind.STRING
            and most is not None
            and any(len(text) > most for text in values.get(parameter.name, ()))
        ):
            raise RefusedError("String or binary data would be truncated", status=500)
    return proceed()


# PostgreSQL's error: its text type cannot hold NUL.
@fault(PARSE, "nul-500", "a NUL character in a parameter crashes the server", trips=("HTTP-09",))
def _nul_500(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    if b"%00" in x.query:
        raise RefusedError("invalid byte sequence: 0x00", status=500)
    return proceed()


@fault(PARSE, "utf8-500", "an escape that is not UTF-8 crashes the server", trips=("HTTP-09",))
def _utf8_500(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    try:
        parse_query(x.query)
    except RefusedError as error:
        raise RefusedError("UnicodeDecodeError", status=500) from error
    return proceed()


# LINQ's Single() raises this error on two values.
@fault(PARSE, "repeated-500", "a repeated parameter crashes the server", trips=("HTTP-09",))
def _repeated_500(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    names = [part.partition(b"=")[0] for part in x.query.split(b"&")]
    if len(names) != len(set(names)):
        raise RefusedError("Sequence contains more than one element", status=500)
    return proceed()


@fault(PARSE, "unknown-parameter-500", "an unknown parameter crashes the server", trips=("HTTP-09",))
def _unknown_parameter_500(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    known = {parameter.name for parameter in x.contract.operation.parameters}
    if any(name and name not in known for name in parse_query(x.query)):
        raise RefusedError("The given key was not present in the dictionary", status=500)
    return proceed()


@fault(ENCODE, "xml-refusal-500", "a rejection in XML crashes the server", trips=("HTTP-09",))
def _xml_refusal_500(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.error and x.is_xml and x.status == 400:
        x.status = 500
    return proceed()
