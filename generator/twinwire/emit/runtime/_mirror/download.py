"""One image from its link, as a task that neither waits nor connects: redirects, retries, going on where a body broke off."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TypeAlias, TypeVar

import httpx

from .._wire import Failure, Sleep
from ..events import Attempt
from ..retry import RETRYABLE, Retry
from .address import UnobtainableError, check, origin, parse, shown
from .disk import Draft

T = TypeVar("T")

MAX_REDIRECTS = 5

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# A server that sends one byte now and then would hold a worker for ever. Seconds.
_SLOWEST = 600.0


@dataclass(frozen=True, slots=True)
class Resolve:
    """Look up the addresses of a host; answered with them, or with a Failure."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of an answer; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Get:
    """Ask for a URL, and give the body to ``sink`` if it opens for the head; answered with the head, or with a Failure.

    ``admit`` is to be called with the address that was connected to, before anything is sent; it raises when that may not be.
    """

    url: httpx.URL
    headers: Mapping[str, str]
    sink: Sink
    admit: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Fetched:
    """The image is in the draft. ``etag`` is the server's, None where it gave none."""

    etag: str | None


Action: TypeAlias = Resolve | Get | Sleep
Answer: TypeAlias = tuple[str, ...] | Head | Failure | None
Task: TypeAlias = Generator[Action, Answer, T]


class Breaker:
    """Spares a server that is down, and the time to wait for it: after five failures in a row it is left alone for a while."""

    FAILURES = 5
    REST = 30.0

    def __init__(self) -> None:
        self._failures: dict[str, tuple[int, float]] = {}

    def check(self, host: str, now: float) -> None:
        """Raise UnobtainableError for a host that is being left alone."""
        count, since = self._failures.get(host, (0, now))
        if count >= self.FAILURES and now - since < self.REST:
            raise UnobtainableError(f"{host} has failed {count} times in a row and is left alone for a while", passing=True)

    def failed(self, host: str, now: float) -> None:
        """Take note of a failure."""
        self._failures[host] = (self._failures.get(host, (0, now))[0] + 1, now)

    def answered(self, host: str) -> None:
        """Take note that a host is well."""
        self._failures.pop(host, None)


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every download. ``home`` is the feed's URL: its host may be private, its origin gets ``headers``.

    ``guarded`` is False where addresses are not checked.
    """

    home: httpx.URL
    headers: Mapping[str, str]
    guarded: bool
    max_bytes: int
    retry: Retry
    redact: Callable[[str], str]
    tell: Callable[[Attempt], None]
    clock: Callable[[], float] = time.monotonic
    breaker: Breaker = field(default_factory=Breaker)

    def checked(self, url: httpx.URL) -> bool:
        """Whether the addresses of a URL's host must be public."""
        return self.guarded and url.host != self.home.host

    def admit(self, url: httpx.URL) -> Callable[[str], None]:
        """Return the check of the address that a connection for a URL has reached."""
        return lambda address: check(url.host, [address]) if self.checked(url) else None


class Sink:
    """Takes the body of an answer into a draft, up to ``max_bytes``, after what an earlier answer has left there."""

    def __init__(self, draft: Draft, max_bytes: int, clock: Callable[[], float]) -> None:
        self._draft = draft
        self._max_bytes = max_bytes
        self._clock = clock
        self._deadline = clock() + _SLOWEST
        self._validator: str | None = None
        self.taken = False
        self.etag: str | None = None

    @property
    def size(self) -> int:
        """How many bytes are there."""
        return self._draft.size

    def conditions(self) -> dict[str, str]:
        """Return the headers that ask for the rest only, where what is there is known to be its beginning."""
        if not self._draft.size or self._validator is None:
            return {}
        return {"Range": f"bytes={self._draft.size}-", "If-Range": self._validator}

    def restart(self) -> None:
        """Drop what is there."""
        self._draft.restart()
        self._validator = None

    def opens(self, head: Head) -> bool:
        """Say whether the body belongs into the file."""
        rest = head.headers.get("content-range", "").startswith(f"bytes {self._draft.size}-")
        self.taken = head.status == 200 or (head.status == 206 and rest and self._validator is not None)
        if head.status == 200:
            self._draft.restart()
            self._validator, self.etag = _validator(head.headers), head.headers.get("etag")
        return self.taken

    def write(self, data: bytes) -> None:
        """Take a part of the body. Raises UnobtainableError beyond the limits."""
        if self._draft.size + len(data) > self._max_bytes:
            raise UnobtainableError(f"it has more bytes than max_image_bytes, {self._max_bytes}, allows")
        if self._clock() > self._deadline:
            raise UnobtainableError(f"it did not come within {_SLOWEST:.0f} seconds")
        self._draft.write(data)


