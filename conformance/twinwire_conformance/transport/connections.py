"""HTTP/1.1 connections over TCP, TLS and proxies, reused while the server keeps them open."""

from __future__ import annotations

import base64
import re
import ssl
import threading
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import h11
import httpcore

from twinwire.errors import UsageError
from twinwire_conformance.transport.deadline import ExchangeDeadline

MAX_HEAD: Final = 64 * 1024
"""The largest head of a response, chunk header or trailer, in bytes."""
MAX_HEADERS: Final = 250
"""The most headers of a response. Many clients accept no more than 100."""
MAX_INTERIM: Final = 100
"""The most interim (1xx) responses before the final response."""
MAX_QUOTED: Final = 300
"""The longest error message about a response, in characters. It may quote a whole line of the response."""
MAX_LOST: Final = 2
"""The number of requests lost on reused connections that ends reuse, when they are also more than one in twenty."""
_READ_BYTES: Final = 64 * 1024
_LINE_BREAKS: Final = b"\r\n"
Headers = Sequence[tuple[bytes, bytes]]


class NotConnected(Exception):
    """No connection could be made."""


class NoResponse(Exception):
    """The connection ended before the first byte of a response."""


class BrokenOff(Exception):
    """The connection ended in the middle of a response."""


class Malformed(Exception):
    """The response is not valid HTTP."""


class Unsendable(Exception):
    """The request is not valid HTTP."""


