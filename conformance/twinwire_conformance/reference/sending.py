"""The step SEND: a fault sees the response after compression and may corrupt it or its connection."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twinwire_conformance.reference.pipeline import Exchange, ServerResponse, StepOverride

EXCHANGE = "twinwire.exchange"
"""The key in the ASGI scope under which the endpoint stores its Exchange."""
TRANSPORT = "twinwire.transport"
"""The key in the ASGI scope under which a running server stores the connection's transport."""

_BODYLESS = (204, 304)


class Sending:
    """ASGI middleware around all others that passes each finished response to a fault of the step SEND."""

    def __init__(self, app: ASGIApp, override: StepOverride) -> None:
        self.app = app
        self.override = override

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a request with the fault applied. Responses of other endpoints are sent unchanged."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.app(scope, receive, keep)
        x = scope.get(EXCHANGE)
        # Only the feed's endpoint stores an Exchange; images and 404 pages have none.
        if isinstance(x, Exchange):
            await _deliver(self.override.hook(x, lambda: _collected(messages)), scope.get(TRANSPORT), send)
            return
        for message in messages:
            await send(message)


def _collected(messages: list[Message]) -> ServerResponse:
    start = messages[0]
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    return ServerResponse(start["status"], headers, b"".join(message.get("body", b"") for message in messages[1:]))


async def _deliver(done: ServerResponse, transport: asyncio.Transport | None, send: Send) -> None:
    if done.hangs_up:
        if transport is None:
            raise ConnectionAbortedError("the fault ends the connection, but an in-process call has none; serve it over HTTP")
        transport.abort()
        return
    body, length = done.body, len(done.body) if done.declared_length is None else done.declared_length
    headers = {name: value for name, value in done.headers.items() if name != "content-length"}
    if done.status not in _BODYLESS:
        headers["content-length"] = str(length)
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": done.status, "headers": raw})
    # If no last message follows, the server ends the connection in the middle of the body.
    unfinished = length > len(body) and transport is not None
    await send({"type": "http.response.body", "body": body[:length], "more_body": unfinished})
    # Bytes past the declared length go straight to the transport, because h11 refuses to send them.
    if transport is not None and body[length:]:
        transport.write(body[length:])
