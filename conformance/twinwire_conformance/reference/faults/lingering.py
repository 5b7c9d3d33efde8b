"""Faults of state kept between requests: after a certain request, after a pause, at the start, or once in a while."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from twinwire_conformance.reference.faults.plan import entries, given, has_modes, has_other_mode, has_remaining, is_empty, items
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.negotiation import Negotiated
from twinwire_conformance.reference.pipeline import (
    ENCODE,
    NEGOTIATE,
    PARSE,
    RESULT,
    SEND,
    WINDOW,
    Exchange,
    ServedPage,
    ServerResponse,
)
from twinwire_conformance.reference.query import ParsedQuery, RefusedError

Result = dict[str, Any]
_PAUSE_SECONDS = 1.0
_REPLICAS = 7
_leak_fault = partial(fault, trips=("HTTP-10", "PAGE-04"))


@fault(
    PARSE,
    "mode-leaks",
    "a request without a mode gets the mode of the previous request",
    trips=("HTTP-10", "IMAGE-04"),
    needs=has_other_mode,
)
def _mode_leaks(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    parsed_query = proceed()
    if x.feed.modes and not given(x, x.feed.modes.parameter.name):
        parsed_query.mode = x.state.get("mode", parsed_query.mode)
    x.state["mode"] = parsed_query.mode
    # The leak affects one request only.
    if x.feed.modes and not given(x, x.feed.modes.parameter.name):
        x.state["mode"] = x.feed.modes.default
    return parsed_query


@fault(
    RESULT,
    "warning-leaks",
    "the warnings of a response appear in the next one too",
    trips=("HTTP-10", "TWIN-04"),
    needs=lambda contract: contract.feed.outcome.warnings is not None and has_modes(contract),
)
def _warning_leaks(x: Exchange, proceed: Callable[[], Result]) -> Result:
    own, before = list(x.parsed_query.warnings), x.state.get("warnings", [])
    x.state["warnings"] = own
    x.parsed_query.warnings = [*before, *own]
    return proceed()


@_leak_fault(NEGOTIATE, "type-leaks", "a request without Accept gets the media type of the previous request")
def _type_leaks(x: Exchange, proceed: Callable[[], Negotiated]) -> Negotiated:
    choice = x.state.get("choice") if x.accept in ("", "*/*") else None
    x.state["choice"] = None
    if choice is not None:
        return choice  # type: ignore[no-any-return]
    x.state["choice"] = proceed()
    return x.state["choice"]  # type: ignore[no-any-return]


@_leak_fault(PARSE, "rejection-then-empty", "a request right after a rejection gets an empty page")
def _rejection_then_empty(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    after_rejection = x.state.get("rejected", False)
    x.state["rejected"] = True
    parsed_query = proceed()
    x.state["rejected"] = False
    if after_rejection:
        parsed_query.limit = 0
    return parsed_query


@_leak_fault(
    PARSE, "limit-leaks-after-maximum", "a request without a page size gets the maximum right after a request with the maximum"
)
def _limit_leaks_after_maximum(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    parsed_query = proceed()
    if not given(x, x.feed.limit.parameter.name) and x.state.get("limit") == x.feed.limit.maximum:
        parsed_query.limit = x.feed.limit.maximum
        x.state["limit"] = None
    else:
        x.state["limit"] = parsed_query.limit
    return parsed_query


# A response buffer that is reused without being cleared.
@fault(
    ENCODE,
    "buffer-tail-leaks",
    "a body of less than 1,000 bytes is followed by the rest of an earlier, longer body",
    trips=("HTTP-10", "SCHEMA-01", "SCHEMA-02"),
)
def _buffer_tail_leaks(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    body = proceed()
    buffer: bytes = x.state.get("buffer", b"")
    x.state["buffer"] = body + buffer[len(body) :] if len(body) < len(buffer) else body
    return body + buffer[len(body) : len(body) + 64] if len(body) < 1000 else body


# The state is reset afterwards, so a retry is correct.
@_leak_fault(WINDOW, "empty-page-then-empty", "a request without a cursor right after an empty page gets an empty page")
def _empty_page_then_empty(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = x.cut(x.snapshot.total, x.parsed_query.limit) if x.state.get("ended") and x.parsed_query.after is None else proceed()
    x.state["ended"] = not page.places and not x.state.get("ended")
    return page


@fault(
    SEND,
    "connection-first-xml-406",
    "the first request of a connection is rejected if it asks for XML",
    trips=("HTTP-02", "HTTP-11"),
    needs_http=True,
)
def _connection_first_xml_406(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    clients: set[str] = x.state.setdefault("clients", set())
    done = proceed()
    first = x.client not in clients
    clients.add(x.client)
    if first and x.is_xml and x.error is None:
        return ServerResponse(406, {"content-type": "text/plain"}, b"the Accept header is missing")
    return done


@fault(
    WINDOW,
    "connection-keeps-cursor",
    "a request without a cursor continues where its connection stopped",
    trips=("PAGE-03", "PAGE-04", "HTTP-10"),
    needs_http=True,
)
def _connection_keeps_cursor(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    cursors: dict[str, int | None] = x.state.setdefault("cursors", {})
    if x.parsed_query.after is None:
        x.parsed_query.after = cursors.get(x.client)
    page = proceed()
    cursors[x.client] = page.token if page.places else None
    return page


@fault(
    WINDOW,
    "pause-restarts",
    "after a pause of more than a second a cursor leads to the beginning",
    trips=("HTTP-11", "PAGE-04"),
)
def _pause_restarts(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    before, x.state["last"] = x.state.get("last", x.now), x.now
    return x.cut(0, x.parsed_query.limit) if x.now - before > _PAUSE_SECONDS else proceed()


@fault(
    WINDOW,
    "start-queue-zero",
    "the remaining count is zero in the first response after the start",
    trips=("PAGE-04", "PAGE-05", "PAGE-06"),
    needs=has_remaining,
)
def _start_queue_zero(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if not x.state.get("started"):
        page.remaining = 0
    x.state["started"] = True
    return page


# .NET's XmlSerializer compiles a class on first use and fails with this message if it cannot.
@fault(WINDOW, "start-xml-500", "the first two requests for XML after the start crash the server", trips=("HTTP-01",))
def _start_xml_500(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    if x.is_xml:
        x.state["xml"] = x.state.get("xml", 0) + 1
        if x.state["xml"] <= 2:
            raise RefusedError("Unable to generate a temporary class", status=500)
    return proceed()


# A read replica behind its primary.
@fault(
    WINDOW,
    "seventh-replica-lags",
    "every seventh request reaches a replica that lacks the last entry of the feed",
    trips=("PAGE-04",),
)
def _seventh_replica_lags(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    x.state["turn"] = (x.state.get("turn", 0) + 1) % _REPLICAS
    if x.state["turn"]:
        return proceed()
    total = max(0, x.snapshot.total - 1)
    page = x.cut(min(x.start(), total), max(0, min(x.parsed_query.limit, total - x.start())))
    page.remaining = max(0, page.remaining - 1)
    return page


# SQL Server's error 1205, which a server should retry itself.
@fault(
    WINDOW,
    "deadlock-31st",
    "every 31st request gets 500: a deadlock",
    trips=("HTTP-01", "PAGE-04", "HTTP-09", "HTTP-10"),
)
def _deadlock_31st(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    x.state["turn"] = x.state.get("turn", 0) + 1
    if x.state["turn"] % 31 == 0:
        raise RefusedError("Transaction was deadlocked on lock resources", status=500)
    return proceed()


# As with a cache that stores a response on its second request (nginx's proxy_cache_min_uses).
@fault(
    RESULT,
    "third-time-image-lost",
    "the third identical request gets a page whose last entry has no images",
    trips=("PAGE-04", "HTTP-10", "TWIN-01"),
    needs=has_modes,
)
def _third_time_image_lost(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    times: dict[tuple[bytes, str], int] = x.state.setdefault("times", {})
    key = (x.query, x.accept)
    times[key] = times.get(key, 0) + 1
    with_items = [entry for entry in entries(x, result) if items(x, entry)]
    if times[key] >= 3 and with_items and x.parsed_query.mode:
        del with_items[-1][x.parsed_query.mode.items[0].wire_name]
    return result


@fault(WINDOW, "empty-page-twice-404", "a second empty page in a row gets 404", trips=("PAGE-07", "HTTP-01"))
def _empty_page_twice_404(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    x.page = proceed()
    empty, before = is_empty(x), x.state.get("empty", False)
    x.state["empty"] = empty
    if empty and before:
        raise RefusedError("nothing found", status=404)
    return x.page


@fault(WINDOW, "backend-83rd-502", "every 83rd request reaches a backend that is down and gets 502", trips=("HTTP-09",))
def _backend_83rd_502(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    x.state["turn"] = x.state.get("turn", 0) + 1
    if x.state["turn"] % 83 == 0:
        raise RefusedError("Bad gateway", status=502)
    return proceed()


@fault(
    WINDOW,
    "third-replica-lags",
    "every third request reaches a replica that lacks the feed's last four entries",
    trips=("PAGE-04",),
)
def _third_replica_lags(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    x.state["turn"] = x.state.get("turn", 0) + 1
    if x.state["turn"] % 3:
        return proceed()
    total = max(0, x.snapshot.total - 4)
    page = x.cut(min(x.start(), total), max(0, min(x.parsed_query.limit, total - x.start())))
    page.remaining = max(0, page.remaining - 4)
    return page


@fault(
    PARSE,
    "connection-first-default-half",
    "the first request of a connection gets half the default page size if it names none",
    trips=("HTTP-11",),
    needs_http=True,
)
def _connection_first_default_half(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    clients: set[str] = x.state.setdefault("clients", set())
    parsed_query = proceed()
    if x.client not in clients and not given(x, x.feed.limit.parameter.name):
        parsed_query.limit //= 2
    clients.add(x.client)
    return parsed_query
