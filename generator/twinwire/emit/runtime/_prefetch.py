"""One load in a thread of its own, ahead of the one who will want its outcome."""

from __future__ import annotations

import threading
from collections.abc import Coroutine
from contextvars import copy_context
from typing import Any, Generic, Protocol, TypeVar

from ._wire import Flow

T = TypeVar("T")


class RunSync(Protocol):
    """Takes a task to its outcome; between its steps it ends when ``stop`` is set, also from a wait."""

    def __call__(self, steps: Flow[T], stop: threading.Event | None = None) -> T:
        """Return the outcome."""
        ...


class RunAsync(Protocol):
    """Takes a task to its outcome."""

    def __call__(self, steps: Flow[T]) -> Coroutine[Any, Any, T]:
        """Return the outcome."""
        ...


class StoppedError(Exception):
    """Nobody wants the outcome any more."""


class Prefetch(Generic[T]):
    """Runs a task in a thread. The thread is a daemon: a program that ends does not wait for an answer it will not use."""

    def __init__(self, run: RunSync, steps: Flow[T]) -> None:
        self._stop = threading.Event()
        self._outcome: list[T] = []
        self._error: BaseException | None = None
        context = copy_context()
        self._thread = threading.Thread(target=lambda: context.run(self._work, run, steps), name="feed-prefetch", daemon=True)
        self._thread.start()

    def _work(self, run: RunSync, steps: Flow[T]) -> None:
        try:
            self._outcome.append(run(steps, self._stop))
        except BaseException as error:
            self._error = error

    def result(self) -> T:
        """Wait for the outcome, and return or raise it."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._outcome[0]

    def stop(self) -> None:
        """End the task before its next step."""
        self._stop.set()

    def join(self) -> None:
        """Wait for the thread."""
        self._thread.join()
