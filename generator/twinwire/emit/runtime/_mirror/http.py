"""Adaptation of the HTTP library and of name resolution, shared by the blocking and the asynchronous mirror."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import httpx

from .._http import NO_ANSWER, failure
from .._wire import TransportFailure
from ..core import Core
from .address import UnobtainableError, normal, origin
from .body import Head
from .download import Rules

MAX_IMAGE_BYTES = 100 * 1024 * 1024

CONNECTED = "connection.connect_tcp.complete"
"""The trace event of the HTTP library for an established connection, before anything is sent."""

# Headers of the feed's client that are not sent to links: downloads do their own content negotiation and ranges.
_NOT_SENT = frozenset({"accept", "accept-encoding", "range", "if-range", "if-none-match", "if-modified-since", "if-match"})

# getaddrinfo raises OSError for an unknown name, and UnicodeError for an invalid one. The checks of a response raise the last.
NOT_REACHED = (*NO_ANSWER, httpx.DecodingError, OSError, UnicodeError, UnobtainableError)


def not_reached(error: Exception) -> TransportFailure:
    """Convert an exception into the failure that a download receives."""
    if isinstance(error, NO_ANSWER):
        return failure(error)
    return TransportFailure(error, transient=isinstance(error, OSError))


def addresses(found: Iterable[tuple[Any, ...]]) -> tuple[str, ...]:
    """Return the addresses of a ``getaddrinfo`` result."""
    return tuple(str(place[4][0]) for place in found)


def peer(stream: Any) -> str:
    """Return the remote address of a connection; empty, which counts as not public, when it is unknown."""
    place = stream.get_extra_info("server_addr")
    return str(place[0]) if place else ""


def note_peer(response: httpx.Response, reached: set[str]) -> None:
    """Record the remote address of a feed response, where the transport provides it."""
    stream = response.extensions.get("network_stream")
    if response.status_code == 200 and stream is not None:
        # The server may have closed the connection already.
        with suppress(OSError):
            reached.add(normal(peer(stream)))


def beginning(response: httpx.Response) -> Head:
    """Return the head of a response."""
    return Head(response.status_code, {name.lower(): value for name, value in response.headers.items()})


def rules(core: Core[Any], max_bytes: int, timeout: float, *, guarded: bool) -> Rules:
    """Return the rules for the downloads of a client's feed."""
    sent: Mapping[str, str] = core.target.request({}).headers
    headers = {name: value for name, value in sent.items() if name.lower() not in _NOT_SENT}
    options = core.options.retry, core.target.redact, core.tell
    return Rules(origin(httpx.URL(core.target.url)), headers, guarded, max_bytes, timeout, *options)
