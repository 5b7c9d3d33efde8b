"""The asynchronous client: a thin shell that sends and waits for the core, which makes all decisions."""

# asyncio is imported with the first request: programs that only use the blocking client import this module too.
# ruff: noqa: PLC0415

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from types import NoneType, TracebackType
from typing import Any, Generic, Self, TypeVar

import httpx

from ._arguments import function, kind
from ._deadline import Deadline, DeadlineError
from ._http import NO_ANSWER, ReceivedBody, failure, garbled, timing
from ._logs import redacted
from ._options import ClientOptions
from ._plan import Representation
from ._prefetch import RunAsync
from ._settings import MAX_ATTRIBUTES, MAX_BYTES, MAX_DEPTH, MAX_MEMBERS, OnUnknown, reading
from ._wire import Flow, HttpRequest, HttpResponse, Sleep, TransportFailure
from .core import ClientPlan, Core
from .errors import ParameterError
from .events import OnEvent
from .iterators import AsyncEntries, AsyncPages
from .paging import Pager
from .retry import Retry

R = TypeVar("R")
T = TypeVar("T")


async def _sleep(seconds: float) -> None:
    import asyncio

    await asyncio.sleep(seconds)


class AsyncioClient(Generic[R]):
    """An asynchronous client, usable from any number of tasks; close it, or use it as a context manager.

    Args:
        base_url: The absolute URL to which the operation's path is appended.
        representation: The representation to request, ``"json"`` or ``"xml"``.
        session: The session, where the feed has one. It is redacted in messages, events and logs.
        headers: Headers added to each request. Their values are redacted too.
        timeout: Seconds for each step of a request (30 by default), or the HTTP library's own timeout object.
        deadline: Seconds for one exchange, from the connection to the last byte. The default is ten times a ``timeout``
            in seconds, else 300.
        retry: The retry policy, by default ``Retry()``.
        max_bytes: Upper bound of a body, compressed and decompressed.
        max_depth: As for ``decode_xml``, like the limits, base64 options and ``on_unknown`` that follow.
        raise_on_warning: Raise WarningError in place of ResultWarning.
        on_event: Called for each attempt and each result.
        transport: The transport of the requests.
        http_client: A client to use; it keeps its own timeout and transport, and is not closed.
        sleep: Waits for a number of seconds between two attempts.

    Raises:
        ParameterError: An argument is of the wrong type or out of range.
    """

    def __init__(
        self,
        base_url: str,
        *,
        representation: Representation = "json",
        session: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | httpx.Timeout | None = None,
        deadline: float | None = None,
        retry: Retry | None = None,
        max_bytes: int = MAX_BYTES,
        max_depth: int = MAX_DEPTH,
        max_attributes: int = MAX_ATTRIBUTES,
        max_members: int = MAX_MEMBERS,
        verbatim_base64: bool = False,
        lenient_base64: bool = False,
        on_unknown: OnUnknown | None = None,
        raise_on_warning: bool = False,
        on_event: OnEvent | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        http_client: httpx.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[None]] = _sleep,
    ) -> None:
        if http_client is not None and transport is not None:
            raise ParameterError("transport", "cannot be given with an http_client, which has its own")
        kind("transport", transport, (httpx.AsyncBaseTransport, NoneType), f"a {httpx.__name__}.AsyncBaseTransport")
        kind("http_client", http_client, (httpx.AsyncClient, NoneType), f"a {httpx.__name__}.AsyncClient")
        steps, whole = timing(timeout, deadline, http_client)
        function("sleep", sleep)
        how = reading(
            verbatim_base64=verbatim_base64,
            lenient_base64=lenient_base64,
            on_unknown=on_unknown,
            max_bytes=max_bytes,
            max_members=max_members,
            max_depth=max_depth,
            max_attributes=max_attributes,
        )
        options = ClientOptions(Retry() if retry is None else retry, how, whole, raise_on_warning, on_event)
        self._core = Core(self._contract(), base_url, representation, session, {} if headers is None else headers, options)
        self._max_bytes = max_bytes
        self._sleep = sleep
        self._owned = http_client is None
        # Loading the CA certificates is slow, so a mirror built on this client shares the context.
        self._tls = None if http_client is not None or transport is not None else httpx.create_ssl_context()
        if http_client is None:
            http_client = httpx.AsyncClient(timeout=steps, transport=transport, verify=self._tls or True)
        self._http = http_client

    def _contract(self) -> ClientPlan[R]:
        raise NotImplementedError

    async def aclose(self) -> None:
        """Close the connections that this client opened."""
        if self._owned:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _load(self, arguments: Mapping[str, object]) -> R:
        return await self._run(self._core.load(self._core.request(arguments)))

    def _pages(self, arguments: Mapping[str, object], prefetch: int) -> AsyncPages[R]:
        return AsyncPages(Pager(self._core, arguments), self._run, prefetch)

    def _entries(self, arguments: Mapping[str, object], prefetch: int) -> AsyncEntries[R, Any]:
        return AsyncEntries(Pager(self._core, arguments), self._run, prefetch)

    async def _run(self, steps: Flow[T]) -> T:
        answer: HttpResponse | TransportFailure | None = None
        while True:
            try:
                action = steps.send(answer)
            except StopIteration as stop:
                outcome: T = stop.value
                return outcome
            answer = await self._do(action)

    async def _do(self, action: HttpRequest | Sleep) -> HttpResponse | TransportFailure | None:
        if isinstance(action, Sleep):
            await self._sleep(action.seconds)
            return None
        try:
            return await self._send(action)
        except NO_ANSWER as error:
            return failure(error)
        except httpx.DecodingError as error:
            raise garbled(error) from None

    async def _send(self, action: HttpRequest) -> HttpResponse:
        seconds = self._core.options.deadline
        import asyncio

        deadline, scope = Deadline(seconds), asyncio.timeout(seconds)
        try:
            with redacted(self._core.target.redact):
                async with scope:
                    return await self._receive(action, deadline)
        except TimeoutError:
            # A TimeoutError of the transport or of the caller's own scope is not the deadline's.
            if scope.expired():
                raise DeadlineError.of(seconds) from None
            raise

    async def _receive(self, action: HttpRequest, deadline: Deadline) -> HttpResponse:
        request = self._http.build_request("GET", action.url, headers=action.headers)
        async with aclosing(await self._http.send(request, stream=True, follow_redirects=False)) as response:
            body = ReceivedBody(self._max_bytes, response, deadline)
            if not body.is_whole:
                async for chunk in response.aiter_raw():
                    body.add(chunk)
            return body.reply(response)


@dataclass(frozen=True, slots=True)
class AsyncEngine(Generic[R]):
    """The internals of a client, for code of this package that builds on it."""

    core: Core[R]
    run: RunAsync
    http: httpx.AsyncClient
    tls: ssl.SSLContext | None
    """The TLS context, None where the caller supplied the connections."""


def async_engine(client: AsyncioClient[R]) -> AsyncEngine[R]:
    """Return the internals of a client."""
    return AsyncEngine(client._core, client._run, client._http, client._tls)  # pyright: ignore[reportPrivateUsage]
