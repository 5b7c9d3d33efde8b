"""Prefetch: load the next page in a separate thread while the program handles the current one."""

from __future__ import annotations

import threading
from collections.abc import Coroutine
from contextvars import copy_context
from typing import Any, Generic, Protocol, TypeVar

from ._wire import Flow

T = TypeVar("T")


class RunSync(Protocol):
    """Function that runs a task to its outcome. Setting ``stop`` ends it before the next step, or during a wait."""

    def __call__(self, steps: Flow[T], stop: threading.Event | None = None) -> T:
        """Return the outcome."""
        ...


class RunAsync(Protocol):
    """Function that runs a task to its outcome."""

    def __call__(self, steps: Flow[T]) -> Coroutine[Any, Any, T]:
        """Return the outcome."""
        ...


class StoppedError(Exception):
    """A task was stopped before it had an outcome."""


class Prefetch(Generic[T]):
    """A task that runs in a thread. The thread is a daemon, so that a program can exit while a response is outstanding."""

    def __init__(self, run: RunSync, steps: Flow[T]) -> None:
        self._stop = threading.Event()
        self._outcome: list[T] = []
        self._error: BaseException | None = None
        # Context variables of the application, such as a trace id, do not reach a new thread by themselves.
        context = copy_context()
        self._thread = threading.Thread(target=lambda: context.run(self._work, run, steps), name="feed-prefetch", daemon=True)
        self._thread.start()

    def _work(self, run: RunSync, steps: Flow[T]) -> None:
        try:
            self._outcome.append(run(steps, self._stop))
        except BaseException as error:
            self._error = error

    def result(self) -> T:
        """Wait for the outcome, then return it or raise its exception."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._outcome[0]

    def stop(self) -> None:
        """End the task before its next step."""
        self._stop.set()

    def join(self) -> None:
        """Wait until the thread has ended."""
        self._thread.join()
