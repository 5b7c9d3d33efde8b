"""The target: sends requests over HTTP or to an ASGI application, within a budget and at a polite pace.

One asyncio loop in a thread of its own drives one connection pool, so that rules read as plain synchronous code while a
request still has a deadline for all of it, and several can be in flight at once.
"""

from __future__ import annotations

import asyncio
import itertools
import shlex
import threading
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from twinwire import __version__
from twinwire.errors import UsageError
from twinwire_conformance.model import Answer, BudgetSpent, Evidence, Request, Unreachable

T = TypeVar("T")

REDACTED = "***"
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
    """A server under test. ``base_url`` is what the operation's path is appended to; ``app`` serves it in-process."""

    base_url: str
    path: str
    manners: Manners = field(default_factory=Manners)
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: Sequence[str] = ()
    app: Any = None
    on_request: Callable[[int], None] = lambda _: None
    requests: int = 0
    _loop: asyncio.AbstractEventLoop = field(init=False)
    _client: httpx.AsyncClient | None = None
    _next_slot: float = 0.0

    def __post_init__(self) -> None:
        self.base_url = check_url(self.base_url)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="twinwire-target", daemon=True).start()

    def __enter__(self) -> Target:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection and end the loop."""
        if self._loop.is_closed():
            return
        if self._client is not None:
            self._run(self._client.aclose())
        self._run(self._loop.shutdown_asyncgens())
        self._loop.call_soon_threadsafe(self._loop.stop)
        while self._loop.is_running():
            time.sleep(0.001)
        self._loop.close()

    def send(self, request: Request) -> Answer:
        """Send a request. Raises BudgetSpent before it is sent, Unreachable when no whole answer comes."""
        return self._run(self._send(request))

    def send_together(self, requests: Sequence[Request]) -> list[Answer]:
        """Send requests at the same time and return their answers in order. Raises as ``send`` does."""

        async def gather() -> list[Answer]:
            return list(await asyncio.gather(*(self._send(request) for request in requests)))

        return self._run(gather())

    def url(self, request: Request) -> str:
        """Return the URL that a request goes to."""
        query = "&".join(f"{_quote(name)}={_quote(value)}" for name, value in request.params)
        url = f"{self.base_url}{self.path}"
        return f"{url}?{query}" if query else url

    def evidence(self, answer: Answer, length: int = 600) -> Evidence:
        """Describe an exchange by a command that repeats it and the beginning of what came, without secrets."""
        headers = {**dict(answer.request.headers), **self.headers}
        if answer.request.accept is not None:
            headers = {"Accept": answer.request.accept, **headers}
        else:
            headers = {"Accept": "", **headers}
        parts = ["curl", "-sS", "-i"]
        for name, value in headers.items():
            # An empty value makes curl leave out the header that it would send by itself.
            parts += ["-H", shlex.quote(f"{name}: {value}" if value else f"{name}:")]
        parts.append(shlex.quote(answer.url))
        excerpt = answer.body[: length * 4].decode(answer.charset_or_utf8, "replace")
        return Evidence(self.redact(" ".join(parts)), answer.status, self.redact(_printable(excerpt)[:length]))

    def redact(self, text: str) -> str:
        """Replace every secret in a text."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            for form in {secret, _quote(secret), shlex.quote(secret)}:
                text = text.replace(form, REDACTED) if form else text
        return text

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _send(self, request: Request) -> Answer:
        for waited in itertools.count(1):
            answer = await self._exchange(request)
            wait = _retry_after(answer)
            if wait is None:
                return answer
            if waited == MAX_WAITS:
                reason = f"HTTP {answer.status} came {MAX_WAITS} times, each time with a request to wait"
                raise Unreachable(reason, [answer])
            if wait > self.manners.max_wait:
                reason = f"HTTP {answer.status} asks to wait {wait:.0f} s, longer than {self.manners.max_wait:.0f} s"
                raise Unreachable(reason, [answer])
            await asyncio.sleep(wait)
        raise AssertionError("unreachable")

    async def _exchange(self, request: Request) -> Answer:
        if self.requests >= self.manners.max_requests:
            raise BudgetSpent(f"the budget of {self.manners.max_requests} requests is spent")
        self.requests += 1
        await self._pace()
        self.on_request(self.requests)
        try:
            async with asyncio.timeout(self.manners.timeout):
                return await self._receive(request)
        except TimeoutError as error:
            raise Unreachable(f"no whole answer within {self.manners.timeout:g} s from {self._shown(request)}") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            reason = self.redact(str(error)) or type(error).__name__
            raise Unreachable(f"no answer from {self._shown(request)}: {reason}") from error

    def _shown(self, request: Request) -> str:
        return self.redact(self.url(request))

    async def _receive(self, request: Request) -> Answer:
        started = time.monotonic()
        url = self.url(request)
        headers = dict(self.headers)
        if request.accept is not None:
            headers["Accept"] = request.accept
        headers |= dict(request.headers)
        client = self._connect()
        body = bytearray()
        async with client.stream("GET", url, headers=headers) as response:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > self.manners.max_bytes:
                    raise Unreachable(f"the body is larger than {self.manners.max_bytes} bytes: {self._shown(request)}")
        names = {name.lower(): value for name, value in response.headers.items()}
        return Answer(request, url, response.status_code, names, bytes(body), time.monotonic() - started)

    def _connect(self) -> httpx.AsyncClient:
        if self._client is None:
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False) if self.app else None
            self._client = httpx.AsyncClient(transport=transport, timeout=self.manners.timeout, follow_redirects=False)
            # What a rule does not ask for is not sent: no Accept, and no compression that it would have to undo.
            del self._client.headers["accept"]
            self._client.headers["accept-encoding"] = "identity"
            self._client.headers["user-agent"] = f"twinwire/{__version__}"
        return self._client

    async def _pace(self) -> None:
        if not self.manners.rate:
            return
        now = time.monotonic()
        slot = max(now, self._next_slot)
        self._next_slot = slot + 1 / self.manners.rate
        await asyncio.sleep(slot - now)


def check_url(url: str) -> str:
    """Return a base URL without its trailing slash. Raises UsageError when it is no absolute http(s) URL."""
    hint = "write it like https://api.example.com/v1"
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise UsageError(f"{url!r} is no URL: {error}", hint) from error
    if parsed.scheme not in ("http", "https"):
        raise UsageError(f"{url!r} has no http or https scheme", hint)
    if not parsed.host:
        raise UsageError(f"{url!r} names no host", hint)
    if parsed.query or parsed.fragment:
        raise UsageError(f"{url!r} has a query or fragment", "give the base that the operation's path is appended to")
    return url.rstrip("/")


def _quote(text: str) -> str:
    return quote(text, safe="-._~", errors="surrogateescape")


def _printable(text: str) -> str:
    # An answer is untrusted: no escape sequence of its reaches a terminal.
    return "".join(char if char.isprintable() or char in "\n\t" else f"\\x{ord(char):02x}" for char in text)


def _retry_after(answer: Answer) -> float | None:
    """Return the seconds to wait before asking again, or None when the answer stands as it is."""
    header = answer.headers.get("retry-after", "")
    if answer.status not in (429, 503) or (answer.status == 503 and not header):
        return None
    if header.isascii() and header.isdigit():
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (ValueError, TypeError):
        return 1.0
