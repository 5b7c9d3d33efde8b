"""The retry policy: which responses are retried, how often, and after which delay."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from ._arguments import function, integer, seconds

# 500 is left out: a server that fails on one request usually fails on the same request again.
RETRYABLE = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Retry policy for 429, 502, 503, 504 and failed connections. Times are in seconds.

    The delay follows ``Retry-After`` (seconds or a date), at most ``max_retry_after``. Without the header it is a random
    fraction of ``base_delay``, doubled for each attempt, at most ``max_delay``.

    Args:
        max_retries: Retries after the first attempt, 0 or more.
        max_retry_after: Upper bound of a delay that the server requests.
        base_delay: Upper bound of the first delay without ``Retry-After``.
        max_delay: Upper bound of every delay without ``Retry-After``.
        draw: Returns a random number from 0 to 1.
        clock: Returns the time since the epoch.

    Raises:
        ParameterError: A value is of the wrong type or out of range.
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
        """Return the delay after an attempt, in seconds.

        Args:
            attempt: The number of the attempt, from 0.
            retry_after: The ``Retry-After`` header of its response, None without one.
        """
        asked = self.asked(retry_after)
        if asked is not None:
            return min(asked, self.max_retry_after)
        # Full jitter spreads the retries of many clients. The exponent is capped because 2.0 ** 1024 overflows a float.
        # Attempts 0, 1, 2, 5 with the defaults: up to 0.5, 1, 2 and 8 (not 16) seconds.
        return min(self.max_delay, self.base_delay * 2.0 ** min(attempt, 60)) * self.draw()

    def asked(self, retry_after: str | None) -> float | None:
        """Parse a ``Retry-After`` header into seconds; None when it is absent or malformed.

        Both forms of RFC 9110 are accepted: ``"120"`` and ``"Fri, 31 Dec 1999 23:59:59 GMT"``. A date in the past gives 0.
        """
        text = (retry_after or "").strip()
        if text.isascii() and text.isdigit():
            return float(text[:12])
        try:
            moment = parsedate_to_datetime(text)
            # RFC 9110 dates are in GMT, and the parser leaves the zone out for "-0000".
            return max(0.0, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - self.clock())
        except (ValueError, OverflowError):
            return None
