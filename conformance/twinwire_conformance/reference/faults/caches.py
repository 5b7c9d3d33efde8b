"""Faults of caches, proxies and coalescing whose key is incomplete, and of what answers say about caching."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from typing import Any

from twinwire_conformance.reference.faults.plan import given, has_other_mode, has_session, has_text_parameter
from twinwire_conformance.reference.faults.registry import Condition, always, fault
from twinwire_conformance.reference.pipeline import LOOKUP, SEND, Answer, Exchange

# Long enough for requests that were sent together to meet over a network's loopback too.
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
    """Register a fault that keeps answers for some seconds under an incomplete key; rejections only if told."""

    def hook(x: Exchange, proceed: Callable[[], Answer]) -> Answer:
        cache: dict[Hashable, tuple[float, Answer]] = x.state.setdefault("cache", {})
        found = key(x)
        if found in cache and x.now - cache[found][0] <= seconds:
            kept = cache[found][1]
            return Answer(kept.status, dict(kept.headers), kept.body)
        done = proceed()
        if done.status == 200 or rejections:
            cache[found] = (x.now, Answer(done.status, dict(done.headers), done.body))
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


_cache_fault(
    "cache-ignores-accept",
    "for a second answers are kept without regard to Accept",
    lambda x: (x.query, x.takes_gzip),
    seconds=1.0,
    trips=("HTTP-10", "HTTP-02"),
)
_cache_fault(
    "cache-ignores-main-type",
    "for two seconds answers are kept by the part of the Accept header before its slash",
    lambda x: (x.query, x.takes_gzip, x.accept.partition("/")[0]),
    trips=("HTTP-10", "HTTP-02"),
)
_cache_fault(
    "cache-ignores-encoding",
    "for two seconds answers are kept without regard to Accept-Encoding",
    lambda x: (x.query, x.accept),
    trips=("HTTP-02", "HTTP-10"),
)
_cache_fault(
    "cache-ignores-limit",
    "for half a second answers are kept without regard to the limit",
    lambda x: (_without(x, x.feed.limit.parameter.name), x.accept, x.takes_gzip),
    seconds=0.5,
)
_cache_fault(
    "cache-ignores-mode",
    "for two seconds answers are kept without regard to the mode",
    lambda x: (_without(x, _mode_name(x)), x.accept, x.takes_gzip),
    needs=has_other_mode,
)
_cache_fault(
    "cache-mode-initial",
    "for two seconds answers are kept by the first letter of the mode alone",
    lambda x: (_without(x, _mode_name(x)), given(x, _mode_name(x))[:1], x.accept, x.takes_gzip),
    needs=has_other_mode,
    trips=("HTTP-10", "IMAGE-04"),
)
_cache_fault(
    "cache-ignores-case",
    "for two seconds answers are kept by the query in lower case",
    lambda x: (x.query.lower(), x.accept, x.takes_gzip),
    needs=has_other_mode,
)
_cache_fault(
    "cache-ignores-session",
    "for a second rejections and answers are kept without regard to the session",
    lambda x: (_without(x, _session_name(x)), x.accept, x.takes_gzip),
    seconds=1.0,
    rejections=True,
    needs=has_session,
    trips=("HTTP-10", "HTTP-01"),
)
_cache_fault(
    "cache-text-32",
    "for two seconds rejections and answers are kept by the first 32 characters of every parameter",
    lambda x: (tuple(value[:32] for value in _values(x).values()), x.accept, x.takes_gzip),
    rejections=True,
    needs=has_text_parameter,
)
_cache_fault(
    "cache-token-digits",
    "for two seconds answers are kept by the first ten characters of the token",
    lambda x: (_without(x, x.feed.cursor.parameter.name), _token(x)[:10], x.accept, x.takes_gzip),
    trips=("HTTP-10", "PAGE-01", "PAGE-03"),
)


def _coalescing_fault(name: str, description: str, key: Callable[[Exchange], Hashable], needs: Condition = always) -> None:
    """Register a fault that answers a request like one with the same key that is being looked up."""

    async def hook(x: Exchange, _proceed: Callable[[], Awaitable[None]]) -> None:
        flights: dict[Hashable, Any] = x.state.setdefault("flights", {})
        found = key(x)
        if found in flights:
            x.ask, x.choice = flights[found]
            await asyncio.sleep(_LOOKUP_SECONDS)
            return
        flights[found] = (x.ask, x.choice)
        try:
            await asyncio.sleep(_LOOKUP_SECONDS)
        finally:
            del flights[found]

    fault(LOOKUP, name, description, trips=("HTTP-10", "PAGE-10"), needs=needs)(hook)


_coalescing_fault(
    "coalescing-ignores-accept", "requests at the same time that differ in Accept alone share one answer", lambda x: x.query
)
_coalescing_fault(
    "coalescing-ignores-limit",
    "requests at the same time that differ in the limit alone share one answer",
    lambda x: (_without(x, x.feed.limit.parameter.name), x.choice.media_type),
)
_coalescing_fault(
    "coalescing-ignores-mode",
    "requests at the same time that differ in the mode alone share one answer",
    lambda x: (_without(x, _mode_name(x)), x.choice.media_type),
    has_other_mode,
)
_coalescing_fault(
    "coalescing-ignores-token",
    "requests at the same time that differ in the token alone share one answer",
    lambda x: (_without(x, x.feed.cursor.parameter.name), x.choice.media_type),
)


@_caching_fault("vary-missing", "answers may be kept for a minute and have no Vary")
def _vary_missing(_x: Exchange, proceed: Callable[[], Answer]) -> Answer:
    done = proceed()
    done.headers.pop("vary", None)
    done.headers["cache-control"] = "public, max-age=60"
    return done


@_caching_fault("vary-encoding-only", "answers have an ETag and vary by Accept-Encoding alone")
def _vary_encoding_only(x: Exchange, proceed: Callable[[], Answer]) -> Answer:
    done = proceed()
    done.headers |= {"etag": f'"{x.lot.start}-{len(x.lot.places)}"', "vary": "Accept-Encoding"} if x.error is None else {}
    return done


@_caching_fault("vary-accept-only", "coded answers that expire in a minute vary by Accept alone")
def _vary_accept_only(_x: Exchange, proceed: Callable[[], Answer]) -> Answer:
    done = proceed()
    done.headers |= {"expires": "Fri, 31 Dec 2049 23:59:59 GMT", "vary": "Accept"}
    return done


@fault(SEND, "repeated-304", "a request that is repeated gets 304 and no body, though it has no condition", trips=("HTTP-01",))
def _repeated_304(x: Exchange, proceed: Callable[[], Answer]) -> Answer:
    done = proceed()
    seen: dict[Hashable, bytes] = x.state.setdefault("seen", {})
    key = (x.client, x.query, x.accept, x.takes_gzip)
    if done.status == 200 and _limit(x) and seen.setdefault(key, done.body) is not done.body:
        return Answer(304, {"etag": '"1"'}, b"")
    return done
