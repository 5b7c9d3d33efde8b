"""The steps from a request to its response: negotiate, parse, look up, window, result (or refuse), encode, respond.

One more step, SEND, follows after compression and sees the response as it goes out (see `sending`).

A fault replaces exactly one step, so each step is a value that a fault can name, and all steps work on one Exchange.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from twinwire.ir import Contract, Feed, Kind, Scalar
from twinwire_conformance.reference.contents import Contents
from twinwire_conformance.reference.encoding import to_json, to_xml
from twinwire_conformance.reference.feed import Place, Snapshot
from twinwire_conformance.reference.negotiation import Negotiated, negotiate
from twinwire_conformance.reference.query import ParsedQuery, RefusedError, understand, write_cursor

T = TypeVar("T")


@dataclass(slots=True)
class ServedPage:
    """The entries of one page.

    Attributes:
        places: The places of the entries, in order.
        start: The rank of the first entry.
        token: The cursor that the response hands out; None for none.
        remaining: The number of entries that follow.
    """

    places: list[Place]
    start: int
    token: int | None
    remaining: int


@dataclass(slots=True)
class ServerResponse:
    """A response to send.

    Attributes:
        status: The HTTP status.
        headers: The header fields; names in lower case.
        body: The encoded body.
        declared_length: For the step SEND over a network: the Content-Length to declare instead of the body's length. The rest
            of a longer body is sent all the same.
        hangs_up: For the step SEND over a network: end the connection without a response.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    declared_length: int | None = None
    hangs_up: bool = False


@dataclass(slots=True)
class Exchange:
    """One request on its way to its response; each step stores its result here.

    Attributes:
        query: The raw query string.
        accept: The Accept header; several are joined with commas.
        lower_limit: Lower a page size above the maximum instead of rejecting it.
        state: Values that the server keeps between requests.
        error: The reason if the request is rejected; `ask` and `lot` may then be unset.
        takes_gzip: The request offers gzip in Accept-Encoding.
        headers: The request's header fields in order of arrival; names in lower case.
        client: An identifier of the connection.
        now: Seconds since the server started.
    """

    contract: Contract
    contents: Contents
    snapshot: Snapshot
    query: bytes
    accept: str
    lower_limit: bool
    state: dict[str, Any]
    choice: Negotiated
    parsed_query: ParsedQuery = field(init=False)
    page: ServedPage = field(init=False)
    result: dict[str, Any] = field(init=False)
    body: bytes = field(init=False)
    status: int = 200
    error: RefusedError | None = None
    takes_gzip: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    client: str = ""
    now: float = 0.0

    @property
    def feed(self) -> Feed:
        """The feed's description in the contract."""
        return self.contract.feed

    @property
    def is_xml(self) -> bool:
        """True if the response is XML."""
        return self.choice.representation.format == "xml"

    def header(self, name: str) -> str:
        """Return the value of a request header: empty if it is absent, joined with commas if it is repeated.

        Args:
            name: The header's name in lower case.
        """
        return ",".join(value for given, value in self.headers if given == name)

    def cut(self, start: int, limit: int) -> ServedPage:
        """Return the page from a rank on. An empty page repeats the cursor of the request.

        Args:
            start: The rank of the first entry.
            limit: The page size.
        """
        places = list(self.snapshot.places(start, start + limit))
        token = places[-1].token if places else self.parsed_query.after
        return ServedPage(places, start, token, max(0, self.snapshot.total - start - len(places)))

    def start(self) -> int:
        """Return the rank of the first entry after the cursor of the request."""
        return 0 if self.parsed_query.after is None else self.snapshot.rank_after(self.parsed_query.after)


class Step(Generic[T]):
    """A step of the pipeline that produces a T."""


NEGOTIATE: Step[Negotiated] = Step()
PARSE: Step[ParsedQuery] = Step()
LOOKUP: Step[Awaitable[None]] = Step()
WINDOW: Step[ServedPage] = Step()
RESULT: Step[dict[str, Any]] = Step()
REFUSE: Step[dict[str, Any]] = Step()
ENCODE: Step[bytes] = Step()
RESPOND: Step[ServerResponse] = Step()
SEND: Step[ServerResponse] = Step()

Hook = Callable[[Exchange, Callable[[], T]], T]
"""Performs a step in place of the server. The second argument performs the server's own step and returns its result."""


class StepOverride(Protocol):
    """A replacement for one step of the pipeline; Fault and Habit are such replacements."""

    @property
    def step(self) -> Step[Any]:
        """The step that is replaced."""
        ...

    @property
    def hook(self) -> Hook[Any]:
        """The function that replaces it."""
        ...


