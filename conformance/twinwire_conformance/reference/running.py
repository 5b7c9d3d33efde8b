"""Run an ASGI application on a port, for the duration of a block or until Ctrl-C."""

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

# Above the longest query that the suite sends, so that the reference server judges it instead of the HTTP parser.
_MAX_HEAD = 1024 * 1024


@contextlib.contextmanager
def running(app: Any, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve an ASGI application from a thread for the duration of a block. Yields the base URL.

    Args:
        app: The ASGI application.
        host: The address to listen on.
        port: The port; 0 takes any free one.

    Raises:
        UsageError: The port is in use or not allowed.
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
    """Serve an ASGI application until Ctrl-C. Prints one line with its base URL on standard output first.

    Args:
        app: The ASGI application.
        host: The address to listen on.
        port: The port; 0 takes any free one.

    Raises:
        UsageError: The port is in use or not allowed.
    """
    with _listen(host, port) as listener:
        print(_url(host, listener), flush=True)
        # uvicorn raises the signal that stopped it again when it has shut down.
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
    """Give an application access to its connection, because ASGI has no message that ends or corrupts one."""

    async def handed(scope: Scope, receive: Receive, send: Send) -> None:
        # uvicorn's `send` is a bound method of the request cycle, which holds the transport.
        scope[TRANSPORT] = getattr(getattr(send, "__self__", None), "transport", None)
        await app(scope, receive, send)

    return handed


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only for sockets with an explicit protocol; otherwise each body is delayed by 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        # From here on the system queues connections, so clients need not wait for the server's event loop.
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
