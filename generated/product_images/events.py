# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""What a client tells of its work while it goes on: to the hook ``on_event``, for metrics, and to the log.

The log is that of the logger named like the package, which is silent until the application configures logging: an attempt is
logged at DEBUG, one that will be repeated at INFO. No event and no line of the log holds the session or a header's value.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

LOGGER = logging.getLogger(__name__.rpartition(".")[0])


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request was sent, and answered or not.

    ``url`` is what was asked, the session hidden, and of a mirror's download without its query; ``number`` counts the
    attempts at it from 1. ``status`` is the answer's, None when none came, and then ``error`` says why. ``size`` is the
    body's in bytes, decompressed. ``seconds`` is how long it took, and ``again_in`` after how many seconds it will be sent
    again, None when it will not.
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
    """An answer became a result: ``entries`` are how many it holds, ``remaining`` what it says of what is left.

    ``size`` is the body's in bytes, ``seconds`` how long it took to decode and judge.
    """

    entries: int
    remaining: int | None
    size: int
    seconds: float


Event: TypeAlias = Attempt | Decoded

OnEvent: TypeAlias = Callable[[Event], None]
"""Called in the thread or task of the request, which waits for it; what it raises ends the request."""


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
