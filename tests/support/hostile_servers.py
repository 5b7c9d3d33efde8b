"""Servers on raw sockets that try to make a client use unbounded time or memory.

A server is a function that answers a request head on a socket. The `late` ones pass their first requests on to a conformant
server and then turn hostile.
"""

from __future__ import annotations

import gzip
import http.client
import itertools
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from raw_sockets import Serve, listening
from twinwire_conformance.contract import packaged_contract
from twinwire_conformance.reference import create_app, running

JSON, XML = "application/json", "application/xml"
MEGABYTE = 1024 * 1024
LARGE = 17 * MEGABYTE
"""A little less than the largest body that is read."""
HUGE = 60 * MEGABYTE
_LATE = 30
"""The number of requests to which a late server responds correctly."""
_XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
_SCALARS = '"token": "1", "count": 1, "queuecount": 0, "returncode": 0'
_ATTRIBUTES = 'token="1" count="1" queuecount="0" returncode="0"'


def wants_xml(head: bytes) -> bool:
    """Return True if a request accepts XML."""
    accept = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"accept:")), b"")
    return b"xml" in accept


def _head(status: int = 200, label: str = JSON, *lines: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status} Odd", f"Content-Type: {label}", *lines, "", ""]).encode("latin-1")


def _send(link: socket.socket, label: str, body: bytes, *lines: str) -> None:
    link.sendall(_head(200, label, f"Content-Length: {len(body)}", *lines))
    link.sendall(body)


def bodies(json: Callable[[], bytes], xml: Callable[[], bytes]) -> Serve:
    """Respond with a body in the requested representation. Each body is built once."""
    json, xml = cache(json), cache(xml)

    def serve(link: socket.socket, head: bytes) -> None:
        is_xml = wants_xml(head)
        _send(link, XML if is_xml else JSON, (xml if is_xml else json)())

    return serve


def written(*parts: bytes | float) -> Serve:
    """Write parts in sequence; a number is a pause in seconds. The connection stays open."""

    def serve(link: socket.socket, _head: bytes) -> None:
        for part in parts:
            if isinstance(part, bytes):
                link.sendall(part)
            else:
                time.sleep(part)

    return serve


def endless(first: bytes, again: bytes, pause: float = 0.0, times: int = 100_000) -> Serve:
    """Write a beginning, then the same bytes repeatedly until the client disconnects.

    Args:
        first: The beginning.
        again: The bytes to repeat.
        pause: Seconds between repetitions.
        times: The maximum number of repetitions, so that an abandoned thread ends.
    """

    def serve(link: socket.socket, _head: bytes) -> None:
        link.sendall(first)
        for _ in range(times):
            link.sendall(again)
            if pause:
                time.sleep(pause)

    return serve


def _filled(before: str, unit: str, after: str, size: int = LARGE) -> bytes:
    return f"{before}{unit * ((size - len(before) - len(after)) // len(unit))}{after}".encode()


def _numbered(before: str, unit: str, after: str, count: int) -> bytes:
    return (before + "".join(unit.format(number) for number in range(count)) + after).encode()


def _json_entries(unit: str, size: int = LARGE) -> bytes:
    return _filled(f'{{{_SCALARS}, "product": [{unit}', f",{unit}", "]}", size)


def _xml_entries(unit: str, size: int = LARGE) -> bytes:
    return _filled(f"<result {_ATTRIBUTES}>", unit, "</result>", size)


def _xml_root(attributes: str, inner: str = "") -> bytes:
    return f"<result {attributes}>{inner}</result>".encode()


