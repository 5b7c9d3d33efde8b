"""Exchanges with in-process applications, as a server would perform them."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any
from wsgiref.validate import validator

import pytest

from twinwire_conformance.findings import Unreachable
from twinwire_conformance.model import Request, Response
from twinwire_conformance.transport import Endpoint
from twinwire_conformance.transport.application import AppTransport


@pytest.fixture
def make() -> Iterator[Callable[..., AppTransport]]:
    made: list[AppTransport] = []

    def transport(app: Any, timeout: float = 20.0, max_bytes: int = 10**6, *, lifespan: bool = False) -> AppTransport:
        headers = {"Host": "shop.example", "X-Key": "k"}
        endpoint = Endpoint("http://in-process.invalid:81/b%C3%A9", "/feed", headers)
        made.append(AppTransport(endpoint, timeout, max_bytes, app, lifespan=lifespan))
        return made[-1]

    yield transport
    for each in made:
        each.close()


def page_request(transport: AppTransport, **options: Any) -> Response:
    return transport.exchange(Request((("a", "1&2 \u00e9"), ("b", "\udcff")), "text/xml", **options), 0)


def test_a_wsgi_application_gets_a_sound_environ(make: Callable[..., AppTransport]) -> None:
    seen: dict[str, Any] = {}

    def app(environ: Any, start_response: Any) -> list[bytes]:
        seen.update(environ)
        start_response("203 Odd", [("Content-Type", "text/plain"), ("X-A", "1"), ("X-A", "2")])
        return [b"a", b"", b"b"]

    # wsgiref's validator checks the environ and the calls against PEP 3333.
    response = page_request(make(validator(app)))
    assert (response.status, response.body, response.headers["x-a"], response.trace) == (203, b"ab", "1, 2", "")
    assert seen["QUERY_STRING"] == "a=1%262%20%C3%A9&b=%FF"
    # PEP 3333: the path is decoded as Latin-1, byte by byte.
    assert seen["PATH_INFO"] == "/b\u00c3\u00a9/feed"
    assert (seen["HTTP_HOST"], seen["SERVER_NAME"], seen["SERVER_PORT"]) == ("shop.example", "in-process.invalid", "81")
    assert (seen["HTTP_ACCEPT"], seen["HTTP_X_KEY"], seen["wsgi.input"].read(9)) == ("text/xml", "k", b"")


class Chunks:
    """A body that records that it was closed."""

    def __init__(self, chunks: Any) -> None:
        self.chunks = iter(chunks)
        self.closed = 0

    def __iter__(self) -> Any:
        return self.chunks

    def close(self) -> None:
        self.closed += 1


def endless() -> Iterator[bytes]:
    while True:
        yield b"x" * 1000


@pytest.mark.parametrize("most", [None, 10])
def test_the_body_of_a_wsgi_application_is_closed(most: int | None, make: Callable[..., AppTransport]) -> None:
    body = Chunks([b"a" * 8, b"b" * 8] if most is None else endless())

    def app(environ: Any, start_response: Any) -> Chunks:
        start_response("200 OK", [])
        return body

    response = page_request(make(app), most=most)
    assert response.cut is (most is not None)
    assert body.closed == 1


def test_a_body_that_is_too_large_is_no_answer(make: Callable[..., AppTransport]) -> None:
    def wsgi(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        return endless()

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b"x" * 1000, "more_body": True})

    for app in (wsgi, asgi):
        with pytest.raises(Unreachable, match="larger than 5000 bytes"):
            page_request(make(app, max_bytes=5000))
    assert page_request(make(asgi), most=10).cut


def test_a_wsgi_application_may_write(make: Callable[..., AppTransport]) -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        write = start_response("200 OK", [("Content-Length", "3")])
        write(b"a")
        write(b"b")
        return [b"c"]

    assert page_request(make(app)).body == b"abc"


# PEP 3333: start_response with exc_info replaces headers that were not sent, and raises otherwise.
def test_a_wsgi_application_may_replace_its_response_until_it_has_begun(make: Callable[..., AppTransport]) -> None:
    def early(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        try:
            raise ValueError("early")
        except ValueError:
            start_response("500 Sorry", [], sys.exc_info())
        yield b"sorry"

    def late(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"a"
        try:
            raise ValueError("late")
        except ValueError:
            start_response("500 Sorry", [], sys.exc_info())
        yield b"b"

    def twice(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        start_response("404 No", [])
        return []

    response = page_request(make(early))
    assert (response.status, response.body) == (500, b"sorry")
    assert response.trace.endswith("ValueError: early")
    with pytest.raises(Unreachable, match="ended before its response was complete: ValueError: late"):
        page_request(make(late))
    assert page_request(make(twice)).trace.endswith("start_response was called twice without exc_info")


def responses(*messages: dict[str, Any], error: BaseException | None = None) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "http.request"
        for message in messages:
            await send(message)
        if error is not None:
            raise error

    return app


START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
BODY = {"type": "http.response.body", "body": b"ab"}


@pytest.mark.parametrize(
    ("app", "says"),
    [
        (responses(START), "ended before its response was complete"),
        (responses(START, {**BODY, "more_body": True}), "ended before its response was complete"),
        (responses(START, {**BODY, "more_body": True}, error=ValueError("mid")), "was complete: ValueError: mid"),
        (responses(START, {**BODY, "body": b"a"}), "the body has 1 bytes, but Content-Length declares 2"),
        (responses(START, {**BODY, "body": b"abc"}), "the body has 3 bytes, but Content-Length declares 2"),
    ],
)
def test_a_response_that_a_server_could_not_pass_on_is_no_answer(
    app: Any, says: str, make: Callable[..., AppTransport]
) -> None:
    with pytest.raises(Unreachable, match=says):
        page_request(make(app))


@pytest.mark.parametrize(
    ("app", "says"),
    [
        (responses(), "RuntimeError: the application returned without a response"),
        (responses(BODY), "RuntimeError: unexpected ASGI message 'http.response.body'"),
        (responses({**START, "headers": [("a", "b")]}), "TypeError: "),
        (responses(error=SystemExit(3)), "SystemExit: 3"),
        (responses({**START, "status": 500}, BODY, error=KeyError("after")), "KeyError: 'after'"),
    ],
)
def test_an_application_that_fails_is_http_500_with_its_traceback(
    app: Any, says: str, make: Callable[..., AppTransport]
) -> None:
    response = page_request(make(app))
    assert response.status == 500
    assert says in response.trace.splitlines()[-1]
    assert len(response.trace.splitlines()) <= 10


def test_what_fails_after_a_whole_response_leaves_it_as_it_is(make: Callable[..., AppTransport]) -> None:
    response = page_request(make(responses(START, BODY, error=ValueError("later"))))
    assert (response.status, response.body, response.trace) == (200, b"ab", "")


def test_an_application_that_hangs_is_not_waited_for(make: Callable[..., AppTransport]) -> None:
    ended = threading.Event()

    # A thread cannot be cancelled, so the WSGI application is released at the end.
    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(1000)

    def wsgi(environ: Any, start_response: Any) -> list[bytes]:
        ended.wait(100)
        return []

    for app in (asgi, wsgi):
        with pytest.raises(Unreachable, match=r"no whole answer within 0\.05 s"):
            page_request(make(app, timeout=0.05))
    ended.set()


def test_an_application_without_lifespan_is_served(make: Callable[..., AppTransport]) -> None:
    kinds: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        kinds.append(scope["type"])
        # By the ASGI specification, an exception at startup means that lifespan is not supported.
        if scope["type"] == "lifespan":
            raise NotImplementedError
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    assert page_request(make(app, lifespan=True)).status == 204
    assert kinds == ["lifespan", "http"]


async def logs_async(scope: Any, receive: Any, send: Any) -> None:
    def view() -> None:
        try:
            raise ValueError("logged")
        except ValueError:
            logging.getLogger("framework").exception("a request failed")

    # Frameworks run views in worker threads; the log record must still belong to the request.
    await asyncio.to_thread(view)
    await responses({**START, "status": 500}, BODY)(scope, receive, send)


def logs_plain(environ: Any, start_response: Any) -> list[bytes]:
    try:
        raise ValueError("logged")
    except ValueError:
        logging.getLogger("framework").exception("a request failed")
    start_response("500 Sorry", [])
    return []


@pytest.mark.parametrize("app", [logs_async, logs_plain])
def test_an_exception_that_a_framework_logs_is_shown(app: Any, make: Callable[..., AppTransport]) -> None:
    transport = make(app)
    assert page_request(transport).trace.endswith("ValueError: logged")
    before = len(logging.getLogger().handlers)
    transport.close()
    assert len(logging.getLogger().handlers) == before - 1
