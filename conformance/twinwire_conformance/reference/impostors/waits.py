"""Impostors that keep the client waiting, or stop in the middle of a response or of a run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twinwire.ir import Contract
from twinwire_conformance.reference.impostors.impostor import Impostor
from twinwire_conformance.reference.server import create_app

# More requests than the first rules need and fewer than the smallest profile makes.
_LIFE = 25
_START: Message = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}
_PIECE = b" " * 65536
# A limit, because a server that never stopped would outlive the test.
_PIECES = 4096


async def _hang(_scope: Scope, receive: Receive, _send: Send) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _hang_in_body(scope: Scope, receive: Receive, send: Send) -> None:
    await send(_START)
    await send({"type": "http.response.body", "body": b"{", "more_body": True})
    await _hang(scope, receive, send)


async def _drip(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send(_START)
    for _ in range(_PIECES):
        await send({"type": "http.response.body", "body": b" ", "more_body": True})
        await asyncio.sleep(0.02)


async def _flood(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send(_START)
    for _ in range(_PIECES):
        await send({"type": "http.response.body", "body": _PIECE, "more_body": True})
        # After the client has disconnected, `send` returns at once and would never yield to the event loop.
        await asyncio.sleep(0)


async def _drop(_scope: Scope, _receive: Receive, send: Send) -> None:
    # uvicorn closes the connection when an application returns without a last message.
    await send(_START)
    await send({"type": "http.response.body", "body": b"{", "more_body": True})


def _cut_short(contract: Contract) -> ASGIApp:
    app = create_app(contract)

    async def truncated(scope: Scope, receive: Receive, send: Send) -> None:
        async def most(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": message["body"][:-9], "more_body": True}
            await send(message)

        await app(scope, receive, most)

    return truncated


def _after_a_while(end: ASGIApp) -> Callable[[Contract], ASGIApp]:
    def make(contract: Contract) -> ASGIApp:
        app = create_app(contract)
        asked = 0

        async def mortal(scope: Scope, receive: Receive, send: Send) -> None:
            nonlocal asked
            asked += 1
            await (app if asked <= _LIFE else end)(scope, receive, send)

        return mortal

    return make


IMPOSTORS = (
    Impostor("hangs", "no request is ever answered", lambda _contract: _hang),
    Impostor("hangs-in-body", "every body stops after its first byte", lambda _contract: _hang_in_body),
    Impostor("drips", "every body is sent byte by byte and does not end", lambda _contract: _drip, needs_http=True),
    Impostor("floods", "every body is sent without end", lambda _contract: _flood, needs_http=True),
    Impostor("drops", "every connection is closed after the first byte", lambda _contract: _drop, needs_http=True),
    Impostor("truncates", "every body is shorter than its Content-Length", _cut_short, needs_http=True),
    Impostor("dies-500", "after 25 requests every request gets 500", _after_a_while(Response("down", 500))),
    Impostor("dies-503", "after 25 requests every request gets 503", _after_a_while(Response("down", 503))),
    Impostor("dies-401", "after 25 requests every request gets 401", _after_a_while(Response("expired", 401))),
    Impostor("dies-404", "after 25 requests every request gets 404", _after_a_while(Response("gone", 404))),
    Impostor(
        "dies-429",
        "after 25 requests every request gets 429 with a Retry-After of a day",
        _after_a_while(Response("", 429, {"retry-after": "86400"})),
    ),
    Impostor("dies-hanging", "after 25 requests no request is answered", _after_a_while(_hang)),
    Impostor("dies-dropping", "after 25 requests every connection is closed", _after_a_while(_drop), needs_http=True),
)
