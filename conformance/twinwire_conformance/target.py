"""The target: sends requests within a budget and at a polite pace, over any transport."""

from __future__ import annotations

import math
import re
import shlex
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import partial
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from twinwire.errors import UsageError, printable
from twinwire_conformance.findings import BudgetSpent, FailureKind, TimeSpent, Unreachable
from twinwire_conformance.model import Evidence, Request, Response
from twinwire_conformance.transport import REDACTED, Endpoint, ExchangeDeadline, Secrets, Transport, connect

MAX_WAITS = 5
MOST_BYTES = 18 * 1024 * 1024
"""The largest body that is read: an entry with an image of 12 MB has 16 MB in base64. A run takes five times as much memory."""
MOST_TOGETHER = 16 * 1024 * 1024
"""How much of all answers to requests at the same time is read: they are in memory at the same time, too."""
LEAST_TOGETHER = 1024 * 1024
"""The bytes that are read of each of them, however many there are."""


class ResendReason(StrEnum):
    """The reason why a request was sent again; the value ends the sentence of a note."""

    CLOSED = "a reused connection had been closed"
    ENDED = "a new connection ended without a response"
    BROKEN = "the response broke off"


@dataclass(frozen=True, slots=True)
class RequestPolicy:
    """The behaviour of the suite towards a target.

    Args:
        timeout: Seconds for one request.
        rate: Requests per second; None for no limit.
        max_requests: The budget of requests.
        max_bytes: The most bytes that are read of one body.
        max_wait: The longest Retry-After that is obeyed, in seconds.
        max_time: Seconds for all requests, from when the target is made.
    """

    timeout: float = 30.0
    rate: float | None = None
    max_requests: int = 400
    max_bytes: int = MOST_BYTES
    max_wait: float = 60.0
    """The longest Retry-After that is obeyed, in seconds; a longer one ends the request."""
    max_time: float = math.inf
    """The seconds for all requests, from when the target is made."""


