"""A small shop: a feed of images that tests fill and change, and a web server for them that can misbehave."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from product_images import encode_json
from product_images.models import Image, Images, ImagesResult, ImageURL, ProductImage


@dataclass
class Shop:
    """Products in order of their last change, and the web server's response for each path."""

    url: str = ""
    products: dict[int, tuple[int, list[tuple[int, str, bytes, str]]]] = field(default_factory=dict)
    pages: dict[str, Callable[[Handler], None]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    refuses: int = 0
    ticks: int = 100
    waits: threading.Event = field(default_factory=threading.Event)

    def put(self, product: int, *images: tuple[int, str, bytes] | tuple[int, str, bytes, str]) -> None:
        """Add or change a product.

        Args:
            product: The product's id.
            images: Sequence, file name, bytes and, optionally, a link that replaces the shop's own.
        """
        # A modified product moves to the end of the feed.
        self.products.pop(product, None)
        self.ticks += 1
        listed = []
        for sequence, name, content, *links in images:
            path = f"/files/{product}/{sequence}"
            if not links:
                self.pages[path] = serve(content)
            listed.append((sequence, name, content, str(links[0]) if links else self.url + path))
        self.products[product] = (self.ticks, listed)

    def feed(self, query: dict[str, str]) -> bytes:
        """Return the requested page as JSON."""
        after, count, links = int(query.get("token", 0)), int(query.get("count", 100)), query.get("options") == "URL"
        later = [(key, *value) for key, value in self.products.items() if value[0] > after]
        products = tuple(_product(key, images, links=links) for key, _, images in later[:count])
        token = later[: len(products)][-1][1] if products else after
        left = len(later) - len(products)
        return encode_json(ImagesResult(returncode=0, product=products, count=len(products), queuecount=left, token=str(token)))

    def requests(self, path: str) -> list[dict[str, str]]:
        """Return the headers of every request for a path."""
        return [headers for asked, headers in self.asked if asked == path]


def _product(key: int, images: list[tuple[int, str, bytes, str]], *, links: bool) -> ProductImage:
    if links:
        urls = (ImageURL(sequence=number, imagefilename=name, image_url=link) for number, name, _, link in images)
        return ProductImage(product_id=key, images_url=tuple(urls))
    binaries = (Image(sequence=number, imagefilename=name, binaryimage=content) for number, name, content, _ in images)
    return ProductImage(product_id=key, images=Images(image=tuple(binaries)))


class Handler(BaseHTTPRequestHandler):
    """The handler of one request."""

    protocol_version = "HTTP/1.1"
    shop: Shop

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.shop.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        if parts.path == "/products/images":
            self._feed({name: values[0] for name, values in parse_qs(parts.query).items()})
        elif parts.path in self.shop.pages:
            self.shop.pages[parts.path](self)
        else:
            self.answer(404)

    def _feed(self, query: dict[str, str]) -> None:
        if self.shop.refuses:
            self.answer(self.shop.refuses)
        else:
            self.answer(200, self.shop.feed(query), {"Content-Type": "application/json"})

    def answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None, length: int | None = None) -> None:
        """Send a response. With a `length` beyond the body, the connection ends in the middle of the body."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        if length is not None:
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:
        return


def serve(content: bytes, headers: dict[str, str] | None = None) -> Callable[[Handler], None]:
    """Respond with these bytes."""
    return lambda handler: handler.answer(200, content, headers)


def redirect(location: str, status: int = 302) -> Callable[[Handler], None]:
    """Redirect to another location."""
    return lambda handler: handler.answer(status, b"moved", {"Location": location})


def status(code: int, headers: dict[str, str] | None = None) -> Callable[[Handler], None]:
    """Respond with a status."""
    return lambda handler: handler.answer(code, b"sorry", headers)


def in_turn(*answers: Callable[[Handler], None]) -> Callable[[Handler], None]:
    """Respond differently each time; the last response is repeated."""
    left = list(answers)

    def respond(handler: Handler) -> None:
        answer = left.pop(0) if len(left) > 1 else left[0]
        answer(handler)

    return respond


def cut(content: bytes, at: int, headers: dict[str, str] | None = None) -> Callable[[Handler], None]:
    """Send the first `at` bytes of the content, then disconnect."""
    return lambda handler: handler.answer(200, content[:at], headers, length=len(content))


def ranged(content: bytes, headers: dict[str, str], first: int | None = None) -> Callable[[Handler], None]:
    """Support range requests (RFC 9110, section 14). The first response is cut off after `first` bytes."""
    state = [first]

    def respond(handler: Handler) -> None:
        asked, wanted = handler.headers.get("Range"), handler.headers.get("If-Range")
        # A range is only valid for the representation named in If-Range; otherwise the whole content is sent.
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and wanted in headers.values() else 0
        stop, state[0] = state[0], None
        part = content[start:]
        extra = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
        body = part if stop is None else part[:stop]
        handler.answer(206 if start else 200, body, headers | extra, None if stop is None else len(part))

    return respond


@contextmanager
def open_shop(host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[Shop]:
    """Run a shop for the duration of a with block, over TLS where a context for that is given."""
    shop = Shop()
    handler = type("ShopHandler", (Handler,), {"shop": shop})
    server = _Server((host, 0), handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    shop.url = f"{'http' if tls is None else 'https'}://{host}:{server.server_port}"
    try:
        yield shop
    finally:
        shop.waits.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A handler that waits on purpose must not keep the server from closing.
    block_on_close = False

    def server_bind(self) -> None:
        # HTTPServer.server_bind would look up the host name of 127.0.0.1.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def handle_error(self, request: object, client_address: object) -> None:
        return  # a client that disconnects is not an error here


def images(directory: Path) -> dict[str, bytes]:
    """Return the images in a mirror's directory by path."""
    found = {path.relative_to(directory).as_posix(): path for path in directory.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in sorted(found.items()) if not name.startswith(".mirror/")}
