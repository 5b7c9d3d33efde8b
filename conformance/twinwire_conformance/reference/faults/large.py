"""Faults of large images and large bodies only: limits of buffers, quotas and database columns."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import partial
from typing import Any

from twinwire.ir import Kind
from twinwire_conformance.reference.faults.plan import (
    entries,
    has_binary_mode,
    has_remaining,
    has_size,
    is_empty,
    items,
    map_content,
    token_at,
)
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.pipeline import ENCODE, RESULT, SEND, Exchange, ServerResponse
from twinwire_conformance.reference.query import RefusedError

Result = dict[str, Any]
_KIB = 1024
_MIB = 1024 * _KIB
_COLUMN = 65_535
_BOUNDARY = 8 * _KIB
# With these sizes the largest page has 2 to 3 MB of base64.
_large_image_fault = partial(fault, needs=has_binary_mode, products=20, image_bytes=70_000)
_large_body_fault = partial(fault, needs=has_binary_mode, products=600, image_bytes=1_500)


def _content_fault(
    name: str,
    description: str,
    trips: tuple[str, ...],
    change: Callable[[str], str],
    *,
    least: int = 64 * _KIB,
    xml_only: bool = False,
    image_bytes: int = 70_000,
) -> None:
    """Register a fault that changes base64 of more than `least` characters.

    Args:
        name: The id of the fault.
        description: One sentence for the tables.
        trips: The rules that must detect the fault.
        change: Maps the base64 to its replacement.
        least: The length in characters above which base64 changes.
        xml_only: Leave JSON correct.
        image_bytes: The minimum size of the feed's images in bytes.
    """

    def hook(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
        if x.error is None and (x.is_xml or not xml_only):
            map_content(x, x.result, Kind.BINARY, lambda text: change(text) if len(text) > least else text)
        return proceed()

    _large_image_fault(ENCODE, name, description, trips=trips, image_bytes=image_bytes)(hook)


def _bytes(change: Callable[[bytes], bytes]) -> Callable[[str], str]:
    return lambda text: base64.b64encode(change(base64.b64decode(text))).decode("ascii")


def _without_private_chunks(image: bytes) -> bytes:
    kept, position = image[:8], 8
    while position < len(image):
        end = position + 12 + int.from_bytes(image[position : position + 4], "big")
        if image[position + 4 : position + 8] != b"paDd":
            kept += image[position:end]
        position = end
    return kept


def _in_lines(text: str) -> str:
    return "\r\n".join(text[start : start + 76] for start in range(0, len(text), 76))


_URL_ALPHABET = str.maketrans("+/", "-_")

_content_fault("large-image-lines", "base64 of more than 64 KiB is broken into lines of 76", ("IMAGE-01",), _in_lines)
_content_fault(
    "large-image-url-alphabet",
    "base64 of more than 32 KiB uses the URL-safe alphabet",
    ("IMAGE-01",),
    lambda text: text.translate(_URL_ALPHABET),
    least=32 * _KIB,
    image_bytes=30_000,
)
_content_fault(
    "large-image-unpadded", "base64 of more than 64 KiB lacks its padding", ("IMAGE-01",), lambda text: text.rstrip("=")
)
_content_fault(
    "large-image-column-cut",
    "images are truncated after 65,535 bytes, the maximum of a BLOB column",
    ("IMAGE-02",),
    _bytes(lambda image: image[:_COLUMN]),
)
# Each block of 8,192 bytes ends in padding, because 8,192 is not divisible by three.
_content_fault(
    "large-image-padded-within",
    "base64 is encoded in blocks of 8,192 bytes, each with its own padding",
    ("IMAGE-01",),
    lambda text: "".join(
        base64.b64encode(base64.b64decode(text)[start : start + _BOUNDARY]).decode("ascii")
        for start in range(0, len(text), _BOUNDARY)
    ),
)
_content_fault(
    "large-image-xml-rewritten",
    "images of more than 48 KiB are recompressed in XML, without a visible difference",
    ("TWIN-01",),
    _bytes(_without_private_chunks),
    xml_only=True,
)
# WCF's XmlDictionaryReaderQuotas limit strings to 8,192 characters by default.
_content_fault(
    "large-image-xml-quota",
    "content of more than 8,192 characters is empty in XML: a quota for strings",
    ("IMAGE-01", "TWIN-01"),
    lambda _text: "",
    least=8_192,
    xml_only=True,
    image_bytes=7_000,
)
_content_fault(
    "large-image-xml-attribute-cut",
    "XML values are truncated after 65,536 characters",
    ("TWIN-01",),
    lambda text: text[: 64 * _KIB],
    xml_only=True,
)


@_large_body_fault(ENCODE, "large-xml-cut", "an XML body of more than 256 KiB is truncated", trips=("SCHEMA-02",))
def _large_xml_cut(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    return proceed()[: 256 * _KIB] if x.is_xml else proceed()


# ASP.NET's JavaScriptSerializer has such a limit; the message is its own.
@_large_body_fault(
    ENCODE, "large-json-500", "a JSON body of more than 1 MiB crashes the server: maxJsonLength", trips=("HTTP-01",)
)
def _large_json_500(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    body = proceed()
    if x.is_xml or len(body) <= _MIB:
        return body
    x.status = 500
    return b'{"Message":"The length of the string exceeds the value set on the maxJsonLength property."}'


@_large_body_fault(SEND, "large-body-502", "a gateway sends 502 for a body of more than 1 MiB", trips=("HTTP-01",))
def _large_body_502(_x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if len(done.body) <= _MIB:
        return done
    return ServerResponse(502, {"content-type": "text/html"}, b"<html><body><h1>502 Bad Gateway</h1></body></html>")


# The number of characters equals the number of bytes only for ASCII.
@_large_body_fault(
    SEND,
    "large-body-length",
    "the Content-Length of a body of more than 256 KiB counts characters instead of bytes",
    trips=("HTTP-06", "SCHEMA-01"),
    needs_http=True,
)
def _large_body_length(_x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if len(done.body) > 256 * _KIB and "content-encoding" not in done.headers:
        done.declared_length = len(done.body.decode())
    return done


@_large_body_fault(
    SEND,
    "large-body-broken-off",
    "the connection ends before the last bytes of a body of more than 256 KiB",
    trips=("HTTP-06",),
    needs_http=True,
)
def _large_body_broken_off(_x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if len(done.body) > 256 * _KIB:
        done.declared_length = len(done.body)
        done.body = done.body[:-100]
    return done


@_large_image_fault(
    SEND, "large-body-chunk-twice", "a proxy repeats a 4 KiB chunk of an XML body of more than 1 MiB", trips=("TWIN-01",)
)
def _large_body_chunk_twice(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if x.is_xml and len(done.body) > _MIB and "content-encoding" not in done.headers:
        # In the middle of a long value, where parsers do not notice it.
        middle = len(done.body) // 2
        done.body = done.body[: middle + 4 * _KIB] + done.body[middle:]
    return done


@_large_body_fault(
    RESULT,
    "large-page-stops",
    "a page ends at 512 KiB of content, and its cursor is that of the last entry requested",
    trips=("PAGE-03",),
    needs=lambda contract: has_size(contract) and has_remaining(contract) and has_binary_mode(contract),
)
def _large_page_stops(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result, size = proceed(), 0
    mode = x.parsed_query.mode
    assert x.feed.limit.member is not None
    for number, entry in enumerate(entries(x, result)):
        size += sum(len(item[mode.content.wire_name]) for item in items(x, entry)) if mode else 0
        if size > 512 * _KIB:
            result[x.feed.entries.wire_name] = entries(x, result)[: number + 1]
            result[x.feed.limit.member.wire_name] = number + 1
            break
    return result


@_large_body_fault(RESULT, "large-page-timeout", "a page of more than 400 entries with binaries gets 504", trips=("HTTP-01",))
def _large_page_timeout(x: Exchange, proceed: Callable[[], Result]) -> Result:
    binary = x.parsed_query.mode is not None and x.feed.modes is not None and x.parsed_query.mode == x.feed.modes.default
    if binary and not is_empty(x) and len(x.page.places) > 400 and token_at(x, 400) is not None:
        raise RefusedError("the upstream server did not answer in time", status=504)
    return proceed()
