"""Connections over TLS. The key and certificate in tests/support/loopback.pem are used in these tests only."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from pathlib import Path

import pytest

from raw_sockets import listening, reset
from twinwire_conformance.findings import FailureKind, Unreachable
from twinwire_conformance.model import Request
from twinwire_conformance.target import Target
from twinwire_conformance.transport import connections

PEM = Path(__file__).parents[2] / "support" / "loopback.pem"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s"


class Secured:
    """Speaks TLS on each connection. `last` lists the requests after which it closes the connection."""

    def __init__(self, *last: int) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(PEM)
        self.last = last
        self.count = 0
        self.connections = 0

    def serve(self, link: socket.socket) -> None:
        # The client may send another request or disconnect while the connection closes.
        with suppress(OSError), self.context.wrap_socket(link, server_side=True) as secured:
            self.connections += 1
            while secured.recv(65536):
                self.count += 1
                text = b"%d" % self.count
                secured.sendall(OK % (len(text), text))
                if self.count in self.last:
                    # A TLS close_notify, as a server sends before it closes an idle connection.
                    secured.unwrap()
                    return


@pytest.fixture(autouse=True)
def _trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    def trust() -> ssl.SSLContext:
        context = ssl.create_default_context()
        # The certificate will expire, and the tests must pass after that.
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context

    monkeypatch.setattr(connections, "_trust", trust)


@pytest.fixture
def tunnel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)


def test_a_connection_that_tls_closes_is_replaced(tunnel: None, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Secured(2)

    def serve(link: socket.socket, head: bytes) -> None:
        assert head.startswith(b"CONNECT feed.invalid:443 HTTP/1.1\r\nHost: feed.invalid:443\r\n")
        assert b"Proxy-Authorization: Basic am86cHc=\r\n" in head
        link.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        server.serve(link)

    with listening(serve) as (place, heads):
        monkeypatch.setenv("https_proxy", f"http://jo:pw@{place}")
        with Target("https://feed.invalid", "/feed") as target:
            assert [target.send(Request()).body for _ in range(4)] == [b"1", b"2", b"3", b"4"]
    assert len(heads) == server.connections == 2


@pytest.mark.parametrize("response", [b"HTTP/1.1 502 Bad Gateway\r\n\r\n", b"nonsense\r\n\r\n", b"HTTP/1.1 200"])
def test_a_proxy_that_opens_no_tunnel_is_no_connection(response: bytes, tunnel: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def serve(link: socket.socket, _head: bytes) -> None:
        link.sendall(response)
        link.shutdown(socket.SHUT_RDWR)

    with listening(serve) as (place, _):
        monkeypatch.setenv("https_proxy", f"http://{place}")
        with Target("https://feed.invalid", "/feed") as target, pytest.raises(Unreachable, match="the proxy") as caught:
            target.send(Request())
    assert caught.value.kind is FailureKind.REFUSED


def test_a_handshake_that_is_reset_is_tried_once_more() -> None:
    begun: list[bytes] = []

    def serve(link: socket.socket, head: bytes) -> None:
        begun.append(head)
        reset(link)

    with (
        listening(serve) as (place, _),
        Target(f"https://{place}", "/feed") as target,
        pytest.raises(Unreachable, match="the request was sent 2 times") as caught,
    ):
        target.send(Request())
    assert (caught.value.kind, len(begun)) == (FailureKind.NO_RESPONSE, 2)
