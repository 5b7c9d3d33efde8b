"""A server on a raw socket that sends exactly the bytes that a test specifies."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Serve = Callable[[socket.socket, bytes], None]


@contextmanager
def listening(serve: Serve) -> Iterator[tuple[str, list[bytes]]]:
    """Respond to each request head on a loopback port with `serve`. Yields the address and the received heads."""
    heads: list[bytes] = []

    def talk(link: socket.socket) -> None:
        # Some tests disconnect the client in the middle of a response.
        with link, suppress(OSError):
            while link.fileno() != -1 and (head := link.recv(65536)):
                heads.append(head)
                serve(link, head)

    def accept() -> None:
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                # The listener was shut down.
                return
            threading.Thread(target=talk, args=(link,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", heads
        # Closing a listener does not wake a thread in accept() on Linux; a shutdown does.
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def reset(link: socket.socket) -> None:
    """Close a connection with RST instead of FIN."""
    # SO_LINGER with a timeout of 0 seconds makes close() send RST.
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.close()
