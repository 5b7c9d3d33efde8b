"""Faults in the items' content: base64, image bytes, links, and the content that a mode returns."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from twinwire.ir import Kind
from twinwire_conformance.reference.faults.plan import (
    entries,
    has_binary_mode,
    has_other_mode,
    has_uri_mode,
    in_kind,
    items,
    map_content,
)
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.pipeline import ENCODE, PARSE, RESULT, Exchange
from twinwire_conformance.reference.query import ParsedQuery

Result = dict[str, Any]


def _base64_fault(name: str, description: str, change: Callable[[str], str], rule: str = "IMAGE-01") -> None:
    """Register a fault that corrupts the base64 of every item."""

    def hook(x: Exchange, proceed: Callable[[], Result]) -> Result:
        return map_content(x, proceed(), Kind.BINARY, change)

    fault(RESULT, name, description, trips=(rule,), needs=has_binary_mode)(hook)


def _bytes_fault(name: str, description: str, change: Callable[[bytes], bytes]) -> None:
    """Register a fault that returns other bytes in correct base64."""
    _base64_fault(
        name, description, lambda text: base64.b64encode(change(base64.b64decode(text))).decode("ascii"), rule="IMAGE-02"
    )


def _link_fault(name: str, description: str, change: Callable[[str], str]) -> None:
    """Register a fault that corrupts the link of every item."""

    def hook(x: Exchange, proceed: Callable[[], Result]) -> Result:
        return map_content(x, proceed(), Kind.URI, change)

    fault(RESULT, name, description, trips=("IMAGE-03",), needs=has_uri_mode)(hook)


def _broken(text: str) -> str:
    return "\n".join(text[start : start + 76] for start in range(0, len(text), 76))


_URL_ALPHABET = str.maketrans("+/", "-_")

# MIME (RFC 2045) limits lines to 76 characters; RFC 4648 forbids line breaks unless a format asks for them.
_base64_fault("base64-lines", "base64 is broken into lines of 76", _broken)
_base64_fault("base64-url-alphabet", "base64 uses the URL-safe alphabet", lambda text: text.translate(_URL_ALPHABET))
_base64_fault("base64-unpadded", "base64 lacks its padding", lambda text: text.rstrip("="))
_base64_fault("base64-data-uri", "base64 is sent as a data: URI", lambda text: f"data:image/png;base64,{text}")
# As SQL Server shows binary columns.
_base64_fault(
    "base64-hexadecimal", "bytes are sent as 0x and hexadecimal digits", lambda text: f"0x{base64.b64decode(text).hex()}"
)
_base64_fault("base64-empty", "content is empty", lambda _text: "")
_base64_fault("base64-file-missing", "content is an error message", lambda _text: "File not found.")

_bytes_fault("image-text", "the bytes are an error message", lambda _bytes: b"File not found.")
_bytes_fault("image-html", "the bytes are an HTML page", lambda _bytes: b"<!DOCTYPE html><title>404</title><p>Not found")
_bytes_fault("image-zeroed", "the bytes are all zero", lambda image: bytes(len(image)))
_bytes_fault("image-base64-twice", "the bytes are encoded in base64 twice", base64.b64encode)
_bytes_fault("image-path", "the bytes are the path of a file", lambda _bytes: b"C:\\images\\front.png")
# Invalid UTF-8 becomes U+FFFD, so the original bytes are lost.
_bytes_fault(
    "image-as-text", "the bytes were decoded as text and encoded again", lambda image: image.decode("utf-8", "replace").encode()
)
_bytes_fault("image-cut", "the last quarter of the bytes is lost", lambda image: image[: len(image) * 3 // 4])
# A PNG signature is eight bytes long; a check of the first bytes alone accepts this.
_bytes_fault("image-signature-only", "the bytes end after the signature of their format", lambda image: image[:8])

_link_fault("link-relative", "links have no scheme and no host", lambda link: "/" + link.split("/", 3)[3])
_link_fault("link-scheme-relative", "links have no scheme", lambda link: link.partition(":")[2])
_link_fault("link-file", "links are paths in the server's file system", lambda link: "C:\\images\\" + link.rpartition("/")[2])
_link_fault("link-ftp", "links have another scheme than http or https", lambda link: "ftp" + link.removeprefix("https"))
_link_fault("link-hostless", "links have no host", lambda link: "https:///" + link.split("/", 3)[3])
_link_fault("link-empty", "links are empty", lambda _link: "")


@fault(ENCODE, "base64-lines-xml", "base64 is broken into lines of 76 in XML", trips=("IMAGE-01",), needs=has_binary_mode)
def _base64_lines_xml(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.is_xml:
        map_content(x, x.result, Kind.BINARY, _broken)
    return proceed()


@fault(
    RESULT,
    "base64-third-empty",
    "the content of every item after the second is empty",
    trips=("IMAGE-01",),
    needs=has_binary_mode,
)
def _base64_third_empty(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if in_kind(x, Kind.BINARY) and x.parsed_query.mode:
        for entry in entries(x, result):
            for item in items(x, entry)[2:]:
                item[x.parsed_query.mode.content.wire_name] = ""
    return result


@fault(
    PARSE, "mode-ignored", "the default mode is served, whatever mode is requested", trips=("IMAGE-04",), needs=has_other_mode
)
def _mode_ignored(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    parsed_query = proceed()
    if x.feed.modes:
        parsed_query.mode = x.feed.modes.default
    return parsed_query


@fault(
    PARSE,
    "mode-swapped",
    "the default mode returns the content of another mode, and the reverse",
    trips=("IMAGE-04",),
    needs=has_other_mode,
)
def _mode_swapped(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    parsed_query = proceed()
    if x.feed.modes:
        choices = x.feed.modes.choices
        parsed_query.mode = choices[(choices.index(parsed_query.mode) + 1) % len(choices)] if parsed_query.mode else None
    return parsed_query


@fault(PARSE, "mode-first-lot-only", "after the first page the mode is forgotten", trips=("IMAGE-04",), needs=has_other_mode)
def _mode_first_lot_only(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    parsed_query = proceed()
    if x.feed.modes and parsed_query.after is not None:
        parsed_query.mode = x.feed.modes.default
    return parsed_query
