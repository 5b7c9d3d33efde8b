"""Faults of caches, proxies and request coalescing with an incomplete key, and of caching headers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from typing import Any

from twinwire_conformance.reference.faults.plan import given, has_other_mode, has_session, has_text_parameter
from twinwire_conformance.reference.faults.registry import Condition, always, fault
from twinwire_conformance.reference.pipeline import LOOKUP, SEND, Exchange, ServerResponse

# Long enough for concurrent requests to overlap over a loopback network too.
_LOOKUP_SECONDS = 0.003
_caching_fault = partial(fault, SEND, trips=("HTTP-12",))


def _values(x: Exchange) -> dict[str, str]:
    return {parameter.name: given(x, parameter.name) for parameter in x.contract.operation.parameters}


def _without(x: Exchange, name: str) -> Hashable:
    return tuple(value for parameter, value in _values(x).items() if parameter != name)


def _cache_fault(
    name: str,
    description: str,
    key: Callable[[Exchange], Hashable],
    *,
    seconds: float = 2.0,
    trips: tuple[str, ...] = ("HTTP-10",),
    rejections: bool = False,
    needs: Condition = always,
) -> None:
    """Register a fault that caches responses under an incomplete key.

    Args:
        name: The id of the fault.
        description: One sentence for the tables.
        key: Returns the cache key of a request.
        seconds: The lifetime of a cached response.
        trips: The rules that must detect the fault.
        rejections: Cache rejections as well.
        needs: Returns True for the contracts that the fault can break.
    """

    def hook(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
        cache: dict[Hashable, tuple[float, ServerResponse]] = x.state.setdefault("cache", {})
        found = key(x)
        if found in cache and x.now - cache[found][0] <= seconds:
            kept = cache[found][1]
            return ServerResponse(kept.status, dict(kept.headers), kept.body)
        done = proceed()
        if done.status == 200 or rejections:
            cache[found] = (x.now, ServerResponse(done.status, dict(done.headers), done.body))
        return done

    fault(SEND, name, description, trips=trips, needs=needs)(hook)


def _limit(x: Exchange) -> str:
    return given(x, x.feed.limit.parameter.name)


def _token(x: Exchange) -> str:
    return given(x, x.feed.cursor.parameter.name)


def _mode_name(x: Exchange) -> str:
    return x.feed.modes.parameter.name if x.feed.modes else ""


def _session_name(x: Exchange) -> str:
    return x.feed.session.name if x.feed.session else ""


# The short lifetimes keep a run from seeing one response only: most requests are correct, as in production.
_cache_fault(
    "cache-ignores-accept",
    "responses are cached for one second and the cache key lacks Accept",
    lambda x: (x.query, x.takes_gzip),
    seconds=1.0,
    trips=("HTTP-10", "HTTP-02"),
)
_cache_fault(
    "cache-ignores-main-type",
    "responses are cached for two seconds and the cache key has Accept only up to its slash",
    lambda x: (x.query, x.takes_gzip, x.accept.partition("/")[0]),
    trips=("HTTP-10", "HTTP-02"),
)
_cache_fault(
    "cache-ignores-encoding",
    "responses are cached for two seconds and the cache key lacks Accept-Encoding",
    lambda x: (x.query, x.accept),
    trips=("HTTP-02", "HTTP-10"),
)
_cache_fault(
    "cache-ignores-limit",
    "responses are cached for half a second and the cache key lacks the page size",
    lambda x: (_without(x, x.feed.limit.parameter.name), x.accept, x.takes_gzip),
    seconds=0.5,
)
_cache_fault(
    "cache-ignores-mode",
    "responses are cached for two seconds and the cache key lacks the mode",
    lambda x: (_without(x, _mode_name(x)), x.accept, x.takes_gzip),
    needs=has_other_mode,
)
_cache_fault(
    "cache-mode-initial",
    "responses are cached for two seconds and the cache key has the first letter of the mode only",
    lambda x: (_without(x, _mode_name(x)), given(x, _mode_name(x))[:1], x.accept, x.takes_gzip),
    needs=has_other_mode,
    trips=("HTTP-10", "IMAGE-04"),
)
# Some proxies treat URLs as case-insensitive, as Windows file systems do.
_cache_fault(
    "cache-ignores-case",
    "responses are cached for two seconds by the query in lower case",
    lambda x: (x.query.lower(), x.accept, x.takes_gzip),
    needs=has_other_mode,
)
_cache_fault(
    "cache-ignores-session",
    "responses and rejections are cached for one second and the cache key lacks the session",
    lambda x: (_without(x, _session_name(x)), x.accept, x.takes_gzip),
    seconds=1.0,
    rejections=True,
    needs=has_session,
    trips=("HTTP-10", "HTTP-01"),
)
_cache_fault(
    "cache-text-32",
    "responses and rejections are cached for two seconds by the first 32 characters of each parameter",
    lambda x: (tuple(value[:32] for value in _values(x).values()), x.accept, x.takes_gzip),
    rejections=True,
    needs=has_text_parameter,
)
_cache_fault(
    "cache-token-digits",
    "responses are cached for two seconds by the first ten characters of the cursor",
    lambda x: (_without(x, x.feed.cursor.parameter.name), _token(x)[:10], x.accept, x.takes_gzip),
    trips=("HTTP-10", "PAGE-01", "PAGE-03"),
)


def _coalescing_fault(name: str, description: str, key: Callable[[Exchange], Hashable], needs: Condition = always) -> None:
    """Register a fault that gives a request the response of a concurrent request with the same key."""

    async def hook(x: Exchange, _proceed: Callable[[], Awaitable[None]]) -> None:
        flights: dict[Hashable, Any] = x.state.setdefault("flights", {})
        found = key(x)
        if found in flights:
            x.parsed_query, x.choice = flights[found]
            await asyncio.sleep(_LOOKUP_SECONDS)
            return
        flights[found] = (x.parsed_query, x.choice)
        try:
            await asyncio.sleep(_LOOKUP_SECONDS)
        finally:
            del flights[found]

    fault(LOOKUP, name, description, trips=("HTTP-10", "PAGE-10"), needs=needs)(hook)


_coalescing_fault(
    "coalescing-ignores-accept", "concurrent requests that differ in Accept only share one response", lambda x: x.query
)
_coalescing_fault(
    "coalescing-ignores-limit",
    "concurrent requests that differ in the page size only share one response",
    lambda x: (_without(x, x.feed.limit.parameter.name), x.choice.media_type),
)
_coalescing_fault(
    "coalescing-ignores-mode",
    "concurrent requests that differ in the mode only share one response",
    lambda x: (_without(x, _mode_name(x)), x.choice.media_type),
    has_other_mode,
)
_coalescing_fault(
    "coalescing-ignores-token",
    "concurrent requests that differ in the cursor only share one response",
    lambda x: (_without(x, x.feed.cursor.parameter.name), x.choice.media_type),
)


@_caching_fault("vary-missing", "responses may be cached for a minute and have no Vary")
def _vary_missing(_x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    done.headers.pop("vary", None)
    done.headers["cache-control"] = "public, max-age=60"
    return done


# Compression middleware adds Vary: Accept-Encoding and knows nothing of negotiation.
@_caching_fault("vary-encoding-only", "responses have an ETag and vary by Accept-Encoding only")
def _vary_encoding_only(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    done.headers |= {"etag": f'"{x.page.start}-{len(x.page.places)}"', "vary": "Accept-Encoding"} if x.error is None else {}
    return done


@_caching_fault("vary-accept-only", "compressed responses with an expiry date vary by Accept only")
def _vary_accept_only(_x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    done.headers |= {"expires": "Fri, 31 Dec 2049 23:59:59 GMT", "vary": "Accept"}
    return done


# A 304 is only allowed for a conditional request (RFC 9110, section 15.4.5).
@fault(SEND, "repeated-304", "a repeated request gets 304 without a body, although it is not conditional", trips=("HTTP-01",))
def _repeated_304(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    seen: dict[Hashable, bytes] = x.state.setdefault("seen", {})
    key = (x.client, x.query, x.accept, x.takes_gzip)
    if done.status == 200 and _limit(x) and seen.setdefault(key, done.body) is not done.body:
        return ServerResponse(304, {"etag": '"1"'}, b"")
    return done
