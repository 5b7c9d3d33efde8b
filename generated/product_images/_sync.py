# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""The blocking client: a thin shell that sends and waits for the core, which makes all decisions."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from types import NoneType, TracebackType
from typing import Any, Generic, Self, TypeVar

import httpx

from ._arguments import function, kind
from ._deadline import Deadline, watch
from ._http import NO_ANSWER, ReceivedBody, failure, garbled, timing
from ._logs import redacted
from ._options import ClientOptions
from ._plan import Representation
from ._prefetch import RunSync, StoppedError
from ._settings import MAX_ATTRIBUTES, MAX_BYTES, MAX_DEPTH, MAX_MEMBERS, OnUnknown, reading
from ._wire import Flow, HttpRequest, HttpResponse, Sleep, TransportFailure
from .core import ClientPlan, Core
from .errors import ParameterError
from .events import OnEvent
from .iterators import Entries, Pages
from .paging import Pager
from .retry import Retry

R = TypeVar("R")
T = TypeVar("T")


class SyncClient(Generic[R]):
    """A blocking client, usable from any number of threads; close it, or use it as a context manager.

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
        transport: httpx.BaseTransport | None = None,
        http_client: httpx.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if http_client is not None and transport is not None:
            raise ParameterError("transport", "cannot be given with an http_client, which has its own")
        kind("transport", transport, (httpx.BaseTransport, NoneType), f"a {httpx.__name__}.BaseTransport")
        kind("http_client", http_client, (httpx.Client, NoneType), f"a {httpx.__name__}.Client")
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
            http_client = httpx.Client(timeout=steps, transport=transport, verify=self._tls or True)
        self._http = http_client

    def _contract(self) -> ClientPlan[R]:
        raise NotImplementedError

    def close(self) -> None:
        """Close the connections that this client opened."""
        if self._owned:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _load(self, arguments: Mapping[str, object]) -> R:
        return self._run(self._core.load(self._core.request(arguments)))

    def _pages(self, arguments: Mapping[str, object], prefetch: int) -> Pages[R]:
        return Pages(Pager(self._core, arguments), self._run, prefetch)

    def _entries(self, arguments: Mapping[str, object], prefetch: int) -> Entries[R, Any]:
        return Entries(Pager(self._core, arguments), self._run, prefetch)

    def _run(self, steps: Flow[T], stop: threading.Event | None = None) -> T:
        answer: HttpResponse | TransportFailure | None = None
        while True:
            if stop is not None and stop.is_set():
                raise StoppedError
            try:
                action = steps.send(answer)
            except StopIteration as end:
                outcome: T = end.value
                return outcome
            answer = self._do(action, stop)

    def _do(self, action: HttpRequest | Sleep, stop: threading.Event | None) -> HttpResponse | TransportFailure | None:
        if isinstance(action, Sleep):
            # A prefetch must wake up when it is stopped, so it waits on the event instead of sleeping.
            if stop is None or self._sleep is not time.sleep:
                return self._sleep(action.seconds)
            stop.wait(action.seconds)
            return None
        try:
            return self._send(action)
        except NO_ANSWER as error:
            return failure(error)
        except httpx.DecodingError as error:
            raise garbled(error) from None

    def _send(self, action: HttpRequest) -> HttpResponse:
        deadline = Deadline(self._core.options.deadline)
        request = self._http.build_request("GET", action.url, headers=action.headers, extensions={"trace": watch})
        request.extensions["timeout"] = deadline.cut(request.extensions["timeout"])
        try:
            with redacted(self._core.target.redact), deadline.kept():
                return self._receive(request, deadline)
        except httpx.TimeoutException:
            # The deadline may have shortened this timeout: then report the deadline, which is not retried.
            deadline.check()
            raise

    def _receive(self, request: httpx.Request, deadline: Deadline) -> HttpResponse:
        with closing(self._http.send(request, stream=True, follow_redirects=False)) as response:
            body = ReceivedBody(self._max_bytes, response, deadline)
            if not body.is_whole:
                for chunk in response.iter_raw():
                    body.add(chunk)
            return body.reply(response)


@dataclass(frozen=True, slots=True)
class Engine(Generic[R]):
    """The internals of a client, for code of this package that builds on it."""

    core: Core[R]
    run: RunSync
    http: httpx.Client
    tls: ssl.SSLContext | None
    """The TLS context, None where the caller supplied the connections."""


def engine(client: SyncClient[R]) -> Engine[R]:
    """Return the internals of a client."""
    return Engine(client._core, client._run, client._http, client._tls)  # pyright: ignore[reportPrivateUsage]
