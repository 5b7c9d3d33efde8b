"""Faults of gzip on large bodies, and of gzip that was not offered."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import partial

from twinwire_conformance.reference.faults.plan import has_other_mode, has_strings, is_empty
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.pipeline import RESPOND, SEND, Exchange, ServerResponse

_BLOCK = 32 * 1024
# The largest page of the default feed compresses to about 20 KiB.
_PACKED = 8 * 1024
_gzip_fault = partial(fault, SEND, trips=("HTTP-06",))


def _is_packed(done: ServerResponse) -> bool:
    return done.headers.get("content-encoding") == "gzip"


def _packed(body: bytes) -> bytes:
    return gzip.compress(body, 1, mtime=0)


# A gzip body ends with the CRC-32 and the uncompressed size, four bytes each, little-endian (RFC 1952).
@_gzip_fault("gzip-large-json-checksum", "JSON of more than 64 KiB has a wrong checksum if gzip is offered")
def _gzip_large_json_checksum(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if not x.is_xml and _is_packed(done) and int.from_bytes(done.body[-4:], "little") > 2 * _BLOCK:
        done.body = done.body[:-8] + bytes(byte ^ 1 for byte in done.body[-8:-4]) + done.body[-4:]
    return done


@_gzip_fault("gzip-large-xml-size", "XML of more than 64 KiB has a wrong size in its trailer if gzip is offered")
def _gzip_large_xml_size(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if x.is_xml and _is_packed(done) and int.from_bytes(done.body[-4:], "little") > 2 * _BLOCK:
        done.body = done.body[:-4] + bytes(4)
    return done


@_gzip_fault("gzip-large-xml-cut", "XML that compresses to more than 8 KiB is truncated")
def _gzip_large_xml_cut(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if x.is_xml and _is_packed(done):
        done.body = done.body[:_PACKED]
    return done


@_gzip_fault("gzip-unasked-large", "a body of more than 64 KiB is compressed even if gzip is not offered")
def _gzip_unasked_large(_x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if not _is_packed(done) and len(done.body) > 2 * _BLOCK:
        done.body = _packed(done.body)
        done.headers["content-encoding"] = "gzip"
    return done


# The application compresses, and a proxy in front compresses again.
@_gzip_fault("gzip-twice-large", "a body that compresses to more than 8 KiB is compressed twice")
def _gzip_twice_large(_x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if _is_packed(done) and len(done.body) > _PACKED:
        done.body = _packed(done.body)
    return done


@_gzip_fault("gzip-empty-page", "an empty page has no body and declares Content-Encoding gzip if gzip is offered")
def _gzip_empty_page(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if x.takes_gzip and is_empty(x):
        done.headers["content-encoding"] = "gzip"
        done.body = b""
    return done


# A buffer of 8 KiB blocks is sent whole; lenient decoders ignore bytes after the trailer.
@_gzip_fault("gzip-tail", "zero bytes follow a gzip body of more than 8 KiB: the whole buffer is sent")
def _gzip_tail(_x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if _is_packed(done) and len(done.body) > _PACKED:
        done.body += bytes(-len(done.body) % _PACKED)
    return done


# The length was computed before the body was compressed.
@_gzip_fault("gzip-length-of-plain", "the Content-Length of a gzip body is that of the plain body", needs_http=True)
def _gzip_length_of_plain(_x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if _is_packed(done):
        done.declared_length = len(gzip.decompress(done.body))
    return done


@_gzip_fault("brotli-is-gzip", "a gzip body declares Content-Encoding br if brotli is offered")
def _brotli_is_gzip(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if _is_packed(done) and "br" in x.header("accept-encoding"):
        done.headers["content-encoding"] = "br"
    return done


@fault(
    RESPOND,
    "gzip-xml-latin1",
    "XML is in Latin-1 and declares the charset UTF-8 if gzip is offered",
    trips=("HTTP-06", "HTTP-10"),
    needs=has_strings,
)
def _gzip_xml_latin1(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if x.is_xml and x.takes_gzip:
        done.body = done.body.decode().encode("latin-1", "xmlcharrefreplace")
    return done


@fault(
    RESPOND,
    "gzip-links-buffer-twice",
    "the second 32 KiB of a page with links repeat the first if gzip is offered",
    trips=("HTTP-10", "SCHEMA-01"),
    needs=has_other_mode,
)
def _gzip_links_buffer_twice(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    links = x.error is None and x.feed.modes is not None and x.parsed_query.mode != x.feed.modes.default
    if x.takes_gzip and links and len(done.body) > 2 * _BLOCK:
        done.body = done.body[:_BLOCK] * 2 + done.body[2 * _BLOCK :]
    return done
