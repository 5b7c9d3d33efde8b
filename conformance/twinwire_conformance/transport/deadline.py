"""Deadlines of single exchanges and of a whole run, which limits those of its exchanges."""

from __future__ import annotations

import time


class ExchangeDeadline:
    """The latest end of an exchange or a run.

    Args:
        seconds: The time from now.
        within: The enclosing deadline, which is never exceeded; None for none.
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
        """The seconds left, at least 0."""
        return max(0.0, self._end - time.monotonic())

    def left(self) -> float:
        """Return the seconds left, more than 0.

        Raises:
            TimeoutError: No time is left.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left
