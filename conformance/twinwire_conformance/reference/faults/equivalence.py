"""Faults of serializers that make JSON and XML differ: white space, escapes, non-BMP characters, zeros, normal forms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import unquote

from twinwire.ir import Kind
from twinwire_conformance.reference.faults.plan import (
    entries,
    has_file_names,
    has_integer_key,
    has_message,
    has_positions,
    has_strings,
    has_uri_mode,
    has_version,
    in_kind,
    items,
    map_content,
    map_text,
)
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.pipeline import ENCODE, RESPOND, Exchange, ServerResponse

Result = dict[str, Any]
_twin_fault = partial(fault, ENCODE, trips=("TWIN-01",))


def _xml_text_fault(name: str, description: str, change: Callable[[str], str]) -> None:
    """Register a fault that changes the texts of entries in XML."""

    def hook(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
        if x.is_xml:
            map_text(x, change)
        return proceed()

    _twin_fault(name, description, needs=has_strings)(hook)


# HFS+, the former macOS file system, stores file names in a decomposed form.
_xml_text_fault("xml-decomposed", "letters with accents are decomposed in XML", lambda text: unicodedata.normalize("NFD", text))
_xml_text_fault(
    "xml-compatible",
    "letters in XML are replaced by their compatibility forms",
    lambda text: unicodedata.normalize("NFKC", text),
)
# A form decoder that is applied once too often.
_xml_text_fault("xml-plus-is-space", "plus signs are spaces in XML", lambda text: text.replace("+", " "))
# SQL escaping that is not undone.
_xml_text_fault("xml-apostrophe-doubled", "apostrophes are doubled in XML", lambda text: text.replace("'", "''"))
# Each of the two UTF-16 surrogates is replaced separately.
_xml_text_fault(
    "xml-beyond-bmp-marks",
    "each character beyond the BMP becomes two question marks in XML",
    lambda text: re.sub("[\U00010000-\U0010ffff]", "??", text),
)
_xml_text_fault(
    "xml-windows-1252",
    "each character that Windows-1252 lacks becomes a question mark in XML",
    lambda text: text.encode("cp1252", "replace").decode("cp1252"),
)


def _message_fault(name: str, description: str, message: str, finish: Callable[[bytes], bytes]) -> None:
    """Register a fault that adds a success message, part of which is lost in XML."""

    def hook(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
        if x.error or x.feed.outcome.message is None:
            return proceed()
        x.result = {**x.result, x.feed.outcome.message.wire_name: message}
        return finish(proceed()) if x.is_xml else proceed()

    _twin_fault(name, description, needs=has_message)(hook)


# Attribute-value normalization: XML 1.0, section 3.3.3.
_message_fault(
    "xml-message-line-break",
    "a line break in a message is not escaped in an XML attribute, so parsers make it a space",
    "OK\nno errors",
    lambda body: body.replace(b"&#10;", b"\n"),
)
_message_fault(
    "xml-message-tab",
    "a tab in a message is not escaped in an XML attribute, so parsers make it a space",
    "OK\tno errors",
    lambda body: body.replace(b"&#9;", b"\t"),
)
_message_fault(
    "xml-message-trimmed",
    "the space at the end of a message is trimmed in XML",
    "OK ",
    lambda body: body.replace(b'"OK "', b'"OK"').replace(b">OK <", b">OK<"),
)
_message_fault(
    "xml-message-empty-absent",
    "a message that is empty in JSON is absent in XML",
    "",
    lambda body: re.sub(rb' \w+=""', b"", body, count=1),
)
_message_fault(
    "xml-message-ampersand-twice",
    "the ampersand of a message is escaped twice in XML",
    "OK & done",
    lambda body: body.replace(b"OK &amp; done", b"OK &amp;amp; done"),
)


# Serializers that escape UTF-16 code units one by one; XML 1.0 forbids references to surrogates.
@fault(
    ENCODE,
    "xml-surrogate-references",
    "a character beyond the BMP becomes two surrogate references in XML",
    trips=("SCHEMA-02", "HTTP-06"),
    needs=has_strings,
)
def _xml_surrogate_references(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if not x.is_xml:
        return proceed()

    def halves(found: re.Match[str]) -> str:
        code = ord(found[0]) - 0x10000
        return f"&#{0xD800 + (code >> 10)};&#{0xDC00 + (code & 0x3FF)};"

    return re.sub("[\U00010000-\U0010ffff]", halves, proceed().decode()).encode()


@fault(
    ENCODE,
    "json-half-surrogate",
    "a character beyond the BMP loses its second surrogate in JSON",
    trips=("TWIN-01", "SCHEMA-01"),
    needs=has_strings,
)
def _json_half_surrogate(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.is_xml:
        return proceed()
    return re.sub(
        "[\U00010000-\U0010ffff]",
        lambda found: f"\\u{0xD800 + ((ord(found[0]) - 0x10000) >> 10):04x}",
        proceed().decode(),
    ).encode()


@fault(
    ENCODE,
    "xml-large-keys-exponent",
    "XML keys above 2**53 are written with an exponent",
    trips=("SCHEMA-02", "TWIN-01"),
    needs=has_integer_key,
)
def _xml_large_keys_exponent(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.is_xml:
        for entry in entries(x, x.result):
            key = entry[x.feed.key.wire_name]
            entry[x.feed.key.wire_name] = f"{key:.16E}" if key > 2**53 else key
    return proceed()


# XML 1.0 forbids control characters even as references. The character № is in one file name of fourteen.
@fault(
    ENCODE,
    "xml-control-reference",
    "one file name in fourteen has a reference to a control character in XML",
    trips=("SCHEMA-02", "TWIN-01"),
    needs=has_file_names,
)
def _xml_control_reference(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    return proceed().replace("№".encode(), b"&#31;") if x.is_xml else proceed()


@fault(
    RESPOND,
    "xml-label-latin1",
    "XML in UTF-8 declares Latin-1, in link mode only",
    trips=("TWIN-02", "HTTP-06"),
    needs=has_uri_mode,
)
def _xml_label_latin1(x: Exchange, proceed: Callable[[], ServerResponse]) -> ServerResponse:
    done = proceed()
    if x.is_xml and in_kind(x, Kind.URI):
        done.headers["content-type"] = f"{x.choice.label}; charset=iso-8859-1"
    return done


@_twin_fault("xml-version-zeros-cut", "the version loses its trailing zero in XML, where it is a number", needs=has_version)
def _xml_version_zeros_cut(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.is_xml and x.feed.version and x.feed.version.wire_name in x.result:
        x.result = {**x.result, x.feed.version.wire_name: str(x.result[x.feed.version.wire_name]).removesuffix(".0")}
    return proceed()


def _link_fault(name: str, description: str, change: Callable[[str], str]) -> None:
    """Register a fault that changes links in XML."""

    def hook(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
        if x.is_xml:
            map_content(x, x.result, Kind.URI, change)
        return proceed()

    fault(ENCODE, name, description, trips=("TWIN-02",), needs=has_uri_mode)(hook)


_link_fault(
    "xml-links-escaped-twice", "the ampersands of links are escaped twice in XML", lambda link: link.replace("&", "&amp;")
)
_link_fault("xml-links-decoded", "the percent escapes of links are decoded in XML", unquote)
_link_fault(
    "xml-links-lower-case",
    "the percent escapes of links have lower-case digits in XML",
    lambda link: re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), link),
)


@fault(
    ENCODE,
    "xml-links-sorted",
    "in link mode the images of an entry are sorted by file name in XML, with unchanged positions",
    trips=("TWIN-02",),
    needs=lambda contract: has_file_names(contract) and has_positions(contract) and has_uri_mode(contract),
)
def _xml_links_sorted(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    modes = x.feed.modes
    if x.is_xml and in_kind(x, Kind.URI) and modes and modes.filename:
        for entry in entries(x, x.result):
            items(x, entry).sort(key=lambda item: str(item[modes.filename or ""]))
    return proceed()
