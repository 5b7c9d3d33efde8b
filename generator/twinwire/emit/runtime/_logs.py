"""The HTTP library's own log, without the secrets of the requests that are sent here.

It logs the URL of every request, and with it the session, and at DEBUG the headers of every answer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

import httpx

_REDACT: ContextVar[Callable[[str], str] | None] = ContextVar("redact", default=None)

# A filter holds for the logger that it is added to, and not for those below.
_CORE = httpx.__name__.replace("httpx", "httpcore")
_LOGGERS = (
    httpx.__name__,
    *(f"{_CORE}.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
    "hpack.hpack",
    "hpack.table",
)


class _Redaction(logging.Filter):
    """Rewrites the records of requests that are sent here, and leaves those of others as they are."""

    def filter(self, record: logging.LogRecord) -> bool:
        redact = _REDACT.get()
        if redact is not None:
            record.msg, record.args = redact(record.getMessage()), ()
        return True


@contextmanager
def redacted(redact: Callable[[str], str]) -> Generator[None, None, None]:
    """Redact what the HTTP library logs in this context."""
    for name in _LOGGERS:
        # Adding it again changes nothing; here it is also there after the application has configured logging.
        logging.getLogger(name).addFilter(_FILTER)
    token = _REDACT.set(redact)
    try:
        yield
    finally:
        _REDACT.reset(token)


_FILTER = _Redaction()
