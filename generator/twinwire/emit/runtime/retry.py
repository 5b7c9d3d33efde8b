"""When to ask again, and after how long."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from ._arguments import function, integer, seconds

RETRYABLE = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often and how patiently to ask again after 429, 502, 503, 504 and failed connections. Times are in seconds.

    The wait is what ``Retry-After`` says (seconds or a date), at most ``max_retry_after``; without it, a random part of
    ``base_delay`` doubled for each attempt, at most ``max_delay``. ``draw`` gives a number from 0 to 1, ``clock`` the time
    since the epoch. Raises ParameterError for what cannot be used.
    """

    max_retries: int = 3
    max_retry_after: float = 60.0
    base_delay: float = 0.5
    max_delay: float = 8.0
    draw: Callable[[], float] = random.random
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        integer("max_retries", self.max_retries, 0)
        for name in ("max_retry_after", "base_delay", "max_delay"):
            seconds(name, getattr(self, name), zero=True)
        function("draw", self.draw)
        function("clock", self.clock)

    def delay(self, attempt: int, retry_after: str | None) -> float:
        """Return the wait after an attempt, the first being 0, whose answer had this ``Retry-After`` header."""
        asked = self.asked(retry_after)
        if asked is not None:
            return min(asked, self.max_retry_after)
        return min(self.max_delay, self.base_delay * 2.0 ** min(attempt, 60)) * self.draw()

    def asked(self, retry_after: str | None) -> float | None:
        """Return the seconds that a ``Retry-After`` header asks for, None when it is absent or neither form."""
        text = (retry_after or "").strip()
        if text.isascii() and text.isdigit():
            return float(text[:12])
        try:
            moment = parsedate_to_datetime(text)
            # A date of HTTP is in GMT, however it says so.
            return max(0.0, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - self.clock())
        except (ValueError, OverflowError):
            return None
