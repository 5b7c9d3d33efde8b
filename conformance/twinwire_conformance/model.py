"""What the suite speaks of: requests and answers, verdicts, and the ways in which a rule can end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Level(StrEnum):
    """How much a rule weighs: MUST decides certification, SHOULD only remarks."""

    MUST = "MUST"
    SHOULD = "SHOULD"


class Outcome(StrEnum):
    """How a rule ended against a target."""

    PASS = "pass"  # noqa: S105 - an outcome, no password
    FAIL = "fail"
    SKIP = "skip"
    INCONCLUSIVE = "inconclusive"
    BLOCKED = "blocked"
    """The rule cannot be judged because of another rule that fails; ``Result.blocked_by`` names it."""
    WAIVED = "waived"


class Verdict(StrEnum):
    """What a whole run says of a target."""

    CERTIFIED = "certified"
    REMARKS = "certified-with-remarks"
    NOT_CERTIFIED = "not-certified"
    INCONCLUSIVE = "inconclusive"
    PARTIAL = "partial"
    """Some rules were deselected and none of the others failed a MUST: never a certificate."""

    @property
    def exit_code(self) -> int:
        """The exit code of a run that ends with this verdict."""
        return {Verdict.NOT_CERTIFIED: 1, Verdict.INCONCLUSIVE: 3}.get(self, 0)


Params = tuple[tuple[str, str], ...]


SHOWN_BYTES = 256 * 1024
"""The most bytes of a body that are kept for the report."""
CUT = "the body is longer than was to be read"


@dataclass(frozen=True, slots=True)
class ClientIdentity:
    """The headers by which a server could recognise a client, in the order and the case in which that client sends them.

    A value of None marks the place of a header whose value the request gives, such as Host and Accept; it is left out when
    the request gives none.
    """

    name: str
    headers: tuple[tuple[str, str | None], ...]


_RAW_QUERY = re.compile(r"[!-\"$-~]*")


@dataclass(frozen=True, slots=True)
class Request:
    """A GET of the operation: query parameters in order, and headers beyond those that every request carries.

    ``accept`` None sends no Accept header. Lone surrogates in a parameter stand for raw bytes (surrogateescape). No more
    than ``most`` bytes of the answer are read, where it is set; the request is the same without it.

    ``fresh_connection`` sends the request on a connection of its own, which is not used again. ``raw_query`` is sent as it
    is, in place of ``params``: printable ASCII without spaces and ``#``. ``client`` sends the headers of another client in
    place of the kit's own. Raises ValueError for a raw query that cannot be sent, or that comes beside params.
    """

    params: Params = ()
    accept: str | None = None
    headers: Params = ()
    most: int | None = field(default=None, compare=False)
    fresh_connection: bool = False
    raw_query: str | None = None
    client: ClientIdentity | None = None

    def __post_init__(self) -> None:
        if self.raw_query is None:
            return
        if not _RAW_QUERY.fullmatch(self.raw_query):
            raise ValueError(f"raw_query must be printable ASCII without spaces and '#', got {self.raw_query!r}")
        if self.params:
            raise ValueError("a request has either params or raw_query, not both")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a request: status, headers (lower-case names), body, and the URL that was asked, as it is shown.

    ``seconds`` is how long it took, ``received`` when it was there, in seconds since the epoch.
    """

    request: Request
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    seconds: float = 0.0
    received: float = 0.0
    flaw: str = ""
    """The error in the content coding or the end of the body that makes it unreadable; empty without one."""
    unasked_coding: str = ""
    """The content coding that was used although the request did not offer it; ``body`` is decoded all the same."""
    framing_defect: str = ""
    """The error in the framing of a body that is readable all the same; empty without one."""
    wire_bytes: int = 0
    """The size of the body before its content coding was undone."""
    trace: str = field(default="", repr=False)
    """The end of the traceback when an application in this process raised, without secrets; empty otherwise."""

    @property
    def cut(self) -> bool:
        """Whether the body is longer than was to be read, and only its beginning is here."""
        return self.flaw == CUT

    @property
    def media_type(self) -> str:
        """The media type of the label, without parameters, in lower case; empty when there is no label."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    @property
    def charset(self) -> str | None:
        """The charset that the label declares, or None."""
        for parameter in self.headers.get("content-type", "").split(";")[1:]:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "charset":
                return value.strip().strip("\"'").lower() or None
        return None

    @property
    def charset_or_utf8(self) -> str:
        """A charset that Python can decode with, whatever the label says."""
        try:
            # Of nothing at all Python decodes without a look at the charset.
            b" ".decode(self.charset or "utf-8", "replace")
        except (LookupError, ValueError):
            return "utf-8"
        return self.charset or "utf-8"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One exchange that shows a finding: a command that repeats it, and what came. Secrets are redacted."""

    curl: str
    status: int
    excerpt: str
    trace: str = ""
    """The end of the application's traceback, for a target in this process that raised."""


