"""Variants in the transport: compressed, chunked, slow, or served only on a second try."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twinwire_conformance.reference.variants.variant import GREEN_OR_OPEN, Variant, Wrapper

# A prime, so that chunk boundaries do not line up with entries or tags.
_PIECE = 997
# One request in nine is turned away; a retry of the same request then succeeds.
_EVERY = 9


def _gzip(app: ASGIApp, _pace: float) -> ASGIApp:
    return GZipMiddleware(app, minimum_size=0, compresslevel=9)


def _uncompressed(app: ASGIApp, _pace: float) -> ASGIApp:
    async def plain(scope: Scope, receive: Receive, send: Send) -> None:
        kept = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        await app({**scope, "headers": kept}, receive, send)

    return plain


def _chunked(app: ASGIApp, _pace: float) -> ASGIApp:
    async def in_pieces(scope: Scope, receive: Receive, send: Send) -> None:
        async def split(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Without a Content-Length the server has to send chunks.
                del MutableHeaders(scope=message)["content-length"]
                await send(message)
                return
            body: bytes = message.get("body", b"")
            for start in range(0, len(body), _PIECE):
                await send({"type": message["type"], "body": body[start : start + _PIECE], "more_body": True})
            await send({**message, "body": b""})

        await app(scope, receive, split)

    return in_pieces


def _closing(app: ASGIApp, _pace: float) -> ASGIApp:
    async def closed(scope: Scope, receive: Receive, send: Send) -> None:
        async def last(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["connection"] = "close"
            await send(message)

        await app(scope, receive, last)

    return closed


def _after_seconds(seconds: float) -> str:
    return str(round(seconds))


def _after_date(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


def _turning_away(status: int, after: Callable[[float], str]) -> Wrapper:
    def wrap(app: ASGIApp, pace: float) -> ASGIApp:
        asked = 0

        async def busy(scope: Scope, receive: Receive, send: Send) -> None:
            nonlocal asked
            asked += 1
            away = PlainTextResponse("not now", status, {"retry-after": after(pace)})
            await (app if asked % _EVERY else away)(scope, receive, send)

        return busy

    return wrap


def _one_at_a_time(app: ASGIApp, pace: float) -> ASGIApp:
    busy = asyncio.Lock()

    async def alone(scope: Scope, receive: Receive, send: Send) -> None:
        if busy.locked():
            await PlainTextResponse("one at a time", 429, {"retry-after": _after_seconds(pace)})(scope, receive, send)
            return
        async with busy:
            # Long enough for concurrent requests to overlap here.
            await asyncio.sleep(0.001)
            await app(scope, receive, send)

    return alone


VARIANTS = (
    Variant("gzip", "every response is compressed if the client offers it", wrap=_gzip),
    Variant("uncompressed", "no response is ever compressed", wrap=_uncompressed),
    Variant("chunked", "bodies are sent in chunks, without a Content-Length", wrap=_chunked, needs_http=True),
    Variant("connection-close", "the connection is closed after every response", wrap=_closing, needs_http=True),
    Variant(
        "throttled", "one request in nine gets 429 with a Retry-After of a second", wrap=_turning_away(429, _after_seconds)
    ),
    Variant("throttled-until", "one request in nine gets 429 with a date in Retry-After", wrap=_turning_away(429, _after_date)),
    Variant(
        "overloaded", "one request in nine gets 503 with a Retry-After of a second", wrap=_turning_away(503, _after_seconds)
    ),
    Variant(
        "one-at-a-time",
        "concurrent requests get 429 with a Retry-After of a second, except one",
        GREEN_OR_OPEN,
        wrap=_one_at_a_time,
    ),
    Variant("slow", "every response is delayed by 200 ms", latency=0.2),
)
