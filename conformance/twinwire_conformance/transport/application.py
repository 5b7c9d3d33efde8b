"""Exchanges with an ASGI application in this process, whose event loop runs in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import httpx

from twinwire_conformance.model import Answer, Failure, Request, Unreachable
from twinwire_conformance.transport.endpoint import Endpoint
from twinwire_conformance.transport.http import Body, received
from twinwire_conformance.transport.together import Threads


class AppTransport(Threads):
    """Sends requests to ``app``. ``timeout`` is in seconds for one whole exchange, ``max_bytes`` caps a body."""

    def __init__(self, endpoint: Endpoint, timeout: float, max_bytes: int, app: Any) -> None:
        self.endpoint = endpoint
        self.timeout = timeout
        self.max_bytes = max_bytes
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="twinwire-target", daemon=True)
        self._thread.start()

    def exchange(self, request: Request, call: int) -> Answer:  # noqa: ARG002 - only recordings count calls
        """Send a request. Raises Unreachable."""
        shown = self.endpoint.shown_url(request)
        future = asyncio.run_coroutine_threadsafe(self._receive(request), self._loop)
        try:
            return future.result()
        except TimeoutError as error:
            raise Unreachable(f"no whole answer within {self.timeout:g} s from {shown}", kind=Failure.TIMEOUT) from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            reason = self.endpoint.secrets.text(str(error)) or type(error).__name__
            raise Unreachable(f"no answer from {shown}: {reason}") from error
        except KeyboardInterrupt:
            future.cancel()
            raise

    def close(self) -> None:
        """End the loop."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._loop.shutdown_asyncgens(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _receive(self, request: Request) -> Answer:
        started = time.monotonic()
        body = Body(request, self.max_bytes)
        sent = httpx.Request("GET", self.endpoint.url(request), headers=self.endpoint.sent_headers(request))
        if request.raw_query is not None:
            sent.url = _RawURL(sent.url, request.raw_query)
        async with asyncio.timeout(self.timeout):
            response = await self._transport.handle_async_request(sent)
            async for chunk in response.aiter_raw():
                if not body.add(chunk):
                    break
        seconds = time.monotonic() - started
        return received(self.endpoint, request, (response.status_code, response.headers.raw, body), seconds)


class _RawURL(httpx.URL):
    """A URL with a query that is sent as it is: httpx would encode what is malformed."""

    def __init__(self, url: httpx.URL, query: str) -> None:
        super().__init__(url)
        self._query = query.encode("ascii")

    @property
    def query(self) -> bytes:
        return self._query