def download(link: str, draft: Draft, rules: Rules, etag: str | None) -> Task[Fetched | None]:
    """Load a link into a draft; None when the server says that it still has what has this ``etag``.

    Raises UnobtainableError.
    """
    url = parse(link)
    rules.breaker.check(url.host, rules.clock())
    try:
        fetched = yield from _attempts(url, Sink(draft, rules.max_bytes, rules.clock), rules, etag)
    except UnobtainableError as error:
        if error.passing:
            rules.breaker.failed(url.host, rules.clock())
        else:
            rules.breaker.answered(url.host)
        raise
    rules.breaker.answered(url.host)
    if fetched is not None and not draft.size:
        raise UnobtainableError("it has no bytes")
    return fetched


def _attempts(url: httpx.URL, sink: Sink, rules: Rules, etag: str | None) -> Task[Fetched | None]:
    attempt = 0
    while True:
        began, conditions = rules.clock(), sink.conditions()
        answer = yield from _follow(url, conditions or ({"If-None-Match": etag} if etag else {}), sink, rules)
        passing = _passing(answer, conditions)
        wait = rules.retry.delay(attempt, _after(answer)) if passing and attempt < rules.retry.max_retries else None
        rules.tell(_event(url, answer, attempt, sink, rules, began, wait))
        if isinstance(answer, Head) and sink.taken:
            return Fetched(sink.etag)
        if isinstance(answer, Head) and answer.status == 304 and etag and not conditions:
            return None
        if wait is None:
            reason = _reason(answer, rules)
            raise UnobtainableError(f"{reason}, attempts made: {attempt + 1}" if passing else reason, passing=passing)
        if isinstance(answer, Head) and answer.status == 416:
            sink.restart()
        yield Sleep(wait)
        attempt += 1


def _passing(answer: Head | Failure, conditions: Mapping[str, str]) -> bool:
    """Say whether another attempt may go better."""
    if isinstance(answer, Head):
        return answer.status in RETRYABLE or (answer.status == 416 and bool(conditions))
    return answer.passing


def _after(answer: Head | Failure) -> str | None:
    return answer.headers.get("retry-after") if isinstance(answer, Head) else None


def _reason(answer: Head | Failure, rules: Rules) -> str:
    if isinstance(answer, Head):
        return f"the server answered {answer.status}"
    return rules.redact(f"{type(answer.cause).__name__}: {answer.cause}")[:200]


def _event(
    url: httpx.URL, answer: Head | Failure, attempt: int, sink: Sink, rules: Rules, began: float, wait: float | None
) -> Attempt:
    status, error = (answer.status, None) if isinstance(answer, Head) else (None, _reason(answer, rules))
    size = sink.size if isinstance(answer, Head) and sink.taken else 0
    return Attempt(rules.redact(shown(url)), attempt + 1, status, error, size, rules.clock() - began, wait)


def _follow(url: httpx.URL, conditions: Mapping[str, str], sink: Sink, rules: Rules) -> Task[Head | Failure]:
    for _ in range(MAX_REDIRECTS + 1):
        if rules.checked(url):
            found = yield Resolve(url.host, origin(url)[2])
            if isinstance(found, Failure):
                return found
            assert isinstance(found, tuple)
            # A first look, so that nothing is connected to in vain. What counts is the address that a connection reaches.
            check(url.host, found)
        # Bytes as they are: what is compressed on the way cannot be gone on with.
        headers = {"Accept-Encoding": "identity", **(rules.headers if origin(url) == origin(rules.home) else {}), **conditions}
        answer = yield Get(url, headers, sink, rules.admit(url))
        assert isinstance(answer, Head | Failure)
        if isinstance(answer, Failure) or answer.status not in _REDIRECTS:
            return answer
        try:
            url = parse(str(url.join(answer.headers.get("location", ""))))
        except (httpx.InvalidURL, ValueError):
            raise UnobtainableError(f"{rules.redact(shown(url))} redirects to what is no URL") from None
    raise UnobtainableError(f"more than {MAX_REDIRECTS} redirects")


def _validator(headers: Mapping[str, str]) -> str | None:
    """Return what tells that a later answer is of the very same bytes: a strong ETag, or a date that is old enough."""
    if headers.get("content-encoding", "identity") != "identity":
        return None
    etag, modified, date = (headers.get(name) for name in ("etag", "last-modified", "date"))
    if etag is not None:
        return None if etag.startswith("W/") else etag
    try:
        age = (parsedate_to_datetime(date or "") - parsedate_to_datetime(modified or "")).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    # RFC 9110, 8.8.2.2: within a minute the same date may stand for other bytes.
    return modified if age >= 60 else None
