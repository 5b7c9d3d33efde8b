# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""What both clients make of the HTTP library's answers and errors."""

from __future__ import annotations

import zlib
from io import BytesIO

import httpx

from ._arguments import seconds
from ._deadline import Deadline, DeadlineError
from ._wire import HttpResponse, TransportFailure
from .errors import DecodeError, ParameterError

# Another attempt would fail the same way.
_LASTING = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL, DeadlineError)

NO_ANSWER = (httpx.TransportError, httpx.InvalidURL, DeadlineError)

TIMEOUT = 30.0
# The deadline of an exchange over the timeout of its steps.
_STEPS = 10

# The HTTP library unpacks a chunk whole, and one of 64 KB may hold 64 MB. Here it is as much at once as may be too much.
_STEP = 1024 * 1024
_GZIP = 16 + zlib.MAX_WBITS


class ReceivedBody:
    """A body that comes in chunks, packed as they were sent, up to ``max_bytes`` of what is in them, until the deadline.

    It is packed with gzip or not at all, for nothing else is asked for; DecodeError when it is. ``is_whole`` says that no
    chunk is to come, since a transport has read and unpacked the body already.
    """

    def __init__(self, max_bytes: int, response: httpx.Response, deadline: Deadline) -> None:
        self._max_bytes = max_bytes
        self._deadline = deadline
        self._received = 0
        # What cannot be compressed grows a little.
        self._max_received = max_bytes + max_bytes // 1000 + 1024
        # Hands out what was written without a copy.
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
        """Take a chunk; DecodeError when the body grows beyond the limit, or is not packed as it is labelled.

        Raises DeadlineError too.
        """
        self._deadline.check()
        self._received += len(chunk)
        # Empty members and blocks bring nothing that the other limit would count.
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
                    # Another member may follow, as gzip allows.
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
        """Return the answer with this body; DecodeError when its packing does not come to an end."""
        if self._is_open and response.status_code == 200:
            raise DecodeError("the answer's gzip ends too early")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return HttpResponse(response.status_code, headers, self._data.getvalue())


def failure(error: Exception) -> TransportFailure:
    """Return what the core is told when no answer came."""
    return TransportFailure(error, transient=not isinstance(error, _LASTING))


def garbled(error: httpx.DecodingError) -> DecodeError:
    """Return the error for a body that a transport of its own could not unpack."""
    return DecodeError(f"the answer is not in the Content-Encoding that it is labelled with: {error}")


def timing(
    timeout: float | httpx.Timeout | None, deadline: float | None, http_client: object
) -> tuple[float | httpx.Timeout, float]:
    """Return the timeout of each step and the deadline of the whole, in seconds, for a client's arguments.

    Raises ParameterError for what is none, and for a timeout beside a ``http_client``.
    """
    if timeout is not None and http_client is not None:
        raise ParameterError("timeout", "cannot be given with an http_client, which has its own")
    steps = TIMEOUT if timeout is None else timeout
    if not isinstance(steps, httpx.Timeout):
        seconds("timeout", steps, f"{httpx.__name__}.Timeout")
    if deadline is None:
        return steps, _STEPS * (TIMEOUT if isinstance(steps, httpx.Timeout) else steps)
    return steps, seconds("deadline", deadline)
