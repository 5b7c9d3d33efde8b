"""The shared base of the fictional feeds' servers: sockets, headers and Accept, with the standard library only."""

from __future__ import annotations

import re
import sys
import threading
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, ClassVar


class RefusedError(Exception):
    """Input that a contract does not allow. The message states the allowed values."""


@dataclass(frozen=True)
class Reply:
    status: int
    content_type: str
    body: bytes


class PlainServer(ThreadingHTTPServer):
    """Serves a feed on a free loopback port, with one connection per request.

    `violates` names the rules that a broken copy breaks; such a copy overrides one method.
    """

    violates: ClassVar[tuple[str, ...]] = ()
    # Threads are joined when the server closes, so that none outlives a test.
    daemon_threads = False
    # The default of 5 is too small for the suite's concurrent requests.
    request_queue_size = 128

    def __init__(self) -> None:
        self.failures: list[BaseException] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @abstractmethod
    def reply(self, path: str, query: str, accept: str) -> Reply:
        """Respond to a GET. `accept` is empty if the header is absent."""

    def server_bind(self) -> None:
        # HTTPServer.server_bind would look up the host name of 127.0.0.1.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        if error and not isinstance(error, ConnectionError):
            self.failures.append(error)


class _Handler(BaseHTTPRequestHandler):
    # Send head and body in one packet.
    wbufsize = -1
    # A client that connects and sends nothing must not keep the server from closing.
    timeout = 30

    def do_GET(self) -> None:
        assert isinstance(self.server, PlainServer)
        path, _, query = self.path.partition("?")
        reply = self.server.reply(path, query, ",".join(self.headers.get_all("Accept", [])))
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        return


def preferred(accept: str, offered: Sequence[str]) -> str | None:
    """Return the offered media type with the highest q-value, the first of equals, or None."""
    ranges = dict(_ranges(accept)) or {"*/*": 1.0}
    weights = {name: _weight(name, ranges) for name in offered}
    best = max(weights, key=lambda name: weights[name])
    return best if weights[best] > 0 else None


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    for part in accept.lower().split(","):
        media_range, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        if media_range:
            yield media_range, float(quality) if re.fullmatch(r"[01](\.[0-9]{0,3})?", quality) else 1.0


def _weight(media_type: str, ranges: dict[str, float]) -> float:
    wider = f"{media_type.partition('/')[0]}/*"
    return next((ranges[name] for name in (media_type, wider, "*/*") if name in ranges), 0.0)


@contextmanager
def running(server: PlainServer) -> Iterator[str]:
    """Run a server for the duration of a with block and yield its root URL.

    Raises:
        BaseExceptionGroup: The errors of the server's threads, at the end of the block.
    """
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name=type(server).__name__)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    if server.failures:
        raise BaseExceptionGroup(f"{type(server).__name__} failed", server.failures)
