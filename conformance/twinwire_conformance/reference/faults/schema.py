"""Faults in the structure of a response and in its counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from twinwire.ir import Field, Model
from twinwire_conformance.reference.encoding import to_json, to_xml
from twinwire_conformance.reference.faults.plan import (
    entries,
    given,
    has_both_totals,
    has_integer_key,
    has_modes,
    has_numeric_cursor,
    has_remaining,
    has_size,
    has_strings,
    is_empty,
    items,
    serves,
)
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.pipeline import ENCODE, REFUSE, RESULT, Exchange

Result = dict[str, Any]


# Converters from XML to JSON cannot tell a list of one element from a single element.
@fault(ENCODE, "json-single-as-object", "in JSON a collection of one element is written as that element", trips=("SCHEMA-01",))
def _json_single_as_object(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    return proceed() if x.is_xml else to_json(_unwrap(x.result)).encode()


def _unwrap(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _unwrap(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return _unwrap(value[0]) if len(value) == 1 else [_unwrap(inner) for inner in value]
    return value


@fault(ENCODE, "json-cut", "a JSON body of more than 64 KiB is truncated", trips=("SCHEMA-01",), needs=serves(500))
def _json_cut(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    return proceed() if x.is_xml else proceed()[: 64 * 1024]


@fault(ENCODE, "json-code-text", "in JSON the return code is a string", trips=("SCHEMA-01",))
def _json_code_text(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    code = x.feed.outcome.code.wire_name
    return proceed() if x.is_xml else to_json({**x.result, code: str(x.result[code])}).encode()


# JavaScript servers send 64-bit integers as strings, because a double cannot hold them.
@fault(ENCODE, "json-keys-text", "in JSON the keys are strings", trips=("SCHEMA-01",), needs=has_integer_key)
def _json_keys_text(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if not x.is_xml:
        for entry in entries(x, x.result):
            entry[x.feed.key.wire_name] = str(entry[x.feed.key.wire_name])
    return proceed()


@fault(ENCODE, "json-keys-camel", "in JSON member names have another case", trips=("SCHEMA-01",))
def _json_keys_camel(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    return proceed() if x.is_xml else to_json({name.swapcase(): value for name, value in x.result.items()}).encode()


# PHP encodes an empty associative array as [].
@fault(ENCODE, "json-empty-lot-bare", "an empty page is a bare [] in JSON", trips=("SCHEMA-01",))
def _json_empty_lot_bare(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    return b"[]" if is_empty(x) and not x.is_xml else proceed()


@fault(ENCODE, "json-key-lost", "in JSON the last entry of a page has no key", trips=("SCHEMA-01",))
def _json_key_lost(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if not x.is_xml:
        for entry in entries(x, x.result)[-1:]:
            del entry[x.feed.key.wire_name]
    return proceed()


@fault(ENCODE, "xml-unescaped", "markup characters are not escaped in XML", trips=("SCHEMA-02",), needs=has_strings)
def _xml_unescaped(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    return proceed().replace(b"&amp;", b"&").replace(b"&lt;", b"<") if x.is_xml else proceed()


@fault(
    ENCODE,
    "xml-key-moved",
    "in XML the key is an element instead of an attribute, or the reverse",
    trips=("SCHEMA-02",),
)
def _xml_key_moved(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    shape = x.feed.key.xml
    return _xml_with(x, proceed, x.feed.entry, replace(x.feed.key, xml=replace(shape, attribute=not shape.attribute)))


@fault(
    ENCODE,
    "xml-code-moved",
    "in XML the return code is an element instead of an attribute, or the reverse",
    trips=("SCHEMA-02",),
)
def _xml_code_moved(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    code = x.feed.outcome.code
    return _xml_with(x, proceed, x.feed.result, replace(code, xml=replace(code.xml, attribute=not code.xml.attribute)))


def _xml_with(x: Exchange, proceed: Callable[[], bytes], model: Model, member: Field) -> bytes:
    if not x.is_xml:
        return proceed()
    fields = tuple(member if each.wire_name == member.wire_name else each for each in model.fields)
    models = {**x.contract.models, model.name: replace(model, fields=fields)}
    return to_xml(models, models[x.feed.result.name], x.result).encode()


# SOAP toolkits append "Response" to the operation's name.
@fault(ENCODE, "xml-root-renamed", "the root element has another name", trips=("SCHEMA-02",))
def _xml_root_renamed(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    root = replace(x.feed.result, xml_name=f"{x.feed.result.xml_name}Response")
    return to_xml(x.contract.models, root, x.result).encode() if x.is_xml else proceed()


@fault(ENCODE, "xml-unclosed", "the root element of a full page is not closed", trips=("SCHEMA-02",))
def _xml_unclosed(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    full = x.is_xml and x.error is None and len(x.page.places) == x.parsed_query.limit
    return proceed().removesuffix(f"</{x.feed.result.xml_name}>".encode()) if full else proceed()


# Numbers formatted with the server's locale.
@fault(
    ENCODE,
    "xml-key-grouped",
    "in XML large keys are written with a thousands separator",
    trips=("SCHEMA-02",),
    needs=has_integer_key,
)
def _xml_key_grouped(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.is_xml:
        for entry in entries(x, x.result):
            entry[x.feed.key.wire_name] = f"{entry[x.feed.key.wire_name]:,}"
    return proceed()


@fault(
    ENCODE,
    "xml-remaining-grouped",
    "in XML the remaining count is written with a thousands separator",
    trips=("SCHEMA-02",),
    needs=has_remaining,
)
def _xml_remaining_grouped(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.is_xml and x.error is None and x.feed.remaining:
        x.result[x.feed.remaining.wire_name] = f"{x.page.remaining:,}"
    return proceed()


@fault(RESULT, "code-one", "success has another return code", trips=("SCHEMA-03",))
def _code_one(x: Exchange, proceed: Callable[[], Result]) -> Result:
    return {**proceed(), x.feed.outcome.code.wire_name: x.feed.outcome.success + 1}


@fault(RESULT, "code-last-lot", "the last page has another return code", trips=("SCHEMA-03",))
def _code_last_lot(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if x.page.places and not x.page.remaining:
        result[x.feed.outcome.code.wire_name] += 100
    return result


@fault(RESULT, "code-empty-lot", "an empty page has another return code", trips=("HTTP-01",))
def _code_empty_lot(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if not x.page.places:
        result[x.feed.outcome.code.wire_name] += 1
    return result


@fault(
    RESULT,
    "size-is-limit",
    "the entry count of a page is the requested page size, even if the page holds fewer",
    trips=("SCHEMA-04",),
    needs=has_size,
)
def _size_is_limit(x: Exchange, proceed: Callable[[], Result]) -> Result:
    return _with_size(x, proceed(), x.parsed_query.limit)


@fault(
    RESULT,
    "size-of-items",
    "the entry count of a page counts its items",
    trips=("SCHEMA-04",),
    needs=lambda c: has_size(c) and has_modes(c),
)
def _size_of_items(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    return _with_size(x, result, sum(len(items(x, entry)) for entry in entries(x, result)))


@fault(
    RESULT,
    "size-off-by-one",
    "the entry count of a page of the maximum size is one too small",
    trips=("SCHEMA-04",),
    needs=has_size,
)
def _size_off_by_one(x: Exchange, proceed: Callable[[], Result]) -> Result:
    size = len(x.page.places)
    return _with_size(x, proceed(), size - (size == x.feed.limit.maximum))


# Counts from 256 on wrap around.
@fault(RESULT, "size-one-byte", "the entry count of a page is stored in one byte", trips=("SCHEMA-04",), needs=has_size)
def _size_one_byte(x: Exchange, proceed: Callable[[], Result]) -> Result:
    return _with_size(x, proceed(), len(x.page.places) % 256)


@fault(
    RESULT, "totals-swapped", "the entry count and the remaining count are swapped", trips=("SCHEMA-04",), needs=has_both_totals
)
def _totals_swapped(x: Exchange, proceed: Callable[[], Result]) -> Result:
    assert x.feed.remaining is not None
    return _with_size(x, {**proceed(), x.feed.remaining.wire_name: len(x.page.places)}, x.page.remaining)


def _with_size(x: Exchange, result: Result, size: int) -> Result:
    assert x.feed.limit.member is not None
    return {**result, x.feed.limit.member.wire_name: size}


@fault(
    RESULT,
    "remaining-below-zero",
    "after a short page the remaining count is negative",
    trips=("SCHEMA-05",),
    needs=has_remaining,
)
def _remaining_below_zero(x: Exchange, proceed: Callable[[], Result]) -> Result:
    assert x.feed.remaining is not None
    return {**proceed(), x.feed.remaining.wire_name: x.snapshot.total - x.page.start - x.parsed_query.limit}


@fault(RESULT, "remaining-minus-one", "the remaining count of an empty page is -1", trips=("SCHEMA-05",), needs=has_remaining)
def _remaining_minus_one(x: Exchange, proceed: Callable[[], Result]) -> Result:
    assert x.feed.remaining is not None
    return proceed() if x.page.places else {**proceed(), x.feed.remaining.wire_name: -1}


@fault(RESULT, "token-hexadecimal", "cursors are written in hexadecimal", trips=("SCHEMA-06",), needs=has_numeric_cursor)
def _token_hexadecimal(x: Exchange, proceed: Callable[[], Result]) -> Result:
    return _with_token(x, proceed(), "{:#x}")


# A cursor that was formatted as a double.
@fault(RESULT, "token-scientific", "cursors are written in scientific notation", trips=("SCHEMA-06",), needs=has_numeric_cursor)
def _token_scientific(x: Exchange, proceed: Callable[[], Result]) -> Result:
    return _with_token(x, proceed(), "{:.15E}")


@fault(RESULT, "token-grouped", "cursors are written with thousands separators", trips=("SCHEMA-06",), needs=has_numeric_cursor)
def _token_grouped(x: Exchange, proceed: Callable[[], Result]) -> Result:
    return _with_token(x, proceed(), "{:,}")


@fault(
    RESULT,
    "token-null-text",
    'the cursor of an empty page is the string "null"',
    trips=("SCHEMA-06",),
    needs=has_numeric_cursor,
)
def _token_null_text(x: Exchange, proceed: Callable[[], Result]) -> Result:
    return proceed() if x.page.places else {**proceed(), x.feed.cursor.member.wire_name: "null"}


@fault(
    RESULT,
    "token-beyond-int64",
    "the cursor of the last page is beyond 64 bits",
    trips=("SCHEMA-06",),
    needs=has_numeric_cursor,
)
def _token_beyond_int64(x: Exchange, proceed: Callable[[], Result]) -> Result:
    last = x.page.places and not x.page.remaining
    return {**proceed(), x.feed.cursor.member.wire_name: str(2**64 + (x.page.token or 0))} if last else proceed()


def _with_token(x: Exchange, result: Result, form: str) -> Result:
    return result if x.page.token is None else {**result, x.feed.cursor.member.wire_name: form.format(x.page.token)}


@fault(ENCODE, "json-code-twice", "in JSON the return code appears twice, with two values", trips=("SCHEMA-10",))
def _json_code_twice(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    code = x.feed.outcome.code.wire_name
    return proceed() if x.is_xml else _with_first(proceed(), f'"{code}":{x.result[code] + 1},')


# The escaped name equals the plain one after decoding, so a comparison of raw bytes does not find it.
@fault(ENCODE, "json-key-twice-escaped", "in JSON the first key appears twice, once with an escaped name", trips=("SCHEMA-10",))
def _json_key_twice_escaped(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.is_xml or not entries(x, x.result):
        return proceed()
    name = x.feed.key.wire_name
    escaped = f'"\\u{ord(name[0]):04x}{name[1:]}":0,'
    return proceed().replace(f'"{name}":'.encode(), f'{escaped}"{name}":'.encode(), 1)


@fault(ENCODE, "json-code-twice-refused", "in JSON the return code of a rejection appears twice", trips=("SCHEMA-10",))
def _json_code_twice_refused(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.is_xml or x.error is None:
        return proceed()
    return _with_first(proceed(), f'"{x.feed.outcome.code.wire_name}":{x.feed.outcome.success},')


@fault(ENCODE, "json-unknown-names-twice", "an unknown member in JSON contains a duplicate name", trips=("SCHEMA-10",))
def _json_unknown_names_twice(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    return proceed() if x.is_xml else _with_first(proceed(), '"x-links":[{"href":"/a","href":"/b"}],')


def _with_first(body: bytes, member: str) -> bytes:
    return body.replace(b"{", b"{" + member.encode(), 1)


@fault(
    REFUSE,
    "token-echoed-refused",
    "a rejection repeats the cursor of the request, whatever its value",
    trips=("SCHEMA-06",),
    needs=has_numeric_cursor,
)
def _token_echoed_refused(x: Exchange, proceed: Callable[[], Result]) -> Result:
    return {**proceed(), x.feed.cursor.member.wire_name: given(x, x.feed.cursor.parameter.name)}