# A gigabyte of zeros compresses to a megabyte, so the response is built piece by piece.
def _packed(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    chunk = bytes(MEGABYTE)
    return b"".join([*(packer.compress(chunk) for _ in range(size // MEGABYTE)), packer.flush()])


_EMPTY_MEMBER = gzip.compress(b"", mtime=0)
_LONG_URI = "u" * 4000
_XML_SMALL = f"<result {_ATTRIBUTES}/>".encode()
_JSON_SMALL = f"{{{_SCALARS}}}".encode()


def _coded(body: Callable[[], bytes]) -> Serve:
    body = cache(body)

    def serve(link: socket.socket, head: bytes) -> None:
        _send(link, XML if wants_xml(head) else JSON, body(), "Content-Encoding: gzip")

    return serve


def _status(status: int, *lines: str) -> Serve:
    return written(_head(status, JSON, "Content-Length: 2", *lines) + b"{}")


# The client waits for a terabyte that never comes.
def _lies(link: socket.socket, head: bytes) -> None:
    link.sendall(_head(200, XML if wants_xml(head) else JSON, "Content-Length: 1000000000000") + _JSON_SMALL)


def _chunked(extension: str) -> Serve:
    def serve(link: socket.socket, head: bytes) -> None:
        link.sendall(_head(200, XML if wants_xml(head) else JSON, "Transfer-Encoding: chunked"))
        # One byte per chunk with 16 KB of extension: the framing is 16,000 times larger than the body.
        for byte in _JSON_SMALL:
            link.sendall(f"1;{extension}\r\n".encode() + bytes([byte]) + b"\r\n")
        link.sendall(b"0\r\n\r\n")

    return serve


def _json_products(count: int) -> bytes:
    return _numbered(f'{{{_SCALARS},"product":[', '{{"product_id":{0}}},', "{}]}", count)


def _json_texts() -> bytes:
    return _numbered(f'{{{_SCALARS},"warnings":[', f'"{"w" * 80}{{0}}",', '""]}', 180_000)


def _latin() -> Serve:
    body = _filled(f"<result {_ATTRIBUTES}><warnings>", "a", "</warnings></result>")

    def serve(link: socket.socket, head: bytes) -> None:
        _send(link, f"{XML}; charset=latin-1", body) if wants_xml(head) else _send(link, JSON, _JSON_SMALL)

    return serve


def _with_headers(line: Callable[[int], str], count: int) -> Serve:
    lines = [line(number) for number in range(count)]

    def serve(link: socket.socket, head: bytes) -> None:
        is_xml = wants_xml(head)
        _send(link, XML if is_xml else JSON, _XML_SMALL if is_xml else _JSON_SMALL, *lines)

    return serve


def _tiny_chunks(link: socket.socket, _head_: bytes) -> None:
    link.sendall(_head(200, JSON, "Transfer-Encoding: chunked"))
    many = b"1\r\n \r\n" * 10_000
    for _ in range(LARGE // 10_000):
        link.sendall(many)
    link.sendall(b"0\r\n\r\n")


_LONG_KEY = '{{"product_id":"{0}' + "a" * 1000 + '"}},'
_PRODUCT = '<product product_id="{0}"/>'

_PLAIN: dict[str, Serve] = {
    "json-60-mb": bodies(lambda: _json_entries('{"product_id":1}', HUGE), lambda: _XML_SMALL),
    "json-products": bodies(lambda: _json_products(90_000), lambda: _XML_SMALL),
    "json-texts": bodies(_json_texts, lambda: _XML_SMALL),
    "json-product-text": bodies(lambda: _filled(f'{{{_SCALARS},"product":"', "a", '"}'), lambda: _XML_SMALL),
    "json-keys": bodies(lambda: _numbered(f'{{{_SCALARS},"product":[', _LONG_KEY, "{}]}", 17_000), lambda: _XML_SMALL),
    "json-wide-escapes": bodies(lambda: _filled(f'{{{_SCALARS},"returnmsg":"\\ud83d\\ude00', "a", '"}'), lambda: _XML_SMALL),
    "json-cjk": bodies(lambda: _filled(f'{{{_SCALARS},"returnmsg":"', "語", '"}', LARGE // 3), lambda: _XML_SMALL),
    "json-numbers": bodies(lambda: _json_entries("1"), lambda: _XML_SMALL),
    "json-lists": bodies(lambda: _json_entries("[]"), lambda: _XML_SMALL),
    "json-deep": bodies(lambda: b'{"product":' + b"[" * LARGE, lambda: b"<result>" * (LARGE // 8)),
    "json-deep-pairs": bodies(lambda: b'{"a":' * (LARGE // 5), lambda: _XML_SMALL),
    "json-members": bodies(lambda: _numbered("{", '"m{0}":1,', f"{_SCALARS}}}", 3_000_000), lambda: _XML_SMALL),
    "json-member-name": bodies(lambda: _filled(f'{{{_SCALARS},"', "n", '":1}'), lambda: _XML_SMALL),
    "json-member-names": bodies(
        lambda: _numbered("{", '"' + "n" * 10_000 + '{0}":1,', f"{_SCALARS}}}", 6_000), lambda: _XML_SMALL
    ),
    "json-integer": bodies(lambda: _filled('{"count":', "9", ',"returncode":0}'), lambda: _XML_SMALL),
    "json-fraction": bodies(lambda: _filled('{"count":1.', "7", "}"), lambda: _XML_SMALL),
    "json-escapes": bodies(lambda: _filled(f'{{{_SCALARS},"returnmsg":"', "\\\\", '"}'), lambda: _XML_SMALL),
    "json-unclosed": bodies(lambda: _filled('{"returnmsg":"', '\\"', ""), lambda: _XML_SMALL),
    "json-commas-in-text": bodies(lambda: _filled(f'{{{_SCALARS},"returnmsg":"', ",", '"}'), lambda: _XML_SMALL),
    "json-astral": bodies(lambda: _filled(f'{{{_SCALARS},"returnmsg":"\U0001f600', "a", '"}'), lambda: _XML_SMALL),
    "xml-two-million": bodies(lambda: _JSON_SMALL, lambda: _xml_entries('<product product_id="1"/>')),
    "xml-wide": bodies(lambda: _JSON_SMALL, lambda: _xml_entries("<a/>")),
    "xml-attributes": bodies(lambda: _JSON_SMALL, lambda: _numbered("<result", ' a{0}=""', "/>", 4_000_000)),
    "xml-prefixes": bodies(lambda: _JSON_SMALL, lambda: _numbered("<result", ' xmlns:a{0}="u"', "/>", 2_000_000)),
    "xml-tag-name": bodies(lambda: _JSON_SMALL, lambda: _filled("<", "n", "/>")),
    "xml-attribute-name": bodies(lambda: _JSON_SMALL, lambda: _filled(f"<result {_ATTRIBUTES} ", "n", '="1"/>')),
    "xml-tag-unclosed": bodies(lambda: _JSON_SMALL, lambda: _filled("<result ", " ", "")),
    "xml-text": bodies(
        lambda: _JSON_SMALL, lambda: _filled(f"<result {_ATTRIBUTES}><warnings>", "&#65;", "</warnings></result>")
    ),
    "xml-texts": bodies(lambda: _JSON_SMALL, lambda: _xml_entries("<warnings>" + "w" * 80 + "</warnings>")),
    "xml-products": bodies(lambda: _JSON_SMALL, lambda: _numbered(f"<result {_ATTRIBUTES}>", _PRODUCT, "</result>", 90_000)),
    "xml-value": bodies(lambda: _JSON_SMALL, lambda: _filled(f'<result {_ATTRIBUTES} returnmsg="', "a", '"/>')),
    "xml-value-wide": bodies(lambda: _JSON_SMALL, lambda: _filled(f'<result {_ATTRIBUTES} returnmsg="&#x1f600;', "a", '"/>')),
    "xml-loose-text": bodies(lambda: _JSON_SMALL, lambda: _xml_entries("a")),
    "xml-namespaces": bodies(
        lambda: _JSON_SMALL, lambda: _numbered(f"<result {_ATTRIBUTES}>", '<a xmlns:p="u{0}" p:b=""/>', "</result>", 60_000)
    ),
    "xml-latin": _latin(),
    "xml-uri": bodies(
        lambda: _JSON_SMALL, lambda: _xml_root(f'{_ATTRIBUTES} xmlns:p="{_LONG_URI}"', '<p:a p:b="" p:c=""/>' * 70_000)
    ),
    "xml-uri-huge": bodies(
        lambda: _JSON_SMALL, lambda: _xml_root(f'{_ATTRIBUTES} xmlns:p="{"u" * MEGABYTE}"', "<p:a/>" * 70_000)
    ),
    "xml-comments": bodies(lambda: _JSON_SMALL, lambda: _xml_entries("<!---->")),
    "xml-type-scopes": bodies(
        lambda: _JSON_SMALL,
        lambda: _xml_root(
            f"{_ATTRIBUTES} {_XSI} " + " ".join(f'xmlns:p{number}="u"' for number in range(200)),
            '<a xmlns:q="u"/>' * 90_000,
        ),
    ),
    "gzip-empty-members": _coded(lambda: _EMPTY_MEMBER * (LARGE // len(_EMPTY_MEMBER))),
    "gzip-bomb": _coded(lambda: _packed(4096 * MEGABYTE)),
    "gzip-just-fits": _coded(lambda: gzip.compress(_json_entries('{"product_id":1}'), 1)),
    "gzip-text": _coded(lambda: gzip.compress(_filled(f'{{{_SCALARS},"returnmsg":"', ",", '"}'), 1)),
    "many-headers": _with_headers(lambda number: f"X-{number}: a", 5000),
    "large-headers": _with_headers(lambda number: f"X-{number}: {'a' * 500}", 100),
    "tiny-chunks": _tiny_chunks,
    "drips-headers": endless(b"HTTP/1.1 200 OK\r\n", b"X-Odd: 1\r\n", 0.05),
    "drips-bytes-of-a-header": endless(b"HTTP/1.1 200 OK\r\nX-Odd: ", b"x", 0.05),
    "drips-body": endless(_head(200, JSON, "Content-Length: 1000000"), b" ", 0.05),
    "drips-chunks": endless(_head(200, JSON, "Transfer-Encoding: chunked"), b"1\r\n \r\n", 0.05),
    "floods-headers": endless(b"HTTP/1.1 200 OK\r\n", b"X-Odd: 1\r\n" * 1000),
    "floods-body": endless(_head(200, JSON), b" " * 65536),
    "floods-chunks": endless(_head(200, JSON, "Transfer-Encoding: chunked"), b"1\r\n \r\n" * 10_000),
    "interim-without-end": endless(b"", b"HTTP/1.1 103 Early Hints\r\nX-Odd: 1\r\n\r\n" * 10),
    "interim-drips": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.2),
    "chunk-extensions": _chunked("x" * 16_000),
    "content-length-lies": _lies,
    "redirects": _status(302, "Location: /products/images?again"),
    "throttles": _status(429, "Retry-After: 1"),
    "throttles-for-a-minute": _status(429, "Retry-After: 59"),
    "throttles-for-ages": _status(503, "Retry-After: 1e9"),
    "throttles-for-a-billion": _status(429, "Retry-After: 1000000000"),
    "throttles-with-digits": _status(429, f"Retry-After: {'9' * 100_000}"),
    "hangs": written(600.0),
}


def varying(serve: Serve) -> Serve:
    """Return a server whose bodies all differ, so that none of them is known already; each ends in other white space."""
    counted = itertools.count(1)

    def vary(link: socket.socket, head: bytes) -> None:
        serve(_Padding(link, next(counted) % 5000), head)  # type: ignore[arg-type]

    return vary


class _Padding:
    """A socket to which whole responses are written, first their head and then their body."""

    def __init__(self, link: socket.socket, more: int) -> None:
        self._link = link
        self._more = more

    def sendall(self, data: bytes) -> None:
        """Send a head with a greater length, and what belongs to it after the body."""
        head, length, rest = data.partition(b"Content-Length: ")
        if length and data.startswith(b"HTTP/1.1"):
            size, _, others = rest.partition(b"\r\n")
            self._link.sendall(b"%bContent-Length: %d\r\n%b" % (head, int(size) + self._more, others))
        else:
            self._link.sendall(data + b" " * self._more)


def _late(serve: Serve) -> Serve:
    """Return a server that passes requests on to a conformant server and turns hostile after `_LATE` of them."""
    counted = itertools.count()

    def late(link: socket.socket, head: bytes) -> None:
        _SOUND.asked += 1
        if next(counted) >= _LATE:
            serve(link, head)
            return
        target = head.split(b" ", 2)[1].decode("latin-1")
        lines = [line.partition(b":") for line in head.split(b"\r\n")[1:] if line]
        headers = {name.decode(): value.strip().decode("latin-1") for name, _, value in lines}
        sound = http.client.HTTPConnection(_SOUND.address, timeout=30)
        sound.request("GET", target, headers=headers)
        reply = sound.getresponse()
        body = reply.read()
        # The body was dechunked by http.client, so its framing is written anew.
        kept = [f"{name}: {value}" for name, value in reply.getheaders() if name.lower() not in ("content-length", "date")]
        link.sendall("\r\n".join([f"HTTP/1.1 {reply.status} x", *kept, f"Content-Length: {len(body)}", "", ""]).encode() + body)
        sound.close()

    return late


class _Sound:
    """The conformant server behind the late servers."""

    address = ""
    asked = 0


_SOUND = _Sound()


def asked() -> int:
    """Return the number of requests that the current late server has received."""
    return _SOUND.asked


# Late servers take long to test, so only some of each kind are run.
_LATE_ONES = (
    "json-60-mb",
    "json-members",
    "json-member-names",
    "xml-two-million",
    "xml-attributes",
    "xml-uri",
    "gzip-just-fits",
    "drips-body",
    "interim-drips",
    "throttles-for-a-minute",
    "hangs",
    "floods-body",
)

_VARYING_ONES = (
    "json-products",
    "json-texts",
    "json-product-text",
    "json-keys",
    "json-commas-in-text",
    "xml-texts",
    "xml-products",
    "xml-value",
    "xml-text",
    "xml-loose-text",
    "xml-namespaces",
    "xml-latin",
)

NAMES: tuple[str, ...] = (
    *_PLAIN,
    *(f"late-{name}" for name in _LATE_ONES),
    *(f"late-varying-{name}" for name in _VARYING_ONES),
)


@contextmanager
def serving(name: str) -> Iterator[str]:
    """Run a hostile server on a loopback port, and yield its base URL."""
    serve = _PLAIN[name.removeprefix("late-").removeprefix("varying-")]
    if "varying-" in name:
        serve = varying(serve)
    if not name.startswith("late-"):
        with listening(serve) as (address, _):
            yield f"http://{address}"
        return
    with running(create_app(packaged_contract(), products=1200)) as sound, listening(_late(serve)) as (address, _):
        _SOUND.asked = 0
        _SOUND.address = sound.removeprefix("http://")
        yield f"http://{address}"
