"""The vocabulary of the suite: requests and responses, verdicts, and the ways in which a rule can end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Level(StrEnum):
    """The requirement level of a rule: MUST decides certification, SHOULD only remarks."""

    MUST = "MUST"
    SHOULD = "SHOULD"


class Outcome(StrEnum):
    """The outcome of a rule against a target."""

    PASS = "pass"  # noqa: S105 - an outcome, not a password
    FAIL = "fail"
    SKIP = "skip"
    INCONCLUSIVE = "inconclusive"
    BLOCKED = "blocked"
    """The rule cannot be judged because another rule fails; ``Result.blocked_by`` names it."""
    WAIVED = "waived"


class Verdict(StrEnum):
    """The verdict of a whole run."""

    CERTIFIED = "certified"
    REMARKS = "certified-with-remarks"
    NOT_CERTIFIED = "not-certified"
    INCONCLUSIVE = "inconclusive"
    PARTIAL = "partial"
    """Some rules were deselected, and no MUST among the others failed; this is never a certificate."""

    @property
    def exit_code(self) -> int:
        """The exit code of a run that ends with this verdict."""
        return {Verdict.NOT_CERTIFIED: 1, Verdict.INCONCLUSIVE: 3}.get(self, 0)


Params = tuple[tuple[str, str], ...]


SHOWN_BYTES = 16 * 1024
"""The most bytes of a body that are kept for the report."""
SHOWN_HEADERS = 4 * 1024
"""The most characters of the headers of a response that are kept."""
MAX_QUOTED = 4_000
"""The longest text that a message quotes, in characters."""
CUT = "the body is longer than was to be read"


@dataclass(frozen=True, slots=True)
class ClientIdentity:
    """The headers by which a server could recognise a client, in the order and case in which that client sends them.

    A value of None marks the place of a header that the request supplies, such as Host or Accept; without one it is omitted.
    """

    name: str
    headers: tuple[tuple[str, str | None], ...]


# A space would end the request target, and '#' would begin a fragment.
_RAW_QUERY = re.compile(r"[!-\"$-~]*")


@dataclass(frozen=True, slots=True)
class Request:
    """A GET of the operation.

    Args:
        params: Query parameters in order. Lone surrogates stand for raw bytes (surrogateescape).
        accept: The Accept header; None sends none.
        headers: Additional headers.
        most: The most bytes of the response to read; None for the target's limit. It does not count in comparisons.
        fresh_connection: Whether to use a new connection for this request only.
        raw_query: A query to send unchanged in place of ``params``: printable ASCII without spaces and ``#``.
        client: Another client whose headers replace those of the kit.

    Raises:
        ValueError: ``raw_query`` has other characters, or was given together with ``params``.
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
class Response:
    """A response as received, or the part of it that could be read.

    ``headers`` have lower-case names, ``url`` is redacted, ``seconds`` is the duration, ``received`` the Unix time.
    """

    request: Request
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    seconds: float = 0.0
    received: float = 0.0
    flaw: str = ""
    """The defect in the content coding or the end of the body that makes it unreadable; empty without one."""
    unasked_coding: str = ""
    """The content coding that the request did not offer; ``body`` is decoded nevertheless. Empty without one."""
    framing_defect: str = ""
    """The defect in the framing of a body that is readable nevertheless; empty without one."""
    wire_bytes: int = 0
    """The size of the body as transferred, before its content coding was decoded."""
    trace: str = field(default="", repr=False)
    """The end of the redacted traceback when an application in this process raised; empty otherwise."""

    full_bytes: int = 0
    """The size of the body where only its beginning is held; 0 when all of it is here."""

    @property
    def size(self) -> int:
        """The size of the body, whether all of it is here or not."""
        return max(self.full_bytes, len(self.body))

    def shortened(self) -> Response:
        """Return the answer with no more of its body and headers than is shown of them."""
        headers = self.headers
        if sum(len(name) + len(value) for name, value in headers.items()) > SHOWN_HEADERS:
            headers = _shortened(headers)
        elif len(self.body) <= SHOWN_BYTES:
            return self
        return replace(self, headers=headers, body=self.body[:SHOWN_BYTES], full_bytes=self.size)

    @property
    def cut(self) -> bool:
        """True when the body exceeds the limit, and only its beginning was read."""
        return self.flaw == CUT

    @property
    def media_type(self) -> str:
        """The media type of the Content-Type, without parameters, in lower case; empty when there is none."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    @property
    def charset(self) -> str | None:
        """The charset of the Content-Type in lower case; None when it names none."""
        for parameter in self.headers.get("content-type", "").split(";")[1:]:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "charset":
                return value.strip().strip("\"'").lower() or None
        return None

    @property
    def charset_or_utf8(self) -> str:
        """The charset of the Content-Type if Python knows it, else UTF-8."""
        try:
            # Python decodes an empty body without looking up the charset.
            b" ".decode(self.charset or "utf-8", "replace")
        except (LookupError, ValueError):
            return "utf-8"
        return self.charset or "utf-8"


@dataclass(frozen=True, slots=True)
class Evidence:
    """An exchange that shows a finding: a command that repeats it, and the beginning of the response, redacted."""

    curl: str
    status: int
    excerpt: str
    trace: str = ""
    """The end of the application's traceback, for a target in this process that raised."""


