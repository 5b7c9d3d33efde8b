"""Concurrent calls, each in a separate thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


class Threads:
    """The pause and concurrency of transports to a live server."""

    def pause(self, seconds: float) -> None:
        """Wait for some seconds."""
        time.sleep(max(0.0, seconds))

    def run(self, works: Sequence[Callable[[], T]]) -> list[T]:
        """Run calls concurrently and return their results in order.

        All calls end before the first error is raised, so that no request stays in flight.
        """
        if len(works) == 1:
            return [works[0]()]
        ended: list[T | BaseException] = [Unfinished()] * len(works)
        # Without the barrier, the first response may arrive before the last thread has started.
        ready = threading.Barrier(len(works))

        def do(index: int) -> None:
            ready.wait()
            try:
                ended[index] = works[index]()
            except BaseException as error:
                ended[index] = error

        # Daemon threads do not delay an interrupt while a server hangs.
        threads = [threading.Thread(target=do, args=(index,), daemon=True) for index in range(len(works))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [result(item) for item in ended]


class Unfinished(Exception):
    """A placeholder for a call that has not ended."""


def result(ended: T | BaseException) -> T:
    """Return the result of a call, or raise its exception."""
    if isinstance(ended, BaseException):
        raise ended
    return ended
