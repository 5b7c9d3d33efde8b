# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Conversion of the HTTP library's responses and errors, shared by both clients."""

from __future__ import annotations

import zlib
from io import BytesIO

import httpx

from ._arguments import seconds
from ._deadline import Deadline, DeadlineError
from ._wire import HttpResponse, TransportFailure
from .errors import DecodeError, ParameterError

# Errors that are not retried, because another attempt would fail the same way.
_LASTING = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL, DeadlineError)

NO_ANSWER = (httpx.TransportError, httpx.InvalidURL, DeadlineError)

TIMEOUT = 30.0
# The default deadline of an exchange, as a multiple of the timeout of its steps.
_STEPS = 10

# The HTTP library decompresses a chunk in one go, and a chunk of 64 KB may expand to 64 MB (gzip reaches 1:1000).
# Decompressing in steps of this size bounds the excess over max_bytes before it is noticed.
_STEP = 1024 * 1024
_GZIP = 16 + zlib.MAX_WBITS


class ReceivedBody:
    """A response body, received in compressed chunks, bounded by ``max_bytes`` decompressed and by the deadline.

    Only gzip and identity are accepted, because the request offers nothing else. ``is_whole`` is set when a custom transport
    has already read and decompressed the body, so that no chunk follows.

    Raises:
        DecodeError: The Content-Encoding is neither gzip nor identity, or a complete body exceeds ``max_bytes``.
    """

    def __init__(self, max_bytes: int, response: httpx.Response, deadline: Deadline) -> None:
        self._max_bytes = max_bytes
        self._deadline = deadline
        self._received = 0
        # gzip adds a header and about 5 bytes per 16 KB to data that cannot be compressed.
        self._max_received = max_bytes + max_bytes // 1000 + 1024
        # BytesIO.getvalue() shares its buffer, where joining chunks would hold the body twice.
        self._data = BytesIO()
        self._unpacker = None
        self._is_open = False
        self.is_whole = response.is_stream_consumed
        coding = response.headers.get("content-encoding", "").strip().lower()
        if self.is_whole:
            self._keep(response.content)
        elif coding in ("gzip", "x-gzip"):
            self._unpacker = zlib.decompressobj(_GZIP)
        elif coding not in ("", "identity") and response.status_code == 200:
            raise DecodeError(f"the answer has the Content-Encoding {coding[:80]!r}, and only gzip was offered")

    def add(self, chunk: bytes) -> None:
        """Append a chunk.

        Raises:
            DecodeError: The body exceeds the limit, or does not match its Content-Encoding.
            DeadlineError: The exchange takes too long.
        """
        self._deadline.check()
        self._received += len(chunk)
        # Empty gzip members and blocks decompress to nothing, so the limit on decompressed bytes alone would never stop them.
        if self._received > self._max_received:
            raise DecodeError(f"the answer has more bytes, compressed, than max_bytes, {self._max_bytes}, allows")
        if self._unpacker is None:
            self._keep(chunk)
            return
        try:
            while chunk:
                self._is_open = True
                self._keep(self._unpacker.decompress(chunk, _STEP))
                chunk = self._unpacker.unconsumed_tail
                if self._unpacker.eof:
                    # RFC 1952 allows several gzip members in a row.
                    chunk = self._unpacker.unused_data
                    self._unpacker = zlib.decompressobj(_GZIP)
                    self._is_open = False
        except zlib.error as error:
            raise DecodeError(f"the answer is not in the Content-Encoding that it is labelled with: {error}") from None

    def _keep(self, data: bytes) -> None:
        if self._data.tell() + len(data) > self._max_bytes:
            raise DecodeError(f"the answer has more bytes than max_bytes, {self._max_bytes}, allows")
        self._data.write(data)

    def reply(self, response: httpx.Response) -> HttpResponse:
        """Return the response with this body.

        Raises:
            DecodeError: The gzip stream is truncated.
        """
        if self._is_open and response.status_code == 200:
            raise DecodeError("the answer's gzip ends too early")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return HttpResponse(response.status_code, headers, self._data.getvalue())


def failure(error: Exception) -> TransportFailure:
    """Convert an exception of the HTTP library into the failure that the core receives."""
    return TransportFailure(error, transient=not isinstance(error, _LASTING))


def garbled(error: httpx.DecodingError) -> DecodeError:
    """Return the error for a body that a custom transport could not decompress."""
    return DecodeError(f"the answer is not in the Content-Encoding that it is labelled with: {error}")


def timing(
    timeout: float | httpx.Timeout | None, deadline: float | None, http_client: object
) -> tuple[float | httpx.Timeout, float]:
    """Return the timeout of each step and the deadline of an exchange, in seconds, from a client's arguments.

    Raises:
        ParameterError: A value is not a positive number of seconds, or a timeout is given beside a ``http_client``.
    """
    if timeout is not None and http_client is not None:
        raise ParameterError("timeout", "cannot be given with an http_client, which has its own")
    steps = TIMEOUT if timeout is None else timeout
    if not isinstance(steps, httpx.Timeout):
        seconds("timeout", steps, f"{httpx.__name__}.Timeout")
    if deadline is None:
        return steps, _STEPS * (TIMEOUT if isinstance(steps, httpx.Timeout) else steps)
    return steps, seconds("deadline", deadline)
