"""The response of an application in this process, collected and checked as an HTTP server would."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import TypeAlias

from twinwire_conformance.findings import Finding
from twinwire_conformance.transport.interfaces import describe, trace_of

Headers: TypeAlias = Sequence[tuple[bytes, bytes]]
Take: TypeAlias = Callable[[bytes], bool]
"""Takes a chunk of a body and returns whether more is wanted. Raises Unreachable when the body is too large."""

_FAILED = ((b"content-type", b"text/plain; charset=utf-8"),)


class Truncated(Exception):
    """The body is incomplete or differs from its declared length, which over HTTP ends the connection."""


class AppResponse:
    """Collects the response of an application.

    ``trace`` is the end of the traceback when the application raised. ``logged`` is the traceback of an exception that the
    framework logged and turned into a response.
    """

    def __init__(self, take: Take) -> None:
        self.status = 0
        self.headers: Headers = ()
        self.trace = ""
        self.logged = ""
        self.complete = False
        self._take = take
        self._wanted = True
        self._size = 0
        self._error = ""
        self._refused: Finding | None = None

    @property
    def started(self) -> bool:
        """True once status and headers are set, after which the application cannot change them."""
        return self.status != 0

    @property
    def wanted(self) -> bool:
        """True while more of the body is wanted."""
        return self._wanted

    def start(self, status: int, headers: Headers) -> None:
        """Set the status and the headers."""
        self.status, self.headers = status, headers

    def add(self, chunk: bytes) -> bool:
        """Add a chunk of the body and return whether more is wanted."""
        if not self._wanted:
            return False
        self._size += len(chunk)
        try:
            self._wanted = self._take(chunk)
        except Finding as error:
            # The application must not catch this exception. ``concluded`` raises it in the thread of the caller.
            self._wanted, self._refused = False, error
        return self._wanted

    def stop(self) -> None:
        """Accept no more of the body."""
        self._wanted = False

    def raised(self, error: BaseException) -> None:
        """Note that the application raised. A response that has not started becomes HTTP 500, as from a server."""
        if self._refused is not None or (self.started and not self._wanted) or (self.complete and self.status < 500):
            return
        self.trace, self._error = trace_of(error), describe(error)
        if not self.started:
            self.start(500, _FAILED)
            self.add(b"Internal Server Error")
            self.complete = True

    def concluded(self) -> AppResponse:
        """Return the complete response.

        Raises:
            Truncated: The body is incomplete or has another length than declared.
            Finding: The body is too large.
        """
        if self._refused is not None:
            raise self._refused
        if self.status >= 500:
            self.trace = self.trace or self.logged
        if not self._wanted:
            return self
        if not self.complete:
            reason = f": {self._error}" if self._error else ""
            raise Truncated(f"the application ended before its response was complete{reason}")
        declared = [value for name, value in self.headers if name.lower() == b"content-length"]
        if declared and self.status not in (204, 304) and declared[0].strip() != str(self._size).encode("ascii"):
            length = declared[0].decode("latin-1")
            raise Truncated(f"the body has {self._size} bytes, but Content-Length declares {length}")
        return self


CURRENT: ContextVar[AppResponse | None] = ContextVar("twinwire_response", default=None)
"""The response in progress. Threads and tasks that a framework starts for the request inherit this variable."""


class LoggedErrors(logging.Handler):
    """Notes exceptions that frameworks such as Django log instead of raising them."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        """Note the exception of a log record."""
        response = CURRENT.get()
        error = record.exc_info[1] if record.exc_info else None
        if response is not None and error is not None:
            response.logged = trace_of(error)
