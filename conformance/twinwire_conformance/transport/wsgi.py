"""Exchanges with a WSGI application (PEP 3333), each in a separate thread."""

from __future__ import annotations

import contextvars
import io
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from twinwire_conformance.transport.interfaces import TRACE_LINES, trace_of
from twinwire_conformance.transport.response import CURRENT, AppResponse, Headers, Take

_Write = Callable[[bytes], object]


class WsgiServer:
    """Calls a WSGI application like a multithreaded server."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def respond(self, url: str, headers: Sequence[tuple[str, str]], take: Take, seconds: float) -> AppResponse:
        """Call the application, as ``Server.respond`` describes it."""
        call = _Call(take)
        environ = _environ(url, headers, call.errors)
        # A new thread has an empty context. The copy passes the caller's variables on.
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(call.run, self.app, environ), name="twinwire-wsgi", daemon=True)
        thread.start()
        if not call.done.wait(seconds):
            # Python cannot stop a thread. It is a daemon, and its further output is dropped.
            call.response.stop()
            raise TimeoutError
        return call.response.concluded()

    def close(self) -> None:
        """Do nothing, because the server holds no resources between calls."""


class _Call:
    """One call of an application, from its environ to the ``close`` of its iterable."""

    def __init__(self, take: Take) -> None:
        self.done = threading.Event()
        self.errors = io.StringIO()
        self.response = AppResponse(take)
        self._status = ""
        self._headers: Headers = []

    def run(self, app: Any, environ: dict[str, Any]) -> None:
        CURRENT.set(self.response)
        try:
            self._serve(app, environ)
        except BaseException as error:
            self.response.raised(error)
        if not self.response.logged:
            self.response.logged = "\n".join(self.errors.getvalue().rstrip().splitlines()[-TRACE_LINES:])
        self.done.set()

    def _serve(self, app: Any, environ: dict[str, Any]) -> None:
        body: Iterable[bytes] = app(environ, self._start_response)
        try:
            for chunk in body:
                if chunk and not self._write(chunk):
                    return
            self._begin()
            self.response.complete = True
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                close()

    def _start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> _Write:
        if exc_info is not None:
            try:
                if self.response.started:
                    raise exc_info[1].with_traceback(exc_info[2])
                self.response.trace = trace_of(exc_info[1])
            finally:
                # PEP 3333 asks for this, because the traceback would otherwise keep this frame alive in a cycle.
                exc_info = None
        elif self._status:
            raise AssertionError("start_response was called twice without exc_info")
        self._status = status
        self._headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return self._write

    def _begin(self) -> None:
        if self.response.started:
            return
        if not self._status:
            raise AssertionError("the application did not call start_response")
        self.response.start(int(self._status.split(" ", 1)[0]), self._headers)

    def _write(self, chunk: bytes) -> bool:
        self._begin()
        return self.response.add(chunk)


def _environ(url: str, headers: Sequence[tuple[str, str]], errors: io.StringIO) -> dict[str, Any]:
    parts = urlsplit(url)
    # PEP 3333 requires native strings that carry bytes as Latin-1, hence the decoding of PATH_INFO.
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or (443 if parts.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": errors,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "HTTP_HOST": parts.netloc,
    }
    for name, value in headers:
        key = name.upper().replace("-", "_")
        # CGI variables for Content-Type have no HTTP_ prefix (RFC 3875, section 4.1.3).
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return environ
