"""Connections: reuse, retries, broken and malformed responses, framing, and unusual but valid HTTP."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import pytest

from raw_sockets import listening, reset
from twinwire.errors import UsageError
from twinwire_conformance.findings import BudgetSpent, FailureKind, Unreachable
from twinwire_conformance.model import Request
from twinwire_conformance.target import RequestPolicy, Target

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"


def framed(body: bytes) -> bytes:
    return HEAD + b"content-length: %d\r\n\r\n" % len(body) + body


def closed(link: socket.socket) -> None:
    link.shutdown(socket.SHUT_RDWR)


class Numbered:
    """Responds with the number of each request. `connections` holds the request numbers by connection."""

    def __init__(self, after: Callable[[socket.socket, int], None] = lambda _link, _number: None) -> None:
        self.after = after
        self.connections: list[list[int]] = []
        self.links: dict[socket.socket, list[int]] = {}
        self.count = 0
        self.lock = threading.Lock()

    def __call__(self, link: socket.socket, _head: bytes) -> None:
        with self.lock:
            self.count += 1
            number = self.count
            if link not in self.links:
                self.links[link] = []
                self.connections.append(self.links[link])
            self.links[link].append(number)
        self.answer(link, number)
        if link.fileno() != -1:
            self.after(link, number)

    def answer(self, link: socket.socket, number: int) -> None:
        link.sendall(framed(b"%d" % number))


class Drops(Numbered):
    """Ends the connection without a response to the requests with these numbers."""

    def __init__(self, end: Callable[[socket.socket], None], *numbers: int) -> None:
        super().__init__()
        self.end, self.numbers = end, numbers

    def answer(self, link: socket.socket, number: int) -> None:
        if number in self.numbers:
            self.end(link)
        else:
            super().answer(link, number)


def send(target: Target, count: int = 1) -> list[bytes]:
    return [target.send(Request()).body for _ in range(count)]


@pytest.mark.parametrize("end", [closed, reset])
def test_a_request_is_sent_again_when_its_reused_connection_was_closed(end: Callable[[socket.socket], None]) -> None:
    serve = Drops(end, 2)
    with listening(serve) as (place, _), Target(f"http://{place}", "/feed") as target:
        assert send(target, 2) == [b"1", b"3"]
        assert target.requests == 3
        assert target.notes == ["1 request was sent again because a reused connection had been closed"]
    assert serve.connections == [[1, 2], [3]]


@pytest.mark.parametrize("end", [closed, reset])
def test_a_request_is_sent_again_when_its_new_connection_ends(end: Callable[[socket.socket], None]) -> None:
    with listening(Drops(end, 1, 3)) as (place, _), Target(f"http://{place}", "/feed") as target:
        assert send(target, 2) == [b"2", b"4"]
        assert target.notes == [
            "1 request was sent again because a reused connection had been closed",
            "1 request was sent again because a new connection ended without a response",
        ]


@pytest.mark.parametrize(("first", "sent"), [((1, 2), 2), ((2, 3, 4), 3)])
def test_a_request_that_always_ends_its_connection_gets_no_response(first: tuple[int, ...], sent: int) -> None:
    """A reused connection gives one more attempt, and so does a new one; then the failure counts."""
    with listening(Drops(closed, *first)) as (place, _), Target(f"http://{place}", "/feed") as target:
        send(target, first[0] - 1)
        with pytest.raises(Unreachable, match=rf"no answer from .*sent {sent} times") as caught:
            send(target)
    assert caught.value.kind is FailureKind.NO_RESPONSE
    assert caught.value.responses == ()


def test_nobody_listening_is_not_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # The port is free again after the block, so connecting is refused.
        port = listener.getsockname()[1]
    with Target(f"http://127.0.0.1:{port}", "/feed") as target, pytest.raises(Unreachable) as caught:
        send(target)
    assert (caught.value.kind, target.requests) == (FailureKind.REFUSED, 1)


def test_a_host_that_cannot_be_named_is_not_reached() -> None:
    # A DNS label has at most 63 characters, so the name cannot be encoded.
    with Target(f"http://{'a' * 70}.invalid", "/feed") as target, pytest.raises(Unreachable) as caught:
        send(target)
    assert caught.value.kind is FailureKind.REFUSED


def test_sending_again_counts_against_the_budget() -> None:
    with (
        listening(Drops(closed, 1)) as (place, heads),
        Target(f"http://{place}", "/feed", RequestPolicy(max_requests=1)) as target,
        pytest.raises(BudgetSpent),
    ):
        send(target)
    assert len(heads) == 1


def test_a_server_that_closes_after_every_response_does_not_double_the_requests() -> None:
    with listening(Numbered(lambda link, _number: closed(link))) as (place, _), Target(f"http://{place}", "/feed") as target:
        send(target, 40)
        # After two dropped connections the client stops reusing them.
        assert target.requests <= 42


def test_a_server_that_drops_reused_connections_is_given_new_ones() -> None:
    class OneOnly(Numbered):
        def answer(self, link: socket.socket, number: int) -> None:
            if len(self.links[link]) > 1:
                reset(link)
            else:
                super().answer(link, number)

    with listening(OneOnly()) as (place, _), Target(f"http://{place}", "/feed") as target:
        send(target, 20)
        assert target.requests == 22
        assert target.notes == ["2 requests were sent again because a reused connection had been closed"]


def test_a_server_that_closes_after_many_requests_keeps_its_connections() -> None:
    class Hundred(Numbered):
        def answer(self, link: socket.socket, number: int) -> None:
            if len(self.links[link]) > 40:
                reset(link)
            else:
                super().answer(link, number)

    serve = Hundred()
    with listening(serve) as (place, _), Target(f"http://{place}", "/feed") as target:
        send(target, 130)
        assert target.requests == 133
    assert len(serve.connections) == 4


# RFC 9110, section 15.5.9: a server sends 408 on an idle connection that it closes.
def test_a_server_that_gave_up_an_idle_connection_with_408_is_asked_again() -> None:
    class Impatient(Numbered):
        def answer(self, link: socket.socket, number: int) -> None:
            if number == 2:
                link.sendall(b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
            else:
                super().answer(link, number)

    with listening(Impatient()) as (place, _), Target(f"http://{place}", "/feed") as target:
        assert send(target, 2) == [b"1", b"3"]
        assert target.notes == ["1 request was sent again because a reused connection had been closed"]


# Bytes after the body must not be taken for the next response (response splitting).
@pytest.mark.parametrize("extra", [b"\r\n", b"\r\n\r\n", b"\n", b"garbage", framed(b"smuggled")])
def test_bytes_after_the_body_are_never_the_next_response(extra: bytes) -> None:
    class Chatty(Numbered):
        def answer(self, link: socket.socket, number: int) -> None:
            link.sendall(framed(b"%d" % number) + extra)

    with listening(Chatty()) as (place, _), Target(f"http://{place}", "/feed") as target:
        assert send(target, 4) == [b"1", b"2", b"3", b"4"]
        assert (target.requests, target.notes) == (4, [])


def test_line_breaks_that_come_late_are_discarded() -> None:
    class Late(Numbered):
        def answer(self, link: socket.socket, number: int) -> None:
            # The line breaks arrive after the next request was sent.
            link.sendall((b"\r\n\r\n" if number > 1 else b"") + framed(b"%d" % number))

    with listening(Late()) as (place, _), Target(f"http://{place}", "/feed") as target:
        assert send(target, 3) == [b"1", b"2", b"3"]
        assert target.requests == 3


def test_garbage_on_a_reused_connection_is_what_an_earlier_response_left() -> None:
    class Late(Numbered):
        def answer(self, link: socket.socket, number: int) -> None:
            link.sendall((b"garbage\r\n\r\n" if number == 2 else b"") + framed(b"%d" % number))

    with listening(Late()) as (place, _), Target(f"http://{place}", "/feed") as target:
        assert send(target, 2) == [b"1", b"3"]


BROKEN = [
    (HEAD + b"content-length: 9\r\n\r\n{}", "the body ended after 2 of 9 bytes", b"{}"),
    (HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n", "after 2 bytes, without its last chunk", b"{}"),
    (HEAD + b"transfer-encoding: chunked\r\n\r\n9\r\n{}", "after 2 bytes, without its last chunk", b"{}"),
    (HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", "after 2 bytes, without its last chunk", b"{}"),
    (HEAD, "the response ended in its head", None),
    (b"HT", "the response ended in its head", None),
    (b"HTTP/1.1 100 Continue\r\n\r\n", "the response ended in its head", None),
]


@pytest.mark.parametrize(("response", "reason", "body"), BROKEN)
def test_a_response_that_breaks_off_twice_is_broken(response: bytes, reason: str, body: bytes | None) -> None:
    def serve(link: socket.socket, _head: bytes) -> None:
        link.sendall(response)
        closed(link)

    with listening(serve) as (place, heads), Target(f"http://{place}", "/feed") as target:
        with pytest.raises(Unreachable, match=reason) as caught:
            send(target)
        shown = [target.evidence(answer) for answer in caught.value.responses]
        assert target.notes == ["1 request was sent again because the response broke off"]
        assert target.received_bytes == 2 * len(body or b"")
    assert (caught.value.kind, len(heads)) == (FailureKind.BROKEN, 2)
    if body is None:
        assert shown == []
    else:
        [answer] = caught.value.responses
        assert (answer.status, answer.body, answer.media_type) == (200, body, "text/plain")
        assert reason in answer.flaw
        assert shown[0].excerpt == "{}"


def test_a_response_that_is_reset_without_a_length_is_broken() -> None:
    def serve(link: socket.socket, _head: bytes) -> None:
        link.sendall(HEAD + b"\r\n{}")
        # The client must have received the response; a reset discards unread data.
        time.sleep(0.5)
        reset(link)

    with (
        listening(serve) as (place, _),
        Target(f"http://{place}", "/feed") as target,
        pytest.raises(Unreachable, match="the body ended after 2 bytes") as caught,
    ):
        send(target)
    assert caught.value.kind is FailureKind.BROKEN


def test_a_response_that_breaks_off_once_is_asked_for_again() -> None:
    class Once(Numbered):
        def answer(self, link: socket.socket, number: int) -> None:
            if number == 1:
                link.sendall(HEAD + b"content-length: 9\r\n\r\n{}")
                closed(link)
            else:
                super().answer(link, number)

    with listening(Once()) as (place, _), Target(f"http://{place}", "/feed") as target:
        assert send(target) == [b"2"]
        assert target.notes == ["1 request was sent again because the response broke off"]


def test_a_body_that_stops_is_kept_as_far_as_it_came() -> None:
    def serve(link: socket.socket, _head: bytes) -> None:
        link.sendall(HEAD + b"content-length: 9\r\n\r\n{}")

    with (
        listening(serve) as (place, _),
        Target(f"http://{place}", "/feed", RequestPolicy(timeout=1)) as target,
        pytest.raises(Unreachable, match=r"within 1 s .*: the body stopped after 2 of 9 bytes") as caught,
    ):
        send(target)
    assert caught.value.kind is FailureKind.TIMEOUT
    assert caught.value.responses[0].body == b"{}"


# Invalid start lines, framing, chunk sizes, header fields, interim responses without end, and a TLS alert.
MALFORMED = [
    b"no HTTP\r\n\r\n",
    b"http/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
    b"HTTP/1.1 two hundred\r\n\r\n",
    b"HTTP/1.1 042 Odd\r\n\r\n",
    HEAD + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}",
    HEAD + b"content-length: -2\r\n\r\n{}",
    HEAD + b"content-length: 2e0\r\n\r\n{}",
    HEAD + b"content-length: " + b"9" * 400 + b"\r\n\r\n{}",
    HEAD + b"transfer-encoding: gzip\r\n\r\n{}",
    HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    HEAD + b"transfer-encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
    HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\n{}..0\r\n\r\n",
    HEAD + b"transfer-encoding: chunked\r\n\r\n" + b"0" * 300_000,
    HEAD + b"no colon\r\ncontent-length: 2\r\n\r\n{}",
    HEAD + b"x-nul: a\0b\r\ncontent-length: 2\r\n\r\n{}",
    HEAD + b"bad name: x\r\ncontent-length: 2\r\n\r\n{}",
    HEAD + b"x-long: " + b"x" * 300_000,
    HEAD + b"x" * 200_000 + b"\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000,
    b"\x16\x03\x01\x02\x00\x01\x00",
]


@pytest.mark.parametrize("response", MALFORMED)
def test_what_is_not_http_is_broken_at_once(response: bytes) -> None:
    def serve(link: socket.socket, _head: bytes) -> None:
        link.sendall(response)
        closed(link)

    with (
        listening(serve) as (place, heads),
        Target(f"http://{place}", "/feed") as target,
        pytest.raises(Unreachable, match="no answer from ") as caught,
    ):
        send(target)
    assert caught.value.kind is FailureKind.BROKEN
    assert len(caught.value.message) < 1000
    assert "bytearray" not in caught.value.message
    assert not caught.value.malformed or len(heads) == 1


# Unusual but valid: HTTP/1.0, an empty reason, folded headers, repeated equal lengths, interim responses, no body.
FINE = [
    (b"HTTP/1.0 200 OK\r\n\r\n{}", b"{}"),
    (HEAD + b"\r\n{}", b"{}"),
    (b"HTTP/1.1 200 \r\ncontent-length: 2\r\n\r\n{}", b"{}"),
    (b"HTTP/1.1 200\r\ncontent-length: 2\r\n\r\n{}", b"{}"),
    (b"HTTP/1.1 200 It w\xf6rks\tfine\r\ncontent-length: 2\r\n\r\n{}", b"{}"),
    (HEAD + b"x-folded: a\r\n b\r\ncontent-length: 2\r\n\r\n{}", b"{}"),
    (HEAD + b"content-length: 2\r\ncontent-length: 2\r\n\r\n{}", b"{}"),
    (HEAD + b"transfer-encoding: CHUNKED\r\n\r\n2;x=1\r\n{}\r\n0\r\nx-trailer: 1\r\n\r\n", b"{}"),
    (b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + framed(b"{}"), b"{}"),
    (b"HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\n{}", b""),
    (b"HTTP/1.1 304 Not Modified\r\n\r\n", b""),
    (HEAD + b"content-length: 1\r\n\r\n{}", b"{"),
]


@pytest.mark.parametrize(("response", "body"), FINE)
def test_what_is_odd_and_allowed_is_an_answer(response: bytes, body: bytes) -> None:
    def serve(link: socket.socket, _head: bytes) -> None:
        link.sendall(response)
        closed(link)

    with listening(serve) as (place, heads), Target(f"http://{place}", "/feed") as target:
        answer = target.send(Request())
    assert (answer.body, answer.flaw, answer.framing_defect, len(heads)) == (body, "", "", 1)


def test_two_framings_at_once_are_named_and_the_chunks_count() -> None:
    def serve(link: socket.socket, _head: bytes) -> None:
        link.sendall(HEAD + b"content-length: 9\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")

    with listening(serve) as (place, _), Target(f"http://{place}", "/feed") as target:
        answer = target.send(Request())
    assert (answer.body, answer.flaw) == (b"{}", "")
    assert "both Transfer-Encoding and Content-Length" in answer.framing_defect


def test_a_request_can_have_a_connection_of_its_own() -> None:
    serve = Numbered()
    with listening(serve) as (place, _), Target(f"http://{place}", "/feed") as target:
        send(target, 2)
        target.send(Request(fresh_connection=True))
        send(target)
        target.send(Request(headers=(("Connection", "close"),)))
        send(target)
    # A request with its own connection leaves the pooled one in place.
    assert serve.connections == [[1, 2, 4, 5], [3], [6]]


@pytest.mark.parametrize("header", [("Bad Name", "x"), ("X-Bad", "a\nb"), ("X-\u00e9", "x"), ("Content-Length", "5")])
def test_a_header_that_cannot_be_sent_is_no_crash(header: tuple[str, str]) -> None:
    with listening(Numbered()) as (place, heads), Target(f"http://{place}", "/feed") as target:
        with pytest.raises(Unreachable):
            target.send(Request(headers=(header,)))
        assert (heads, target.requests) == ([], 1)


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding"])
def test_a_header_of_the_caller_that_announces_a_body_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"the header {name} cannot be sent"):
        Target("http://feed.invalid", "/feed", headers={name: "5"})
