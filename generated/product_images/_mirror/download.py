# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Download of one image as a task without I/O: redirects, retries, and resuming an interrupted body."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

import httpx

from .._wire import Sleep, TransportFailure
from ..events import Attempt
from ..retry import RETRYABLE, Retry
from .address import UnobtainableError, check, normal, origin, parse, shown
from .body import Head, Pace, Sink
from .content import complaint
from .disk import Draft

T = TypeVar("T")

MAX_REDIRECTS = 5
MAX_PARTS = 100
"""The most partial responses for one image."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Resolve:
    """Action: look up the addresses of a host. The outcome is the addresses, or a TransportFailure."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Get:
    """Action: request a URL, and pass the body to ``sink`` if it accepts the head. The outcome is a Head or TransportFailure.

    Call ``admit`` with the address of the connection before anything is sent; it raises for a forbidden address. Check the
    sink's ``pace`` before each read; it raises when a time limit is exceeded.
    """

    url: httpx.URL
    headers: Mapping[str, str]
    sink: Sink
    admit: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Fetched:
    """Outcome of a download: the image is in the draft. ``etag`` is None where the server gave none that can be sent back."""

    etag: str | None


Action: TypeAlias = Resolve | Get | Sleep
FetchOutcome: TypeAlias = tuple[str, ...] | Head | TransportFailure | None
Task: TypeAlias = Generator[Action, FetchOutcome, T]


class Breaker:
    """Circuit breaker: after five consecutive failures, a host gets no requests for a while."""

    FAILURES = 5
    REST = 30.0

    def __init__(self) -> None:
        self._failures: dict[str, tuple[int, float]] = {}

    def check(self, host: str, now: float) -> None:
        """Raise UnobtainableError for a host whose circuit is open."""
        count, since = self._failures.get(host, (0, now))
        if count >= self.FAILURES and now - since < self.REST:
            raise UnobtainableError(f"{host} has failed {count} times in a row and is left alone for a while", transient=True)

    def failed(self, host: str, now: float) -> None:
        """Record a failure."""
        self._failures[host] = (self._failures.get(host, (0, now))[0] + 1, now)

    def answered(self, host: str) -> None:
        """Record a response, which resets the count of failures."""
        self._failures.pop(host, None)


@dataclass(frozen=True, slots=True)
class Rules:
    """Settings shared by all downloads. ``home`` is the feed's origin, which receives ``headers``.

    ``reached`` are the addresses at which the feed was reached: links of its origin may lead there even if they are private.
    ``guarded`` is False where addresses are not checked. ``patience`` is the time in seconds before ``Pace`` checks the speed.
    """

    home: tuple[str, str, int]
    headers: Mapping[str, str]
    guarded: bool
    max_bytes: int
    patience: float
    retry: Retry
    redact: Callable[[str], str]
    tell: Callable[[Attempt], None]
    reached: set[str] = field(default_factory=set[str])
    clock: Callable[[], float] = time.monotonic
    breaker: Breaker = field(default_factory=Breaker)

    def is_home(self, url: httpx.URL) -> bool:
        """Return True when a URL has the feed's own origin: scheme, host and port."""
        return origin(url) == self.home

    def admit(self, url: httpx.URL) -> Callable[[str], None]:
        """Return a function that checks the address of a connection for a URL."""

        def admit(address: str) -> None:
            if self.guarded and not (self.is_home(url) and normal(address) in self.reached):
                check(url.host, [address])

        return admit


def download(link: str, draft: Draft, rules: Rules, etag: str | None) -> Task[Fetched | None]:
    """Load a link into a draft.

    Args:
        link: The URL of the image.
        draft: The file to write.
        rules: The settings shared by all downloads.
        etag: The ETag of the stored file, None to load it in any case.

    Returns:
        None when the server confirms that the stored file is current (304).

    Raises:
        UnobtainableError: The image cannot be loaded.
    """
    url = parse(link)
    rules.breaker.check(url.host, rules.clock())
    sink = Sink(draft, rules.max_bytes, Pace(rules.clock, rules.patience))
    try:
        fetched = yield from _attempts(url, sink, rules, etag)
    except UnobtainableError as error:
        if error.transient:
            rules.breaker.failed(url.host, rules.clock())
        else:
            rules.breaker.answered(url.host)
        raise
    rules.breaker.answered(url.host)
    if fetched is not None:
        _judge(sink)
    return fetched


def _judge(sink: Sink) -> None:
    """Raise UnobtainableError for a body that is not an image."""
    if not sink.size:
        raise UnobtainableError("it has no bytes")
    problem = complaint(sink.content_type, sink.head)
    if problem is not None:
        raise UnobtainableError(problem)


