"""Running an ASGI application on a port: for the length of a block, or until Ctrl-C."""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from twinwire.errors import UsageError
from twinwire_conformance.reference.sending import TRANSPORT

# Above the longest query that the suite sends, so that our own code judges it and not the HTTP parser.
_MAX_HEAD = 1024 * 1024


@contextlib.contextmanager
def running(app: Any, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve an ASGI application from a thread for the length of a block; yields the base URL.

    Port 0 takes any free one. Raises UsageError when the port cannot be had.
    """
    with _listen(host, port) as listener:
        server = _server(app)
        thread = threading.Thread(target=server.run, args=([listener],), name="twinwire-reference", daemon=True)
        thread.start()
        try:
            yield _url(host, listener)
        finally:
            server.should_exit = True
            thread.join()


def serve(app: Any, host: str = "127.0.0.1", port: int = 0) -> None:
    """Serve an ASGI application until Ctrl-C, after one line with its base URL on standard output.

    Port 0 takes any free one. Raises UsageError when the port cannot be had.
    """
    with _listen(host, port) as listener:
        print(_url(host, listener), flush=True)
        # uvicorn raises the signal that stopped it once more when it is done.
        with contextlib.suppress(KeyboardInterrupt):
            _server(app).run([listener])


def _server(app: Any) -> uvicorn.Server:
    config = uvicorn.Config(
        _with_transport(app),
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_level="critical",
        access_log=False,
        h11_max_incomplete_event_size=_MAX_HEAD,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


def _with_transport(app: ASGIApp) -> ASGIApp:
    """Hand an application its connection, because ASGI has no message that ends or garbles one."""

    async def handed(scope: Scope, receive: Receive, send: Send) -> None:
        # uvicorn's ``send`` is a method of the exchange, which holds the transport.
        scope[TRANSPORT] = getattr(getattr(send, "__self__", None), "transport", None)
        await app(scope, receive, send)

    return handed


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio turns Nagle's algorithm off, which would hold back every body by 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        # From here on the system queues connections, so nobody has to wait for the server's loop.
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise UsageError(f"port {port} is in use", "choose another with --port, or 0 for any free one") from error
        raise UsageError(f"cannot listen on {host}, port {port}: {error}") from error
    return listener


def _url(host: str, listener: socket.socket) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listener.getsockname()[1]}"
