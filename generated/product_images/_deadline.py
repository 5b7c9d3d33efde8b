# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Deadline of a complete exchange. Timeouts hold for each read alone: a server that drips bytes never exceeds one.

The blocking HTTP library has no limit for the whole exchange. Therefore each new connection gets its ``read`` replaced by a
version that waits at most until the deadline of the current context. The mirror uses the same mechanism for downloads, in its
blocking and its asynchronous client.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Self, TypeVar

T = TypeVar("T")

_CURRENT: ContextVar[Deadline | None] = ContextVar("deadline", default=None)

# Suffixes of the trace events of a new stream: TCP, Unix socket, TLS.
_OPENED = (".connect_tcp.complete", ".connect_unix_socket.complete", ".start_tls.complete")


class DeadlineError(Exception):
    """An exchange exceeded its deadline."""

    @classmethod
    def of(cls, seconds: float) -> Self:
        """Return the error for a deadline in seconds."""
        return cls(f"the exchange did not end within {seconds:g} seconds")


class Deadline:
    """The time limit of an exchange, counted from construction.

    Args:
        seconds: Duration that the exchange may take.
        clock: A monotonic clock in seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._end = clock() + seconds

    @property
    def is_over(self) -> bool:
        """True once the deadline has passed."""
        return self._clock() >= self._end

    def check(self) -> None:
        """Raise DeadlineError once the deadline has passed."""
        if self.is_over:
            raise DeadlineError.of(self._seconds)

    def within(self, timeout: float | None) -> float:
        """Return a timeout in seconds (None for no limit), shortened to the time left.

        Raises:
            DeadlineError: No time is left.
        """
        self.check()
        # A timeout of exactly 0 would mean a non-blocking read.
        left = max(self._end - self._clock(), 0.001)
        return left if timeout is None else min(timeout, left)

    def cut(self, timeouts: Mapping[str, float | None]) -> dict[str, float | None]:
        """Return the timeouts of a request (its extension ``timeout``), shortened to the time left."""
        return {name: self.within(seconds) for name, seconds in timeouts.items()}

    @contextmanager
    def kept(self) -> Generator[None, None, None]:
        """Apply the deadline to the reads of this context, on connections passed to ``watch``."""
        token = _CURRENT.set(self)
        try:
            yield
        finally:
            _CURRENT.reset(token)


def watch(event: str, info: Mapping[str, Any]) -> None:
    """Make a new connection respect deadlines; the ``trace`` extension of a blocking request, or called by one.

    Args:
        event: The name of the HTTP library's trace event.
        info: The data of the event; the new stream is in ``return_value``.
    """
    if event.endswith(_OPENED):
        stream = info["return_value"]
        stream.read = _keeping(stream.read)


def _keeping(read: Callable[..., T]) -> Callable[..., T]:
    def keep(max_bytes: int, timeout: float | None = None) -> T:
        # An asynchronous connection returns an awaitable here, which passes through unchanged.
        deadline = _CURRENT.get()
        return read(max_bytes, timeout if deadline is None else deadline.within(timeout))

    return keep
