"""Faults that depend on the client: its User-Agent, language, other headers and their order."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from twinwire_conformance.reference.faults.plan import entries as entries_of
from twinwire_conformance.reference.faults.plan import (
    given,
    has_integer_key,
    has_message,
    has_remaining,
    has_session,
    token_at,
)
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.negotiation import Negotiated, negotiate
from twinwire_conformance.reference.pipeline import (
    ENCODE,
    NEGOTIATE,
    RESPOND,
    RESULT,
    SEND,
    WINDOW,
    Exchange,
    ServedPage,
    ServerResponse,
)
from twinwire_conformance.reference.query import RefusedError

Result = dict[str, Any]
_caller_fault = partial(fault, trips=("HTTP-11",))
_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_FORBIDDEN = ServerResponse(403, {"content-type": "text/html"}, b"<html><head><title>Just a moment...</title></head></html>")


def _agent(x: Exchange) -> str:
    return x.header("user-agent").lower()


def _language(x: Exchange) -> str:
    return x.header("accept-language").lower()


@_caller_fault(RESPOND, "agent-browser-html", "a browser gets the XML inside an HTML page")
def _agent_browser_html(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if x.is_xml and _agent(x).startswith("mozilla/"):
        done.headers["content-type"] = "text/html; charset=utf-8"
        done.body = b"<!DOCTYPE html><pre>" + done.body.replace(b"<", b"&lt;") + b"</pre>"
    return done


# Bot protection blocks HTTP libraries by their names.
@_caller_fault(RESPOND, "agent-script-403", "Python, curl and other programs that name themselves get 403")
def _agent_script_403(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    return _forbidden() if re.match(r"(python|curl|go-http|java)", _agent(x)) else proceed()


@_caller_fault(RESPOND, "agent-missing-403", "a request without User-Agent gets 403")
def _agent_missing_403(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    return proceed() if _agent(x) else _forbidden()


def _forbidden() -> ServerResponse:
    return ServerResponse(_FORBIDDEN.status, dict(_FORBIDDEN.headers), _FORBIDDEN.body)


# A server that is tuned to the test: it behaves for the kit and not for ordinary clients.
@_caller_fault(WINDOW, "agent-kit-recognised", "every client except a conformance kit loses the entry after a page")
def _agent_kit_recognised(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if "twinwire" not in _agent(x) and page.remaining > 1:
        page.token = token_at(x, page.start + len(page.places))
    return page


@_caller_fault(
    ENCODE,
    "agent-versionless-keys",
    "a client without a version in its User-Agent gets keys as strings in JSON",
    needs=has_integer_key,
)
def _agent_versionless_keys(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if not x.is_xml and x.error is None and "/" not in _agent(x):
        for entry in entries_of(x, x.result):
            entry[x.feed.key.wire_name] = str(entry[x.feed.key.wire_name])
    return proceed()


# Numbers are formatted with the culture that the framework takes from Accept-Language.
@_caller_fault(
    ENCODE,
    "language-german-groups",
    "German clients get the remaining count in XML with a thousands separator",
    needs=has_remaining,
)
def _language_german_groups(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.is_xml and x.error is None and x.feed.remaining and _language(x).startswith("de"):
        x.result[x.feed.remaining.wire_name] = f"{x.page.remaining:,}".replace(",", ".")
    return proceed()


# Java's String.format uses the digits of the locale.
@_caller_fault(ENCODE, "language-arabic-digits", "Arabic clients get keys in XML in Arabic digits", needs=has_integer_key)
def _language_arabic_digits(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.is_xml and x.error is None and re.match("ar|fa", _language(x)):
        for entry in entries_of(x, x.result):
            entry[x.feed.key.wire_name] = str(entry[x.feed.key.wire_name]).translate(_ARABIC)
    return proceed()


@_caller_fault(
    RESULT, "language-message", "clients with another language than English get the message in French", needs=has_message
)
def _language_message(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if x.feed.outcome.message and _language(x) and not _language(x).startswith("en"):
        result[x.feed.outcome.message.wire_name] = "Opération réussie"
    return result


# `new CultureInfo("de;q=0.8")` raises an exception in .NET.
@_caller_fault(WINDOW, "language-weighed-500", "a weight in Accept-Language crashes the server")
def _language_weighed_500(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    if ";" in _language(x):
        raise RefusedError("Culture is not supported", status=500)
    return proceed()


# A fixed-size header table; browsers send more headers than a test client does.
@_caller_fault(NEGOTIATE, "header-ninth-ignored", "headers after the eighth are ignored, Accept included")
def _header_ninth_ignored(x: Exchange, proceed: Callable[[], Negotiated]) -> Negotiated:
    if "accept" in [name for name, _ in x.headers[:8]]:
        return proceed()
    return negotiate(x.feed.representations, "") or proceed()


@_caller_fault(NEGOTIATE, "header-accept-after-agent", "Accept is ignored if it stands before User-Agent")
def _header_accept_after_agent(x: Exchange, proceed: Callable[[], Negotiated]) -> Negotiated:
    names = [name for name, _ in x.headers]
    if "accept" in names and "user-agent" in names and names.index("accept") < names.index("user-agent"):
        return negotiate(x.feed.representations, "") or proceed()
    return proceed()


@fault(NEGOTIATE, "header-accept-twice", "only the first of two Accept headers is read", trips=("HTTP-05", "HTTP-11"))
def _header_accept_twice(x: Exchange, proceed: Callable[[], Negotiated]) -> Negotiated:
    x.accept = next((value for name, value in x.headers if name == "accept"), "")
    return proceed()


# RFC 9110, section 12.5.2, deprecates Accept-Charset, and servers should ignore it.
@_caller_fault(NEGOTIATE, "accept-charset-406", "a request with Accept-Charset is rejected unless it names UTF-8 first")
def _accept_charset_406(x: Exchange, proceed: Callable[[], Negotiated]) -> Negotiated:
    charset = x.header("accept-charset").lower()
    if charset and not charset.startswith("utf-8"):
        raise RefusedError("not acceptable", status=406)
    return proceed()


@fault(
    SEND,
    "connection-close-cut",
    "if the client closes the connection, the last bytes of a large body are not sent",
    trips=("HTTP-11", "HTTP-06"),
    needs_http=True,
)
def _connection_close_cut(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if x.header("connection").lower() == "close" and len(done.body) > 4096:
        done.declared_length = len(done.body)
        done.body = done.body[:-512]
    return done


@_caller_fault(SEND, "cookie-moved-on", "a client that sends back the cookie of a page and no cursor gets 409")
def _cookie_moved_on(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if x.error is None and x.page.places:
        done.headers["set-cookie"] = f"position={x.page.start + len(x.page.places)}; Path=/"
    if "position=" in x.header("cookie") and x.error is None and x.parsed_query.after is None:
        return ServerResponse(409, {"content-type": "text/plain"}, b"the session has moved on")
    return done


@_caller_fault(NEGOTIATE, "upgrade-insecure-html", "a client with Upgrade-Insecure-Requests gets XML, whatever it accepts")
def _upgrade_insecure_html(x: Exchange, proceed: Callable[[], Negotiated]) -> Negotiated:
    choice = proceed()
    xml = next((each for each in x.feed.representations if each.format == "xml"), None)
    return Negotiated(xml, xml.media_types[0]) if x.header("upgrade-insecure-requests") and xml else choice


@_caller_fault(
    RESPOND, "connection-close-large-cut", "if the client closes the connection, a body of more than 64 KiB is truncated"
)
def _connection_close_large_cut(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if x.header("connection") == "close":
        done.body = done.body[: 64 * 1024]
    return done


# Sessions are distributed over shards by a hash, and one shard is incomplete.
@fault(
    WINDOW,
    "session-shard-loses",
    "one session in three is served by a copy of the feed that lacks the fourth entry",
    trips=("HTTP-10", "PAGE-09"),
    needs=has_session,
)
def _session_shard_loses(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    session = given(x, x.feed.session.name) if x.feed.session else ""
    if sum(session.encode()) % 3 == 1 and page.start <= 3 < page.start + len(page.places):
        del page.places[3 - page.start]
    return page