async def response(x: Exchange, override: StepOverride | None = None) -> ServerResponse:
    """Run an exchange through all steps and return the response.

    Args:
        x: The exchange; its fields are filled in.
        override: Replaces one step; None runs the server's own steps only.
    """

    def do(step: Step[T], proper: Callable[[Exchange], T]) -> T:
        if override and override.step is step:
            done: T = override.hook(x, lambda: proper(x))
            return done
        return proper(x)

    try:
        x.choice = do(NEGOTIATE, _negotiate)
        x.parsed_query = do(PARSE, _parse)
        await do(LOOKUP, _lookup)
        x.page = do(WINDOW, _window)
        x.result = do(RESULT, _result)
    except RefusedError as error:
        x.error, x.status = error, error.status
        x.result = do(REFUSE, _refuse)
    x.body = do(ENCODE, _encode)
    return do(RESPOND, _respond)


def _negotiate(x: Exchange) -> Negotiated:
    choice = negotiate(x.feed.representations, x.accept)
    if choice is None:
        known = ", ".join(name for each in x.feed.representations for name in each.media_types)
        raise RefusedError(f"the response is available as {known}", status=406)
    return choice


def _parse(x: Exchange) -> ParsedQuery:
    return understand(x.contract, x.query, lower_limit=x.lower_limit)


async def _lookup(_x: Exchange) -> None:
    # Nothing is looked up here. The step exists because a real server waits for its database at this point, and concurrent
    # requests overlap there.
    return


def _window(x: Exchange) -> ServedPage:
    return x.cut(x.start(), x.parsed_query.limit)


def _result(x: Exchange) -> dict[str, Any]:
    feed, page = x.feed, x.page
    values: dict[str, Any] = {
        feed.entries.wire_name: [x.contents.entry(place.index, x.parsed_query.mode) for place in page.places],
        feed.outcome.code.wire_name: feed.outcome.success,
    }
    token = page.token
    if token is None and feed.cursor.member.required:
        # An empty feed with a required cursor needs one that works in a request: a cursor before the first entry.
        token = x.snapshot.feed.token(-1)
    if token is not None:
        values[feed.cursor.member.wire_name] = write_cursor(feed.cursor, token)
    if feed.limit.member:
        values[feed.limit.member.wire_name] = len(page.places)
    if feed.remaining:
        values[feed.remaining.wire_name] = page.remaining
    if feed.outcome.warnings and x.parsed_query.warnings:
        values[feed.outcome.warnings.wire_name] = x.parsed_query.warnings
    if feed.outcome.message:
        values[feed.outcome.message.wire_name] = "OK"
    if feed.version:
        values[feed.version.wire_name] = _version(x)
    return _complete(x, values)


def _complete(x: Exchange, values: dict[str, Any]) -> dict[str, Any]:
    # Absent cursor and warnings are legal values of their own, so they are not filled in.
    own = {x.feed.cursor.member.wire_name}
    if x.feed.outcome.warnings:
        own.add(x.feed.outcome.warnings.wire_name)
    for member in x.feed.result.fields:
        if member.required and member.wire_name not in values and member.wire_name not in own:
            values[member.wire_name] = [] if member.many else x.contents.constant(member)
    return {member.wire_name: values[member.wire_name] for member in x.feed.result.fields if member.wire_name in values}


def _version(x: Exchange) -> Any:
    assert x.feed.version is not None
    # The contract's own version is the natural value, unless the member's type restricts it.
    kind = x.feed.version.type
    if isinstance(kind, Scalar) and kind.kind is Kind.STRING and not kind.enum and kind.pattern is None:
        return x.contract.origin.version
    return x.contents.constant(x.feed.version)


def _refuse(x: Exchange) -> dict[str, Any]:
    outcome = x.feed.outcome
    values: dict[str, Any] = {outcome.code.wire_name: outcome.success + 1}
    if outcome.message and x.error:
        values[outcome.message.wire_name] = x.error.message
    if x.feed.version:
        values[x.feed.version.wire_name] = _version(x)
    return {member.wire_name: values[member.wire_name] for member in x.feed.result.fields if member.wire_name in values}


def _encode(x: Exchange) -> bytes:
    text = to_xml(x.contract.models, x.feed.result, x.result) if x.is_xml else to_json(x.result)
    return text.encode()


def _respond(x: Exchange) -> ServerResponse:
    return ServerResponse(x.status, {"content-type": f"{x.choice.label}; charset=utf-8"}, x.body)
