"""Faults of error results: unescaped quotations, entries, serial numbers, and bodies that a client cannot decode."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import unquote_to_bytes

from twinwire_conformance.reference.encoding import to_json
from twinwire_conformance.reference.faults.plan import (
    given,
    has_envelope,
    has_message,
    has_numeric_cursor,
    has_other_mode,
    integer,
)
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.pipeline import ENCODE, PARSE, REFUSE, RESPOND, RESULT, Exchange, ServerResponse
from twinwire_conformance.reference.query import ParsedQuery, understand

Result = dict[str, Any]
_MESSAGE_BYTES = 40


def _quotes_input(contract: Any) -> bool:
    return has_envelope(contract) and has_message(contract)


_quoting_fault = partial(fault, ENCODE, trips=("SCHEMA-08",), needs=_quotes_input)
_envelope_fault = partial(fault, REFUSE, trips=("SCHEMA-08",), needs=has_envelope)


def _is_bad_input(x: Exchange) -> bool:
    return x.error is not None and x.status == 400


def _bad_value(x: Exchange) -> str:
    """Return the rejected value, decoded: the page size if it is not an integer, otherwise the longest value."""
    values = [unquote_to_bytes(part.partition(b"=")[2].replace(b"+", b" ")) for part in x.query.split(b"&")]
    limit = unquote_to_bytes(given(x, x.feed.limit.parameter.name))
    bad = limit if limit and integer(limit.decode("latin-1")) is None else max(values, key=len, default=b"")
    return bad.decode("utf-8", "replace")


def _with_message(x: Exchange, mark: str) -> None:
    """Change a rejection to HTTP 200 with a message in which `mark` stands for the input."""
    x.status = 200
    assert x.feed.outcome.message is not None
    x.result = {**x.result, x.feed.outcome.message.wire_name: f"The value {mark} is not allowed"}


# A marker that no codec escapes; it is replaced by the raw input after encoding.
_MARK = "@@input@@"


@_quoting_fault("rejection-json-quotes-raw", "an error result in JSON quotes the input without escapes")
def _rejection_json_quotes_raw(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if not _is_bad_input(x) or x.is_xml:
        return proceed()
    _with_message(x, _MARK)
    return proceed().replace(_MARK.encode(), _bad_value(x).encode())


@_quoting_fault("rejection-xml-quotes-raw", "an error result in XML quotes the input without escapes")
def _rejection_xml_quotes_raw(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if not _is_bad_input(x) or not x.is_xml:
        return proceed()
    _with_message(x, _MARK)
    return proceed().replace(_MARK.encode(), _bad_value(x).encode())


# XML 1.0 forbids control characters even as references.
@_quoting_fault("rejection-xml-control", "an error result in XML quotes control characters as references")
def _rejection_xml_control(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if not _is_bad_input(x):
        return proceed()
    _with_message(x, _bad_value(x))
    return re.sub(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", lambda found: b"&#%d;" % found[0][0], proceed()) if x.is_xml else proceed()


# A database column counts bytes and truncates a character in UTF-8.
@_quoting_fault("rejection-message-cut", "the message of an error result is truncated after 40 bytes, within a character")
def _rejection_message_cut(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if not _is_bad_input(x):
        return proceed()
    _with_message(x, _MARK)
    return proceed().replace(_MARK.encode(), _bad_value(x).translate(_PLAIN).encode()[: _MESSAGE_BYTES - len("The value ")])


# The input is made harmless first, so that only the truncation can break the document.
_PLAIN = dict.fromkeys((*range(32), *map(ord, '"\\<>&')), "_")


@fault(
    REFUSE, "rejection-numbered", "every rejection has a serial number in its message", trips=("TWIN-04",), needs=has_message
)
def _rejection_numbered(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    x.state["number"] = x.state.get("number", 4711) + 1
    assert x.feed.outcome.message is not None
    return {**result, x.feed.outcome.message.wire_name: f"Error (incident {x.state['number']})"}


@fault(RESPOND, "rejection-html-200", "bad input gets HTTP 200 and an HTML page", trips=("SCHEMA-08",))
def _rejection_html_200(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    if not _is_bad_input(x):
        return proceed()
    return ServerResponse(
        200, {"content-type": "text/html; charset=utf-8"}, b"<!DOCTYPE html><title>Error</title><p>Bad request"
    )


@_envelope_fault("rejection-xml-with-entry", "an error result contains an entry, in XML only")
def _rejection_xml_with_entry(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if _is_bad_input(x):
        x.status = 200
        if x.is_xml:
            mode = x.feed.modes.default if x.feed.modes else None
            result[x.feed.entries.wire_name] = [x.contents.entry(place.index, mode) for place in x.snapshot.places(0, 1)]
    return result


@fault(
    REFUSE,
    "rejection-token-empty",
    "an error result has an empty cursor",
    trips=("SCHEMA-06", "SCHEMA-08"),
    needs=lambda contract: has_envelope(contract) and has_numeric_cursor(contract),
)
def _rejection_token_empty(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if _is_bad_input(x):
        x.status = 200
        result[x.feed.cursor.member.wire_name] = ""
    return result


@fault(
    REFUSE,
    "rejection-code-success",
    "bad input gets HTTP 200, the success code and no entries",
    trips=("PARAM-04", "PARAM-07"),
)
def _rejection_code_success(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if _is_bad_input(x):
        x.status = 200
        result[x.feed.outcome.code.wire_name] = x.feed.outcome.success
    return result


@fault(
    ENCODE,
    "rejection-json-problem",
    "bad input gets HTTP 200 and problem details in JSON",
    trips=("SCHEMA-08", "TWIN-04"),
)
def _rejection_json_problem(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if not _is_bad_input(x) or x.is_xml:
        return proceed()
    x.status = 200
    return to_json({"type": "about:blank", "title": "Bad Request", "status": 400, "errors": {"": ["invalid"]}}).encode()


@fault(
    PARSE,
    "over-maximum-warned-json-only",
    "a page size above the maximum is lowered, with a warning in JSON only",
    trips=("TWIN-04",),
    needs=lambda contract: contract.feed.outcome.warnings is not None,
)
def _over_maximum_warned_json_only(x: Exchange, _proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    parsed_query = understand(x.contract, x.query, lower_limit=True)
    if x.is_xml:
        parsed_query.warnings = [each for each in parsed_query.warnings if "lowered" not in each]
    return parsed_query


@fault(
    RESULT,
    "mode-unknown-warned-xml-only",
    "an unknown mode is ignored with a warning in XML only",
    trips=("TWIN-04", "TWIN-01"),
    needs=lambda contract: contract.feed.outcome.warnings is not None and has_other_mode(contract),
)
def _mode_unknown_warned_xml_only(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if not x.is_xml and x.feed.outcome.warnings:
        result.pop(x.feed.outcome.warnings.wire_name, None)
    return result


@fault(
    RESPOND, "rejection-xml-empty-body", "bad input is rejected in XML with HTTP 200 and an empty body", trips=("SCHEMA-08",)
)
def _rejection_xml_empty_body(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if _is_bad_input(x) and x.is_xml:
        done.status, done.body = 200, b""
    return done


@fault(
    RESPOND,
    "rejection-packed-unlabelled",
    "an error result is compressed without a Content-Encoding if gzip is offered",
    trips=("SCHEMA-08", "HTTP-06"),
    needs=has_envelope,
)
def _rejection_packed_unlabelled(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if x.error is not None and x.takes_gzip:
        done.body = gzip.compress(done.body, 1, mtime=0)
    return done
