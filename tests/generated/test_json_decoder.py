"""The JSON decoder, on what servers send and on what they should not."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from product_images import DecodeError, ImagesResult, decode_json

EMPTY = ImagesResult(returncode=0)


def document(**members: Any) -> bytes:
    return json.dumps({"returncode": 0, **members}).encode()


@pytest.mark.parametrize("value", [None, []])
@pytest.mark.parametrize("member", ["product", "warnings"])
def test_null_and_empty_collections_are_absent_ones(member: str, value: object) -> None:
    assert decode_json(document(**{member: value})) == EMPTY


def test_null_members_are_absent_ones_at_every_depth() -> None:
    product = {"product_id": 1, "imagesURL": None, "images": {"image": None}}
    result = decode_json(document(product=[product], token=None, count=None, returnmsg=None, version=None))
    assert result == decode_json(document(product=[{"product_id": 1, "images": {}}]))


def test_unknown_members_are_ignored_beside_nulls_and_without() -> None:
    unknown = {"later": {"product": [None], "deep": [[[1e308]]]}}
    assert decode_json(document(**unknown)) == decode_json(document(warnings=None, **unknown)) == EMPTY
    assert decode_json(b'{"returncode": 0, "later": 1e999, "warnings": null}') == EMPTY


TWICE = [
    ('{"returncode": 7, "returncode": 0}', "$.returncode"),
    ('{"returncode": 0, "returncode": 0}', "$.returncode"),
    ('{"returncode": 7, "warnings": null, "returncode": 0}', "$.returncode"),
    ('{"returncode": 0, "product": [{"product_id": 1}], "product": []}', "$.product"),
    ('{"returncode": 0, "product": [], "product": [{"product_id": 1}]}', "$.product"),
    ('{"returncode": 0, "warnings": null, "warnings": null}', "$.warnings"),
    ('{"returncode": 0, "token": null, "tok\\u0065n": "5"}', "$.token"),
    ('{"returncode": 0, "product": [{"product_id": 1}, {"product_id": 2, "product_id": 2}]}', "$.product[1].product_id"),
    ('{"returncode": 0, "product": [{"product_id": 1, "images": null, "images": {}}]}', "$.product[0].images"),
    ('{"returncode": 0, "later": 1, "later": 2}', "$.later"),
    ('{"returncode": 0, "later": [[{"a": {"b": 1, "\\u0062": 2}}]]}', "$.later[0][0].a.b"),
    ('{"returncode": 0, "Größe": 1, "Gr\\u00f6\\u00dfe": 2}', "$.Größe"),
    ('{"returncode": 0, "returnmsg": "a, b", "version": "1", "version": "1"}', "$.version"),
]
READINGS = [{}, {"lenient_base64": True}, {"verbatim_base64": True}, {"on_unknown": lambda _: None}]


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize(("text", "path"), TWICE)
def test_a_member_that_comes_twice_is_refused(text: str, path: str, reading: dict[str, Any]) -> None:
    with pytest.raises(DecodeError, match="an object has a member twice") as caught:
        decode_json(text, **reading)
    assert caught.value.path == path


def test_members_of_one_name_in_different_objects_are_not_twice() -> None:
    text = '{"returncode": 0, "later": [{"a": 1}, {"a": 1}, {"a": {"a": "\\"a\\": 1, \\"a\\": 2"}}], "warnings": []}'
    assert decode_json(text) == EMPTY


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize(
    ("number", "value"),
    [
        ("2.0", 2),
        ("2e0", 2),
        ("20e-1", 2),
        ("-0.0", 0),
        ("0e999999999999999999999", 0),
        ("0.0000e-7", 0),
        ("0.02E+2", 2),
        ("1e18", 10**18),
        ("9007199254740993.0", 9007199254740993),
        ("900719925474099.3e1", 9007199254740993),
        ("9223372036854775807.000", 2**63 - 1),
        ("-9.223372036854775808E18", -(2**63)),
        ("-9223372036854775808000e-3", -(2**63)),
    ],
)
def test_a_number_with_a_zero_fraction_is_the_integer(number: str, value: int, reading: dict[str, Any]) -> None:
    assert decode_json(f'{{"returncode": {number}}}', **reading).returncode == value
    entry = decode_json(f'{{"returncode": 0, "product": [{{"product_id": {number}}}]}}', **reading).product[0]
    assert (entry.product_id, type(entry.product_id)) == (value, int)


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("number", ["2.5", "25e-1", "1e-1", "1e19", "9223372036854775808.0", "1e999", "1e99999999999999999999"])
def test_a_number_that_is_not_an_integer_of_64_bits_is_refused(number: str, reading: dict[str, Any]) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_json(f'{{"returncode": {number}}}', **reading)
    assert caught.value.path == "$.returncode"


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize(
    ("text", "name", "column"),
    [
        (r'{"returncode": 0, "returnmsg": "cut \ud83d"}', "D83D", 37),
        (r'{"returncode": 0, "returnmsg": "\ud83d and more"}', "D83D", 33),
        (r'{"returncode": 0, "later": "\udc00"}', "DC00", 29),
        (r'{"returncode": 0, "later": ["\uD83D\uDE00\uDE00"]}', "DE00", 42),
        (r'{"returncode": 0, "\ud83d\ud83d": 0}', "D83D", 20),
    ],
)
def test_half_a_character_is_called_so(text: str, name: str, column: int, reading: dict[str, Any]) -> None:
    with pytest.raises(DecodeError, match=f"the text holds the lone surrogate U\\+{name}") as caught:
        decode_json(text, **reading)
    assert caught.value.column == column


def test_a_backslash_before_a_u_is_not_half_a_character() -> None:
    assert decode_json(r'{"returncode": 0, "returnmsg": "\\ud83d \ud83d\ude00"}').returnmsg == "\\ud83d \U0001f600"


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"returncode": "0"}, "$.returncode"),
        ({"returncode": 0.5}, "$.returncode"),
        ({"returncode": True}, "$.returncode"),
        ({"returncode": None}, "$"),
        ({"returncode": 2**63}, "$.returncode"),
        ({"returncode": -(2**63) - 1}, "$.returncode"),
        ({"count": 10**400}, "$.count"),
        ({"token": 5}, "$.token"),
        ({"product": {}}, "$.product"),
        ({"product": [None]}, "$.product[0]"),
        ({"warnings": ["fine", None]}, "$.warnings[1]"),
        ({"warnings": ["fine", 1]}, "$.warnings[1]"),
        ({"product": [{"product_id": 1}] * 3 + [{}]}, "$.product[3]"),
        ({"product": [{"product_id": 1, "images": {"image": [{"sequence": "1"}]}}]}, "$.product[0].images.image[0].sequence"),
        ({"product": [{"product_id": 1, "imagesURL": [{"sequence": 1, "imagefilename": "a"}]}]}, "$.product[0].imagesURL[0]"),
    ],
)
def test_a_wrong_member_is_named_by_its_path(members: dict[str, Any], path: str) -> None:
    # Once on the fast way, and once with a null that leads to the slow one.
    for raw in (document(**members), document(**{"warnings": None, **members, "version": None})):
        with pytest.raises(DecodeError) as caught:
            decode_json(raw)
        assert caught.value.path == path
        assert f"at {path}" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"returncode": 0,\n "count": nul}', (2, 15)),
        ('{"returncode": 0,\n "returnmsg": "\u00e9\u00e9", x}', (2, 21)),
        ('{"returncode": 0} x', (1, 19)),
        ('{"returncode": 0,\n', (2, 1)),
        ("", (1, 1)),
        ('{"returncode": 0,\n "returnmsg": "\xff"}'.encode("latin-1"), (2, 16)),
    ],
)
def test_what_is_no_json_is_named_with_its_place(text: str | bytes, place: tuple[int, int]) -> None:
    for document in (text, text.encode("utf-8-sig")) if isinstance(text, str) else (text,):
        with pytest.raises(DecodeError) as caught:
            decode_json(document)
        assert (caught.value.line, caught.value.column) == place
        assert f"line {place[0]}, column {place[1]}" in str(caught.value)


def test_what_nobody_knows_is_told_to_who_asks() -> None:
    told: list[str] = []
    image = {"sequence": 1, "imagefilename": "a", "binaryimage": "aGk=", "width": 7}
    product = {"product_id": 1, "images": {"image": [image, {**image, "a b": {"deep": 1}}]}, "later": None}
    result = decode_json(document(product=[product], Later=[{"product": 1}], version="7"), on_unknown=told.append)
    assert told == [
        "$.Later",
        "$.product[0].later",
        "$.product[0].images.image[0].width",
        "$.product[0].images.image[1].width",
        "$.product[0].images.image[1]['a b']",
    ]
    assert result == decode_json(document(product=[product], version="7"))


@pytest.mark.parametrize("text", ["aGk", "aGk=\n", "aG k=", "a-_=", "====", "aGk=aGk=", "\u00e9", "aGk=="])
def test_base64_is_strict(text: str) -> None:
    image = {"sequence": 1, "imagefilename": "a", "binaryimage": text}
    with pytest.raises(DecodeError, match="base64") as caught:
        decode_json(document(product=[{"product_id": 1, "images": {"image": [image]}}]))
    assert caught.value.path == "$.product[0].images.image[0].binaryimage"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"returncode": 0} trailing',
        b'{"returncode": NaN}',
        b'{"returncode": 0, "count": Infinity}',
        b'{"returncode": 0, "returnmsg": "\\ud800"}',
        b'{"returncode": 0, "returnmsg": "\\udc00x"}',
        b'{"returncode": 0, "returnmsg": "\xff"}',
        b'{"returncode": 0, "later": "\xff"}',
        b'{"returncode": 0, "later": "\xff", "warnings": null}',
        b'{"returncode": 0, "product": ' + b"[" * 100_000,
        b'{"returncode": 0, "later": ' + b'{"a":' * 100_000,
        b'{"returncode": 0, "warnings": null, "later": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"<html>",
        "{'returncode': 0}",
        '{"returncode": 0, "returnmsg": "\ud800"}',
    ],
)
def test_what_is_no_result_raises_decode_error_and_nothing_else(raw: bytes | str) -> None:
    with pytest.raises(DecodeError):
        decode_json(raw)


def test_a_text_in_its_charset_is_read_and_a_byte_order_mark_does_not_count() -> None:
    text = '{"returncode": 0, "returnmsg": "\u00e9"}'
    expected = ImagesResult(returncode=0, returnmsg="\u00e9")
    assert decode_json(text) == decode_json("\ufeff" + text) == expected
    assert decode_json(text.encode("utf-8-sig")) == expected
    assert decode_json(text.encode("utf-16")) == decode_json(text.encode("utf-32")) == expected
    assert decode_json(text.encode("latin-1"), encoding="ISO-8859-1") == expected
    assert decode_json(text.encode("utf-16-be"), encoding="UTF-16BE") == expected


@pytest.mark.parametrize("label", ["latin-1000", "punycode", "unicode_escape", "zlib", "a\0b", "\u00e9", "x" * 999, "utf-7"])
def test_a_label_that_is_no_charset_is_refused(label: str) -> None:
    with pytest.raises(DecodeError, match="charset"):
        decode_json(b'{"returncode": 0}', encoding=label)


def test_a_text_beyond_max_bytes_is_refused_before_it_is_read() -> None:
    with pytest.raises(DecodeError, match="max_bytes"):
        decode_json(b"{" * 11, max_bytes=10)


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_any_input_gives_a_result_or_a_decode_error(raw: bytes | str) -> None:
    with contextlib.suppress(DecodeError):
        assert isinstance(decode_json(raw), ImagesResult)
