"""What both shells make of the HTTP library, and of the system's look-up of names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import httpx

from .._http import NO_ANSWER, failure
from .._wire import Failure
from ..core import Core
from .download import Head, Rules

MAX_IMAGE_BYTES = 100 * 1024 * 1024

CONNECTED = "connection.connect_tcp.complete"
"""What the HTTP library calls the moment when a connection is there, and nothing has been sent yet."""

# A name that cannot be looked up is an OSError, one that is no name a UnicodeError.
NOT_REACHED = (*NO_ANSWER, httpx.DecodingError, OSError, UnicodeError)


def not_reached(error: Exception) -> Failure:
    """Return what a download is told when no answer came."""
    if isinstance(error, NO_ANSWER):
        return failure(error)
    return Failure(error, passing=isinstance(error, OSError))


def addresses(found: Iterable[tuple[Any, ...]]) -> tuple[str, ...]:
    """Return the addresses in what ``getaddrinfo`` returned."""
    return tuple(str(place[4][0]) for place in found)


def peer(stream: Any) -> str:
    """Return the address that a connection of the HTTP library leads to; empty, which is no public one, if it cannot tell."""
    place = stream.get_extra_info("server_addr")
    return str(place[0]) if place else ""


def beginning(response: httpx.Response) -> Head:
    """Return the head of an answer."""
    return Head(response.status_code, {name.lower(): value for name, value in response.headers.items()})


def rules(core: Core[Any], max_bytes: int, *, guarded: bool) -> Rules:
    """Return the rules for the downloads of a client's feed."""
    headers = {name: value for name, value in core.target.request({}).headers.items() if name.lower() != "accept"}
    return Rules(httpx.URL(core.target.url), headers, guarded, max_bytes, core.options.retry, core.target.redact, core.tell)
