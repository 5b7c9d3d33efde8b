"""The HTTP transport: headers, timeouts, credentials in the URL, proxies, TLS and base URLs."""

from __future__ import annotations

import socket
import time

import pytest

from raw_sockets import listening
from twinwire.errors import UsageError
from twinwire_conformance.findings import BudgetSpent, Unreachable
from twinwire_conformance.model import Request
from twinwire_conformance.target import RequestPolicy, Target, check_url

BODY = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-one: 1\r\nX-One: \xff2\r\n\r\n{}"


def whole(link: socket.socket, _head: bytes) -> None:
    link.sendall(BODY)


def test_a_header_that_comes_twice_is_one_list_and_odd_bytes_are_read() -> None:
    with listening(whole) as (place, heads), Target(f"http://{place}", "/feed") as target:
        response = target.send(Request((("a", "\udcff"),), "text/xml", (("accept-encoding", "gzip"),)))
        target.send(Request())
    assert (response.status, response.headers["x-one"], response.body) == (200, "1, \xff2", b"{}")
    assert heads[0].startswith(b"GET /feed?a=%FF HTTP/1.1\r\n")
    assert b"Accept: text/xml\r\n" in heads[0]
    assert heads[0].lower().count(b"accept-encoding: ") == 1
    assert b"accept:" not in heads[1].lower()


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n", b"HTTP/1.1 200 OK\r\nx-slow: "])
def test_a_server_that_drips_is_not_waited_for_longer_than_the_timeout(head: bytes) -> None:
    # Each byte arrives within the timeout, but the whole response does not.
    def drip(link: socket.socket, _head: bytes) -> None:
        link.sendall(head)
        for _ in range(100):
            time.sleep(0.02)
            link.sendall(b"x")

    with (
        listening(drip) as (place, _),
        Target(f"http://{place}", "/feed", RequestPolicy(timeout=0.2)) as target,
        pytest.raises(Unreachable, match=r"no whole answer within 0\.2 s"),
    ):
        target.send(Request())


@pytest.mark.parametrize("response", [b"", b"no HTTP\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}"])
def test_what_is_no_whole_answer_is_none(response: bytes) -> None:
    def broken(link: socket.socket, _head: bytes) -> None:
        link.sendall(response)
        link.shutdown(socket.SHUT_RDWR)

    with (
        listening(broken) as (place, _),
        Target(f"http://{place}", "/feed") as target,
        pytest.raises(Unreachable, match=r"no answer from http://127\.0\.0\.1:[0-9]+/feed: ."),
    ):
        target.send(Request())


def test_a_crowd_is_sent_whole_or_not_at_all() -> None:
    with listening(whole) as (place, heads), Target(f"http://{place}", "/feed", RequestPolicy(max_requests=3)) as target:
        target.send_together([Request(), Request()])
        with pytest.raises(BudgetSpent):
            target.send_together([Request(), Request()])
        assert target.requests == len(heads) == 2


# The percent-encoded user and password are decoded before they are sent.
def test_a_user_in_the_url_is_sent_as_a_credential_and_never_shown() -> None:
    with listening(whole) as (place, heads), Target(f"http://jo%40b:s3cr%65t@{place}", "/feed") as target:
        response = target.send(Request())
    assert b"Authorization: Basic am9AYjpzM2NyZXQ=\r\n" in heads[0]
    assert b"s3cr" not in heads[0]
    assert response.url == f"http://***@{place}/feed"


def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(whole) as (place, heads):
        monkeypatch.setenv("http_proxy", f"http://jo:pw@{place}")
        monkeypatch.setenv("no_proxy", "direct.invalid")
        with Target("http://feed.invalid/v1", "/feed") as target:
            assert target.send(Request()).status == 200
        with Target("http://direct.invalid", "/feed") as target, pytest.raises(Unreachable):
            target.send(Request())
    assert heads[0].startswith(b"GET http://feed.invalid/v1/feed HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic am86cHc=\r\n" in heads[0]


def test_a_proxy_of_another_kind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "socks5://jo:pw@127.0.0.1:1")
    with pytest.raises(UsageError, match=r"the proxy socks5://127\.0\.0\.1:1 cannot be used"):
        Target("http://feed.invalid", "/feed")


def test_tls_is_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        listening(whole) as (place, _),
        Target(f"https://{place}", "/feed") as target,
        pytest.raises(Unreachable, match="SSL"),
    ):
        target.send(Request())


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://b\u00fccher.example/\u00e4 b", "http://xn--bcher-kva.example/%C3%A4%20b"),
        ("https://[::1]:8443/v%201/", "https://[::1]:8443/v%201"),
        ("http://jo:p w@h", "http://jo:p%20w@h"),
    ],
)
def test_a_base_url_is_brought_into_ascii(url: str, shown: str) -> None:
    assert check_url(url) == shown
