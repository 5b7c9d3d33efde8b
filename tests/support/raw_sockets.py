"""A server that writes bytes as a test says them, one thread for each connection."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Serve = Callable[[socket.socket, bytes], None]


@contextmanager
def listening(serve: Serve) -> Iterator[tuple[str, list[bytes]]]:
    """Answer each request head on a loopback port with ``serve``; yields the address and the heads that came."""
    heads: list[bytes] = []

    def talk(link: socket.socket) -> None:
        # A client that goes away in the middle is what some tests are about.
        with link, suppress(OSError):
            while link.fileno() != -1 and (head := link.recv(65536)):
                heads.append(head)
                serve(link, head)

    def accept() -> None:
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(link,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", heads
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def reset(link: socket.socket) -> None:
    """Close a connection with RST in place of FIN."""
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.close()
