"""Exchanges over HTTP: one pool of connections, from which any number of threads may ask, each within a deadline."""

from __future__ import annotations

import base64
import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore

from twinwire.errors import UsageError
from twinwire_conformance.model import CUT, Answer, Request, Unreachable
from twinwire_conformance.transport.coding import undo
from twinwire_conformance.transport.endpoint import Endpoint
from twinwire_conformance.transport.together import Threads

_CONNECTIONS: Final = 100
_ERRORS = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    httpcore.ConnectionNotAvailable,
    OSError,
)


class HttpTransport(Threads):
    """Sends requests to an endpoint. ``timeout`` is in seconds for one whole exchange, ``max_bytes`` caps a body.

    Raises UsageError for a proxy that cannot be used.
    """

    def __init__(self, endpoint: Endpoint, timeout: float, max_bytes: int) -> None:
        self.endpoint = endpoint
        self.timeout = timeout
        self.max_bytes = max_bytes
        self._deadline = Deadline()
        self._pool = _pool(endpoint.base_url, self._deadline)

    def exchange(self, request: Request, call: int) -> Answer:  # noqa: ARG002 - only recordings count calls
        """Send a request. Raises Unreachable."""
        self._deadline.begin(self.timeout)
        try:
            return self._receive(request)
        except (httpcore.TimeoutException, TimeoutError) as error:
            raise Unreachable(f"no whole answer within {self.timeout:g} s from {self._shown(request)}") from error
        except _ERRORS as error:
            reason = self.endpoint.secrets.text(str(error)) or type(error).__name__
            raise Unreachable(f"no answer from {self._shown(request)}: {reason}") from error

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    def _shown(self, request: Request) -> str:
        return self.endpoint.shown_url(request)

    def _receive(self, request: Request) -> Answer:
        started = time.monotonic()
        headers = [*self.endpoint.sent_headers(request), *_credentials(self.endpoint)]
        with self._pool.stream("GET", _without_user(self.endpoint.url(request)), headers=headers) as response:
            body = Body(request, self.max_bytes)
            for chunk in response.iter_stream():
                if not body.add(chunk):
                    break
        seconds = time.monotonic() - started
        return received(self.endpoint, request, (response.status, response.headers, body), seconds)


class Body:
    """A body that comes in chunks: up to ``max_bytes``, or only as much as its request wants."""

    def __init__(self, request: Request, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.cut = False
        self._most = min(max_bytes, max_bytes if request.most is None else request.most)
        self._chunks: list[bytes] = []
        self._size = 0

    def add(self, chunk: bytes) -> bool:
        """Take a chunk and say whether more is wanted. Raises Unreachable beyond ``max_bytes``."""
        self._size += len(chunk)
        if self._size > self._most:
            if self._most == self.max_bytes:
                raise Unreachable(f"the body is larger than {self.max_bytes} bytes")
            self.cut = True
            return False
        self._chunks.append(chunk)
        return True

    def whole(self) -> bytes:
        """Return what has come, and hold it no longer."""
        chunks, self._chunks = self._chunks, []
        return b"".join(chunks)


def received(
    endpoint: Endpoint, request: Request, came: tuple[int, Iterable[tuple[bytes, bytes]], Body], seconds: float
) -> Answer:
    """Return the answer for the status, headers and body that came. Raises Unreachable when it unpacks to too much."""
    status, headers, body = came
    names: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), _text(raw_value)
        names[name] = f"{names[name]}, {value}" if name in names else value
    plain, flaw = body.whole(), CUT
    if not body.cut:
        plain, flaw = undo(plain, names.get("content-encoding", "").strip().lower(), body.max_bytes)
    return Answer(request, endpoint.shown_url(request), status, names, plain, seconds, time.time(), flaw)


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _without_user(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if "@" in parts.netloc else url


def _credentials(endpoint: Endpoint) -> list[tuple[str, str]]:
    """Return the header that a user and a password in the URL stand for."""
    parts = urlsplit(endpoint.base_url)
    if parts.username is None or any(name.lower() == "authorization" for name in endpoint.headers):
        return []
    words = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return [("Authorization", f"Basic {base64.b64encode(words).decode('ascii')}")]


class Deadline:
    """The moment at which an exchange must have ended; each thread has one exchange at a time."""

    def __init__(self) -> None:
        self._mine = threading.local()

    def begin(self, seconds: float) -> None:
        """Set the moment for this thread."""
        self._mine.end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left. Raises TimeoutError when there are none."""
        left: float = self._mine.end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _Stream(httpcore.NetworkStream):
    """A connection all of whose waiting counts towards the deadline: a server that drips must not be waited for for ever."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the deadline overrules it
        return self._inner.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._inner.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, self._deadline.left()), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Network(httpcore.NetworkBackend):
    def __init__(self, deadline: Deadline) -> None:
        self._inner = httpcore.SyncBackend()
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._inner.connect_tcp(host, port, self._deadline.left(), local_address, socket_options)
        return _Stream(stream, self._deadline)


def _pool(base_url: str, deadline: Deadline) -> httpcore.ConnectionPool:
    """Return a pool for a base URL, through the proxy that the environment names for it."""
    scheme, host = urlsplit(base_url).scheme, urlsplit(base_url).hostname or ""
    proxy = None if proxy_bypass(host) else getproxies().get(scheme, getproxies().get("all"))
    options: dict[str, Any] = {"network_backend": _Network(deadline), "max_connections": _CONNECTIONS}
    if scheme == "https":
        options["ssl_context"] = _trust()
    if proxy is None:
        return httpcore.ConnectionPool(**options)
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    login = None if parts.username is None else (unquote(parts.username), unquote(parts.password or ""))
    if parts.scheme not in ("http", "https"):
        raise UsageError(f"the proxy {where} cannot be used", "name an http proxy in the environment, or none for this host")
    return httpcore.HTTPProxy(where, proxy_auth=login, **options)


def _trust() -> ssl.SSLContext:
    # Only TLS needs it, and it takes longer to import than a plain run takes to ask for a lot.
    import httpx  # noqa: PLC0415

    return httpx.create_ssl_context()
