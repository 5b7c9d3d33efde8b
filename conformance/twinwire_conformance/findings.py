"""The findings of a rule: violations, and the reasons why one could not be judged."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from twinwire_conformance.model import MAX_QUOTED, Response


def _cut(text: str) -> str:
    """Return a text as it may stand in a message: it may quote a whole body."""
    return text if len(text) <= MAX_QUOTED else f"{text[:MAX_QUOTED]}…"


class Finding(Exception):
    """The base of exceptions that end a rule early; ``responses`` are the exchanges that show why, in order."""

    def __init__(self, message: str, responses: Sequence[Response] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.responses = tuple(responses)

    def keep_less(self) -> None:
        """Keep only the beginning of large bodies, which is all that a report shows.

        The traceback is dropped as well, because its frames refer to whole bodies.
        """
        self.__traceback__ = self.__cause__ = self.__context__ = None
        self.responses = tuple(each.shortened() for each in self.responses)


class Violation(Finding):
    """The target breaks the rule: the expected and the actual value, and the path of the member if there is one."""

    def __init__(self, expected: str, got: str, responses: Sequence[Response] = (), *, path: str = "", table: str = "") -> None:
        path, expected, got = (_cut(text) for text in (path, expected, got))
        where = f"at {path}: " if path else ""
        message = f"expected {where}{expected}\ngot      {got}"
        super().__init__(f"{message}\n{table}" if table else message, responses)
        self.path = path
        self.got = got.split("\n", 1)[0]
        """A summary of the response, in one line."""


class NotServed(Violation):
    """A valid request did not get a page that can be judged.

    The rule ``owner`` fails for it; other rules that needed the page are blocked by that rule.
    """

    def __init__(self, owner: str, expected: str, got: str, responses: Sequence[Response] = (), *, path: str = "") -> None:
        super().__init__(expected, got, responses, path=path)
        self.owner = owner


class Inconclusive(Finding):
    """The rule could not be decided."""


class Unconfirmed(Inconclusive):
    """A difference that might be a violation, but the feed changed at every attempt to confirm it."""


class Skipped(Finding):
    """The rule does not apply to this contract."""


class FailureKind(StrEnum):
    """The reason why no complete response was received."""

    REFUSED = "refused"
    """The connection failed: the name is unknown, the port is closed, or the certificate is not trusted."""
    TIMEOUT = "timeout"
    """The response was not complete within the timeout."""
    NO_RESPONSE = "no-response"
    """The connection ended before the first byte of a response."""
    BROKEN = "broken"
    """A response began and is not complete, or is not valid HTTP."""
    TOO_LARGE = "too-large"
    """The body is larger than the kit reads."""
    BUSY = "busy"
    """The target requested a wait too often or for too long."""
    UNKNOWN = "unknown"
    """The reason is not known, as in recordings of older versions."""


class Unreachable(Inconclusive):
    """No complete response was received.

    Args:
        message: The failure, with the URL.
        responses: The exchanges that show it, including a response that broke off after its headers, with a ``flaw``.
        kind: The kind of failure.
        reused: Whether the connection had carried an earlier exchange, so that the server may have closed it since.
        malformed: Whether the response is not valid HTTP, so that a new connection would not help.
    """

    def __init__(
        self,
        message: str,
        responses: Sequence[Response] = (),
        *,
        kind: FailureKind = FailureKind.UNKNOWN,
        reused: bool = False,
        malformed: bool = False,
    ) -> None:
        super().__init__(message, responses)
        self.kind = kind
        self.reused = reused
        self.malformed = malformed


class Unrecorded(Inconclusive):
    """The recording that is replayed lacks an exchange."""


class BudgetSpent(Inconclusive):
    """The budget of requests does not allow another one."""


class TimeSpent(BudgetSpent):
    """The time of the run does not allow another request, or ended before the response."""
