"""What can go wrong, as one tree.

FeedError
├── ParameterError        an argument that may not be sent; nothing was sent (a ValueError too)
├── DecodeError           an answer that is not what its contract says: where, and what came instead
├── EncodeError           a result that its representation cannot carry
├── TransportError        no answer came, after every retry
├── HTTPStatusError       an answer with a status that brings no result
│   └── RateLimitedError  429 or 503 to the end; says how long the server asked to wait
├── ReturnCodeError       the server refused or failed, and said so in a result
├── WarningError          the request worked with warnings, and ``raise_on_warning`` was set
├── PaginationStalled     the feed makes no progress
└── MirrorError           a mirror's directory cannot be used, or its disk refuses

ResultWarning             the request worked, but the server wants something known (a UserWarning)

No message holds the session or a header's value. What is not printable in it is escaped, and its length is bounded.
"""

from __future__ import annotations

from collections.abc import Mapping

from ._printable import printable


class FeedError(Exception):
    """The root of everything that this package raises on purpose."""

    def __init__(self, message: str) -> None:
        # It may quote a server, whose words must not steer a terminal or forge a line of a log.
        super().__init__(printable(message))


class ParameterError(FeedError, ValueError):
    """An argument breaks its constraint, so nothing was sent.

    ``value`` is what was given, None where it may be a secret.
    """

    def __init__(self, parameter: str, constraint: str, value: object = None, shown: str | None = None) -> None:
        super().__init__(f"{parameter}: {constraint}, not {shown}" if shown else f"{parameter}: {constraint}")
        self.parameter = parameter
        self.constraint = constraint
        self.value = value


class DecodeError(FeedError):
    """An answer that cannot be read.

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
    """A result that cannot be written; ``path`` leads to the member."""

    def __init__(self, problem: str, *, path: str) -> None:
        super().__init__(f"{problem} (at {path})")
        self.problem = problem
        self.path = path


class TransportError(FeedError):
    """No answer came: the connection failed, and so did ``attempts - 1`` retries."""

    def __init__(self, message: str, attempts: int) -> None:
        super().__init__(message)
        self.attempts = attempts


class HTTPStatusError(FeedError):
    """An answer whose status brings no result.

    ``excerpt`` is the beginning of the body; ``headers`` are the answer's, in lower case, without cookies.
    """

    def __init__(self, message: str, status: int, headers: Mapping[str, str], excerpt: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers
        self.excerpt = excerpt


class RateLimitedError(HTTPStatusError):
    """The server still asks to wait after the last retry; ``retry_after`` is in seconds, None when it did not say."""

    retry_after: float | None = None


class ReturnCodeError(FeedError):
    """The server refused or failed, and said so in a result (with HTTP ``status`` 200 or 4xx)."""

    def __init__(self, code: int | str, message: str, result: object, status: int) -> None:
        super().__init__(f"return code {code}: {message}" if message else f"return code {code}")
        self.code = code
        self.message = message
        self.result = result
        self.status = status


class WarningError(FeedError):
    """The request worked, but the server wants something known, and the client has ``raise_on_warning`` set.

    ``warnings`` are the server's words, ``result`` is what came with them.
    """

    def __init__(self, warnings: tuple[str, ...], result: object) -> None:
        super().__init__("; ".join(warnings))
        self.warnings = warnings
        self.result = result


class PaginationStalled(FeedError):
    """The feed makes no progress.

    ``token`` is the cursor that came back, or was asked with when an empty lot came. ``seen`` holds the last cursors
    before it, oldest first. ``remaining`` is what the lot said of what is left.
    """

    def __init__(self, message: str, token: str | None, seen: tuple[str, ...], remaining: int | None) -> None:
        trail = f"; asked with {' -> '.join(seen)}" if seen else ""
        super().__init__(message + trail)
        self.token = token
        self.seen = seen
        self.remaining = remaining


class MirrorError(FeedError):
    """A mirror cannot go on because of its directory or its disk; what was stored before is whole, and the next run goes on."""


class ResultWarning(UserWarning):
    """The request worked, but the server wants something known, such as data that was cut."""
