"""Responses that never end or that are costly to decode. Each is written to a socket until the client disconnects."""

from __future__ import annotations

import gzip
import socket
import time
import zlib
from collections.abc import Iterable

from raw_sockets import Serve

JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
XML = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
GZIP = b"Content-Encoding: gzip\r\n"
RESULT = b'{"returncode": 0, "count": 0, "queuecount": 0}'
# Seconds between bytes: far below any read timeout.
DRIP = 0.05

# A deflate block that is stored, not final, and empty: input that never produces output.
_EMPTY_BLOCK = b"\x00\x00\x00\xff\xff"
_GZIP_HEADER = gzip.compress(b"")[:10]


def chunk(data: bytes) -> bytes:
    """Frame data as one chunk (RFC 9112, section 7.1)."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def whole(head: bytes, body: bytes) -> Serve:
    """Respond with a complete body."""
    return lambda link, _: link.sendall(b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body))


def endless(begin: bytes, again: bytes, pause: float = 0.0) -> Serve:
    """Respond with a beginning, followed by the same bytes without end. `pause` is in seconds."""

    def serve(link: socket.socket, _: bytes) -> None:
        link.sendall(begin)
        while True:
            link.sendall(again)
            time.sleep(pause)

    return serve


def pieces(begin: bytes, parts: Iterable[bytes]) -> Serve:
    """Respond with a beginning and parts, then close the connection."""

    def serve(link: socket.socket, _: bytes) -> None:
        link.sendall(begin)
        for part in parts:
            link.sendall(part)
        link.close()

    return serve


ENDLESS: dict[str, Serve] = {
    "slow header": endless(b"HTTP/1.1 200 OK\r\nX-Drip: ", b"a", DRIP),
    "slow headers": endless(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n", DRIP),
    "slow status line": endless(b"HTTP/1.1 200 ", b"O", DRIP),
    "slow body": endless(JSON + b"Content-Length: 1000000\r\n\r\n", b" ", DRIP),
    "slow chunks": endless(JSON + CHUNKED + b"\r\n", chunk(b" "), DRIP),
    "slow body until close": endless(JSON + b"\r\n", b" ", DRIP),
    "slow trailers": endless(JSON + CHUNKED + b"\r\n0\r\n", b"A: b\r\n", DRIP),
    "slow chunk extension": endless(JSON + CHUNKED + b"\r\n1;a=", b"b", DRIP),
    "slow informational responses": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", DRIP),
    "informational responses": endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100),
    "slow gzip members": endless(JSON + GZIP + CHUNKED + b"\r\n", chunk(gzip.compress(b"")), DRIP),
    "slow stored blocks": endless(JSON + GZIP + CHUNKED + b"\r\n" + chunk(_GZIP_HEADER), chunk(_EMPTY_BLOCK), DRIP),
}
"""Responses that last as long as the client listens, with short pauses between bytes: no read timeout ends them."""

FLOODS: dict[str, Serve] = {
    "gzip members": endless(JSON + GZIP + CHUNKED + b"\r\n", chunk(gzip.compress(b"") * 1000)),
    "stored blocks": endless(JSON + GZIP + CHUNKED + b"\r\n" + chunk(_GZIP_HEADER), chunk(_EMPTY_BLOCK * 4000)),
    "gzip header": endless(JSON + GZIP + CHUNKED + b"\r\n" + chunk(b"\x1f\x8b\x08\x08\0\0\0\0\0\0"), chunk(b"n" * 10_000)),
    "body": endless(JSON + b"\r\n", b" " * 10_000),
    "header": endless(b"HTTP/1.1 200 OK\r\nX-Flood: ", b"a" * 10_000),
    "headers": endless(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n" * 1000),
    "chunk extension": endless(JSON + CHUNKED + b"\r\n1;a=", b"b" * 10_000),
}
"""Responses without end and without pauses: a size limit must end them before the time limit."""


def deflate_bomb(megabytes: int) -> bytes:
    """Return the gzip of this many megabytes of blanks, about a thousandth of their size."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    parts = [packer.compress(b" " * 1024 * 1024) for _ in range(megabytes)]
    return b"".join((*parts, packer.flush()))


def _document(attributes: bytes, content: bytes = b"") -> bytes:
    return b'<result returncode="0" count="0" queuecount="0" %b>%b</result>' % (attributes, content)


def _prefixed(uri: bytes, content: bytes) -> bytes:
    return _document(b'xmlns:p="%b"' % uri, content)


# expat expands prefixes to full names, so a long namespace URI is copied for each element or attribute.
COSTLY: dict[str, tuple[bytes, bytes]] = {
    "namespace on elements": (XML, _prefixed(b"u" * 700_000, b"<p:a/>" * 100_000)),
    "namespace on attributes": (XML, _prefixed(b"u" * 700_000, b"<a %b/>" % b" ".join(b'p:a%d=""' % n for n in range(60_000)))),
    "default namespace": (XML, _document(b"", b'<a xmlns="%b">%b</a>' % (b"u" * 700_000, b"<b/>" * 100_000))),
    "namespace in single quotes": (XML, _document(b"", b"<a xmlns:p = '%b'>%b</a>" % (b"u" * 700_000, b"<p:b/>" * 100_000))),
    "many namespaces": (XML, _document(b" ".join(b'xmlns:p%d="u"' % n for n in range(300_000)))),
    "tag of 60 MB": (XML, _document(b" ".join(b'a%d=""' % n for n in range(5_000_000)))),
    "million attributes": (XML, _document(b"", b"<x %b/>" % b" ".join(b'a%d=""' % n for n in range(1_000_000)))),
    "deep XML": (XML, b"<result>" * 1_000_000),
    "deep JSON": (JSON, b"[" * 1_000_000),
    "deep JSON objects": (JSON, b'{"a":' * 1_000_000),
    "many members": (JSON, b'{"returncode": 0, "x": [%b0]}' % (b"0," * 2_000_000)),
    "many names": (JSON, b'{"returncode": 0, %b"x": 0}' % b"".join(b'"%d": 0,' % n for n in range(1_100_000))),
    "huge integer": (JSON, b'{"returncode": %b}' % (b"9" * 10_000_000)),
    "huge exponent": (JSON, b'{"returncode": 1e%b}' % (b"9" * 10_000_000)),
    "doctype": (XML, b"<!DOCTYPE result [<!ENTITY a '%b'>]><result returncode='&a;'/>" % (b"a" * 1_000_000)),
}
"""Bodies that a decoder must reject or process cheaply, with their response heads."""
