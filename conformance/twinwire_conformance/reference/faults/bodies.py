"""Faults in the bytes of a body: charset, byte order mark and gzip."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from functools import partial

from twinwire_conformance.reference.faults.plan import has_many_types, has_strings, is_empty, serves
from twinwire_conformance.reference.faults.registry import Condition, always, fault
from twinwire_conformance.reference.pipeline import ENCODE, RESPOND, Exchange, ServerResponse

_MARK = b"\xef\xbb\xbf"
_BLOCK = 32 * 1024
_body_fault = partial(fault, trips=("HTTP-06",))
_mark_fault = partial(fault, trips=("HTTP-07",))


def _charset_fault(name: str, description: str, charset: str, where: Callable[[Exchange], bool]) -> None:
    """Register a fault that declares a charset that the body is not in. `where` selects the responses."""

    def hook(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
        done = proceed()
        if where(x):
            done.headers["content-type"] = f"{x.choice.label}; charset={charset}"
        return done

    _body_fault(RESPOND, name, description)(hook)


def _in_json(x: Exchange) -> bool:
    return not x.is_xml


def _in_xml(x: Exchange) -> bool:
    return x.is_xml


def _in_last_type(x: Exchange) -> bool:
    return x.choice.media_type == x.choice.representation.media_types[-1]


# MySQL's name for UTF-8; IANA does not register it.
_charset_fault("json-charset-unknown", "the charset of JSON is utf8mb4, a name that only MySQL uses", "utf8mb4", _in_json)
_charset_fault("json-charset-ascii", "JSON in UTF-8 declares the charset US-ASCII", "us-ascii", _in_json)
_charset_fault("xml-charset-utf16", "XML in UTF-8 declares the charset UTF-16", "utf-16", _in_xml)
_charset_fault(
    "last-type-charset-ascii",
    "UTF-8 declares the charset US-ASCII under the last type of a representation",
    "us-ascii",
    _in_last_type,
)


@_body_fault(ENCODE, "xml-latin1", "XML is in Latin-1 and declares the charset UTF-8", needs=has_strings)
def _xml_latin1(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    return proceed().decode().encode("latin-1", "replace") if x.is_xml else proceed()


# .NET's StringWriter declares UTF-16, whatever encoding the text is sent in.
@_body_fault(
    RESPOND, "xml-declares-utf16", "the XML declaration says UTF-16, the body is UTF-8 and the Content-Type has no charset"
)
def _xml_declares_utf16(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if x.is_xml:
        done.headers["content-type"] = x.choice.label
        done.body = done.body.replace(b'encoding="utf-8"', b'encoding="utf-16"', 1)
    return done


def _gzip_fault(
    name: str, description: str, pack: Callable[[bytes], bytes], *, label: bool = True, needs: Condition = always
) -> None:
    """Register a fault that compresses bodies in another way if gzip is offered."""

    def hook(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
        done = proceed()
        if x.takes_gzip and x.error is None:
            done.body = pack(done.body)
            done.headers |= {"content-encoding": "gzip", "vary": "accept-encoding"} if label else {}
        return done

    _body_fault(RESPOND, name, description, needs=needs)(hook)


def _packed(body: bytes) -> bytes:
    return gzip.compress(body, 1, mtime=0)


def _halved(body: bytes) -> bytes:
    packed = _packed(body)
    return packed[: len(packed) // 2]


_gzip_fault("gzip-cut", "a gzip body is truncated", _halved)
# A server that flushes its compressor and never closes it.
_gzip_fault("gzip-unfinished", "a gzip body lacks its trailer with the checksum", lambda body: _packed(body)[:-8])
_gzip_fault(
    "gzip-block-lost", "a gzip body ends after 32 KiB of content", lambda body: _packed(body[:_BLOCK]), needs=serves(500)
)
_gzip_fault("gzip-label-only", "a plain body declares Content-Encoding gzip if gzip is offered", lambda body: body)
_gzip_fault("gzip-unlabelled", "a gzip body has no Content-Encoding", _packed, label=False)
# The zlib format is HTTP's "deflate" (RFC 9110, section 8.4.1.2), not its "gzip".
_gzip_fault("gzip-is-deflate", "a body that declares gzip is in the zlib format", zlib.compress)


@_body_fault(RESPOND, "gzip-cached", "requests that offer gzip all get the first gzip response again")
def _gzip_cached(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if x.takes_gzip and x.error is None:
        kept: ServerResponse = x.state.setdefault("kept", done)
        done = ServerResponse(kept.status, dict(kept.headers), kept.body)
    return done


# RFC 8259, section 8.1, forbids a byte order mark; many parsers fail on it.
@_mark_fault(ENCODE, "json-mark", "JSON begins with a byte order mark")
def _json_mark(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    return proceed() if x.is_xml else _MARK + proceed()


@_mark_fault(ENCODE, "json-mark-empty-lot", "an empty page in JSON begins with a byte order mark")
def _json_mark_empty_lot(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    return _MARK + proceed() if is_empty(x) and not x.is_xml else proceed()


@_mark_fault(ENCODE, "json-mark-second-type", "JSON of the second type begins with a byte order mark", needs=has_many_types)
def _json_mark_second_type(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    second = not x.is_xml and x.choice.media_type == x.choice.representation.media_types[1]
    return _MARK + proceed() if second else proceed()


# RFC 8259, section 8.1, requires UTF-8 whatever the Content-Type declares.
@_mark_fault(RESPOND, "json-utf16", "JSON is in UTF-16 with a byte order mark, and declares it")
def _json_utf16(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if not x.is_xml:
        done.headers["content-type"] = f"{x.choice.label}; charset=utf-16"
        done.body = done.body.decode().encode("utf-16")
    return done
