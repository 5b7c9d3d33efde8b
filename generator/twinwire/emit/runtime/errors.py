"""The exceptions of this package, as one tree.

FeedError
├── ParameterError        an argument breaks its constraint; nothing was sent (a ValueError too)
├── DecodeError           a response breaks the contract; names the place and the value received
├── EncodeError           the representation cannot carry a result
├── TransportError        no response arrived, after every retry
├── HTTPStatusError       a response status that carries no result
│   └── RateLimitedError  429 or 503 after the last retry; holds the wait that the server requested
├── ReturnCodeError       the server rejected the request or failed, and reported it in a result
├── WarningError          the request worked with warnings, and ``raise_on_warning`` was set
├── PaginationStalled     the feed makes no progress
└── MirrorError           a mirror's directory cannot be used, or its disk reports an error

ResultWarning             the request worked, and the server sent a warning (a UserWarning)

Messages never contain the session or a header's value. Unprintable characters are escaped, and the length is bounded.
"""

from __future__ import annotations

from collections.abc import Mapping

from ._printable import printable


class FeedError(Exception):
    """Base class of every exception that this package raises on purpose."""

    def __init__(self, message: str) -> None:
        # A message may quote the server: escape control characters, which could steer a terminal or forge a log line.
        super().__init__(printable(message))


class ParameterError(FeedError, ValueError):
    """An argument breaks its constraint, so nothing was sent.

    ``value`` is the rejected argument, None where it may be a secret.
    """

    def __init__(self, parameter: str, constraint: str, value: object = None, shown: str | None = None) -> None:
        super().__init__(f"{parameter}: {constraint}, not {shown}" if shown else f"{parameter}: {constraint}")
        self.parameter = parameter
        self.constraint = constraint
        self.value = value


class DecodeError(FeedError):
    """A response cannot be decoded.

    ``path`` leads to the member (``$.items[3].name``); ``line`` and ``column`` count from 1. Each is None where unknown.
    """

    def __init__(self, problem: str, *, path: str | None = None, line: int | None = None, column: int | None = None) -> None:
        places = [f"line {line}, column {column}"] if line is not None else []
        places += [f"at {path}"] if path is not None else []
        problem = printable(problem, 1000)
        super().__init__(f"{problem} ({', '.join(places)})" if places else problem)
        self.problem = problem
        self.path = path
        self.line = line
        self.column = column


class EncodeError(FeedError):
    """A result cannot be encoded; ``path`` leads to the member."""

    def __init__(self, problem: str, *, path: str) -> None:
        super().__init__(f"{problem} (at {path})")
        self.problem = problem
        self.path = path


class TransportError(FeedError):
    """No response arrived: the connection failed, and so did ``attempts - 1`` retries."""

    def __init__(self, message: str, attempts: int) -> None:
        super().__init__(message)
        self.attempts = attempts


class HTTPStatusError(FeedError):
    """A response with a status that carries no result.

    ``excerpt`` is the beginning of the body; ``headers`` are the response headers, in lower case, without cookies.
    """

    def __init__(self, message: str, status: int, headers: Mapping[str, str], excerpt: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers
        self.excerpt = excerpt


class RateLimitedError(HTTPStatusError):
    """The server still answers 429 or 503 after the last retry.

    ``retry_after`` is the requested wait in seconds, None when the response has no usable ``Retry-After`` header.
    """

    retry_after: float | None = None


class ReturnCodeError(FeedError):
    """The server rejected the request or failed, and reported it in a result (with HTTP ``status`` 200 or 4xx)."""

    def __init__(self, code: int | str, message: str, result: object, status: int) -> None:
        super().__init__(f"return code {code}: {message}" if message else f"return code {code}")
        self.code = code
        self.message = message
        self.result = result
        self.status = status


class WarningError(FeedError):
    """The request worked with warnings, and the client has ``raise_on_warning`` set.

    ``warnings`` are the server's texts, ``result`` is the result that carried them.
    """

    def __init__(self, warnings: tuple[str, ...], result: object) -> None:
        super().__init__("; ".join(warnings))
        self.warnings = warnings
        self.result = result


class PaginationStalled(FeedError):
    """The feed makes no progress.

    ``token`` is the repeated cursor, or the cursor of the request that returned an empty page. ``seen`` holds the last
    cursors before it, oldest first. ``remaining`` is the number of entries left according to the page.
    """

    def __init__(self, message: str, token: str | None, seen: tuple[str, ...], remaining: int | None) -> None:
        trail = f"; asked with {' -> '.join(seen)}" if seen else ""
        super().__init__(message + trail)
        self.token = token
        self.seen = seen
        self.remaining = remaining


class MirrorError(FeedError):
    """A mirror cannot continue because of its directory or its disk.

    The files stored so far are complete, and the next run continues from them.
    """


class ResultWarning(UserWarning):
    """The request worked, and the server sent a warning, such as truncated data."""
