"""Faults of gzip on its way: large bodies that break only where gzip was offered, and gzip that was not."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import partial

from twinwire_conformance.reference.faults.plan import has_other_mode, has_strings, is_empty
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.pipeline import RESPOND, SEND, Answer, Exchange

_BLOCK = 32 * 1024
# The greatest page of the default feed is packed to some 20 KiB.
_PACKED = 8 * 1024
_gzip_fault = partial(fault, SEND, trips=("HTTP-06",))


def _is_packed(done: Answer) -> bool:
    return done.headers.get("content-encoding") == "gzip"


def _packed(body: bytes) -> bytes:
    return gzip.compress(body, 1, mtime=0)


@_gzip_fault("gzip-large-json-checksum", "JSON of more than 64 KiB has a wrong checksum where gzip is offered")
def _gzip_large_json_checksum(x: Exchange, proceed: Callable[[], Answer]) -> Answer:
    done = proceed()
    if not x.is_xml and _is_packed(done) and int.from_bytes(done.body[-4:], "little") > 2 * _BLOCK:
        done.body = done.body[:-8] + bytes(byte ^ 1 for byte in done.body[-8:-4]) + done.body[-4:]
    return done


@_gzip_fault("gzip-large-xml-size", "XML of more than 64 KiB tells a wrong size at its end where gzip is offered")
def _gzip_large_xml_size(x: Exchange, proceed: Callable[[], Answer]) -> Answer:
    done = proceed()
    if x.is_xml and _is_packed(done) and int.from_bytes(done.body[-4:], "little") > 2 * _BLOCK:
        done.body = done.body[:-4] + bytes(4)
    return done


@_gzip_fault("gzip-large-xml-cut", "XML that is packed to more than 8 KiB is cut there")
def _gzip_large_xml_cut(x: Exchange, proceed: Callable[[], Answer]) -> Answer:
    done = proceed()
    if x.is_xml and _is_packed(done):
        done.body = done.body[:_PACKED]
    return done


@_gzip_fault("gzip-unasked-large", "a body of more than 64 KiB is under gzip also where gzip is not offered")
def _gzip_unasked_large(_x: Exchange, proceed: Callable[[], Answer]) -> Answer:
    done = proceed()
    if not _is_packed(done) and len(done.body) > 2 * _BLOCK:
        done.body = _packed(done.body)
        done.headers["content-encoding"] = "gzip"
    return done


@_gzip_fault("gzip-twice-large", "a body that is packed to more than 8 KiB is packed once more")
def _gzip_twice_large(_x: Exchange, proceed: Callable[[], Answer]) -> Answer:
    done = proceed()
    if _is_packed(done) and len(done.body) > _PACKED:
        done.body = _packed(done.body)
    return done


@_gzip_fault("gzip-empty-page", "an empty page has no body where gzip is offered, and is labelled gzip")
def _gzip_empty_page(x: Exchange, proceed: Callable[[], Answer]) -> Answer:
    done = proceed()
    if x.takes_gzip and is_empty(x):
        done.headers["content-encoding"] = "gzip"
        done.body = b""
    return done


@_gzip_fault("gzip-tail", "zero bytes follow a body under gzip of more than 8 KiB: a buffer sent whole")
def _gzip_tail(_x: Exchange, proceed: Callable[[], Answer]) -> Answer:
    done = proceed()
    if _is_packed(done) and len(done.body) > _PACKED:
        done.body += bytes(-len(done.body) % _PACKED)
    return done


@_gzip_fault("gzip-length-of-plain", "the Content-Length under gzip is that of the plain body", needs_http=True)
def _gzip_length_of_plain(_x: Exchange, proceed: Callable[[], Answer]) -> Answer:
    done = proceed()
    if _is_packed(done):
        done.declared_length = len(gzip.decompress(done.body))
    return done


@_gzip_fault("brotli-is-gzip", "where brotli is offered gzip is labelled as brotli")
def _brotli_is_gzip(x: Exchange, proceed: Callable[[], Answer]) -> Answer:
    done = proceed()
    if _is_packed(done) and "br" in x.header("accept-encoding"):
        done.headers["content-encoding"] = "br"
    return done


@fault(
    RESPOND,
    "gzip-xml-latin1",
    "where gzip is offered XML is in Latin-1 and labelled UTF-8",
    trips=("HTTP-06", "HTTP-10"),
    needs=has_strings,
)
def _gzip_xml_latin1(x: Exchange, proceed: Callable[[], Answer]) -> Answer:
    done = proceed()
    if x.is_xml and x.takes_gzip:
        done.body = done.body.decode().encode("latin-1", "xmlcharrefreplace")
    return done


@fault(
    RESPOND,
    "gzip-links-buffer-twice",
    "where gzip is offered the second 32 KiB of a page with links are the first once more",
    trips=("HTTP-10", "SCHEMA-01"),
    needs=has_other_mode,
)
def _gzip_links_buffer_twice(x: Exchange, proceed: Callable[[], Answer]) -> Answer:
    done = proceed()
    links = x.error is None and x.feed.modes is not None and x.ask.mode != x.feed.modes.default
    if x.takes_gzip and links and len(done.body) > 2 * _BLOCK:
        done.body = done.body[:_BLOCK] * 2 + done.body[2 * _BLOCK :]
    return done
