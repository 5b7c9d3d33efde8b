"""The target: budget, rate, Retry-After, timeouts, size limits, evidence and base URLs."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping, Sequence
from email.utils import formatdate
from typing import Any

import pytest

from twinwire.errors import UsageError
from twinwire_conformance.findings import BudgetSpent, FailureKind, Unreachable
from twinwire_conformance.model import Request, Response
from twinwire_conformance.target import RequestPolicy, Target, check_url

Scope = MutableMapping[str, Any]
Handler = Callable[[Scope, Callable[..., Awaitable[None]]], Awaitable[None]]


class Scripted:
    """An ASGI application with prepared responses; the last one is repeated."""

    def __init__(self, *responses: tuple[int, dict[str, str], bytes]) -> None:
        self.responses = list(responses)
        self.scopes: list[Scope] = []

    async def __call__(self, scope: Scope, receive: Any, send: Callable[..., Awaitable[None]]) -> None:
        self.scopes.append(scope)
        status, headers, body = self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body})


OK = (200, {"content-type": "application/json"}, b"{}")


@pytest.fixture
def make_target() -> Iterator[Callable[..., Target]]:
    made: list[Target] = []

    def make(app: Any, policy: RequestPolicy | None = None, **options: Any) -> Target:
        target = Target("http://in-process.invalid/base", "/feed", policy or RequestPolicy(), app=app, **options)
        made.append(target)
        return target

    yield make
    for target in made:
        target.close()


def test_a_request_carries_what_it_says_and_no_accept_of_its_own(make_target: Callable[..., Target]) -> None:
    app = Scripted(OK)
    target = make_target(app, headers={"X-Key": "k"})
    # A space, "&", a non-ASCII character, and the raw byte FF.
    target.send(Request((("a", "1&2 \u00e9"), ("a", "\udcff"))))
    scope = app.scopes[0]
    names = {name.decode() for name, _ in scope["headers"]}
    assert scope["raw_path"] == b"/base/feed"
    assert scope["query_string"] == b"a=1%262%20%C3%A9&a=%FF"
    assert "accept" not in names
    assert "x-key" in names


def test_the_budget_is_hard(make_target: Callable[..., Target]) -> None:
    app = Scripted(OK)
    target = make_target(app, RequestPolicy(max_requests=2))
    target.send(Request())
    target.send(Request())
    with pytest.raises(BudgetSpent, match="2 requests"):
        target.send(Request())
    assert len(app.scopes) == 2


@pytest.mark.parametrize("wait", ["0", formatdate(0, usegmt=True)])
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed(make_target: Callable[..., Target], status: int, wait: str) -> None:
    app = Scripted((status, {"retry-after": wait}, b""), OK)
    assert make_target(app).send(Request()).status == 200
    assert len(app.scopes) == 2


def test_a_wait_that_is_too_long_is_not_waited(make_target: Callable[..., Target]) -> None:
    app = Scripted((429, {"retry-after": "86400"}, b""))
    with pytest.raises(Unreachable, match="86400 s"):
        make_target(app).send(Request())
    assert len(app.scopes) == 1


def test_a_target_that_never_stops_refusing_is_given_up(make_target: Callable[..., Target]) -> None:
    app = Scripted((429, {"retry-after": "0"}, b""))
    with pytest.raises(Unreachable, match="each time with a request to wait"):
        make_target(app).send(Request())
    # The first request and four retries.
    assert len(app.scopes) == 5


def test_a_503_that_names_no_wait_is_an_answer(make_target: Callable[..., Target]) -> None:
    assert make_target(Scripted((503, {}, b"down"))).send(Request()).status == 503


def test_a_target_that_hangs_is_given_up_after_the_timeout(make_target: Callable[..., Target]) -> None:
    async def hang(scope: Scope, receive: Any, send: Any) -> None:
        await asyncio.sleep(60)

    with pytest.raises(Unreachable, match=r"0\.05 s"):
        make_target(hang, RequestPolicy(timeout=0.05)).send(Request())


def test_a_body_that_is_too_large_is_not_taken(make_target: Callable[..., Target]) -> None:
    target = make_target(Scripted((200, {}, b"x" * 2000)), RequestPolicy(max_bytes=1000))
    with pytest.raises(Unreachable, match="larger than 1000 bytes"):
        target.send(Request())


def test_requests_can_be_in_flight_together(make_target: Callable[..., Target]) -> None:
    # Each request waits until all three have arrived, so they must be concurrent.
    waiting: list[asyncio.Event] = []

    async def rendezvous(scope: Scope, receive: Any, send: Callable[..., Awaitable[None]]) -> None:
        event = asyncio.Event()
        waiting.append(event)
        if len(waiting) == 3:
            for other in waiting:
                other.set()
        await event.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["query_string"]})

    responses = make_target(rendezvous).send_together([Request((("n", str(n)),)) for n in range(3)])
    assert [response.body for response in responses] == [b"n=0", b"n=1", b"n=2"]


def test_evidence_repeats_the_request_and_hides_secrets(make_target: Callable[..., Target]) -> None:
    body = "s3cret/token \x1b[2J \u202e \u00e9\n".encode()
    target = make_target(Scripted((200, {}, body)), headers={"Authorization": "s3cret/token"}, secrets=["s3cret/token"])
    response = target.send(Request((("session", "s3cret/token"), ("q", "it's")), "application/json"))
    shown = target.evidence(response)
    assert "s3cret" not in shown.curl + shown.excerpt
    assert shown.curl.startswith("curl -sS -i -H 'Accept: application/json' -H 'Authorization: ***' ")
    assert "q=it%27s" in shown.curl
    assert shown.excerpt == "*** \\x1b[2J \\u202e \u00e9\n"


@pytest.mark.parametrize(
    "url",
    ["example.com", "ftp://a.test", "http://", "http:///path", "", "http://exa mple.com:x", "https://a.test/?x=1", "//host"],
)
def test_a_base_url_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(UsageError):
        check_url(url)


def test_a_base_url_loses_its_last_slash() -> None:
    assert check_url("https://example.com/v1/") == "https://example.com/v1"


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, 1.0),
        ({"retry-after": ""}, 1.0),
        ({"retry-after": "-5"}, 1.0),
        ({"retry-after": "1.5"}, 1.0),
        ({"retry-after": "soon"}, 1.0),
        ({"retry-after": "7"}, 7.0),
        # The wait is the difference to the Date header: the server's clock may be years behind ours.
        ({"retry-after": "Wed, 21 Oct 2015 07:28:30 GMT", "date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:30 -0000", "date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT", "date": "Wed, 21 Oct 2015 07:28:30 GMT"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:30 GMT", "date": "yesterday"}, 0.0),
    ],
)
def test_a_429_is_waited_for_as_it_says(headers: dict[str, str], wait: float) -> None:
    paced = Paced((429, headers), (200, {}))
    with Target("http://in-process.invalid", "/feed", through=lambda _: paced) as target:
        assert target.send(Request()).status == 200
    assert paced.pauses == [wait]


# A number or a date that overflows a float or a timestamp.
@pytest.mark.parametrize("wait", ["9" * 400, "Wed, 21 Oct 9999 07:28:00 GMT"])
def test_a_wait_without_an_end_is_not_waited(wait: str) -> None:
    paced = Paced((503, {"retry-after": wait}))
    with (
        Target("http://in-process.invalid", "/feed", through=lambda _: paced) as target,
        pytest.raises(Unreachable, match="asks to wait") as caught,
    ):
        target.send(Request())
    assert (caught.value.kind, paced.pauses) == (FailureKind.BUSY, [])


def test_a_rule_can_pause() -> None:
    paced = Paced()
    with Target("http://in-process.invalid", "/feed", through=lambda _: paced) as target:
        target.pause(2.5)
    assert paced.pauses == [2.5]


def test_the_bytes_of_bodies_are_counted_as_they_came_and_decoded(make_target: Callable[..., Target]) -> None:
    body = b"{}" * 1000
    packed = gzip.compress(body)
    target = make_target(Scripted((200, {"content-encoding": "gzip"}, packed), (200, {}, body)))
    responses = [target.send(Request()), target.send(Request())]
    assert [(response.body, response.wire_bytes) for response in responses] == [(body, len(packed)), (body, len(body))]
    assert [response.unasked_coding for response in responses] == ["gzip", ""]
    assert (target.received_bytes, target.decoded_bytes, target.notes) == (len(packed) + len(body), 2 * len(body), [])


@pytest.mark.parametrize("query", ["%zz=%&&a=%C0%AF", "", "a=+;b"])
def test_a_raw_query_reaches_an_application_as_it_is(make_target: Callable[..., Target], query: str) -> None:
    app = Scripted(OK)
    make_target(app).send(Request(raw_query=query))
    assert (app.scopes[0]["raw_path"], app.scopes[0]["query_string"]) == (b"/base/feed", query.encode())


def test_what_got_no_response_can_be_shown(make_target: Callable[..., Target]) -> None:
    target = make_target(Scripted(OK))
    shown = target.evidence(target.unanswered(Request(raw_query="a=%")))
    assert (shown.status, shown.excerpt) == (0, "")
    assert "http://in-process.invalid/base/feed?a=%" in shown.curl


class Paced:
    """A transport that records pauses instead of waiting."""

    def __init__(self, *responses: tuple[int, dict[str, str]]) -> None:
        self.responses = list(responses)
        self.pauses: list[float] = []

    def exchange(self, request: Request, call: int) -> Response:
        status, headers = self.responses.pop(0) if self.responses else (200, {})
        return Response(request, "", status, headers, b"", received=time.time())

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def run(self, works: Sequence[Callable[[], Any]]) -> list[Any]:
        return [work() for work in works]

    def close(self) -> None:
        pass


def test_requests_keep_to_the_rate_also_together() -> None:
    paced = Paced()
    with Target("http://in-process.invalid", "/feed", RequestPolicy(rate=0.01), through=lambda _: paced) as target:
        target.send_together([Request(), Request()])
        target.send(Request())
    assert [round(pause, -1) for pause in paced.pauses] == [100, 200]