class Connection:
    """One connection to a server. Use it for one exchange at a time: ``send``, ``head``, then ``body`` to its end."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self.stream = stream
        self.exchanges = 0
        self._machine = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
        self._arrived = 0
        self._lost = ""

    @property
    def reused(self) -> bool:
        """Return whether the connection has carried an exchange before this one."""
        return self.exchanges > 1

    def send(self, method: str, target: str, headers: Sequence[tuple[str, str]], deadline: ExchangeDeadline) -> None:
        """Send a request with its headers in the given order and case.

        A write failure is not raised here but by ``head``, because a server may respond and close before it has read all.

        Raises:
            Unsendable: The request is not valid HTTP.
            TimeoutError: The deadline has passed.
        """
        self.exchanges += 1
        self._arrived, self._lost = 0, ""
        raw = [(name.encode("ascii", "replace"), value.encode("utf-8", "surrogateescape")) for name, value in headers]
        try:
            # h11 checks the request, but it moves Host to the front. Its bytes are dropped and written here in the given order.
            self._machine.send(h11.Request(method=method, target=target, headers=raw))
            end = self._machine.send(h11.EndOfMessage())
        except (h11.LocalProtocolError, UnicodeError) as error:
            raise Unsendable(_plain(error)) from error
        lines = [f"{method} {target} HTTP/1.1".encode("ascii"), *(b"%s: %s" % pair for pair in raw), b"", end]
        try:
            self.stream.write(b"\r\n".join(lines), deadline.left())
        except httpcore.TimeoutException as error:
            raise TimeoutError from error
        except (httpcore.NetworkError, OSError) as error:
            self._lost = _plain(error)

    def head(self, deadline: ExchangeDeadline) -> tuple[int, Headers]:
        """Return the status and headers of the response.

        Raises:
            NoResponse: The connection ended before the first byte.
            BrokenOff: The connection ended within the head.
            Malformed: The response is not valid HTTP.
            TimeoutError: The deadline has passed.
        """
        for _ in range(MAX_INTERIM):
            event = self._next(deadline)
            if isinstance(event, h11.Response):
                headers = event.headers.raw_items()
                if len(headers) > MAX_HEADERS:
                    raise Malformed(f"it has {len(headers)} headers, more than {MAX_HEADERS}")
                return event.status_code, headers
            if not isinstance(event, h11.InformationalResponse) or event.status_code == 101:
                raise Malformed("it switches to another protocol, which the request did not offer")
        raise Malformed(f"more than {MAX_INTERIM} interim responses (1xx) came before the response")

    def body(self, deadline: ExchangeDeadline) -> Iterator[bytes]:
        """Yield the body of the response in pieces. Raises BrokenOff, Malformed or TimeoutError, as ``head`` does."""
        while True:
            event = self._next(deadline)
            if isinstance(event, h11.EndOfMessage):
                return
            if isinstance(event, h11.Data):
                yield bytes(event.data)

    def ready(self) -> bool:
        """Prepare the next exchange. Return False when the connection cannot be reused.

        Bytes after the end of the body could be mistaken for the next response, so they end the reuse (RFC 9112, section
        9.2).
        """
        if self._machine.our_state is not h11.DONE or self._machine.their_state is not h11.DONE:
            return False
        if self._machine.trailing_data[0]:
            return False
        self._machine.start_next_cycle()
        return True

    def closed_by_server(self) -> bool:
        """Return whether an idle connection has ended or has received unexpected bytes."""
        return bool(self.stream.get_extra_info("is_readable"))

    def close(self) -> None:
        """Close the connection."""
        self.stream.close()

    def _next(self, deadline: ExchangeDeadline) -> h11.Event:
        while True:
            try:
                event = self._machine.next_event()
            except h11.RemoteProtocolError as error:
                raise Malformed(_plain(error)) from error
            if isinstance(event, h11.Event):
                return event
            data = self._read(deadline)
            if not data:
                return self._ended()
            self._machine.receive_data(data)

    def _read(self, deadline: ExchangeDeadline) -> bytes:
        while True:
            try:
                data = self.stream.read(_READ_BYTES, deadline.left())
            except httpcore.TimeoutException as error:
                raise TimeoutError from error
            except (httpcore.NetworkError, OSError) as error:
                self._lost = _plain(error)
                return b""
            # Some servers send an extra line break after a body; it is ignored (RFC 9112, section 2.2).
            meant = data if self._arrived else data.lstrip(_LINE_BREAKS)
            self._arrived += len(meant)
            if meant or not data:
                return meant

    def _ended(self) -> h11.Event:
        reason = self._lost or "the connection was closed"
        if not self._arrived:
            raise NoResponse(reason)
        try:
            # Without Content-Length and chunks, the end of the connection ends the body. A reset connection is an error.
            event = None if self._lost else self._after_end()
        except h11.RemoteProtocolError as error:
            raise BrokenOff(reason) from error
        if isinstance(event, h11.Event) and not isinstance(event, h11.ConnectionClosed):
            return event
        raise BrokenOff(reason)

    def _after_end(self) -> object:
        self._machine.receive_data(b"")
        return self._machine.next_event()


class Pool:
    """Reusable connections to one server. Safe for any number of threads."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._idle: list[Connection] = []
        self._lock = threading.Lock()
        self._reused = self._lost = 0

    def take(self, deadline: ExchangeDeadline, *, fresh: bool = False) -> Connection:
        """Return the connection that became idle last, or a new one.

        Args:
            deadline: The deadline of the exchange.
            fresh: Always open a new connection.

        Raises:
            NotConnected: No connection could be made.
            NoResponse: The connection ended during the TLS handshake.
            TimeoutError: The deadline has passed.
        """
        while not fresh:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                break
            if not connection.closed_by_server():
                with self._lock:
                    self._reused += 1
                return connection
            # The server closed it before a request was sent. Nothing was lost, so this does not count against reuse.
            connection.close()
        return Connection(self._route.connect(deadline))

    def give_back(self, connection: Connection) -> None:
        """Keep a connection for the next exchange, or close it when it cannot be used again."""
        with self._lock:
            kept = self._keeps and connection.ready()
            if kept:
                self._idle.append(connection)
        if not kept:
            connection.close()

    def lost(self) -> None:
        """Count a request lost on a reused connection. Frequent losses end reuse for this server."""
        with self._lock:
            self._lost += 1
            unused = [] if self._keeps else self._idle
            if not self._keeps:
                self._idle = []
        for connection in unused:
            connection.close()

    def close(self) -> None:
        """Close the connections that are not in use."""
        with self._lock:
            unused, self._idle = self._idle, []
        for connection in unused:
            connection.close()

    @property
    def _keeps(self) -> bool:
        return self._lost < MAX_LOST or self._lost * 20 <= self._reused


