"""Exchanges with an ASGI application, whose event loop runs in a separate thread."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from twinwire.errors import UsageError
from twinwire_conformance.transport.interfaces import describe
from twinwire_conformance.transport.response import CURRENT, AppResponse, Take

T = TypeVar("T")

Message = MutableMapping[str, Any]
_SERVER_ERROR = 500
_GRACE = 5.0
"""Seconds to wait after the deadline for an application that blocks its event loop."""


class AsgiServer:
    """Calls an ASGI 3 application.

    Args:
        app: The application.
        timeout: The seconds allowed for startup, and as many for shutdown.
        lifespan: Start the application now, and shut it down in ``close``.

    Raises:
        UsageError: The application fails to start.
    """

    def __init__(self, app: Any, timeout: float, *, lifespan: bool) -> None:
        self.app = app
        self.timeout = timeout
        self.state: dict[str, Any] = {}
        self._tasks: set[asyncio.Future[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="twinwire-target", daemon=True)
        self._thread.start()
        self._lifespan = _Lifespan(app, self.state, timeout)
        if not lifespan:
            return
        try:
            self._wait(self._lifespan.startup(), timeout)
        except (TimeoutError, _StartupFailed) as error:
            self.close()
            reason = str(error) or f"it did not start within {timeout:g} s"
            raise UsageError(f"the application failed at startup: {reason}", "start it as a server would") from error

    def respond(self, url: str, headers: Sequence[tuple[str, str]], take: Take, seconds: float) -> AppResponse:
        """Call the application, as ``Server.respond`` describes it."""
        response = AppResponse(take)
        self._wait(self._serve(_scope(url, headers, self.state), response, seconds), seconds)
        return response.concluded()

    def close(self) -> None:
        """Shut the application down and stop the event loop."""
        if self._loop.is_closed():
            return
        with contextlib.suppress(TimeoutError):
            self._wait(self._finish(), self.timeout)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_GRACE)
        # A blocked loop cannot be stopped. Its thread is a daemon, so it does not keep the process alive.
        if not self._thread.is_alive():
            self._loop.close()

    def _wait(self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(seconds + _GRACE)
        except BaseException:
            future.cancel()
            raise

    async def _serve(self, scope: Message, response: AppResponse, seconds: float) -> None:
        exchange = _Exchange(response)
        task = asyncio.ensure_future(exchange.run(self.app, scope))
        ended = asyncio.ensure_future(exchange.ended.wait())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            async with asyncio.timeout(seconds):
                await asyncio.wait((task, ended), return_when=asyncio.FIRST_COMPLETED)
            if response.complete and response.status >= _SERVER_ERROR:
                # Starlette sends the 500 response first and raises the exception afterwards, so wait for the traceback.
                await asyncio.wait((task,), timeout=1)
        finally:
            ended.cancel()
            # After a complete response the application may continue, for example with background tasks.
            if not response.complete:
                if not task.done():
                    response.stop()
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _finish(self) -> None:
        """End calls that continue after their response, then shut the application down."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._lifespan.shutdown()
        await self._loop.shutdown_asyncgens()


class _Exchange:
    """One HTTP exchange in the terms of ASGI, with its ``receive`` and ``send``."""

    def __init__(self, response: AppResponse) -> None:
        self.response = response
        self.ended = asyncio.Event()
        self._requested = False

    async def run(self, app: Any, scope: Message) -> None:
        CURRENT.set(self.response)
        try:
            await app(scope, self.receive, self.send)
            if not self.response.started:
                raise RuntimeError("the application returned without a response")
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            # SystemExit must not end the event loop.
            self.response.raised(error)

    async def receive(self) -> Message:
        if not self._requested:
            self._requested = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.ended.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start" and not self.response.started:
            self.response.start(
                int(message["status"]), [(bytes(name), bytes(value)) for name, value in message.get("headers", ())]
            )
        elif kind == "http.response.body" and self.response.started and not self.response.complete:
            self.response.add(bytes(message.get("body", b"")))
            self.response.complete = not message.get("more_body", False)
            if self.response.complete or not self.response.wanted:
                self.ended.set()
        elif self.response.wanted:
            raise RuntimeError(f"unexpected ASGI message {kind!r}")
        # Yield to other exchanges as a socket write would. Otherwise one large response blocks all others.
        await asyncio.sleep(0)


class _StartupFailed(Exception):
    """The application reported that its startup failed."""


class _Lifespan:
    """The lifespan protocol: startup before the first exchange, shutdown after the last."""

    def __init__(self, app: Any, state: dict[str, Any], timeout: float) -> None:
        self.app = app
        self.timeout = timeout
        self.state = state
        self._task: asyncio.Task[None] | None = None
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self._started = asyncio.Event()
        self._stopped = asyncio.Event()
        self._failure: str | None = None
        self._supported = False

    async def startup(self) -> None:
        """Start the application if it supports the protocol.

        Raises:
            TimeoutError: Startup took too long.
            _StartupFailed: The application reported a failure.
        """
        self._messages.put_nowait({"type": "lifespan.startup"})
        self._task = asyncio.ensure_future(self._run())
        async with asyncio.timeout(self.timeout):
            await self._started.wait()
        if self._failure is not None:
            # Frameworks raise after this message, and the exception is more precise than the message.
            await asyncio.wait((self._task,), timeout=1)
            raise _StartupFailed(self._failure)

    async def shutdown(self) -> None:
        """Shut the application down, if it was started. Raises TimeoutError."""
        if self._task is None:
            return
        if self._supported and not self._task.done():
            self._messages.put_nowait({"type": "lifespan.shutdown"})
            async with asyncio.timeout(self.timeout):
                await self._stopped.wait()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        try:
            await self.app(scope, self._messages.get, self._send)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            # An exception before "startup.failed" means, by the ASGI specification, that lifespan is not supported.
            if self._failure is not None:
                self._failure = describe(error)
        finally:
            self._started.set()
            self._stopped.set()

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "lifespan.startup.complete":
            self._supported = True
            self._started.set()
        elif kind == "lifespan.startup.failed":
            lines = str(message.get("message", "")).strip().splitlines()
            self._failure = lines[-1] if lines else "it gave no reason"
            self._started.set()
        elif kind.startswith("lifespan.shutdown."):
            self._stopped.set()
        else:
            raise RuntimeError(f"unexpected ASGI message {kind!r}")


def asgi3(app: Callable[[Message], Any]) -> Callable[..., Awaitable[None]]:
    """Wrap an ASGI 2 application as an ASGI 3 application."""

    async def call(scope: Message, receive: Any, send: Any) -> None:
        await app(scope)(receive, send)

    return call


def _scope(url: str, headers: Sequence[tuple[str, str]], state: dict[str, Any]) -> Message:
    parts = urlsplit(url)
    raw = [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in headers]
    if all(name != b"host" for name, _ in raw):
        # Servers always pass Host on, and frameworks build absolute URLs from it.
        raw.insert(0, (b"host", parts.netloc.encode("ascii")))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": parts.scheme,
        "path": unquote(parts.path),
        "raw_path": parts.path.encode("ascii"),
        "query_string": parts.query.encode("ascii"),
        "root_path": "",
        "headers": raw,
        "client": ("127.0.0.1", 123),
        "server": (parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)),
        "state": state.copy(),
    }
