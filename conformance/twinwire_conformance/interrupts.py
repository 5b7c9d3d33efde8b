"""Interrupts: the first signal that asks a run to end ends it, and none keeps its report from being written."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Final

PATIENCE: Final = 30.0
"""The seconds in which signals after the first are held off. After that they end the process, should it hang."""
_NAMES: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class Interrupts:
    """Handles the signals of Ctrl-C, ``kill`` and a closed terminal for the length of a block.

    The first one raises KeyboardInterrupt while the block may be ended, which is until ``hold``: from there on the run is
    over, and what is left to do is short. In other threads than the main one, where Python handles no signals, nothing changes.

    Args:
        process_ends: The process ends after the block. Once a signal came, later ones are held off until then.
    """

    def __init__(self, *, process_ends: bool = False) -> None:
        self._process_ends = process_ends
        self._came: float | None = None
        self._held = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is not threading.main_thread():
            return self
        for number in (getattr(signal, name) for name in _NAMES if hasattr(signal, name)):
            handler = signal.getsignal(number)
            # Whoever started us with nohup wants the signal to be ignored.
            if handler not in (signal.SIG_IGN, None):
                self._before[number] = handler
                signal.signal(number, self._handle)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        # While it ends, Python puts the default in place of handlers of its own, which would change the exit code.
        ignored = self._process_ends and self._came is not None
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_IGN if ignored else handler)

    @contextmanager
    def held_afterwards(self) -> Iterator[None]:
        """Let an interrupt end the block, and hold off those that come after it."""
        try:
            yield
        finally:
            self._held = True

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._came is not None and now - self._came > PATIENCE:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        first, self._came = self._came is None, now if self._came is None else self._came
        if first and not self._held:
            raise KeyboardInterrupt
