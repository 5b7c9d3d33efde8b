"""Faults in the handling of unexpected input: escapes, digits, quotation marks and lengths."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from urllib.parse import unquote_to_bytes

from twinwire_conformance.reference.faults.plan import (
    given,
    has_modes,
    has_numeric_cursor,
    has_session,
    has_text_parameter,
    integer,
    starts_with,
    texts,
    understand_with,
)
from twinwire_conformance.reference.faults.registry import Condition, fault
from twinwire_conformance.reference.negotiation import Negotiated
from twinwire_conformance.reference.pipeline import (
    ENCODE,
    NEGOTIATE,
    PARSE,
    RESPOND,
    SEND,
    WINDOW,
    Exchange,
    ServedPage,
    ServerResponse,
)
from twinwire_conformance.reference.query import ParsedQuery, RefusedError

_MALFORMED_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_LONG_ACCEPT = 1000
# A double has a maximum of about 1.8 * 10**308, which has 309 digits.
_DOUBLE_DIGITS = 309
# The default limit of nginx and others for a request line.
_LONG_QUERY = 8192
_crash_fault = partial(fault, PARSE, trips=("HTTP-09",))
_hang_up_fault = partial(fault, SEND, trips=("HTTP-09",), needs_http=True)
_lenient_fault = partial(fault, PARSE, trips=("PARAM-04",))


def _crash(message: str) -> RefusedError:
    return RefusedError(message, status=500)


def _limit_text(x: Exchange) -> str:
    """Return the decoded page size parameter; bytes that are not UTF-8 are replaced."""
    return unquote_to_bytes(given(x, x.feed.limit.parameter.name).replace("+", " ")).decode("utf-8", "replace")


def _session_text(x: Exchange) -> str:
    return "".join(text for parameter, text in texts(x) if parameter == x.feed.session)


def _mode_text(x: Exchange) -> str:
    return "".join(text for parameter, text in texts(x) if x.feed.modes and parameter == x.feed.modes.parameter)


def _text_crash(
    name: str, description: str, found: Callable[[str], object], read: Callable[[Exchange], str], needs: Condition
) -> None:
    """Register a fault that crashes on a character that is valid in a text parameter."""

    def hook(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
        if found(read(x)):
            raise _crash(description)
        return proceed()

    fault(PARSE, name, description, trips=("HTTP-09", "PARAM-05"), needs=needs)(hook)


_text_crash(
    "session-quote-500", "an apostrophe in the session breaks SQL", lambda text: "'" in text, _session_text, has_session
)
_text_crash(
    "session-percent-500", "a percent sign in the session starts a format", lambda text: "%" in text, _session_text, has_session
)
_text_crash("session-brace-500", "a brace in the session starts a format", lambda text: "{" in text, _session_text, has_session)
_text_crash(
    "session-beyond-bmp-500",
    "a character beyond the BMP in the session does not fit its database column",
    lambda text: any(ord(letter) > 0xFFFF for letter in text),
    _session_text,
    has_session,
)
_text_crash(
    "mode-backslash-500", "a backslash in the mode parameter is an escape", lambda text: "\\" in text, _mode_text, has_modes
)
_text_crash(
    "mode-quotation-500", "a quotation mark in the mode parameter breaks SQL", lambda text: '"' in text, _mode_text, has_modes
)
_text_crash(
    "mode-parts-500", "an equals sign in the mode parameter breaks a split", lambda text: "=" in text, _mode_text, has_modes
)


# JavaScript's decodeURIComponent raises this error.
@_crash_fault("escape-malformed-500", "a percent sign without two hexadecimal digits crashes the server")
def _escape_malformed_500(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    if _MALFORMED_ESCAPE.search(x.query):
        raise _crash("URIError: URI malformed")
    return proceed()


@_hang_up_fault("escape-malformed-hangs-up", "a percent sign before a letter past F ends the connection")
def _escape_malformed_hangs_up(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    done.hangs_up = re.search(rb"%[G-Zg-z]", x.query) is not None
    return done


@_hang_up_fault("query-long-hangs-up", "a query of more than 8 KiB ends the connection")
def _query_long_hangs_up(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    done.hangs_up = len(x.query) > _LONG_QUERY
    return done


@_hang_up_fault("session-line-break-hangs-up", "a line break in a text parameter breaks a header and ends the connection")
def _session_line_break_hangs_up(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    done.hangs_up = any("\n" in text or "\r" in text for _, text in texts(x))
    return done


# Web application firewalls reset connections that look like SQL injection.
@_hang_up_fault("firewall-resets", "a text parameter that looks like SQL ends the connection")
def _firewall_resets(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    done.hangs_up = any(re.search(r"(?i)union\s+select|'\s*or\s|drop\s+table|;\s*--", text) for _, text in texts(x))
    return done


def _accept_crash(name: str, description: str, found: Callable[[str], object]) -> None:
    """Register a fault that crashes if something is found in the Accept header."""

    def hook(x: Exchange, proceed: Callable[[], Negotiated]) -> Negotiated:
        if found(x.accept):
            raise _crash("Input string was not in a correct format")
        return proceed()

    fault(NEGOTIATE, name, description, trips=("HTTP-08", "HTTP-09"))(hook)


_accept_crash("accept-weight-text-500", "a weight that is not a number crashes the server", re.compile(r"q=[^0-9.,; ]").search)
_accept_crash("accept-weight-empty-500", "an empty weight crashes the server", re.compile(r"q=\s*(,|;|$)").search)
_accept_crash("accept-empty-part-500", "an empty element in the Accept header crashes the server", re.compile(r",\s*,").search)
_accept_crash(
    "accept-slashless-500",
    "a media type without a slash crashes the server",
    lambda accept: any(part.strip() and "/" not in part for part in accept.split(",")),
)
_accept_crash(
    "accept-long-500",
    "an Accept header of more than 1,000 characters crashes the server",
    lambda accept: len(accept) > _LONG_ACCEPT,
)


# Python's int() and Java's Integer.parseInt accept decimal digits of every script.
@_lenient_fault("limit-other-digits-read", "a page size in the digits of another script is served")
def _limit_other_digits_read(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    text = _limit_text(x)
    return understand_with(x, x.feed.limit.parameter, str(int(text))) if _other_digits(text) else proceed()


def _other_digits(text: str) -> bool:
    return text.isdecimal() and not text.isascii()


@_crash_fault("limit-other-digits-500", "a page size in the digits of another script crashes the server")
def _limit_other_digits_500(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    if re.fullmatch(r"\d+", _limit_text(x)) and not _limit_text(x).isascii():
        raise _crash("For input string")
    return proceed()


@_lenient_fault("limit-space-read", "a page size with a leading space or plus sign is served")
def _limit_space_read(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    text = _limit_text(x)
    bare = text.strip().removeprefix("+")
    return understand_with(x, x.feed.limit.parameter, bare) if bare != text else proceed()


@_crash_fault("limit-plus-500", "a page size with an escaped plus sign crashes the server")
def _limit_plus_500(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    if _limit_text(x).startswith("+"):
        raise _crash("Input string was not in a correct format")
    return proceed()


@_crash_fault("digits-309-500", "a number of more than 309 digits, which a double cannot hold, crashes the server")
def _digits_309_500(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    if re.search(rb"[0-9]{%d}" % (_DOUBLE_DIGITS + 1), x.query):
        raise _crash("cannot convert float infinity to integer")
    return proceed()


def _unlimited_fault(name: str, description: str, serves: Callable[[int], bool], drop: int) -> None:
    """Register a fault that serves all entries except the last `drop` for a page size that should be rejected."""

    def hook(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
        limit = integer(given(x, x.feed.limit.parameter.name))
        if limit is None or not serves(limit):
            return proceed()
        parsed_query = understand_with(x, x.feed.limit.parameter, None)
        parsed_query.limit = max(0, x.snapshot.total - drop)
        return parsed_query

    fault(PARSE, name, description, trips=("PARAM-03", "PARAM-04"))(hook)


# As Python's entries[:-1] does.
_unlimited_fault("limit-minus-one-slices", "a page size of -1 gives all entries except the last", lambda limit: limit == -1, 1)
_unlimited_fault("limit-zero-unlimited", "a page size of 0 gives all entries", lambda limit: limit == 0, 0)
_unlimited_fault(
    "limit-beyond-int32-unlimited", "a page size beyond 32 bits gives all entries", lambda limit: limit >= 2**31, 0
)


# JavaScript, Java and .NET count UTF-16 units in their string lengths.
@fault(
    PARSE,
    "text-utf16-counted",
    "the length of a text is counted in UTF-16 units",
    trips=("PARAM-05",),
    needs=has_text_parameter,
)
def _text_utf16_counted(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    for parameter, text in texts(x):
        if len(text.encode("utf-16-le")) // 2 > (parameter.type.max_length or 0):
            raise RefusedError(f"{parameter.name} is too long")
    return proceed()


@fault(
    PARSE,
    "text-escaped-counted",
    "the length of a text is counted before its escapes are decoded",
    trips=("PARAM-05",),
    needs=has_text_parameter,
)
def _text_escaped_counted(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    for parameter, _ in texts(x):
        if len(given(x, parameter.name)) > (parameter.type.max_length or 0):
            raise RefusedError(f"{parameter.name} is too long")
    return proceed()


@fault(
    RESPOND,
    "firewall-markup-403",
    "a firewall sends 403 and an HTML page if a text contains markup",
    trips=("PARAM-05",),
    needs=has_text_parameter,
)
def _firewall_markup_403(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    if any(re.search(r"(?i)<\s*(script|img|svg|iframe|a\b)|javascript:", text) for _, text in texts(x)):
        return ServerResponse(403, {"content-type": "text/html"}, b"<html><head><title>403 Forbidden</title></head></html>")
    return proceed()


@fault(NEGOTIATE, "control-character-poisons", "after a control character in a query every response is 500", trips=("HTTP-09",))
def _control_character_poisons(x: Exchange, proceed: Callable[[], Negotiated]) -> Negotiated:
    if x.state.get("poisoned"):
        raise _crash("The connection pool is exhausted")
    x.state["poisoned"] = re.search(rb"%(0[1-8BbCcEeFf]|1[0-9A-Fa-f])", x.query) is not None
    return proceed()


@_crash_fault("parameter-bracket-500", "a parameter name with brackets crashes the server")
def _parameter_bracket_500(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    names = [unquote_to_bytes(part.partition(b"=")[0]) for part in x.query.split(b"&")]
    if any(name.endswith(b"]") and b"[" in name for name in names):
        raise _crash("Array to string conversion")
    return proceed()


@_crash_fault("parameter-nameless-500", "a parameter without a name crashes the server")
def _parameter_nameless_500(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    if any(part.startswith(b"=") for part in x.query.split(b"&")):
        raise _crash("Index was outside the bounds of the array")
    return proceed()


# In two's complement, the absolute value of -2**63 does not fit in 64 bits.
@_crash_fault(
    "token-least-500",
    "the smallest 64-bit cursor crashes the server, because it has no absolute value",
    needs=has_numeric_cursor,
)
def _token_least_500(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    if integer(given(x, x.feed.cursor.parameter.name)) == -(2**63):
        raise _crash("Negating the minimum value of a twos complement number is invalid")
    return proceed()


@fault(WINDOW, "token-empty-500", "an empty cursor crashes the server", trips=("HTTP-09", "PARAM-09"), needs=starts_with(""))
def _token_empty_500(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    name = x.feed.cursor.parameter.name.encode()
    if any(part in (name, name + b"=") for part in x.query.split(b"&")):
        raise _crash("Input string was not in a correct format")
    return proceed()


# HTML 4.01 recommended ";" as a separator besides "&".
@_crash_fault(
    "semicolon-splits-500",
    "a semicolon in a query starts a new parameter, which crashes the server",
    needs=has_text_parameter,
)
def _semicolon_splits_500(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    if b";" in x.query:
        raise _crash("Missing value")
    return proceed()


@fault(
    PARSE,
    "limit-empty-greatest",
    "an empty page size gives the largest page",
    trips=("PARAM-02", "PARAM-03"),
    needs=lambda contract: contract.feed.limit.parameter.empty_is_absent,
)
def _limit_empty_greatest(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    parsed_query = proceed()
    name = x.feed.limit.parameter.name.encode()
    if name + b"=" in x.query.split(b"&"):
        parsed_query.limit = x.feed.limit.maximum
    return parsed_query


@fault(
    PARSE,
    "limit-repeated-last-unchecked",
    "if the page size is repeated, the first value is checked and the last is used",
    trips=("PARAM-03",),
)
def _limit_repeated_last_unchecked(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    name = x.feed.limit.parameter.name.encode() + b"="
    values = [part.removeprefix(name) for part in x.query.split(b"&") if part.startswith(name)]
    last = integer(values[-1].decode("latin-1")) if len(values) > 1 else None
    if last is None:
        return proceed()
    parsed_query = understand_with(x, x.feed.limit.parameter, values[0].decode("latin-1"))
    parsed_query.limit = max(0, last)
    return parsed_query


@fault(
    ENCODE,
    "control-character-echoed",
    "XML quotes a control character of a text parameter without an escape",
    trips=("SCHEMA-02", "PARAM-05"),
    needs=has_text_parameter,
)
def _control_character_echoed(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    body = proceed()
    found = x.is_xml and any("\x01" in text for _, text in texts(x))
    return body.replace(b">", b" echo='\x01'>", 1) if found else body
