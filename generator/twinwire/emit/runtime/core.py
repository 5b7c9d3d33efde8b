"""Everything that a client does but for the sending and the waiting, so that it exists once.

Tasks are generators: they yield Send and Sleep, and take what came of it.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Generic, TypeVar

from ._arguments import text
from ._codec import Codec
from ._judge import Judge
from ._options import Options
from ._parameter import Parameter, query
from ._plan import FeedPlan, Representation
from ._printable import printable
from ._target import Target
from ._wire import Failure, Reply, Send, Sleep, Steps
from .errors import ParameterError, ResultWarning, TransportError, WarningError
from .events import Attempt, Decoded, Event, log
from .retry import RETRYABLE

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Contract(Generic[R]):
    """What a client is made for: the names that paging reads, the parameters, and the codec of the result."""

    feed: FeedPlan
    parameters: tuple[Parameter, ...]
    codec: Codec[R]


class Core(Generic[R]):
    """One client's requests and the judgement of their answers. It has no state: use it from any number of threads."""

    def __init__(
        self,
        contract: Contract[R],
        base_url: str,
        representation: Representation,
        session: str | None,
        headers: Mapping[str, str],
        options: Options,
    ) -> None:
        feed = contract.feed
        self.feed: FeedPlan = feed
        self.parameters: dict[str, Parameter] = {parameter.name: parameter for parameter in contract.parameters}
        if text(representation) not in feed.accept:
            raise ParameterError("representation", f"must be one of {', '.join(feed.accept)}", representation)
        self._fixed = self._checked(session)
        self.options: Options = options
        self._retry = options.retry
        self.target: Target = Target(base_url, feed.path, headers, feed.accept[representation], session)
        self._judge = Judge(feed, contract.codec, self.target, options)

    def _checked(self, session: str | None) -> dict[str, object]:
        name = self.feed.session_parameter
        if name is not None:
            self.parameters[name].text(session)
            return {name: session}
        if session is not None:
            raise ParameterError("session", "this feed has none")
        return {}

    def request(self, arguments: Mapping[str, object]) -> Send:
        """Return the request for arguments by name; ParameterError when one breaks its constraint."""
        return self.target.request(query(self.parameters.values(), {**arguments, **self._fixed}))

    def load(self, request: Send) -> Steps[R]:
        """Load the result of a request, and surface its warnings."""
        reply = yield from self._exchange(request)
        result = self._decode(reply)
        feed = self.feed
        texts = [self.target.redact(str(words))[:500] for words in getattr(result, feed.warnings)] if feed.warnings else []
        if texts and self.options.raise_on_warning:
            raise WarningError(tuple(texts), result)
        for words in texts:
            warnings.warn(printable(words, 500), ResultWarning, stacklevel=2)
        return result

    def _decode(self, reply: Reply) -> R:
        began = perf_counter()
        result = self._judge.result(reply)
        remaining = getattr(result, self.feed.remaining) if self.feed.remaining is not None else None
        entries = len(getattr(result, self.feed.entries))
        self.tell(Decoded(entries, remaining, len(reply.body), perf_counter() - began))
        return result

    def _exchange(self, request: Send) -> Steps[Reply]:
        attempt = 0
        while True:
            began = perf_counter()
            answer = yield Send(request.url, request.headers)
            wait = self._wait(answer, attempt)
            self.tell(self._attempt(request, answer, attempt, perf_counter() - began, wait))
            if wait is None:
                break
            yield Sleep(wait)
            attempt += 1
        if isinstance(answer, Reply):
            return answer
        cause = answer.cause if isinstance(answer, Failure) else None
        what = self._reason(answer)
        raise TransportError(f"{self.target.url} did not answer, attempts made: {attempt + 1}: {what}", attempt + 1) from cause

    def _wait(self, answer: Reply | Failure | None, attempt: int) -> float | None:
        if attempt >= self._retry.max_retries or not _passing(answer):
            return None
        after = answer.headers.get("retry-after") if isinstance(answer, Reply) else None
        return self._retry.delay(attempt, after)

    def _attempt(
        self, request: Send, answer: Reply | Failure | None, attempt: int, seconds: float, wait: float | None
    ) -> Attempt:
        url = self.target.redact(request.url)
        if isinstance(answer, Reply):
            return Attempt(url, attempt + 1, answer.status, None, len(answer.body), seconds, wait)
        return Attempt(url, attempt + 1, None, self._reason(answer), 0, seconds, wait)

    def _reason(self, answer: Reply | Failure | None) -> str:
        cause = answer.cause if isinstance(answer, Failure) else None
        return printable(self.target.redact(f"{type(cause).__name__}: {cause}"), 300)

    def tell(self, event: Event) -> None:
        """Write an event to the log, and hand it to the hook."""
        log(event)
        if self.options.on_event is not None:
            self.options.on_event(event)


def _passing(answer: Reply | Failure | None) -> bool:
    if isinstance(answer, Reply):
        return answer.status in RETRYABLE
    return answer is not None and answer.passing
