"""Faults of state shared between sessions or between concurrent requests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from twinwire_conformance.reference.faults.plan import given, has_other_mode, has_session
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.pipeline import LOOKUP, WINDOW, Exchange, ServedPage
from twinwire_conformance.reference.query import RefusedError

# Long enough for concurrent requests to overlap over a loopback network too.
_LOOKUP_SECONDS = 0.003
# Requests without a session are correct, so that only the rules about sessions can detect these faults.
_session_fault = partial(fault, WINDOW, needs=has_session)
_race_fault = partial(fault, LOOKUP, trips=("PAGE-10",))


def _session(x: Exchange) -> str:
    return given(x, x.feed.session.name) if x.feed.session else ""


@_session_fault("session-cursor-shared", "all sessions continue from one shared cursor", trips=("PAGE-09",))
def _session_cursor_shared(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    if not _session(x):
        return proceed()
    if x.parsed_query.after is not None:
        x.parsed_query.after = x.state.get("cursor", x.parsed_query.after)
    page = proceed()
    x.state["cursor"] = page.token
    return page


@_session_fault(
    "session-takes-away", "entries that one session received are not served to another", trips=("PAGE-09", "HTTP-10")
)
def _session_takes_away(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    given_to: dict[str, int] = x.state.setdefault("given", {})
    own = _session(x)
    if not own:
        return proceed()
    others = max((rank for session, rank in given_to.items() if session != own), default=0)
    page = x.cut(max(x.start(), others), x.parsed_query.limit)
    given_to[own] = max(given_to.get(own, 0), page.start + len(page.places))
    return page


@_session_fault("session-switch-restarts", "a request of another session makes a traversal start again", trips=("PAGE-09",))
def _session_switch_restarts(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    own = _session(x)
    if own and x.state.setdefault("session", own) != own:
        x.parsed_query.after = None
    x.state["session"] = own or x.state.get("session")
    return proceed()


@_session_fault(
    "session-remembers", "a request without a cursor continues where its session stopped", trips=("PAGE-04", "PAGE-09")
)
def _session_remembers(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    own = _session(x)
    if not own:
        return proceed()
    cursors: dict[str, int | None] = x.state.setdefault("cursors", {})
    if x.parsed_query.after is None:
        x.parsed_query.after = cursors.get(own)
    page = proceed()
    cursors[own] = page.token
    return page


# A request's parameters in a static field or a singleton.
@_race_fault("race-ask", "concurrent requests are all answered like the last of them")
async def _race_ask(x: Exchange, _proceed: Callable[[], Awaitable[None]]) -> None:
    x.state["ask"] = x.parsed_query
    await asyncio.sleep(_LOOKUP_SECONDS)
    x.parsed_query = x.state["ask"]


@_race_fault("race-format", "concurrent requests all get the representation of the last")
async def _race_format(x: Exchange, _proceed: Callable[[], Awaitable[None]]) -> None:
    x.state["choice"] = x.choice
    await asyncio.sleep(_LOOKUP_SECONDS)
    x.choice = x.state["choice"]


@_race_fault("race-limit", "concurrent requests all get the page size of the last")
async def _race_limit(x: Exchange, _proceed: Callable[[], Awaitable[None]]) -> None:
    x.state["limit"] = x.parsed_query.limit
    await asyncio.sleep(_LOOKUP_SECONDS)
    x.parsed_query.limit = x.state["limit"]


@_race_fault("race-mode", "concurrent requests all get the mode of the last", needs=has_other_mode)
async def _race_mode(x: Exchange, _proceed: Callable[[], Awaitable[None]]) -> None:
    x.state["mode"] = x.parsed_query.mode
    await asyncio.sleep(_LOOKUP_SECONDS)
    x.parsed_query.mode = x.state["mode"]


async def _busiest(x: Exchange) -> int:
    """Wait like a database query. Return the number of requests that were waiting when this one started, itself included."""
    waiting = x.state["waiting"] = x.state.get("waiting", 0) + 1
    try:
        await asyncio.sleep(_LOOKUP_SECONDS)
    finally:
        x.state["waiting"] -= 1
    return int(waiting)


@_race_fault("race-empty", "a request that arrives during a database query of another gets an empty page")
async def _race_empty(x: Exchange, _proceed: Callable[[], Awaitable[None]]) -> None:
    if await _busiest(x) > 1:
        x.parsed_query.limit = 0


# Entity Framework's error for concurrent use of one DbContext.
@_race_fault("race-500", "a request that arrives during a database query of another crashes the server")
async def _race_500(x: Exchange, _proceed: Callable[[], Awaitable[None]]) -> None:
    if await _busiest(x) > 1:
        raise RefusedError("A second operation was started on this context", status=500)


@_race_fault("race-third-restarts", "a request that arrives during two database queries of others starts at the beginning")
async def _race_third_restarts(x: Exchange, _proceed: Callable[[], Awaitable[None]]) -> None:
    if await _busiest(x) > 2:
        x.parsed_query.after = None