def _shortened(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the first headers, the Content-Type among them, with as many characters as are kept."""
    kept: dict[str, str] = {}
    room = SHOWN_HEADERS
    for name in ("content-type", *headers):
        value = headers.get(name)
        if value is not None and name not in kept and room > len(name):
            kept[name] = value[: room - len(name)]
            room -= len(name) + len(kept[name])
    return kept


INTERRUPTED = "interrupted"
"""The note of a report on a run that was ended by a signal."""
NOT_SELECTED = "not selected"
"""The message of a rule that was deselected."""


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one rule: its outcome, the number of observations that it rests on, and the evidence."""

    id: str
    level: Level
    title: str
    outcome: Outcome
    observation_count: int = 0
    message: str = ""
    evidence: tuple[Evidence, ...] = ()
    blocked_by: str = ""
    """The id of the failing rule that blocks this one; empty unless the outcome is blocked."""
    cause: str = ""
    """The id of the failed rule that leads the group of this failure; empty when this one leads it."""
    member: str = ""
    """The path of the failing member, equal in both representations and for every entry; empty without a single member."""
    spec_name: str = ""
    spec_line: int = 0
    """The parameter or member of the spec that a failure rests on, and its line there; empty and 0 when there is none."""
    seconds: float = field(default=0.0, compare=False)

    @property
    def selected(self) -> bool:
        """True unless the rule was deselected."""
        return not (self.outcome is Outcome.SKIP and self.message == NOT_SELECTED)


@dataclass(frozen=True, slots=True)
class Cause:
    """A defect that failures are grouped by: the rule that leads the group, the failure, and the other rules."""

    rule: str
    level: Level
    message: str
    also: tuple[str, ...] = ()
    """The other rules that fail because of it."""
    blocked: tuple[str, ...] = ()
    """The rules that cannot be judged because of it."""


@dataclass(frozen=True, slots=True)
class Report:
    """The report of a run against one target."""

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
    """The reason why the run ended early or says less than it could; empty otherwise."""
    coverage: tuple[str, ...] = ()
    """Lines that describe the part of the feed that was checked, one for each kind of content."""
    notes: tuple[str, ...] = ()
    """Observations that do not fail a rule, one line each."""
    causes: tuple[Cause, ...] = ()
    """The defects that the failures come from, the most basic first."""


def verdict(results: Sequence[Result]) -> Verdict:
    """Return the verdict that follows from the outcomes of the rules.

    A failed MUST decides against the target, an inconclusive MUST leaves the run open, and a failed SHOULD is a remark. Skipped
    and blocked rules decide nothing, so that a run in which no MUST passed is inconclusive. A run with deselected rules is
    partial at best; when it tried SHOULD rules only, one of them must have been decided.
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
    # Every MUST was skipped, blocked or waived: nothing shows that the target works.
    if Outcome.PASS not in must:
        return Verdict.INCONCLUSIVE
    return Verdict.REMARKS if Outcome.FAIL in should or Outcome.WAIVED in must else Verdict.CERTIFIED
