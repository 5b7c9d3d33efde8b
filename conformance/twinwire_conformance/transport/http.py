"""Exchanges over HTTP, or with an ASGI application in this process.

One asyncio loop in a thread of its own drives one connection pool, so that rules read as plain synchronous code while a
request still has a deadline for all of it, and several can be in flight at once.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import httpx

from twinwire_conformance.model import Answer, Request, Unreachable
from twinwire_conformance.transport.coding import undo
from twinwire_conformance.transport.endpoint import Endpoint

T = TypeVar("T")


class HttpTransport:
    """Sends requests to an endpoint, or to ``app``. ``timeout`` is in seconds for one whole exchange."""

    def __init__(self, endpoint: Endpoint, timeout: float, max_bytes: int, app: Any = None) -> None:
        self.endpoint = endpoint
        self.timeout = timeout
        self.max_bytes = max_bytes
        self._app = app
        self._client: httpx.AsyncClient | None = None
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="twinwire-target", daemon=True).start()

    async def exchange(self, request: Request, call: int) -> Answer:  # noqa: ARG002 - only recordings count calls
        """Send a request. Raises Unreachable."""
        shown = self.endpoint.shown_url(request)
        try:
            async with asyncio.timeout(self.timeout):
                return await self._receive(request)
        except TimeoutError as error:
            raise Unreachable(f"no whole answer within {self.timeout:g} s from {shown}") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            reason = self.endpoint.secrets.text(str(error)) or type(error).__name__
            raise Unreachable(f"no answer from {shown}: {reason}") from error

    async def pause(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    def run(self, works: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
        """Do works at the same time; all of them end before the first error is raised, so that none is left in flight."""

        async def gather() -> list[T | BaseException]:
            return await asyncio.gather(*works, return_exceptions=True)

        future = asyncio.run_coroutine_threadsafe(gather(), self._loop)
        try:
            ended = future.result()
        except KeyboardInterrupt:
            future.cancel()
            raise
        return [_result(item) for item in ended]

    def close(self) -> None:
        """Close every connection and end the loop."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        while self._loop.is_running():
            time.sleep(0.001)
        self._loop.close()

    async def _close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
        await self._loop.shutdown_asyncgens()

    async def _receive(self, request: Request) -> Answer:
        started = time.monotonic()
        body = bytearray()
        headers = self.endpoint.sent_headers(request)
        async with self._connect().stream("GET", self.endpoint.url(request), headers=headers) as response:
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > self.max_bytes:
                    shown = self.endpoint.shown_url(request)
                    raise Unreachable(f"the body is larger than {self.max_bytes} bytes: {shown}")
        names = {name.lower(): value for name, value in response.headers.items()}
        seconds = time.monotonic() - started
        plain, flaw = undo(bytes(body), names.get("content-encoding", "").strip().lower(), self.max_bytes)
        shown = self.endpoint.shown_url(request)
        return Answer(request, shown, response.status_code, names, plain, seconds, time.time(), flaw)

    def _connect(self) -> httpx.AsyncClient:
        if self._client is None:
            transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False) if self._app else None
            self._client = httpx.AsyncClient(transport=transport, timeout=self.timeout, follow_redirects=False)
            # httpx would add one of its own to a request that has none.
            del self._client.headers["accept"]
        return self._client


def _result(ended: T | BaseException) -> T:
    if isinstance(ended, BaseException):
        raise ended
    return ended
