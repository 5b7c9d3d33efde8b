"""Exchanges over HTTP with deadlines and reused connections, safe for any number of threads."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote, urlsplit

from twinwire_conformance.findings import FailureKind, TimeSpent, Unreachable
from twinwire_conformance.model import CUT, Request, Response
from twinwire_conformance.transport.coding import decode_body
from twinwire_conformance.transport.concurrent import Threads
from twinwire_conformance.transport.connections import (
    BrokenOff,
    Connection,
    Headers,
    Malformed,
    NoResponse,
    NotConnected,
    Pool,
    Route,
    Unsendable,
)
from twinwire_conformance.transport.deadline import ExchangeDeadline
from twinwire_conformance.transport.endpoint import Endpoint

_KINDS: Final[dict[type[Exception], FailureKind]] = {
    NotConnected: FailureKind.REFUSED,
    NoResponse: FailureKind.NO_RESPONSE,
    BrokenOff: FailureKind.BROKEN,
    Malformed: FailureKind.BROKEN,
    TimeoutError: FailureKind.TIMEOUT,
    Unsendable: FailureKind.UNKNOWN,
}


class HttpTransport(Threads):
    """Sends requests to an endpoint over HTTP.

    Args:
        endpoint: The operation to send requests to.
        timeout: The seconds allowed for one whole exchange.
        max_bytes: The largest body that is accepted.
        until: The deadline of the run; None for none.

    Raises:
        UsageError: The proxy cannot be used.
    """

    def __init__(self, endpoint: Endpoint, timeout: float, max_bytes: int, until: ExchangeDeadline | None = None) -> None:
        self.endpoint = endpoint
        self._until = until
        self.timeout = timeout
        self.max_bytes = max_bytes
        self._route = Route(endpoint.base_url)
        self._pool = Pool(self._route)
        self._failed: set[int] = set()

    def exchange(self, request: Request, call: int) -> Response:
        """Send a request and return its response.

        When the last exchange of the same call failed, the request goes on a new connection.

        Raises:
            Unreachable: No complete response was received.
            TimeSpent: The time of the run ended first.
        """
        # A retry on another idle connection could fail for the same reason, for example a restarted server.
        fresh = request.fresh_connection or call in self._failed
        self._failed.discard(call)
        try:
            return self._exchange(request, fresh=fresh)
        except Unreachable:
            self._failed.add(call)
            raise

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    def _exchange(self, request: Request, *, fresh: bool) -> Response:
        deadline, started = ExchangeDeadline(self.timeout, self._until), time.monotonic()
        coming = Coming(BodyBuffer(request, self.max_bytes))
        connection: Connection | None = None
        try:
            connection = self._pool.take(deadline, fresh=fresh)
            self._receive(request, connection, coming, deadline)
        except tuple(_KINDS) as error:
            if isinstance(error, TimeoutError) and self._until is not None and self._until.is_over:
                raise TimeSpent("the run's time ended before the response did") from error
            raise self._failure(error, request, connection, coming, time.monotonic() - started) from error
        finally:
            if connection is not None and (request.fresh_connection or not coming.whole):
                connection.close()
        if connection is not None and not request.fresh_connection:
            self._pool.give_back(connection)
        return coming.response(self.endpoint, request, time.monotonic() - started)

    def _receive(self, request: Request, connection: Connection, coming: Coming, deadline: ExchangeDeadline) -> None:
        headers = [*self.endpoint.sent_headers(request), *_credentials(self.endpoint), *self._route.headers()]
        connection.send("GET", self._route.target(self.endpoint.url(request)), headers, deadline)
        coming.status, coming.headers = connection.head(deadline)
        coming.body.expect(coming.headers)
        for chunk in connection.body(deadline):
            if not coming.body.add(chunk):
                return
        if coming.status == 408 and connection.reused:
            # The 408 concerns the idle connection and was sent before this request arrived (RFC 9110, section 15.5.9).
            coming.status = 0
            raise NoResponse("the server had given up the idle connection (HTTP 408)")
        coming.whole = True

    def _failure(
        self, error: Exception, request: Request, connection: Connection | None, coming: Coming, seconds: float
    ) -> Unreachable:
        reused = connection is not None and connection.reused
        kind = next(kind for type_, kind in _KINDS.items() if isinstance(error, type_))
        if reused and kind is FailureKind.NO_RESPONSE:
            self._pool.lost()
        reason = self.endpoint.secrets.text(coming.reason(error))
        shown_text = self.endpoint.shown_url(request)
        if kind is FailureKind.TIMEOUT:
            message = f"no whole answer within {self.timeout:g} s from {shown_text}" + (f": {reason}" if coming.status else "")
        else:
            message = f"no answer from {shown_text}: {reason}"
        responses: list[Response] = []
        if coming.status:
            try:
                responses = [coming.response(self.endpoint, request, seconds, reason)]
            except Unreachable:
                # The partial body decodes to more than max_bytes. The message is clear without it.
                responses = []
        return Unreachable(message, responses, kind=kind, reused=reused, malformed=isinstance(error, Malformed))


class Coming:
    """A response during its arrival. ``status`` is 0 until its head is complete."""

    def __init__(self, body: BodyBuffer) -> None:
        self.status = 0
        self.headers: Headers = ()
        self.body = body
        self.whole = False

    def response(self, endpoint: Endpoint, request: Request, seconds: float, broken: str = "") -> Response:
        """Return the response so far, as ``received`` does. ``broken`` is the reason when it is incomplete."""
        return received(endpoint, request, (self.status, self.headers, self.body), seconds, broken)

    def reason(self, error: Exception) -> str:
        """Return the reason for an incomplete response, in plain words."""
        if isinstance(error, Malformed):
            return f"the response is not valid HTTP: {error}"
        if isinstance(error, TimeoutError):
            return f"the body stopped after {self._progress()}"
        if not isinstance(error, BrokenOff):
            return str(error)
        if not self.status:
            return f"the response ended in its head: {error}"
        return f"the body ended after {self._progress()}: {error}"

    def _progress(self) -> str:
        length = next((value.decode("latin-1") for name, value in self.headers if name.lower() == b"content-length"), "")
        if any(name.lower() == b"transfer-encoding" for name, _ in self.headers):
            return f"{self.body.size} bytes, without its last chunk"
        return f"{self.body.size} of {length} bytes" if length else f"{self.body.size} bytes"


class BodyBuffer:
    """A body collected from chunks, up to ``max_bytes`` or to the ``most`` bytes of its request."""

    def __init__(self, request: Request, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.cut = False
        self._most = min(max_bytes, max_bytes if request.most is None else request.most)
        # BytesIO.getvalue returns its buffer without a copy, whereas joined chunks would need the memory twice.
        self._taken = io.BytesIO()
        self.size = 0

    def expect(self, headers: Headers) -> None:
        """Raise Unreachable when Content-Length declares more than ``max_bytes``, before the body is read."""
        declared = next((value.strip() for name, value in headers if name.lower() == b"content-length"), b"")
        if declared.isdigit() and self._most == self.max_bytes and (len(declared) > 18 or int(declared) > self.max_bytes):
            raise self._too_large()

    def _too_large(self) -> Unreachable:
        return Unreachable(f"the body is larger than {self.max_bytes} bytes", kind=FailureKind.TOO_LARGE)

    def add(self, chunk: bytes) -> bool:
        """Add a chunk and return whether more is wanted. Raises Unreachable above ``max_bytes``."""
        self.size += len(chunk)
        if self.size > self._most:
            if self._most == self.max_bytes:
                raise self._too_large()
            self.cut = True
            return False
        self._taken.write(chunk)
        return True

    def whole(self) -> bytes:
        """Return the bytes collected, and release them."""
        taken, self._taken = self._taken, io.BytesIO()
        return taken.getvalue()


def received(
    endpoint: Endpoint,
    request: Request,
    came: tuple[int, Iterable[tuple[bytes, bytes]], BodyBuffer],
    seconds: float,
    broken: str = "",
) -> Response:
    """Build the ``Response`` for a received message, with its content decoded.

    Args:
        endpoint: The endpoint of the request.
        request: The request.
        came: Status, headers and body of the response.
        seconds: The duration of the exchange.
        broken: The reason why the response is incomplete; empty for a complete one.

    Raises:
        Unreachable: The body decodes to more than the ``max_bytes`` of its buffer.
    """
    status, headers, body = came
    names: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), _text(raw_value)
        # RFC 9110, section 5.3: repeated headers are equivalent to one with a comma-separated list.
        names[name] = f"{names[name]}, {value}" if name in names else value
    plain, flaw, unasked = body.whole(), CUT, ""
    if not body.cut:
        accept = next((value for name, value in endpoint.sent_headers(request) if name.lower() == "accept-encoding"), "")
        decoded = decode_body(plain, names.get("content-encoding", ""), accept, body.max_bytes)
        plain, flaw, unasked = decoded.body, decoded.flaw, decoded.unasked
    defect = ""
    if "transfer-encoding" in names and "content-length" in names:
        defect = "the response has both Transfer-Encoding and Content-Length (RFC 9112, section 6.2, forbids it)"
    return Response(
        request,
        endpoint.shown_url(request),
        status,
        names,
        plain,
        seconds,
        time.time(),
        broken or flaw,
        unasked,
        defect,
        body.size,
    )


def _text(value: bytes) -> str:
    try:
        # HTTP does not define the charset of header values. Servers use UTF-8 or, as older RFCs say, Latin-1.
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _credentials(endpoint: Endpoint) -> list[tuple[str, str]]:
    """Return the Authorization header for a user and password in the URL."""
    parts = urlsplit(endpoint.base_url)
    if parts.username is None or any(name.lower() == "authorization" for name in endpoint.headers):
        return []
    words = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return [("Authorization", f"Basic {base64.b64encode(words).decode('ascii')}")]
