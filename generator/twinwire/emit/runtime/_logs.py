"""Redaction of the HTTP library's own log records.

The library logs the URL of every request, which contains the session, and at DEBUG the headers of every response.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

import httpx

_REDACT: ContextVar[Callable[[str], str] | None] = ContextVar("redact", default=None)

# A logging filter applies only to records of its own logger, not to those of child loggers, so each one is listed.
_CORE = httpx.__name__.replace("httpx", "httpcore")
_LOGGERS = (
    httpx.__name__,
    *(f"{_CORE}.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
    "hpack.hpack",
    "hpack.table",
)


class _Redaction(logging.Filter):
    """Filter that redacts the records of this package's requests and leaves all others unchanged."""

    def filter(self, record: logging.LogRecord) -> bool:
        redact = _REDACT.get()
        if redact is not None:
            record.msg, record.args = redact(record.getMessage()), ()
        return True


@contextmanager
def redacted(redact: Callable[[str], str]) -> Generator[None, None, None]:
    """Redact the HTTP library's log records in this context."""
    for name in _LOGGERS:
        # Added for each request, because the application may configure logging at any time. Adding it twice has no effect.
        logging.getLogger(name).addFilter(_FILTER)
    token = _REDACT.set(redact)
    try:
        yield
    finally:
        _REDACT.reset(token)


_FILTER = _Redaction()
