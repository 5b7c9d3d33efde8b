"""Connection pool of the blocking mirror, used unless the caller supplies a client.

A client of the HTTP library prepares for redirects, authentication, hooks, cookies and a history, and its pool polls every
connection for each request, under one lock. For images of 20 kB that costs more than the requests, and none is needed here.
This module uses httpcore directly, the library underneath, which the HTTP library depends on.
"""

from __future__ import annotations

import ssl
import threading
from contextlib import closing

import httpcore
import httpx

from .body import Head, Sink

_MOST_IDLE = 20
_IDLE_SECONDS = 5.0
_ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


class Connections(httpx.BaseTransport):
    """Pool that sends each request over an exclusive connection, and keeps the connection for its origin.

    It is a transport without ``handle_request``, so that a client closes it. Proxies of the environment are ignored: a proxy
    would connect in place of the mirror, and the check of addresses would not apply.

    Args:
        context: The TLS context for https.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._idle: list[tuple[httpcore.Origin, httpcore.HTTPConnection]] = []

    def get(self, client: httpx.Client, request: httpx.Request, sink: Sink) -> Head:
        """Send a request, and pass the body to the sink if the sink accepts the head.

        Args:
            client: The client that made the request, and keeps the cookies.
            request: A GET request with its timeouts.
            sink: Takes the body.

        Returns:
            The head of the response.

        Raises:
            httpx.TransportError: No response came, or not all of it.
        """
        url = request.url
        if url.username or url.password:
            request = next(httpx.BasicAuth(url.username, url.password).auth_flow(request))
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        sent = httpcore.Request("GET", target, headers=request.headers.raw, extensions=request.extensions)
        connection = self._take(target.origin)
        try:
            with closing(connection.handle_request(sent)) as response:
                head = _head(response)
                if "set-cookie" in head.headers:
                    client.cookies.extract_cookies(httpx.Response(response.status, headers=response.headers, request=request))
                if sink.opens(head):
                    for chunk in response.iter_stream():
                        sink.write(chunk)
                    sink.end()
            return head
        except _ERRORS as error:
            # httpx and httpcore use the same names for their exceptions.
            kind = getattr(httpx, type(error).__name__, httpx.TransportError)
            raise kind(str(error)) from error
        finally:
            self._give_back(target.origin, connection)

    def _take(self, origin: httpcore.Origin) -> httpcore.HTTPConnection:
        while True:
            with self._lock:
                # The most recently used connection is the least likely to have been closed by the server.
                found = next((pair for pair in reversed(self._idle) if pair[0] == origin), None)
                if found is None:
                    return httpcore.HTTPConnection(origin, self._context, keepalive_expiry=_IDLE_SECONDS)
                self._idle.remove(found)
            if not found[1].has_expired():
                return found[1]
            found[1].close()

    def _give_back(self, origin: httpcore.Origin, connection: httpcore.HTTPConnection) -> None:
        if not connection.is_available():
            connection.close()
            return
        with self._lock:
            self._idle.append((origin, connection))
            oldest = self._idle.pop(0)[1] if len(self._idle) > _MOST_IDLE else None
        if oldest is not None:
            oldest.close()

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop()[1].close()


def _head(response: httpcore.Response) -> Head:
    headers: dict[str, str] = {}
    for name, value in response.headers:
        key, text = name.decode("ascii").lower(), _text(value)
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return Head(response.status, headers)


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")