@dataclass(slots=True)
class Target:
    """A server under test.

    Args:
        base_url: The URL to which the path of the operation is appended.
        path: The path of the operation.
        policy: Timeouts, rate and budgets.
        headers: The caller's headers for every request.
        secrets: Texts that are redacted in all output.
        app: An ASGI or WSGI application to send requests to in this process; None to use HTTP.
        session: The name and value of the session parameter, whose value is redacted; None for none.
        through: Makes the transport of the endpoint; None for HTTP or ``app``.
        until: The deadline that this transport observes as well; None to begin ``max_time`` now.
        on_request: Called with the number of requests so far before each one.

    Raises:
        UsageError: The URL or a header cannot be used.
    """

    base_url: str
    path: str
    policy: RequestPolicy = field(default_factory=RequestPolicy)
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: Sequence[str] = ()
    app: Any = None
    session: tuple[str, str] | None = None
    through: Callable[[Endpoint], Transport] | None = None
    until: ExchangeDeadline | None = None
    on_request: Callable[[int], None] = lambda _: None
    requests: int = 0
    reserved: int = 0
    """The number of requests of the budget that are reserved for later rules."""
    received_bytes: int = 0
    """The bytes of all bodies as transferred, before their content coding was decoded."""
    decoded_bytes: int = 0
    """The bytes of all bodies after their content coding was decoded."""
    endpoint: Endpoint = field(init=False)
    deadline: ExchangeDeadline = field(init=False)
    """The moment after which no request is sent and no response is waited for."""
    _transport: Transport = field(init=False)
    _calls: int = 0
    _next_slot: float = 0.0
    _resent: Counter[ResendReason] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        url = check_url(self.base_url)
        _check_headers(self.headers)
        secrets = Secrets([*self.secrets, *_password(url)], self.session)
        self.endpoint = Endpoint(url, self.path, self.headers, secrets)
        # Without a password from here on; only the transport needs the real URL.
        self.base_url = self.endpoint.shown_base
        self.deadline = self.until or ExchangeDeadline(self.policy.max_time)
        through = self.through or self._connect
        self._transport = through(self.endpoint)

    def __enter__(self) -> Target:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._transport.close()

    def _connect(self, endpoint: Endpoint) -> Transport:
        return connect(endpoint, self.policy.timeout, self.policy.max_bytes, self.app, until=self.deadline)

    @property
    def time_spent(self) -> str:
        """The sentence that says that the time of the run is over; empty while it is not."""
        return f"the run's time of {self.policy.max_time:g} s is spent" if self.deadline.is_over else ""

    def send(self, request: Request) -> Response:
        """Send a request and return the response.

        Raises:
            BudgetSpent: The budget does not allow the request, which is not sent.
            TimeSpent: The time of the run is over, or ends before the response is complete.
            Unreachable: No complete response was received.
        """
        return self.send_together([request])[0]

    def send_together(self, requests: Sequence[Request]) -> list[Response]:
        """Send requests concurrently and return their responses in order. Raises as ``send``, BudgetSpent for all of them."""
        first = self._calls
        self._calls += len(requests)
        if len(requests) > 1:
            share = max(LEAST_TOGETHER, MOST_TOGETHER // len(requests))
            requests = [replace(each, most=min(share, each.most or share)) for each in requests]
        # Admit all before any is sent, so that the budget does not depend on the order of threads.
        slots = self._admit(len(requests))
        works = [partial(self._send, request, first + index, slots[index]) for index, request in enumerate(requests)]
        return self._transport.run(works)

    def evidence(self, response: Response, length: int = 600) -> Evidence:
        """Return the evidence of an exchange, redacted: a curl command that repeats it, and the beginning of the response.

        Args:
            response: The response.
            length: The most characters of the body to quote.
        """
        request = response.request
        own = () if request.client is None else request.client.headers
        hidden = ((name, REDACTED) for name in self.headers)
        # The last header of a name wins, in the place and the case of the first, as in the request that was sent.
        headers: dict[str, tuple[str, str]] = {}
        for name, value in (*own, ("Accept", request.accept or ""), *request.headers, *hidden):
            if value is not None:
                headers[name.lower()] = (headers.get(name.lower(), (name,))[0], value)
        parts = ["curl", "-sS", "-i"]
        if request.raw_query is not None:
            # Braces and brackets in a URL would make curl send several requests.
            parts.append("--globoff")
        for name, value in headers.values():
            # "Accept:" with no value makes curl omit the header that it sends by default.
            parts += ["-H", shlex.quote(f"{name}: {value}" if value else f"{name}:")]
        parts.append(shlex.quote(self.endpoint.shown_url(request)))
        # Redact before cutting, because half a secret would not be recognised.
        clean = next(self.endpoint.secrets.pieces(response.body), b"")[: length * 4]
        excerpt = clean.decode(response.charset_or_utf8, "replace")
        shown_text = printable(self.redact(excerpt), keep="\n\t")[:length]
        trace = printable(self.redact(response.trace), keep="\n\t")
        return Evidence(self.redact(" ".join(parts)), response.status, f"{shown_text}\n{trace}" if trace else shown_text, trace)

    def redact(self, text: str) -> str:
        """Return a text in which every secret is replaced."""
        return self.endpoint.secrets.text(text)

    def pause(self, seconds: float) -> None:
        """Wait some seconds between requests; a replay does not wait. Raises TimeSpent when the run's time ends meanwhile."""
        self._transport.pause(min(seconds, self.deadline.rest))
        self._refuse_late()

    def _refuse_late(self) -> None:
        if self.time_spent:
            raise TimeSpent(self.time_spent)

    def unanswered(self, request: Request) -> Response:
        """Return a response of status 0, as evidence of a request that got no response."""
        return Response(request, self.endpoint.shown_url(request), 0, {}, b"", flaw="no response came")

    @property
    def notes(self) -> list[str]:
        """Sentences about the run that do not fail a rule: how many requests were sent again, and why."""
        return [
            f"{count} {'request was' if count == 1 else 'requests were'} sent again because {reason}"
            for reason, count in ((reason, self._resent[reason]) for reason in ResendReason)
            if count
        ]

    def _send(self, request: Request, call: int, slot: float) -> Response:
        waited = 0
        resent: list[ResendReason] = []
        while True:
            if slot > time.monotonic():
                self.pause(slot - time.monotonic())
            try:
                response = self._transport.exchange(request, call)
            except Unreachable as error:
                self._count(error.responses)
                reason = _reason_to_resend(error)
                # At most two repetitions: one for a reused connection that was closed, and one for ENDED or BROKEN.
                if (
                    reason is None
                    or reason in resent
                    or (reason is not ResendReason.CLOSED and {*resent} - {ResendReason.CLOSED})
                ):
                    raise _after(error, len(resent) + 1) from error
                slot = self._admit(1)[0]
                resent.append(reason)
                with self._lock:
                    self._resent[reason] += 1
                continue
            self._count([response])
            wait = _retry_after(response)
            if wait is None:
                return response
            waited += 1
            if waited == MAX_WAITS:
                message = f"HTTP {response.status} came {MAX_WAITS} times, each time with a request to wait"
                raise Unreachable(message, [response], kind=FailureKind.BUSY)
            if wait > self.policy.max_wait:
                message = f"HTTP {response.status} asks to wait {wait:.0f} s, longer than {self.policy.max_wait:.0f} s"
                raise Unreachable(message, [response], kind=FailureKind.BUSY)
            self.pause(wait)
            slot = self._admit(1)[0]

    def _count(self, responses: Sequence[Response]) -> None:
        with self._lock:
            self.received_bytes += sum(response.wire_bytes or len(response.body) for response in responses)
            self.decoded_bytes += sum(len(response.body) for response in responses)

    def _admit(self, count: int) -> list[float]:
        """Count requests against the budget and return the time at which each may be sent. Raises BudgetSpent."""
        self._refuse_late()
        with self._lock:
            # Concurrent requests are sent by threads, which resend and so count requests at any time.
            if self.requests + count > self.policy.max_requests - self.reserved:
                raise BudgetSpent(f"the budget of {self.policy.max_requests} requests is spent")
            self.requests += count
            slots = [self._slot() for _ in range(count)]
        self.on_request(self.requests)
        return slots

    def _slot(self) -> float:
        now = time.monotonic()
        if not self.policy.rate:
            return now
        slot = max(now, self._next_slot)
        self._next_slot = slot + 1 / self.policy.rate
        return slot


def check_url(url: str) -> str:
    """Return a base URL without its trailing slash, in ASCII. Raises UsageError unless it is an absolute http(s) URL."""
    hint = "write it like https://api.example.com/v1"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        name = host if host.isascii() else host.encode("idna").decode("ascii")
    except ValueError as error:
        raise UsageError(f"{url!r} is not a URL: {error}", hint) from error
    if parts.scheme not in ("http", "https"):
        raise UsageError(f"{url!r} has no http or https scheme", hint)
    if not name or not _HOST.fullmatch(name):
        raise UsageError(f"{url!r} names no host", hint)
    if parts.query or parts.fragment:
        raise UsageError(f"{url!r} has a query or fragment", "give the base that the operation's path is appended to")
    # The host is encoded in ASCII (IDNA); the user and password are taken as written, percent-encoded where needed.
    user, at, _ = parts.netloc.rpartition("@")
    place = f"[{name}]" if ":" in name else name
    netloc = quote(user, safe=_PLAIN) + at + place + (f":{port}" if port is not None else "")
    return f"{parts.scheme}://{netloc}{quote(parts.path, safe='/' + _PLAIN).rstrip('/')}"


_HOST = re.compile(r"[0-9A-Za-z._~%:-]+")
_PLAIN = "%:@!$&'()*+,;=~"


def _password(url: str) -> list[str]:
    parts = urlsplit(url)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return [password, f"{user}:{password}"] if password else []


def _check_headers(headers: Mapping[str, str]) -> None:
    """Raise UsageError for a header that announces a body, because the requests of the kit have none."""
    for name in headers:
        if name.lower() in ("content-length", "transfer-encoding"):
            raise UsageError(f"the header {name} cannot be sent: the requests have no body", "leave it out")


def _reason_to_resend(error: Unreachable) -> ResendReason | None:
    """Return the reason to send a failed request again on a new connection; None when that would not help."""
    if error.kind is FailureKind.NO_RESPONSE:
        return ResendReason.CLOSED if error.reused else ResendReason.ENDED
    if error.kind is FailureKind.BROKEN and error.malformed:
        # On a reused connection these bytes may be the rest of an earlier response.
        return ResendReason.CLOSED if error.reused else None
    return ResendReason.BROKEN if error.kind is FailureKind.BROKEN else None


def _after(error: Unreachable, times: int) -> Unreachable:
    """Return the error with the number of times that its request was sent, if more than once."""
    if times == 1:
        return error
    message = f"{error.message} (the request was sent {times} times)"
    return Unreachable(message, error.responses, kind=error.kind, reused=error.reused, malformed=error.malformed)


def _retry_after(response: Response) -> float | None:
    """Return the seconds to wait before the request is repeated, or None when the response is final.

    Examples: 429 with ``Retry-After: 3`` waits 3 s; 429 without a usable Retry-After waits 1 s; 503 without one is final.
    """
    header = response.headers.get("retry-after", "")
    if response.status not in (429, 503) or (response.status == 503 and not header):
        return None
    if header.isascii() and header.isdigit():
        return float(header)
    moment = _http_date(header)
    if moment is None:
        return 1.0
    # Compare with the server's Date, because its clock may differ from the local one.
    now = _http_date(response.headers.get("date", ""))
    return max(0.0, moment - (response.received if now is None else now))


def _http_date(text: str) -> float | None:
    """Return an HTTP date in seconds since the epoch; None when the text is not a date."""
    try:
        # HTTP dates are in GMT (RFC 9110), even when they do not say so.
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
