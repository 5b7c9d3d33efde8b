"""The asynchronous shell over the core: it sends, waits and closes, and decides nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import httpx

from ._ahead import RunAsync
from ._http import NO_ANSWER, Body, failure, garbled
from ._options import Options
from ._plan import Representation
from ._reading import MAX_ATTRIBUTES, MAX_BYTES, MAX_DEPTH, MAX_MEMBERS, OnUnknown, reading
from ._wire import Failure, Reply, Send, Sleep, Steps
from .core import Contract, Core
from .errors import ParameterError
from .events import OnEvent
from .iterators import AsyncEntries, AsyncPages
from .paging import Pager
from .retry import Retry

R = TypeVar("R")
T = TypeVar("T")


class AsyncioClient(Generic[R]):
    """An asynchronous client, usable from any number of tasks; close it, or use it as a context manager.

    ``base_url`` is what the operation's path is appended to. ``timeout`` is in seconds and holds for each step of a
    request, unless the HTTP library's own kind says more. ``max_bytes`` caps a body, decompressed; the other limits, base64
    and ``on_unknown`` are as for ``decode_xml``. ``raise_on_warning`` raises WarningError in place of ResultWarning.
    ``on_event`` is told of every attempt and every result. ``transport`` carries the requests; a ``http_client`` that is
    handed in keeps its own timeout and transport, and is not closed. Raises ParameterError for what cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        *,
        representation: Representation = "json",
        session: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | httpx.Timeout = 30.0,
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
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if http_client is not None and transport is not None:
            raise ParameterError("transport", "cannot be given with an http_client, which has its own")
        how = reading(
            verbatim_base64=verbatim_base64,
            lenient_base64=lenient_base64,
            on_unknown=on_unknown,
            max_bytes=max_bytes,
            max_members=max_members,
            max_depth=max_depth,
            max_attributes=max_attributes,
        )
        options = Options(retry or Retry(), how, raise_on_warning=raise_on_warning, on_event=on_event)
        self._core = Core(self._contract(), base_url, representation, session, headers or {}, options)
        self._max_bytes = max_bytes
        self._sleep = sleep
        self._owned = http_client is None
        self._http = http_client if http_client is not None else httpx.AsyncClient(timeout=timeout, transport=transport)

    def _contract(self) -> Contract[R]:
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

    async def _run(self, steps: Steps[T]) -> T:
        answer: Reply | Failure | None = None
        while True:
            try:
                action = steps.send(answer)
            except StopIteration as stop:
                outcome: T = stop.value
                return outcome
            answer = await self._do(action)

    async def _do(self, action: Send | Sleep) -> Reply | Failure | None:
        if isinstance(action, Sleep):
            await self._sleep(action.seconds)
            return None
        try:
            return await self._send(action)
        except NO_ANSWER as error:
            return failure(error)
        except httpx.DecodingError as error:
            raise garbled(error) from None

    async def _send(self, action: Send) -> Reply:
        request = self._http.build_request("GET", action.url, headers=action.headers)
        async with aclosing(await self._http.send(request, stream=True, follow_redirects=False)) as response:
            body = Body(self._max_bytes, response)
            if not body.is_whole:
                async for chunk in response.aiter_raw():
                    body.add(chunk)
            return body.reply(response)


@dataclass(frozen=True, slots=True)
class AsyncEngine(Generic[R]):
    """What a client is inside, for what this package builds on it."""

    core: Core[R]
    run: RunAsync
    http: httpx.AsyncClient


def async_engine(client: AsyncioClient[R]) -> AsyncEngine[R]:
    """Return the inside of a client."""
    return AsyncEngine(client._core, client._run, client._http)  # pyright: ignore[reportPrivateUsage]
