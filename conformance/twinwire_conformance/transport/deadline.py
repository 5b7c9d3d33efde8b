"""Deadlines: that of one exchange, and that of a whole run, which no exchange outlives."""

from __future__ import annotations

import time


class ExchangeDeadline:
    """The moment at which something must have ended.

    Args:
        seconds: The time from now on.
        within: The deadline of what it is a part of: it never ends later.
    """

    def __init__(self, seconds: float, within: ExchangeDeadline | None = None) -> None:
        end = time.monotonic() + seconds
        self._end: float = end if within is None else min(end, within._end)

    @property
    def is_over(self) -> bool:
        """True when no time is left."""
        return time.monotonic() >= self._end

    @property
    def rest(self) -> float:
        """The seconds that are left, 0 when there are none."""
        return max(0.0, self._end - time.monotonic())

    def left(self) -> float:
        """Return the seconds that are left. Raises TimeoutError when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left