def _attempts(url: httpx.URL, sink: Sink, rules: Rules, etag: str | None) -> Task[Fetched | None]:
    attempt = parts = 0
    while True:
        began, conditions = rules.clock(), sink.conditions()
        answer = yield from _follow(url, conditions or ({"If-None-Match": etag} if etag else {}), sink, rules)
        transient = _is_transient(answer, conditions, sink)
        wait = rules.retry.delay(attempt, _after(answer)) if transient and attempt < rules.retry.max_retries else None
        # A short partial response, or one of another version, is not a failure: request the rest or the whole at once.
        step = isinstance(answer, Head) and sink.state in ("part", "foreign")
        rules.tell(_event(url, answer, attempt + parts, sink, rules, began, 0.0 if step else wait))
        if step:
            parts += 1
            if parts > MAX_PARTS:
                raise UnobtainableError(f"it came in more than {MAX_PARTS} parts")
            continue
        if isinstance(answer, Head) and sink.state == "whole":
            return Fetched(sink.etag)
        if isinstance(answer, Head) and answer.status == 304 and etag and not conditions:
            return None
        if wait is None:
            reason = _reason(answer, sink, rules)
            raise UnobtainableError(f"{reason}, attempts made: {attempt + 1}" if transient else reason, transient=transient)
        if isinstance(answer, Head) and answer.status == 416:
            sink.restart()
        yield Sleep(wait)
        attempt += 1


def _is_transient(answer: Head | TransportFailure, conditions: Mapping[str, str], sink: Sink) -> bool:
    """Return True when another attempt may succeed."""
    if isinstance(answer, Head):
        return answer.status in RETRYABLE or (answer.status == 416 and bool(conditions)) or sink.state == "coded"
    return answer.transient


def _after(answer: Head | TransportFailure) -> str | None:
    return answer.headers.get("retry-after") if isinstance(answer, Head) else None


def _reason(answer: Head | TransportFailure, sink: Sink, rules: Rules) -> str:
    if isinstance(answer, TransportFailure):
        return rules.redact(f"{type(answer.cause).__name__}: {answer.cause}")[:200]
    if sink.state == "coded":
        return f"its body has the Content-Encoding {sink.coding[:80]!a}, which cannot be undone"
    return f"the server answered {answer.status}"


def _event(
    url: httpx.URL, answer: Head | TransportFailure, attempt: int, sink: Sink, rules: Rules, began: float, wait: float | None
) -> Attempt:
    status, error = (answer.status, None) if isinstance(answer, Head) else (None, _reason(answer, sink, rules))
    size = sink.size if isinstance(answer, Head) and sink.state in ("whole", "part") else 0
    return Attempt(rules.redact(shown(url)), attempt + 1, status, error, size, rules.clock() - began, wait)


def _follow(url: httpx.URL, conditions: Mapping[str, str], sink: Sink, rules: Rules) -> Task[Head | TransportFailure]:
    seen: set[httpx.URL] = set()
    while len(seen) <= MAX_REDIRECTS:
        seen.add(url)
        if rules.guarded and not rules.is_home(url):
            found = yield Resolve(url.host, origin(url)[2])
            if isinstance(found, TransportFailure):
                return found
            assert isinstance(found, tuple)
            # This check only avoids useless connections. The check of the connected address decides: DNS may change between.
            check(url.host, found)
        # Ask for identity, because an interrupted compressed body cannot be resumed.
        headers = {**(rules.headers if rules.is_home(url) else {}), "Accept-Encoding": "identity", **conditions}
        sink.pace.begin()
        answer = yield Get(url, headers, sink, rules.admit(url))
        assert isinstance(answer, Head | TransportFailure)
        if isinstance(answer, TransportFailure) and isinstance(answer.cause, UnobtainableError):
            raise answer.cause
        if isinstance(answer, TransportFailure) and _is_bad_location(answer.cause):
            raise _astray(url, rules)
        if isinstance(answer, TransportFailure) or answer.status not in _REDIRECTS:
            return answer
        url = _redirected(url, answer, rules)
        if url in seen:
            raise UnobtainableError(f"{rules.redact(shown(url))} redirects to itself")
    raise UnobtainableError(f"more than {MAX_REDIRECTS} redirects")


def _redirected(url: httpx.URL, answer: Head, rules: Rules) -> httpx.URL:
    location = answer.headers.get("location", "").strip()
    if not location:
        raise UnobtainableError(f"the server answered {answer.status} without a Location")
    try:
        return parse(str(url.join(location)))
    except (httpx.InvalidURL, ValueError, UnobtainableError):
        raise _astray(url, rules) from None


def _is_bad_location(error: Exception) -> bool:
    """Return True for an invalid Location: the HTTP library parses it even though redirects are disabled."""
    return isinstance(error, httpx.InvalidURL) or (isinstance(error, httpx.RemoteProtocolError) and "location" in str(error))


def _astray(url: httpx.URL, rules: Rules) -> UnobtainableError:
    return UnobtainableError(f"{rules.redact(shown(url))} redirects to what is not an http or https URL")
