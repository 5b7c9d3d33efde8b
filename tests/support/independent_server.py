"""A second implementation of `GET products/images`, written from the contract with the standard library only.

It tests the suite: two implementations without shared code are unlikely to misread the contract in the same way. Where the
contract allows a choice, this server chooses differently from the reference server: it rejects with an error result under
status 200, writes nulls for absent members, and leaves the token out of an empty page.
"""

from __future__ import annotations

import base64
import functools
import json
import re
import socket
import struct
import sys
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote
from xml.sax.saxutils import escape, quoteattr

BASE_PATH = "/shop/v7"
FIRST_TOKEN = 5001
VERSION = "7.2.1"

JSON_TYPES = ("application/json", "text/json", "application/x-www-form-urlencoded")
XML_TYPES = ("application/xml", "text/xml")
FORM_TYPE = JSON_TYPES[2]

_INTEGER = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_NAMESPACES = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
# Markup, quotes, letters of other scripts, and a character beyond the BMP.
_FILE_NAMES = ('Größe <{0}> & "Co".png', "l'été №{0}.png", "{0} 日本 𝄞.png")


class RefusedError(Exception):
    """Input that the contract does not allow.

    Args:
        code: The return code of the error result.
        message: The message of the error result.
        status: The HTTP status.
    """

    def __init__(self, code: int, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True)
class Picture:
    sequence: int
    filename: str
    data: bytes


@dataclass(frozen=True)
class Product:
    product_id: int
    token: int
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class Reply:
    status: int
    content_type: str
    body: bytes


