"""Works at the same time, each in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


class Threads:
    """How a transport that asks a live server waits and does several works at once."""

    def pause(self, seconds: float) -> None:
        """Wait."""
        time.sleep(max(0.0, seconds))

    def run(self, works: Sequence[Callable[[], T]]) -> list[T]:
        """Do works at the same time; all of them end before the first error is raised, so that none is left in flight."""
        if len(works) == 1:
            return [works[0]()]
        ended: list[T | BaseException] = [Unfinished()] * len(works)
        # Without it the first may be answered before the last thread is there.
        ready = threading.Barrier(len(works))

        def do(index: int) -> None:
            ready.wait()
            try:
                ended[index] = works[index]()
            except BaseException as error:
                ended[index] = error

        # Daemons: an interrupt must not wait for a server that hangs.
        threads = [threading.Thread(target=do, args=(index,), daemon=True) for index in range(len(works))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [result(item) for item in ended]


class Unfinished(Exception):
    """Stands for a work that has not ended."""


def result(ended: T | BaseException) -> T:
    """Return what a work returned, or raise what it raised."""
    if isinstance(ended, BaseException):
        raise ended
    return ended
