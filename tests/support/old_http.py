"""Serves an ASGI application over HTTP/1.0: no Content-Length, no chunks; the end of the connection ends the body."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any


class _Server(ThreadingHTTPServer):
    # Threads are joined when the server closes, so that none outlives a test.
    daemon_threads = False
    # The default of 5 is too small for the suite's concurrent requests.
    request_queue_size = 128

    def __init__(self, app: Any) -> None:
        self.app = app
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        # HTTPServer.server_bind would look up the host name of 127.0.0.1.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"
    wbufsize = -1
    server: _Server

    def do_GET(self) -> None:
        start, body = asyncio.run(self._ask())
        self.send_response(start["status"])
        for name, value in start["headers"]:
            # Without a length, a truncated body cannot be told from a complete one.
            if name.lower() != b"content-length":
                self.send_header(name.decode("latin-1"), value.decode("latin-1"))
        self.end_headers()
        self.wfile.write(body)

    async def _ask(self) -> tuple[dict[str, Any], bytes]:
        path, _, query = self.path.partition("?")
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.0",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "root_path": "",
            "headers": headers,
            "server": self.server.server_address,
            "client": self.client_address,
        }
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.server.app(scope, receive, send)
        return sent[0], b"".join(message.get("body", b"") for message in sent[1:])

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serving_http_1_0(app: Any) -> Iterator[str]:
    """Serve an application on a free loopback port for the duration of a block. Yields the base URL."""
    with _Server(app) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
