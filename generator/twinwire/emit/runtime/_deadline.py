"""The end of one exchange as a whole: timeouts hold for each read, and a byte now and then keeps all of them.

The blocking HTTP library offers no limit on the whole. So every connection that is opened here has its ``read`` replaced by
one that waits no longer than the exchange under way in the same context may last. The mirror holds the loading of an image
to a deadline in the same way, with both of its clients.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Self, TypeVar

T = TypeVar("T")

_CURRENT: ContextVar[Deadline | None] = ContextVar("deadline", default=None)

# The ends of the names under which the HTTP library announces a new stream: plain, of a socket in the file system, with TLS.
_OPENED = (".connect_tcp.complete", ".connect_unix_socket.complete", ".start_tls.complete")


class DeadlineError(Exception):
    """An exchange that took longer than it may."""

    @classmethod
    def of(cls, seconds: float) -> Self:
        """Return the error for a deadline of so many seconds."""
        return cls(f"the exchange did not end within {seconds:g} seconds")


class Deadline:
    """The moment at which an exchange ends, counted from now.

    Args:
        seconds: How long the exchange may last.
        clock: A clock in seconds that never goes back.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._end = clock() + seconds

    @property
    def is_over(self) -> bool:
        """Whether the moment has come."""
        return self._clock() >= self._end

    def check(self) -> None:
        """Raise DeadlineError when the time is over."""
        if self.is_over:
            raise DeadlineError.of(self._seconds)

    def within(self, timeout: float | None) -> float:
        """Return a timeout cut to the time that is left, None being without end. Raises DeadlineError when none is left."""
        self.check()
        left = max(self._end - self._clock(), 0.001)
        return left if timeout is None else min(timeout, left)

    def cut(self, timeouts: Mapping[str, float | None]) -> dict[str, float | None]:
        """Return the timeouts of a request, as its extension ``timeout`` has them, cut to the time that is left."""
        return {name: self.within(seconds) for name, seconds in timeouts.items()}

    @contextmanager
    def kept(self) -> Generator[None, None, None]:
        """Hold the reads of this context to the deadline, on connections that ``watch`` has seen."""
        token = _CURRENT.set(self)
        try:
            yield
        finally:
            _CURRENT.reset(token)


def watch(event: str, info: Mapping[str, Any]) -> None:
    """Make a new connection keep the deadlines: the extension ``trace`` of a blocking request, or called by one.

    Args:
        event: The name under which the HTTP library announces it.
        info: What the HTTP library tells of it; the result is in ``return_value``.
    """
    if event.endswith(_OPENED):
        stream = info["return_value"]
        stream.read = _keeping(stream.read)


def _keeping(read: Callable[..., T]) -> Callable[..., T]:
    def keep(max_bytes: int, timeout: float | None = None) -> T:
        # What an asynchronous connection returns is to be awaited.
        deadline = _CURRENT.get()
        return read(max_bytes, timeout if deadline is None else deadline.within(timeout))

    return keep
