"""Parse XML documents of any charset with expat, and reject constructs that make parsing expensive."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from xml.parsers import expat

from twinwire_conformance.decoding.charsets import UTF_8, check_utf8, utf8_of_xml
from twinwire_conformance.decoding.excerpts import bytes_excerpt
from twinwire_conformance.decoding.limits import check_xml
from twinwire_conformance.decoding.words import Undecodable

# expat joins namespace and local name with the given separator, here "}": ``uri}name``.
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
SCHEMA = "http://www.w3.org/2001/XMLSchema"
NIL = f"{INSTANCE}}}nil"
TYPE = f"{INSTANCE}}}type"
HINTS = frozenset((f"{INSTANCE}}}schemaLocation", f"{INSTANCE}}}noNamespaceSchemaLocation"))
"""Attributes with the location of a schema. They are ignored, and nothing is fetched from there."""

MAX_URI = 1024
"""The longest namespace URI, in bytes. The parser copies the URI into the name of every element and attribute."""
_LONG_URI = re.compile(rb"""\s*(?:"[^"]{%d}|'[^']{%d})""" % (MAX_URI + 1, MAX_URI + 1))
_EQUALS = re.compile(rb"(?::[^\s=<>]*)?\s*=")

Start = Callable[[str, Mapping[str, str]], None]
Declare = Callable[[str | None, str | None], None]


def parse(
    body: bytes,
    charset: str | None,
    start: Start,
    end: Callable[[str], object],
    text: Callable[[str], object],
    declare: Declare | None = None,
) -> None:
    """Send the events of a document to handlers. The handler ``start`` limits the depth of nesting.

    Args:
        body: The document.
        charset: The charset of the Content-Type; None when the header names none.
        start: Takes the name of an element and its attributes by name, names with a namespace as ``uri}name``.
        end: Takes the name of an element that ends.
        text: Takes text, in pieces.
        declare: Takes a prefix (None: the default) and the namespace that it is bound to, before the element's start.

    Raises:
        Undecodable: The document is not well-formed or not in its charset, has a DOCTYPE, a very long namespace URI, or more
            than its limits allow.
    """
    source = utf8_of_xml(body, charset)
    check_xml(source)
    if _may_have_long_uri(source):
        # A parser without namespace support does not copy URIs, so it can check their lengths safely.
        _run(expat.ParserCreate(UTF_8), source, _refuse_long_uri)
    parser = expat.ParserCreate(UTF_8, namespace_separator="}")
    parser.buffer_text = True
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartNamespaceDeclHandler = declare
    _run(parser, source, start)


def clark(name: str) -> str:
    """Convert ``uri}name`` to Clark notation, ``{uri}name``. A name without a namespace stays unchanged."""
    return f"{{{name}" if "}" in name else name


def _run(parser: expat.XMLParserType, source: bytes, start: Start) -> None:
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(source, True)
    except expat.ExpatError as error:
        raise _malformed(source, error, parser.ErrorByteIndex) from error
    except ValueError as error:
        raise Undecodable(f"not well-formed XML: {error}") from error


def _malformed(source: bytes, error: expat.ExpatError, position: int) -> Undecodable:
    try:
        check_utf8(source)
    except Undecodable as undecodable:
        return Undecodable(str(undecodable), coding=True)
    reason = expat.ErrorString(error.code).removeprefix("not well-formed ").strip("()")
    where = f"(line {error.lineno}, column {error.offset + 1})"
    return Undecodable(f"not well-formed XML: {reason} {where}\n{bytes_excerpt(source, position)}")


def _may_have_long_uri(source: bytes) -> bool:
    """Return whether a document may declare a very long namespace URI. False positives are possible in text."""
    found = source.find(b"xmlns")
    while found != -1:
        # White space precedes a declaration and never occurs within a prefix, so the search takes linear time.
        equals = _EQUALS.match(source, found + 5) if source[found - 1 : found].isspace() else None
        if equals is not None and _LONG_URI.match(source, equals.end()):
            return True
        found = source.find(b"xmlns", found + 5)
    return False


def _refuse_long_uri(_name: str, attributes: Mapping[str, str]) -> None:
    for name, uri in attributes.items():
        if len(uri) > MAX_URI and (name == "xmlns" or name.startswith("xmlns:")):
            size = f"{len(uri)} characters long, which is more than {MAX_URI}"
            raise Undecodable(f"the namespace URI of {name[:60]} is {size}")


def _refuse_doctype(*_: object) -> None:
    raise Undecodable("the XML has a DOCTYPE")
