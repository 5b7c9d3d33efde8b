"""The step SEND: a fault changes the finished response and its connection."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

import reference_calls
from twinwire_conformance.reference import create_app, running
from twinwire_conformance.reference.pipeline import SEND, Exchange, ServerResponse, Step

CONTRACT = reference_calls.images()


@dataclass
class Intruder:
    """A replacement for one step that is not in the registry of faults."""

    hook: Callable[[Exchange, Callable[[], ServerResponse]], ServerResponse]
    step: Step[Any] = SEND


def broken(**changes: object) -> Any:
    """Return an application whose responses have these fields changed before they are sent."""

    def hook(_x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
        done = proceed()
        for name, value in changes.items():
            setattr(done, name, value)
        return done

    return create_app(CONTRACT, products=3, override=Intruder(hook))


@contextmanager
def connected(app: Any) -> Iterator[socket.socket]:
    with running(app) as url, socket.create_connection(("127.0.0.1", httpx.URL(url).port or 0), timeout=10) as link:
        yield link


def received(link: socket.socket, close: bool = True) -> bytes:
    end = b"Connection: close\r\n" if close else b""
    link.sendall(b"GET /products/images HTTP/1.1\r\nHost: here\r\n" + end + b"\r\n")
    return b"".join(iter(lambda: link.recv(65536), b""))


def test_a_connection_ends_without_an_answer() -> None:
    data = b""
    with connected(broken(hangs_up=True)) as link, suppress(ConnectionResetError):
        data = received(link)
    assert data == b""


def test_without_a_connection_to_end_the_application_fails() -> None:
    with pytest.raises(ConnectionAbortedError, match="serve it over HTTP"):
        reference_calls.get_images(broken(hangs_up=True), "")


def test_a_body_ends_before_the_length_that_is_declared() -> None:
    with connected(broken(body=b"12345", declared_length=9)) as link:
        head, _, body = received(link, close=False).partition(b"\r\n\r\n")
    assert b"content-length: 9" in head
    assert body == b"12345"


def test_what_is_longer_than_declared_follows_the_response() -> None:
    with connected(broken(body=b"12345", declared_length=2)) as link:
        # The bytes after the declared length arrive as the beginning of a next response.
        link.settimeout(1)
        link.sendall(b"GET /products/images HTTP/1.1\r\nHost: here\r\n\r\n")
        data = b""
        while not data.endswith(b"12345"):
            data += link.recv(65536)
    assert b"content-length: 2" in data


def test_a_fault_sees_the_compressed_answer_and_the_request() -> None:
    seen: list[tuple[str, str, bool]] = []

    def hook(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
        done = proceed()
        seen.append((x.header("x-one"), x.header("x-two"), done.headers.get("content-encoding") == "gzip"))
        return done

    app = create_app(CONTRACT, override=Intruder(hook))
    headers = [("X-One", "a"), ("X-One", "b"), ("Accept-Encoding", "gzip")]
    [response] = reference_calls.call(app, "/products/images", ("", None), headers=headers)
    assert seen == [("a,b", "", True)]
    assert response.json()["count"] == 100


def test_what_is_not_the_feed_goes_out_as_it_is() -> None:
    [response] = reference_calls.call(broken(body=b"changed"), "/nowhere", ("", None))
    assert (response.status_code, response.json()) == (404, {"message": "Not Found"})


def test_without_a_body_there_is_no_length() -> None:
    [response] = reference_calls.get_images(broken(status=304, body=b""), "")
    assert "content-length" not in response.headers