class Finding(Exception):
    """Ends a rule before its time; ``answers`` are the exchanges that show why, in order."""

    def __init__(self, message: str, answers: Sequence[Answer] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.answers = tuple(answers)

    def keep_less(self) -> None:
        """Keep of large bodies only their beginning, which is all that is shown of them.

        Where it was raised is forgotten, too: the frames of a traceback hold the bodies that they worked on.
        """
        self.__traceback__ = self.__cause__ = self.__context__ = None
        self.answers = tuple(
            replace(each, body=each.body[:SHOWN_BYTES]) if len(each.body) > SHOWN_BYTES else each for each in self.answers
        )


class Violation(Finding):
    """The target breaks the rule: what was expected, what came, and for a member its path in the answer."""

    def __init__(self, expected: str, got: str, answers: Sequence[Answer] = (), *, path: str = "", table: str = "") -> None:
        where = f"at {path}: " if path else ""
        message = f"expected {where}{expected}\ngot      {got}"
        super().__init__(f"{message}\n{table}" if table else message, answers)
        self.path = path
        self.got = got.split("\n", 1)[0]
        """A summary of the response, in one line."""


class NotServed(Violation):
    """A valid request did not get a page that can be judged; ``owner`` is the id of the rule that this breaks.

    The owner fails; a rule that needed the page is blocked by it.
    """

    def __init__(self, owner: str, expected: str, got: str, answers: Sequence[Answer] = (), *, path: str = "") -> None:
        super().__init__(expected, got, answers, path=path)
        self.owner = owner


class Inconclusive(Finding):
    """The rule could not be decided."""


class Unconfirmed(Inconclusive):
    """Something looked like a violation, but the feed moved whenever it was looked at again."""


class Skipped(Finding):
    """The rule does not apply to this contract."""


class Failure(StrEnum):
    """Why no whole response came."""

    REFUSED = "refused"
    """The connection failed: the name is unknown, the port is closed, or the certificate is not trusted."""
    TIMEOUT = "timeout"
    """The response was not complete within the timeout."""
    NO_RESPONSE = "no-response"
    """The connection ended before the first byte of a response."""
    BROKEN = "broken"
    """A response began and is not complete, or is not valid HTTP."""
    TOO_LARGE = "too-large"
    """The body is larger than the kit takes."""
    BUSY = "busy"
    """The target asked to wait, too often or too long."""
    UNKNOWN = "unknown"
    """The reason is not known, as in recordings of older versions."""


class Unreachable(Inconclusive):
    """No whole response came.

    Args:
        message: What happened, with the URL.
        answers: The exchanges that show it. A response that broke off after its headers is here, with a ``flaw``.
        kind: Why no whole response came.
        reused: The connection had carried an earlier exchange, so that the server may have closed it in the meantime.
        malformed: The response is not valid HTTP, so that a new connection would not help.
    """

    def __init__(
        self,
        message: str,
        answers: Sequence[Answer] = (),
        *,
        kind: Failure = Failure.UNKNOWN,
        reused: bool = False,
        malformed: bool = False,
    ) -> None:
        super().__init__(message, answers)
        self.kind = kind
        self.reused = reused
        self.malformed = malformed


class Unrecorded(Inconclusive):
    """The recording that stands for the target lacks an exchange."""


class BudgetSpent(Inconclusive):
    """The request budget does not allow another request."""


class TimeSpent(BudgetSpent):
    """The run's time does not allow another request, or ended before one was answered."""


NOT_SELECTED = "not selected"
"""The message of a rule that was deselected."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one rule ended: its outcome, on how many observations it rests, and what shows it."""

    id: str
    level: Level
    title: str
    outcome: Outcome
    witnesses: int = 0
    message: str = ""
    evidence: tuple[Evidence, ...] = ()
    blocked_by: str = ""
    """The id of the failing rule that blocks this one; empty unless the outcome is blocked."""
    cause: str = ""
    """The id of the failed rule that stands for the cause of this failure; empty when this one does itself."""
    member: str = ""
    """The path of the member that a failure is about, the same in JSON and XML and for every entry; may be empty."""
    spec_name: str = ""
    spec_line: int = 0
    """The parameter or member of the spec that a failure rests on, and its line there; empty and 0 when there is none."""
    seconds: float = field(default=0.0, compare=False)

    @property
    def selected(self) -> bool:
        """Return whether the rule was selected."""
        return not (self.outcome is Outcome.SKIP and self.message == NOT_SELECTED)


@dataclass(frozen=True, slots=True)
class Cause:
    """A defect that failures are grouped by: the rule that stands for it, what is wrong, and the rules behind it."""

    rule: str
    level: Level
    message: str
    also: tuple[str, ...] = ()
    """The other rules that fail because of it."""
    blocked: tuple[str, ...] = ()
    """The rules that cannot be judged because of it."""


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run against one target."""

    verdict: Verdict
    target: str
    spec: Mapping[str, str]
    kit: str
    profile: str
    seed: int
    started: str
    seconds: float
    requests: int
    results: tuple[Result, ...]
    note: str = ""
    """Why the run ended early or says less than it could; empty otherwise."""
    coverage: tuple[str, ...] = ()
    """Lines that describe the part of the feed that was checked, one for each kind of content."""
    notes: tuple[str, ...] = ()
    """Observations that fail no rule, one line each."""
    causes: tuple[Cause, ...] = ()
    """The defects that the failures come from, the most basic first."""


def verdict(results: Sequence[Result]) -> Verdict:
    """Judge a run by the outcomes of its rules.

    A failed MUST decides against the target, an undecided MUST leaves the run open, a failed SHOULD is a remark. Skipped
    and blocked rules decide nothing, so a run in which no MUST passed is inconclusive. A run in which rules were
    deselected is partial at best; when only SHOULD rules were tried, one of them must have been decided.
    """
    tried = [result for result in results if result.selected]
    must = [result.outcome for result in tried if result.level is Level.MUST]
    should = [result.outcome for result in tried if result.level is Level.SHOULD]
    if Outcome.FAIL in must:
        return Verdict.NOT_CERTIFIED
    if Outcome.INCONCLUSIVE in must:
        return Verdict.INCONCLUSIVE
    if len(tried) < len(results):
        decided = {Outcome.PASS, Outcome.FAIL, Outcome.WAIVED}.intersection(must or should)
        return Verdict.PARTIAL if decided else Verdict.INCONCLUSIVE
    if Outcome.PASS not in must:
        return Verdict.INCONCLUSIVE
    return Verdict.REMARKS if Outcome.FAIL in should or Outcome.WAIVED in must else Verdict.CERTIFIED