class ImagesServer(ThreadingHTTPServer):
    """Serves a fixed feed below `BASE_PATH` on a free loopback port.

    `violates` names the rules that a broken copy breaks; such a copy overrides one method.
    """

    violates: ClassVar[tuple[str, ...]] = ()
    # Threads are joined when the server closes, so that none outlives a test.
    daemon_threads = False
    # The default of 5 is too small for the suite's concurrent requests.
    request_queue_size = 128

    def __init__(self, products: int = 730) -> None:
        self.feed = [make_product(index) for index in range(products)]
        self.failures: list[BaseException] = []
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    # The contract, in small methods that a broken copy can override one by one.

    def reply(self, path: str, query: str, accept: str) -> Reply:
        if path != f"{BASE_PATH}/products/images":
            return Reply(404, "text/plain; charset=utf-8", b"there is nothing here\n")
        media_type = self.negotiate(accept)
        if media_type is None:
            return Reply(406, "text/plain; charset=utf-8", b"JSON and XML are spoken here\n")
        status = 200
        try:
            result = self.result(parse_qsl(query, keep_blank_values=True, errors="replace"))
        except RefusedError as refusal:
            status, result = refusal.status, self.envelope(returncode=refusal.code, returnmsg=refusal.message)
        write = self.write_xml if media_type in XML_TYPES else self.write_json
        label = "application/json" if media_type == FORM_TYPE else media_type
        return Reply(status, f"{label}; charset=utf-8", write(result).encode())

    def accept_of(self, headers: Message) -> str:
        return ",".join(headers.get_all("Accept", []))

    def frame(self, body: bytes) -> tuple[dict[str, str], bytes]:
        """Return the header fields that state the body's length, and the body as sent."""
        return {"Content-Length": str(len(body))}, body

    def negotiate(self, accept: str) -> str | None:
        """Return the documented media type with the highest q-value, the first of equals, or None."""
        ranges = list(read_accept(accept)) or [("*/*", 1.0)]
        weights = {media_type: weight(media_type, ranges) for media_type in (*JSON_TYPES, *XML_TYPES)}
        best = max(weights, key=lambda media_type: weights[media_type])
        return best if weights[best] > 0 else None

    def result(self, pairs: list[tuple[str, str]]) -> dict[str, Any]:
        query = dict(pairs)
        for name in ("token", "count", "session", "options"):
            if sum(key == name for key, _ in pairs) > 1:
                raise RefusedError(10, f"'{name}' is repeated")
        for name in ("session", "options"):
            if len(query.get(name, "")) > 100:
                raise RefusedError(11, f"'{name}' has > 100 characters")
        asked = self.read_count(query.get("count", ""))
        first = self.first_index(self.read_token(query.get("token", "")))
        lot = self.feed[first : first + min(asked, 500)]
        return self.envelope(
            product=[self.write_product(product, self.wants_links(query.get("options", ""))) for product in lot] or None,
            token=str(lot[-1].token) if lot else None,
            count=self.count_of(lot),
            queuecount=self.queue_after(first + len(lot)),
            warnings=[f"count lowered from {asked} to 500: <500 & no more>"] if asked > 500 else None,
        )

    def read_count(self, text: str) -> int:
        count = read_integer(text, "count") if text else 100
        if count < 1:
            raise RefusedError(12, "'count' is < 1")
        return count

    def read_token(self, text: str) -> int:
        return read_integer(text, "token") if text else 0

    def first_index(self, token: int) -> int:
        """Return the index of the first entry after a token. Values before the first token start at the beginning."""
        return min(max(token - FIRST_TOKEN + 1, 0), len(self.feed))

    def count_of(self, lot: list[Product]) -> int:
        return len(lot)

    def queue_after(self, index: int) -> int:
        return len(self.feed) - index

    def wants_links(self, options: str) -> bool:
        return options == "URL"

    def encode_picture(self, data: bytes) -> str:
        return base64.b64encode(data).decode("ascii")

    def write_product(self, product: Product, links: bool) -> dict[str, Any]:
        members: dict[str, Any] = {"product_id": product.product_id, "imagesURL": None, "images": None}
        if links and product.pictures:
            members["imagesURL"] = [self.write_picture(product, picture, links) for picture in product.pictures]
        elif product.pictures:
            members["images"] = {"image": [self.write_picture(product, picture, links) for picture in product.pictures]}
        return members

    def write_picture(self, product: Product, picture: Picture, links: bool) -> dict[str, Any]:
        members: dict[str, Any] = {"sequence": picture.sequence, "imagefilename": picture.filename}
        if links:
            path = f"{product.product_id}/{picture.sequence}/{quote(picture.filename, safe='')}"
            return members | {"imageURL": f"https://images.example/{path}?size=full&v=1"}
        return members | {"binaryimage": self.encode_picture(picture.data)}

    def envelope(self, **members: Any) -> dict[str, Any]:
        empty = {"product": None, "token": None, "count": 0, "queuecount": 0, "returncode": 0, "returnmsg": None}
        return {**empty, "warnings": None, "version": VERSION, **members}

    def write_json(self, result: dict[str, Any]) -> str:
        # Indented and with nulls, unlike the reference server's JSON.
        return json.dumps(result, ensure_ascii=False, indent=1)

    def write_xml(self, result: dict[str, Any]) -> str:
        head = '<?xml version="1.0" encoding="utf-8"?>\n'
        names = ("returncode", "returnmsg", "version", "token", "count", "queuecount")
        warnings = [f" <warnings>{escape(text)}</warnings>\n" for text in result["warnings"] or ()]
        products = [self.write_product_element(product) for product in result["product"] or ()]
        return f"{head}<result {_NAMESPACES}{attributes(result, names)}>\n{''.join((*warnings, *products))}</result>\n"

    def write_product_element(self, product: dict[str, Any]) -> str:
        links = [self.write_picture_element("imagesURL", link) for link in product["imagesURL"] or ()]
        images = [self.write_picture_element("image", image) for image in (product["images"] or {}).get("image", ())]
        if images:
            images = ["  <images>\n", *images, "  </images>\n"]
        return f" <product{attributes(product, ('product_id',))}>\n{''.join((*links, *images))} </product>\n"

    def write_picture_element(self, tag: str, picture: dict[str, Any]) -> str:
        return f"  <{tag}{attributes(picture, tuple(picture))} />\n"

    # Start and stop without leaving threads or connections behind.

    def server_bind(self) -> None:
        # HTTPServer.server_bind would look up the host name of 127.0.0.1.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        if error and not isinstance(error, ConnectionError):
            self.failures.append(error)

    def hang_up(self) -> None:
        """Shut down the connections that clients keep alive, because their threads wait for them."""
        for connection in tuple(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client or the connection's thread closed it first


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Send head and body in one packet; otherwise every response waits for a delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        assert isinstance(self.server, ImagesServer)
        path, _, query = self.path.partition("?")
        self._send(self.server.reply(path, query, self.server.accept_of(self.headers)))

    def _refuse_method(self) -> None:
        self.close_connection = True
        self._send(Reply(405, "text/plain; charset=utf-8", b"GET is spoken here\n"))

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _refuse_method  # noqa: N815 - names that the library requires

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        assert isinstance(self.server, ImagesServer)
        framing, body = self.server.frame(reply.body)
        for name, value in framing.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        return


def make_product(index: int) -> Product:
    """Return the entry at an index.

    One entry in seven has no images, the others have one to three. Product ids do not ascend and some exceed 32 bits.
    """
    product_id = 9_000_000_000 - 7 * index if index % 2 else 31 + index
    pictures = () if index % 7 == 3 else tuple(make_picture(product_id, index, number) for number in range(1 + index % 3))
    return Product(product_id, FIRST_TOKEN + index, pictures)


def make_picture(product_id: int, index: int, number: int) -> Picture:
    name = _FILE_NAMES[(index + number) % len(_FILE_NAMES)].format(product_id)
    return Picture(10 * number + index % 2, name, make_png(index % 256, number))


@functools.cache
def make_png(red: int, green: int) -> bytes:
    """Return a PNG of one pixel."""
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes((0, red, green, 128)))),
        (b"IEND", b""),
    )
    body = (struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def read_integer(text: str, name: str) -> int:
    value = int(text) if _INTEGER.fullmatch(text) else None
    if value is None or not -(2**63) <= value < 2**63:
        raise RefusedError(13, f"'{name}' is not a signed 64-bit integer")
    return value


def read_accept(header: str) -> Iterator[tuple[str, float]]:
    """Yield the media ranges of an Accept header with their q-values. A malformed q-value counts as 1."""
    for part in header.split(","):
        media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((value[2:] for value in parameters if value.startswith("q=")), "1")
        if media_range:
            yield media_range, float(quality) if re.fullmatch(r"[01](\.[0-9]{0,3})?", quality) else 1.0


def weight(media_type: str, ranges: list[tuple[str, float]]) -> float:
    """Return the q-value of the most specific range that matches a media type, or 0."""
    major = media_type.split("/", maxsplit=1)[0]
    for wanted in (media_type, f"{major}/*", "*/*"):
        found = [quality for media_range, quality in ranges if media_range == wanted]
        if found:
            return max(found)
    return 0.0


def attributes(members: dict[str, Any], names: tuple[str, ...]) -> str:
    return "".join(f" {name}={quoteattr(str(members[name]))}" for name in names if members[name] is not None)


@contextmanager
def running(server_class: type[ImagesServer] = ImagesServer, products: int = 730) -> Iterator[str]:
    """Run a server for the duration of a with block and yield its base URL.

    Raises:
        BaseExceptionGroup: The errors of the server's threads, at the end of the block.
    """
    server = server_class(products)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name=server_class.__name__)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{BASE_PATH}"
    finally:
        server.shutdown()
        thread.join()
        server.hang_up()
        server.server_close()
    if server.failures:
        raise BaseExceptionGroup(f"{server_class.__name__} failed", server.failures)