class Route:
    """The route to a server: its address, TLS, and the proxy named by the environment. Raises UsageError for the proxy."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._tls = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._tls else 80)
        self._backend = httpcore.SyncBackend()
        self._trust = _trust() if self._tls else None
        # The same environment variables as in curl and requests: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY.
        proxy = None if proxy_bypass(self._host) else getproxies().get(parts.scheme, getproxies().get("all"))
        self._proxy = None if proxy is None else urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        if self._proxy is not None and self._proxy.scheme not in ("http", "https"):
            where = f"{self._proxy.scheme}://{self._proxy.netloc.rpartition('@')[2]}"
            hint = "name an http proxy in the environment, or none for this host"
            raise UsageError(f"the proxy {where} cannot be used", hint)

    def target(self, url: str) -> str:
        """Return the request target of a URL: the path and query, or the whole URL for a forwarding proxy."""
        parts = urlsplit(url)
        place = parts.netloc.rpartition("@")[2]
        rest = url.partition("://")[2][len(parts.netloc) :]
        rest = rest if rest.startswith("/") else f"/{rest}"
        return f"{parts.scheme}://{place}{rest}" if self._proxy is not None and not self._tls else rest

    def headers(self) -> list[tuple[str, str]]:
        """Return the additional headers for this route: credentials for a forwarding proxy."""
        return [] if self._tls else self._login()

    def connect(self, deadline: ExchangeDeadline) -> httpcore.NetworkStream:
        """Return a new stream to the server. Raises as ``Pool.take`` does."""
        try:
            if self._proxy is None:
                stream = self._backend.connect_tcp(self._host, self._port, deadline.left())
            else:
                stream = self._by_proxy(self._proxy.hostname or "", self._proxy.port, deadline)
            return stream if self._trust is None else self._secured(stream, self._trust, self._host, deadline)
        except httpcore.TimeoutException as error:
            raise TimeoutError from error
        except (httpcore.NetworkError, OSError, UnicodeError) as error:
            # A reset during the handshake is a failure of the server. A refused connection means that no server listens.
            ended = isinstance(error.__cause__ or error, (ConnectionResetError, ConnectionAbortedError, ssl.SSLEOFError))
            raise (NoResponse if ended else NotConnected)(_plain(error)) from error

    def _by_proxy(self, host: str, port: int | None, deadline: ExchangeDeadline) -> httpcore.NetworkStream:
        secured = self._proxy is not None and self._proxy.scheme == "https"
        stream = self._backend.connect_tcp(host, port or (443 if secured else 80), deadline.left())
        if secured:
            stream = self._secured(stream, _trust(), host, deadline)
        if not self._tls:
            return stream
        # CONNECT needs an IPv6 address in brackets (RFC 3986, section 3.2.2).
        place = f"[{self._host}]:{self._port}" if ":" in self._host else f"{self._host}:{self._port}"
        tunnel = Connection(stream)
        try:
            tunnel.send("CONNECT", place, [("Host", place), *self._login()], deadline)
            status, _ = tunnel.head(deadline)
        except (BrokenOff, Malformed, Unsendable, UnicodeError) as error:
            tunnel.close()
            raise NotConnected(f"the proxy gave no valid response: {error}") from error
        except BaseException:
            tunnel.close()
            raise
        if not 200 <= status < 300:
            tunnel.close()
            raise NotConnected(f"the proxy responded with HTTP {status}")
        return stream

    def _secured(
        self, stream: httpcore.NetworkStream, trust: ssl.SSLContext, host: str, deadline: ExchangeDeadline
    ) -> httpcore.NetworkStream:
        trust.set_alpn_protocols(["http/1.1"])
        try:
            return stream.start_tls(trust, host, deadline.left())
        except BaseException:
            stream.close()
            raise

    def _login(self) -> list[tuple[str, str]]:
        if self._proxy is None or self._proxy.username is None:
            return []
        words = f"{unquote(self._proxy.username)}:{unquote(self._proxy.password or '')}".encode()
        return [("Proxy-Authorization", f"Basic {base64.b64encode(words).decode('ascii')}")]


def _plain(error: BaseException) -> str:
    """Return the message of an error without h11's internal terms, such as its buffer and the repr of bytearrays."""
    if str(error) == "Receive buffer too long":
        return f"its head, a chunk header or the trailer is larger than {MAX_HEAD} bytes"
    text = re.sub(r"\bbytearray\((b(['\"]).*?\2)\)", r"\1", str(error)) or type(error).__name__
    return text if len(text) <= MAX_QUOTED else f"{text[:MAX_QUOTED]}…"


def _trust() -> ssl.SSLContext:
    # Only TLS needs httpx, and its import takes longer than the request for a page.
    import httpx  # noqa: PLC0415

    return httpx.create_ssl_context()
