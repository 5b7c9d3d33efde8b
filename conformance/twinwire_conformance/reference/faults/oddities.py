"""Faults in otherwise ordinary responses: duplicate members, text between elements, foreign attributes, byte order marks."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from twinwire.ir import Contract
from twinwire_conformance.reference.encoding import to_json
from twinwire_conformance.reference.faults.plan import entries, has_modes, has_numeric_cursor, has_size, is_empty, texts
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.pipeline import ENCODE, RESULT, Exchange

Result = dict[str, Any]
_BOM = b"\xef\xbb\xbf"
_XSI = b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
_twice_fault = partial(fault, ENCODE, trips=("SCHEMA-10",))
_unknown_fault = partial(fault, ENCODE, trips=("SCHEMA-02", "SCHEMA-09"))


def _has_warnings(contract: Contract) -> bool:
    return contract.feed.outcome.warnings is not None and has_modes(contract)


@_twice_fault("json-size-twice", "JSON states the page's entry count twice, with equal values", needs=has_size)
def _json_size_twice(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    body = proceed()
    if x.is_xml or x.error or x.feed.limit.member is None:
        return body
    return body[:-1] + f',"{x.feed.limit.member.wire_name}":{len(x.page.places)}}}'.encode()


# Most parsers keep the last of two equal names, so a decoded value looks correct.
@_twice_fault("json-key-twice-last", "in JSON the last entry of the feed has two keys, the first of them 0")
def _json_key_twice_last(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    body = proceed()
    if x.is_xml or x.error or not x.page.places or x.page.remaining:
        return body
    start = f'{{"{x.feed.key.wire_name}":'.encode()
    before, _, after = body.rpartition(start)
    return before + start + b"0," + start[1:] + after


@_twice_fault("json-token-twice-empty", "an empty page in JSON has two cursors, the second of them null")
def _json_token_twice_empty(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.is_xml or not is_empty(x):
        return proceed()
    return proceed()[:-1] + f',"{x.feed.cursor.member.wire_name}":null}}'.encode()


@_twice_fault("json-code-twice-rejection", "an error result in JSON has its return code twice, with HTTP 200")
def _json_code_twice_rejection(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.is_xml or x.error is None or x.status != 400:
        return proceed()
    x.status = 200
    return proceed()[:-1] + f',"{x.feed.outcome.code.wire_name}":{x.feed.outcome.success + 1}}}'.encode()


@fault(
    RESULT,
    "token-uint64-empty",
    "the cursor of an empty page is the largest unsigned 64-bit integer",
    trips=("SCHEMA-06",),
    needs=has_numeric_cursor,
)
def _token_uint64_empty(x: Exchange, proceed: Callable[[], Result]) -> Result:
    return proceed() if x.page.places else {**proceed(), x.feed.cursor.member.wire_name: str(2**64 - 1)}


@_unknown_fault("xml-text-after-entry", "in XML text follows the first entry of a page")
def _xml_text_after_entry(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    close = f"</{x.feed.entries.xml.name}>".encode()
    return proceed().replace(close, close + b"null", 1) if x.is_xml else proceed()


@_unknown_fault("xml-text-last-page", "in XML text precedes the end tag of the last page")
def _xml_text_last_page(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    close = f"</{x.feed.result.xml_name}>".encode()
    last = x.is_xml and x.error is None and not x.page.remaining
    return proceed().replace(close, b"OK" + close) if last else proceed()


@fault(ENCODE, "xml-warning-attribute", "in XML warnings have an attribute", trips=("SCHEMA-09",), needs=_has_warnings)
def _xml_warning_attribute(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if not x.is_xml or x.feed.outcome.warnings is None:
        return proceed()
    name = x.feed.outcome.warnings.xml.name
    return proceed().replace(f"<{name}>".encode(), f'<{name} code="1001">'.encode())


def _on_entries(name: str, description: str, attribute: bytes, trips: tuple[str, ...], which: Callable[[int], bool]) -> None:
    """Register a fault that adds an XML Schema attribute to some entries in XML."""

    def hook(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
        if not x.is_xml or x.error:
            return proceed()
        tag = f"<{x.feed.entries.xml.name}".encode()
        numbers = iter(range(len(x.page.places)))

        def marked(found: re.Match[bytes]) -> bytes:
            place = x.page.places[next(numbers)]
            return found[0] + b" " + _XSI + b" " + attribute if which(place.index) else found[0]

        return re.sub(tag + rb"(?=[ >])", marked, proceed(), count=len(x.page.places))

    fault(ENCODE, name, description, trips=trips)(hook)


_on_entries(
    "xml-type-of-entries",
    "in XML entries name a type derived from theirs",
    b'xsi:type="EntryEx"',
    ("SCHEMA-02", "SCHEMA-09"),
    lambda index: index % 50 == 49,
)
_on_entries(
    "xml-one-entry-nil",
    "in XML one entry is nil although it has content",
    b'xsi:nil="true"',
    ("SCHEMA-02",),
    lambda index: index == 1013,
)


def _echo(x: Exchange, mark: str) -> bool:
    """Replace the warning about an unknown mode by a marker for a quotation. Return True if there is such a warning."""
    warnings, mode = x.feed.outcome.warnings, x.feed.modes
    if x.error or warnings is None or mode is None or not x.result.get(warnings.wire_name):
        return False
    x.state["echo"] = next((text for parameter, text in texts(x) if parameter == mode.parameter), "")
    x.result = {**x.result, warnings.wire_name: [f"ignored: {mark}"]}
    return True


@fault(
    ENCODE,
    "xml-warning-escaped-cdata",
    "in XML a warning quotes the mode in CDATA and escaped as well",
    trips=("TWIN-04", "TWIN-01"),
    needs=_has_warnings,
)
def _xml_warning_escaped_cdata(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    mark = "@@mode@@"
    if not _echo(x, mark):
        return proceed()
    text = x.state["echo"]
    if x.is_xml:
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        shown = "<![CDATA[" + re.sub(r"[\x00-\x08\x0b-\x1f]", "?", escaped) + "]]>"
    else:
        shown = to_json(re.sub(r"[\x00-\x08\x0b-\x1f]", "?", text))[1:-1]
    return proceed().replace(mark.encode(), shown.encode())


# A mode that contains "]]>" ends the section.
@fault(
    ENCODE,
    "xml-warning-cdata-ends",
    "in XML a warning quotes the mode in CDATA, which the mode can end",
    trips=("SCHEMA-02", "SCHEMA-08", "TWIN-04"),
    needs=_has_warnings,
)
def _xml_warning_cdata_ends(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    mark = "@@mode@@"
    if not x.is_xml or not _echo(x, mark):
        return proceed()
    return proceed().replace(mark.encode(), f"<![CDATA[{x.state['echo']}]]>".encode())


@fault(ENCODE, "json-mark-twice", "JSON begins with two byte order marks", trips=("SCHEMA-01", "HTTP-06"))
def _json_mark_twice(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    return proceed() if x.is_xml else _BOM * 2 + proceed()


@fault(ENCODE, "xml-mark-twice", "XML begins with two byte order marks", trips=("SCHEMA-02", "HTTP-06"))
def _xml_mark_twice(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    return _BOM * 2 + proceed() if x.is_xml else proceed()


@fault(ENCODE, "xml-blank-line-first", "an empty page in XML begins with a blank line", trips=("SCHEMA-02",))
def _xml_blank_line_first(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    return b"\r\n" + proceed() if x.is_xml and is_empty(x) else proceed()


@fault(ENCODE, "json-notice-last-page", "the last page in JSON follows a PHP notice", trips=("SCHEMA-01",))
def _json_notice_last_page(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    last = not x.is_xml and x.error is None and x.page.places and not x.page.remaining
    return b"<br />\n<b>Notice</b>:  Undefined index: next in <b>feed.php</b>\n" + proceed() if last else proceed()


# A prefix that some frameworks add against JSON hijacking and strip in their own clients.
@fault(ENCODE, "json-guard", "JSON begins with characters that prevent scripts from loading it", trips=("SCHEMA-01",))
def _json_guard(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    return proceed() if x.is_xml else b")]}',\n" + proceed()


# tempuri.org is the default namespace of ASP.NET web services.
@fault(ENCODE, "xml-default-namespace", "XML is in a default namespace from entry 600 on", trips=("SCHEMA-02",))
def _xml_default_namespace(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if not x.is_xml or x.error or x.page.start < 600:
        return proceed()
    tag = f"<{x.feed.result.xml_name}".encode()
    return proceed().replace(tag, tag + b' xmlns="http://tempuri.org/"', 1)


@fault(ENCODE, "json-null-entry", "in JSON the last page ends with an entry that is null", trips=("SCHEMA-01",))
def _json_null_entry(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if not x.is_xml and x.error is None and x.page.places and not x.page.remaining:
        x.result = {**x.result, x.feed.entries.wire_name: [*entries(x, x.result), None]}
    return proceed()
