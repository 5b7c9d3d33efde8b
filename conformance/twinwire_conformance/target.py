"""The target: sends requests within a budget and at a polite pace, whatever transport carries them."""

from __future__ import annotations

import itertools
import re
import shlex
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from twinwire.errors import UsageError, printable
from twinwire_conformance.model import Answer, BudgetSpent, Evidence, Request, Unreachable
from twinwire_conformance.transport import REDACTED, Endpoint, Secrets, Transport, connect

MAX_WAITS = 5


@dataclass(frozen=True, slots=True)
class Manners:
    """How the suite behaves towards a target: seconds per request, requests per second, and their greatest number."""

    timeout: float = 30.0
    rate: float | None = None
    max_requests: int = 400
    max_bytes: int = 64 * 1024 * 1024
    max_wait: float = 60.0
    """The longest that Retry-After is obeyed, in seconds; a longer one ends the waiting."""


@dataclass(slots=True)
class Target:
    """A server under test. ``base_url`` is what the operation's path is appended to; ``app`` serves it in-process.

    ``secrets`` are hidden in all that is shown, and so is ``session``, the session's parameter and value. ``through`` makes
    the transport that carries requests to the endpoint; without it they go over HTTP, or to ``app``.
    """

    base_url: str
    path: str
    manners: Manners = field(default_factory=Manners)
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: Sequence[str] = ()
    app: Any = None
    session: tuple[str, str] | None = None
    through: Callable[[Endpoint], Transport] | None = None
    on_request: Callable[[int], None] = lambda _: None
    requests: int = 0
    endpoint: Endpoint = field(init=False)
    _transport: Transport = field(init=False)
    _calls: int = 0
    _next_slot: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        url = check_url(self.base_url)
        secrets = Secrets([*self.secrets, *_password(url)], self.session)
        self.endpoint = Endpoint(url, self.path, self.headers, secrets)
        # What is shown from here on; only the transport needs the real one.
        self.base_url = self.endpoint.shown_base
        through = self.through or partial(connect, timeout=self.manners.timeout, max_bytes=self.manners.max_bytes, app=self.app)
        self._transport = through(self.endpoint)

    def __enter__(self) -> Target:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._transport.close()

    def send(self, request: Request) -> Answer:
        """Send a request. Raises BudgetSpent before it is sent, Unreachable when no whole answer comes."""
        return self.send_together([request])[0]

    def send_together(self, requests: Sequence[Request]) -> list[Answer]:
        """Send requests at the same time and return their answers in order. Raises as ``send`` does, BudgetSpent for all."""
        first = self._calls
        self._calls += len(requests)
        # Counted before any is sent, so that which of them the budget allows is no matter of luck.
        slots = self._admit(len(requests))
        works = [partial(self._send, request, first + index, slots[index]) for index, request in enumerate(requests)]
        return self._transport.run(works)

    def evidence(self, answer: Answer, length: int = 600) -> Evidence:
        """Describe an exchange by a command that repeats it and the beginning of what came, without secrets."""
        request = answer.request
        hidden = ((name, REDACTED) for name in self.headers)
        headers = {"Accept": request.accept or "", **dict(request.headers), **dict(hidden)}
        parts = ["curl", "-sS", "-i"]
        for name, value in headers.items():
            # An empty value makes curl leave out the header that it would send by itself.
            parts += ["-H", shlex.quote(f"{name}: {value}" if value else f"{name}:")]
        parts.append(shlex.quote(self.endpoint.shown_url(request)))
        # Cut only afterwards: half a secret would not be recognised.
        clean = next(self.endpoint.secrets.pieces(answer.body), b"")[: length * 4]
        excerpt = clean.decode(answer.charset_or_utf8, "replace")
        shown = printable(self.redact(excerpt), keep="\n\t")[:length]
        trace = printable(self.redact(answer.trace), keep="\n\t")
        return Evidence(self.redact(" ".join(parts)), answer.status, f"{shown}\n{trace}" if trace else shown, trace)

    def redact(self, text: str) -> str:
        """Replace every secret in a text."""
        return self.endpoint.secrets.text(text)

    def _send(self, request: Request, call: int, slot: float) -> Answer:
        for waited in itertools.count(1):
            if slot > time.monotonic():
                self._transport.pause(slot - time.monotonic())
            answer = self._transport.exchange(request, call)
            wait = _retry_after(answer)
            if wait is None:
                return answer
            if waited == MAX_WAITS:
                reason = f"HTTP {answer.status} came {MAX_WAITS} times, each time with a request to wait"
                raise Unreachable(reason, [answer])
            if wait > self.manners.max_wait:
                reason = f"HTTP {answer.status} asks to wait {wait:.0f} s, longer than {self.manners.max_wait:.0f} s"
                raise Unreachable(reason, [answer])
            self._transport.pause(wait)
            slot = self._admit(1)[0]
        raise AssertionError("unreachable")

    def _admit(self, count: int) -> list[float]:
        """Count requests against the budget and return when each may be sent. Raises BudgetSpent."""
        with self._lock:
            if self.requests + count > self.manners.max_requests:
                raise BudgetSpent(f"the budget of {self.manners.max_requests} requests is spent")
            self.requests += count
            slots = [self._slot() for _ in range(count)]
        self.on_request(self.requests)
        return slots

    def _slot(self) -> float:
        now = time.monotonic()
        if not self.manners.rate:
            return now
        slot = max(now, self._next_slot)
        self._next_slot = slot + 1 / self.manners.rate
        return slot


def check_url(url: str) -> str:
    """Return a base URL without its trailing slash, in ASCII. Raises UsageError when it is no absolute http(s) URL."""
    hint = "write it like https://api.example.com/v1"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        name = host if host.isascii() else host.encode("idna").decode("ascii")
    except ValueError as error:
        raise UsageError(f"{url!r} is no URL: {error}", hint) from error
    if parts.scheme not in ("http", "https"):
        raise UsageError(f"{url!r} has no http or https scheme", hint)
    if not name or not _HOST.fullmatch(name):
        raise UsageError(f"{url!r} names no host", hint)
    if parts.query or parts.fragment:
        raise UsageError(f"{url!r} has a query or fragment", "give the base that the operation's path is appended to")
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


def _retry_after(answer: Answer) -> float | None:
    """Return the seconds to wait before asking again, or None when the answer stands as it is."""
    header = answer.headers.get("retry-after", "")
    if answer.status not in (429, 503) or (answer.status == 503 and not header):
        return None
    if header.isascii() and header.isdigit():
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - answer.received)
    except (ValueError, TypeError):
        return 1.0
