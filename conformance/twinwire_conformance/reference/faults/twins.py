"""Faults in the equivalence of JSON and XML: errors in one representation or in one media type only."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from twinwire.ir import Contract, Kind
from twinwire_conformance.reference.encoding import to_xml
from twinwire_conformance.reference.faults.plan import (
    FAR,
    entries,
    given,
    has_integer_key,
    has_many_types,
    has_message,
    has_modes,
    has_relabelled_type,
    has_remaining,
    has_strings,
    has_uri_mode,
    has_version,
    in_kind,
    items,
    map_content,
    map_text,
)
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.pipeline import ENCODE, PARSE, RESULT, WINDOW, Exchange, ServedPage
from twinwire_conformance.reference.query import ParsedQuery, RefusedError

Result = dict[str, Any]


def _text_fault(name: str, description: str, change: Callable[[str], str], *, in_xml: bool) -> None:
    """Register a fault that corrupts the texts in one representation."""

    def hook(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
        if x.is_xml is in_xml:
            map_text(x, change)
        return proceed()

    fault(ENCODE, name, description, trips=("TWIN-01",), needs=has_strings)(hook)


def _has_optional_token(contract: Contract) -> bool:
    return not contract.feed.cursor.member.required


def _has_second_label_text(contract: Contract) -> bool:
    return has_many_types(contract) and has_strings(contract)


def _has_relabelled_key(contract: Contract) -> bool:
    return has_relabelled_type(contract) and has_integer_key(contract)


_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})

_text_fault("xml-double-escaped", "texts are escaped twice in XML", lambda text: text.translate(_ESCAPES), in_xml=True)
_text_fault("json-escaped", "texts are escaped for HTML in JSON", lambda text: text.translate(_ESCAPES), in_xml=False)
_text_fault("xml-space-collapsed", "white space in XML texts is collapsed", lambda text: " ".join(text.split()), in_xml=True)
# "é" becomes "Ã©".
_text_fault("xml-mojibake", "UTF-8 is decoded as Latin-1 in XML", lambda text: text.encode().decode("latin-1"), in_xml=True)
_text_fault(
    "xml-ascii", "non-ASCII characters become ? in XML", lambda text: text.encode("ascii", "replace").decode(), in_xml=True
)
_text_fault(
    "json-bmp", "characters beyond the BMP are dropped in JSON", lambda text: re.sub("[^\0-\uffff]", "", text), in_xml=False
)
_text_fault("xml-quotes-lost", "quotation marks are dropped in XML", lambda text: text.replace('"', ""), in_xml=True)


# JSON.parse in JavaScript reads every number as a double.
@fault(ENCODE, "json-large-keys-rounded", "JSON keys above 2**53 are rounded", trips=("TWIN-01",), needs=has_integer_key)
def _json_large_keys_rounded(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if not x.is_xml:
        for entry in entries(x, x.result):
            entry[x.feed.key.wire_name] = int(float(entry[x.feed.key.wire_name]))
    return proceed()


@fault(ENCODE, "xml-large-keys-int32", "XML keys are cut to 32 bits", trips=("TWIN-01",), needs=has_integer_key)
def _xml_large_keys_int32(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.is_xml:
        for entry in entries(x, x.result):
            entry[x.feed.key.wire_name] = (entry[x.feed.key.wire_name] + 2**31) % 2**32 - 2**31
    return proceed()


@fault(ENCODE, "xml-last-item-lost", "in XML an entry lacks its items after the second", trips=("TWIN-01",), needs=has_modes)
def _xml_last_item_lost(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.is_xml:
        for entry in entries(x, x.result):
            del items(x, entry)[2:]
    return proceed()


@fault(ENCODE, "xml-items-backwards", "in XML items are in reverse order", trips=("TWIN-01",), needs=has_modes)
def _xml_items_backwards(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.is_xml:
        for entry in entries(x, x.result):
            items(x, entry).reverse()
    return proceed()


@fault(ENCODE, "xml-entries-backwards", "in XML the entries of a page are in reverse order", trips=("TWIN-01",))
def _xml_entries_backwards(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.is_xml:
        entries(x, x.result).reverse()
    return proceed()


# An inner join in one of two queries.
@fault(RESULT, "xml-bare-entries-lost", "XML lacks entries without items", trips=("TWIN-01",), needs=has_modes)
def _xml_bare_entries_lost(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if x.is_xml:
        result[x.feed.entries.wire_name] = kept = [entry for entry in entries(x, result) if items(x, entry)]
        if x.feed.limit.member:
            result[x.feed.limit.member.wire_name] = len(kept)
    return result


@fault(ENCODE, "xml-far-entry-lost", "an XML page that starts past entry 1000 lacks its last entry", trips=("PAGE-03",))
def _xml_far_entry_lost(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.is_xml and x.error is None and x.page.start > FAR:
        del entries(x, x.result)[-1:]
    return proceed()


# .NET's DataContractSerializer wraps a list in an ArrayOf element.
@fault(
    ENCODE,
    "xml-entries-wrapped",
    "in XML the entries have a wrapper element that they should not have, or the reverse",
    trips=("TWIN-01",),
)
def _xml_entries_wrapped(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if not x.is_xml:
        return proceed()
    field = x.feed.entries
    shape = replace(field.xml, wrapper=None if field.xml.wrapper else f"ArrayOf{field.xml.name}")
    fields = tuple(replace(field, xml=shape) if each is field else each for each in x.feed.result.fields)
    return to_xml(x.contract.models, replace(x.feed.result, fields=fields), x.result).encode()


@fault(RESULT, "xml-queue-differs", "the remaining count is one too large in XML", trips=("TWIN-01",), needs=has_remaining)
def _xml_queue_differs(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if x.is_xml and x.feed.remaining:
        result[x.feed.remaining.wire_name] += 1
    return result


@fault(RESULT, "xml-token-first", "the cursor in XML is that of the first entry", trips=("TWIN-01",))
def _xml_token_first(x: Exchange, proceed: Callable[[], Result]) -> Result:
    if x.is_xml and x.page.places:
        x.page.token = x.page.places[0].token
    return proceed()


@fault(PARSE, "xml-default-differs", "the default page size is halved in XML", trips=("PARAM-02",))
def _xml_default_differs(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    parsed_query = proceed()
    if x.is_xml and not given(x, x.feed.limit.parameter.name):
        parsed_query.limit = max(1, parsed_query.limit // 2)
    return parsed_query


@fault(ENCODE, "link-mode-xml-http", "links in XML have another scheme", trips=("TWIN-02",), needs=has_uri_mode)
def _link_mode_xml_http(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.is_xml:
        map_content(x, x.result, Kind.URI, lambda link: link.replace("https://", "http://", 1))
    return proceed()


@fault(ENCODE, "link-mode-xml-query-cut", "links in XML end at the first &", trips=("TWIN-02",), needs=has_uri_mode)
def _link_mode_xml_query_cut(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.is_xml:
        map_content(x, x.result, Kind.URI, lambda link: link.partition("&")[0])
    return proceed()


@fault(
    ENCODE,
    "link-mode-json-last-item-lost",
    "in link mode, JSON lacks the last item of an entry",
    trips=("TWIN-02",),
    needs=has_uri_mode,
)
def _link_mode_json_last_item_lost(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if not x.is_xml and in_kind(x, Kind.URI):
        for entry in entries(x, x.result):
            del items(x, entry)[-1:]
    return proceed()


@fault(PARSE, "link-mode-xml-ignored", "the mode is ignored in XML", trips=("TWIN-02",), needs=has_modes)
def _link_mode_xml_ignored(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    parsed_query = proceed()
    if x.is_xml and x.feed.modes:
        parsed_query.mode = x.feed.modes.default
    return parsed_query


@fault(
    RESULT,
    "empty-lot-xml-token",
    "an empty page repeats its cursor in JSON only",
    trips=("TWIN-03",),
    needs=_has_optional_token,
)
def _empty_lot_xml_token(x: Exchange, proceed: Callable[[], Result]) -> Result:
    if x.is_xml and not x.page.places:
        x.page.token = None
    return proceed()


@fault(WINDOW, "empty-lot-xml-404", "an empty page gets 404 in XML", trips=("TWIN-03", "HTTP-01"))
def _empty_lot_xml_404(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if x.is_xml and not page.places:
        raise RefusedError("nothing found", status=404)
    return page


@fault(
    WINDOW, "empty-lot-xml-queue", "the remaining count of an empty page is one in XML", trips=("TWIN-03",), needs=has_remaining
)
def _empty_lot_xml_queue(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if x.is_xml and not page.places:
        page.remaining = 1
    return page


@fault(RESULT, "empty-lot-json-message", "an empty page has another message in JSON", trips=("TWIN-03",), needs=has_message)
def _empty_lot_json_message(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if not x.is_xml and not x.page.places and x.feed.outcome.message:
        result[x.feed.outcome.message.wire_name] = "no more data"
    return result


@fault(
    RESULT,
    "second-type-no-version",
    "the version is missing under all but the first media type",
    trips=("TWIN-05",),
    needs=has_version,
)
def _second_type_no_version(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if x.feed.version and x.choice.media_type != x.choice.representation.media_types[0]:
        del result[x.feed.version.wire_name]
    return result


# Without a charset, text/xml was US-ASCII by RFC 2376 and RFC 3023.
@fault(
    ENCODE,
    "second-type-ascii",
    "texts are ASCII under the second media type of XML",
    trips=("TWIN-05",),
    needs=_has_second_label_text,
)
def _second_type_ascii(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.is_xml and x.choice.media_type == x.choice.representation.labels[1]:
        map_text(x, lambda text: text.encode("ascii", "ignore").decode())
    return proceed()


@fault(
    WINDOW,
    "second-type-last-lost",
    "a page lacks its last entry under the second media type",
    trips=("TWIN-05",),
    needs=has_many_types,
)
def _second_type_last_lost(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if x.choice.media_type == x.choice.representation.labels[1] and len(page.places) > 1:
        page.places.pop()
    return page


@fault(
    PARSE,
    "form-type-token-ignored",
    "a media type that is never a Content-Type always gets the first page",
    trips=("TWIN-05",),
    needs=has_relabelled_type,
)
def _form_type_token_ignored(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    parsed_query = proceed()
    if x.choice.media_type in x.choice.representation.relabelled:
        parsed_query.after = None
    return parsed_query


@fault(
    RESULT,
    "form-type-keys-shifted",
    "keys are one too large under a media type that is never a Content-Type",
    trips=("TWIN-05",),
    needs=_has_relabelled_key,
)
def _form_type_keys_shifted(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if x.choice.media_type in x.choice.representation.relabelled:
        for entry in entries(x, result):
            entry[x.feed.key.wire_name] += 1
    return result
