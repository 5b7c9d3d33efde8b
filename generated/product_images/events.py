# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Events that report a client's progress, to the ``on_event`` hook (for metrics) and to the log.

The logger is named like the package and stays silent until the application configures logging. An attempt is logged at DEBUG,
an attempt that will be repeated at INFO. Events and log lines never contain the session or a header's value.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

LOGGER = logging.getLogger(__name__.rpartition(".")[0])


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to send a request, with or without a response.

    ``url`` is the requested URL with the session redacted (a mirror's download also loses its query). ``number`` counts the
    attempts from 1. ``status`` is the HTTP status, None without a response; then ``error`` holds the reason. ``size`` is the
    decompressed size of the body in bytes. ``seconds`` is the duration, and ``again_in`` the delay in seconds before the next
    attempt, None when there is none.
    """

    url: str
    number: int
    status: int | None
    error: str | None
    size: int
    seconds: float
    again_in: float | None


@dataclass(frozen=True, slots=True)
class Decoded:
    """A response was decoded into a result.

    ``entries`` counts the entries of the page, and ``remaining`` is the number of entries left according to it (None without
    one). ``size`` is the size of the body in bytes, ``seconds`` the time for decoding and checking.
    """

    entries: int
    remaining: int | None
    size: int
    seconds: float


Event: TypeAlias = Attempt | Decoded

OnEvent: TypeAlias = Callable[[Event], None]
"""Hook for events. It runs in the thread or task of the request, which waits for it; an exception ends the request."""


def log(event: Event) -> None:
    """Write an event to the log."""
    if isinstance(event, Decoded):
        LOGGER.debug(
            "decoded %d bytes: %d entries, %s remain, %.3f s", event.size, event.entries, event.remaining, event.seconds
        )
        return
    outcome = event.error or f"{event.status}, {event.size} bytes"
    if event.again_in is None:
        LOGGER.debug("GET %s: %s, attempt %d, %.3f s", event.url, outcome, event.number, event.seconds)
    else:
        LOGGER.info("GET %s: %s, attempt %d; again in %.1f s", event.url, outcome, event.number, event.again_in)
