"""The sans-I/O core of both clients: building requests, retrying, and decoding responses.

Tasks are generators. They yield an HttpRequest or a Sleep and receive the outcome, so that the blocking and the asynchronous
client share this code and only differ in how they send and wait.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Generic, TypeVar

from ._address import ServiceAddress
from ._arguments import text
from ._codec import Codec
from ._options import ClientOptions
from ._parameter import QueryParameter, query
from ._plan import FeedPlan, Representation
from ._printable import printable
from ._response import ResponseHandler
from ._wire import Flow, HttpRequest, HttpResponse, Sleep, TransportFailure
from .errors import ParameterError, ResultWarning, TransportError, WarningError
from .events import Attempt, Decoded, Event, log
from .retry import RETRYABLE

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class ClientPlan(Generic[R]):
    """The generated data of a client: names for paging, query parameters, and the codec of the result."""

    feed: FeedPlan
    parameters: tuple[QueryParameter, ...]
    codec: Codec[R]


class Core(Generic[R]):
    """The requests of one client and the handling of their responses.

    It is immutable after construction, so any number of threads can use it.
    """

    def __init__(
        self,
        contract: ClientPlan[R],
        base_url: str,
        representation: Representation,
        session: str | None,
        headers: Mapping[str, str],
        options: ClientOptions,
    ) -> None:
        feed = contract.feed
        self.feed: FeedPlan = feed
        self.parameters: dict[str, QueryParameter] = {parameter.name: parameter for parameter in contract.parameters}
        if text(representation) not in feed.accept:
            raise ParameterError("representation", f"must be one of {', '.join(feed.accept)}", representation)
        self._fixed = self._checked(session)
        self.options: ClientOptions = options
        self._retry = options.retry
        self.target: ServiceAddress = ServiceAddress(base_url, feed.path, headers, feed.accept[representation], session)
        self._judge = ResponseHandler(feed, contract.codec, self.target, options)

    def _checked(self, session: str | None) -> dict[str, object]:
        name = self.feed.session_parameter
        if name is not None:
            self.parameters[name].text(session)
            return {name: session}
        if session is not None:
            raise ParameterError("session", "this feed has none")
        return {}

    def request(self, arguments: Mapping[str, object]) -> HttpRequest:
        """Return the request for arguments by name.

        Raises:
            ParameterError: An argument breaks its constraint.
        """
        return self.target.request(query(self.parameters.values(), {**arguments, **self._fixed}))

    def load(self, request: HttpRequest) -> Flow[R]:
        """Load the result of a request and report its warnings, as ResultWarning or WarningError."""
        reply = yield from self._exchange(request)
        result = self._decode(reply)
        feed = self.feed
        texts = [self.target.redact(str(words))[:500] for words in getattr(result, feed.warnings)] if feed.warnings else []
        if texts and self.options.raise_on_warning:
            raise WarningError(tuple(texts), result)
        for words in texts:
            warnings.warn(printable(words, 500), ResultWarning, stacklevel=2)
        return result

    def _decode(self, reply: HttpResponse) -> R:
        began = perf_counter()
        result = self._judge.result(reply)
        remaining = getattr(result, self.feed.remaining) if self.feed.remaining is not None else None
        entries = len(getattr(result, self.feed.entries))
        self.tell(Decoded(entries, remaining, len(reply.body), perf_counter() - began))
        return result

    def _exchange(self, request: HttpRequest) -> Flow[HttpResponse]:
        attempt = 0
        while True:
            began = perf_counter()
            answer = yield HttpRequest(request.url, request.headers)
            wait = self._wait(answer, attempt)
            self.tell(self._attempt(request, answer, attempt, perf_counter() - began, wait))
            if wait is None:
                break
            yield Sleep(wait)
            attempt += 1
        if isinstance(answer, HttpResponse):
            return answer
        cause = answer.cause if isinstance(answer, TransportFailure) else None
        what = self._reason(answer)
        raise TransportError(f"{self.target.url} did not answer, attempts made: {attempt + 1}: {what}", attempt + 1) from cause

    def _wait(self, answer: HttpResponse | TransportFailure | None, attempt: int) -> float | None:
        if attempt >= self._retry.max_retries or not _is_transient(answer):
            return None
        after = answer.headers.get("retry-after") if isinstance(answer, HttpResponse) else None
        return self._retry.delay(attempt, after)

    def _attempt(
        self,
        request: HttpRequest,
        answer: HttpResponse | TransportFailure | None,
        attempt: int,
        seconds: float,
        wait: float | None,
    ) -> Attempt:
        url = self.target.redact(request.url)
        if isinstance(answer, HttpResponse):
            return Attempt(url, attempt + 1, answer.status, None, len(answer.body), seconds, wait)
        return Attempt(url, attempt + 1, None, self._reason(answer), 0, seconds, wait)

    def _reason(self, answer: HttpResponse | TransportFailure | None) -> str:
        cause = answer.cause if isinstance(answer, TransportFailure) else None
        return printable(self.target.redact(f"{type(cause).__name__}: {cause}"), 300)

    def tell(self, event: Event) -> None:
        """Write an event to the log, and pass it to the ``on_event`` hook."""
        log(event)
        if self.options.on_event is not None:
            self.options.on_event(event)


def _is_transient(answer: HttpResponse | TransportFailure | None) -> bool:
    if isinstance(answer, HttpResponse):
        return answer.status in RETRYABLE
    return answer is not None and answer.transient
