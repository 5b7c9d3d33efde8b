"""Interrupts: the first signal ends the run, and further signals do not keep its report from being written."""

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
"""The seconds after the first signal in which others are ignored. Later ones end the process, in case it hangs."""
# SIGHUP exists on Unix only, SIGBREAK (Ctrl-Break) on Windows only.
_NAMES: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class Interrupts:
    """Handles the signals of Ctrl-C, ``kill`` and a closed terminal for the length of a block.

    The first signal raises KeyboardInterrupt until the block of ``held_afterwards`` has ended; the code after that block is
    quick and not interrupted. Nothing changes in threads other than the main thread, where Python runs signal handlers.

    Args:
        process_ends: Whether the process ends after the block. After a signal, later ones are then ignored until the end.
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
            # nohup has the signal ignored, which must stay so. None is a handler that was not installed by Python.
            if handler not in (signal.SIG_IGN, None):
                self._before[number] = handler
                signal.signal(number, self._handle)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        # At exit Python restores the default handlers: another signal would then change the exit code.
        ignored = self._process_ends and self._came is not None
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_IGN if ignored else handler)

    @contextmanager
    def held_afterwards(self) -> Iterator[None]:
        """Let an interrupt end the block, and ignore further ones after it."""
        try:
            yield
        finally:
            self._held = True

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._came is not None and now - self._came > PATIENCE:
            # Sent again under the default handler, the signal ends the process with the usual exit code of a killed one.
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        first, self._came = self._came is None, now if self._came is None else self._came
        if first and not self._held:
            raise KeyboardInterrupt
