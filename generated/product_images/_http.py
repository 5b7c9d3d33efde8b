# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""What both clients make of the HTTP library's answers and errors."""

from __future__ import annotations

import httpx

from ._wire import Failure, Reply
from .errors import DecodeError

# Another attempt would fail the same way.
_LASTING = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL)

NO_ANSWER = (httpx.TransportError, httpx.InvalidURL)


class Body:
    """A body that comes in chunks, up to ``max_bytes``."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._size = 0
        self._chunks: list[bytes] = []

    def add(self, chunk: bytes) -> None:
        """Take a chunk; DecodeError when the body grows beyond the limit."""
        self._size += len(chunk)
        if self._size > self._max_bytes:
            raise DecodeError(f"the answer has more bytes than max_bytes, {self._max_bytes}, allows")
        self._chunks.append(chunk)

    def reply(self, response: httpx.Response) -> Reply:
        """Return the answer with this body."""
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, headers, b"".join(self._chunks))


def failure(error: Exception) -> Failure:
    """Return what the core is told when no answer came."""
    return Failure(error, passing=not isinstance(error, _LASTING))


def garbled(error: httpx.DecodingError) -> DecodeError:
    """Return the error for a body that is not in its Content-Encoding."""
    return DecodeError(f"the answer is not in the Content-Encoding that it is labelled with: {error}")
