"""Decoding for comparison: absent, null and empty are equal, unknown members are named, bad bodies are rejected."""

from __future__ import annotations

import json
from typing import Any

import pytest

from twinwire_conformance.contract import ContractView, packaged_contract
from twinwire_conformance.decoding import DecodedResult, ResultDecoder, Undecodable, difference
from twinwire_conformance.model import Request, Response


@pytest.fixture(scope="module")
def reader() -> ResultDecoder:
    return ResultDecoder(packaged_contract())


def as_json(reader: ResultDecoder, value: Any) -> dict[str, Any]:
    return reader.json(json.dumps(value).encode(), None).value


def as_xml(reader: ResultDecoder, text: str) -> dict[str, Any]:
    return reader.xml(text.encode(), None).value


def test_the_vendors_samples_read_the_same_in_both_representations(
    reader: ResultDecoder, request: pytest.FixtureRequest
) -> None:
    spec = request.config.rootpath / "spec"
    left = reader.json((spec / "sample.json").read_bytes(), None)
    right = reader.xml((spec / "sample.xml").read_bytes(), None)
    assert left.value == right.value
    assert left.value["product"][1]["images"]["image"][0]["binaryimage"] == "sample string 3"
    assert left.unknown == right.unknown == ()


@pytest.mark.parametrize(
    "value",
    [
        {"returncode": 0, "product": None, "warnings": []},
        {"returncode": 0, "returnmsg": None},
        {"returncode": 0, "product": [], "warnings": None, "token": None},
    ],
)
def test_absent_null_and_empty_are_the_same_thing(reader: ResultDecoder, value: dict[str, Any]) -> None:
    assert as_json(reader, value) == as_xml(reader, '<result returncode="0"/>') == {"returncode": 0}


def test_an_object_with_nothing_in_it_is_absent(reader: ResultDecoder) -> None:
    left = as_json(reader, {"returncode": 0, "product": [{"product_id": 1, "images": {"image": []}}]})
    right = as_xml(reader, '<result returncode="0"><product product_id="1"><images/></product></result>')
    assert left == right == {"returncode": 0, "product": [{"product_id": 1}]}


def test_what_xml_may_vary_does_not_change_the_value(reader: ResultDecoder) -> None:
    # Comments, references, namespace declarations, CDATA, white space, and another order of elements.
    plain = '<result returncode="0" token="5"><warnings>a</warnings><product product_id="1"/></result>'
    varied = """<?xml version='1.0' encoding='utf-8'?>
        <!-- a comment -->
        <result token='&#53;' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:noNamespaceSchemaLocation='x'
                returncode=' +0 '>
            <product product_id='1'></product>
            <warnings><![CDATA[a]]></warnings>
        </result>"""
    assert as_xml(reader, plain) == as_xml(reader, varied.strip())


def test_what_the_contract_does_not_know_is_named_and_left_out(reader: ResultDecoder) -> None:
    left = reader.json(b'{"returncode": 0, "new": {"product": 1}, "product": [{"product_id": 1, "x": 2}]}', None)
    text = b'<result returncode="0" new="1"><product product_id="1" x="2"/><more><product/></more></result>'
    right = reader.xml(text, None)
    assert left.unknown == ("$.new", "$.product[0].x")
    assert set(right.unknown) == {"/result/@new", "/result/product/@x", "/result/more"}
    assert left.value == right.value


def test_mistyped_values_stay_as_they_came(reader: ResultDecoder) -> None:
    assert as_json(reader, {"returncode": "0"}) == {"returncode": "0"}
    assert as_xml(reader, '<result returncode="1,000"/>') == {"returncode": "1,000"}


def test_a_member_that_stands_twice_equals_no_single_one(reader: ResultDecoder) -> None:
    once = "<images><image sequence='1' imagefilename='a' binaryimage='QQ=='/></images>"
    text = f'<result returncode="0"><product product_id="1">{once}{once}</product></result>'
    assert isinstance(as_xml(reader, text)["product"][0]["images"], list)


@pytest.mark.parametrize(
    ("body", "charset", "reason"),
    [
        (b"", None, "not JSON"),
        (b"<html></html>", None, "not JSON"),
        (b"[1]", None, "not a JSON object"),
        (b'{"returncode": NaN}', None, "not JSON"),
        (b'{"a": 1} x', None, r"Extra data \(line 1, column 10\)"),
        (b"\xef\xbb\xbf\xef\xbb\xbf{}", None, "two byte order marks"),
        # Python codecs that are not charsets of text, or not safe ones.
        (b"{}", "unicode_escape", "unknown"),
        (b"{}", "utf-7", "unknown"),
        (b"{}", "idna", "unknown"),
        (b"{}", "base64", "unknown"),
        ("{}".encode("utf-16"), None, "not utf-8"),
        (b'{"a": ' + b"[" * 100_000, None, "too deep"),
        (b'{"returncode": ' + b"[" * 300 + b"]" * 300 + b"}", None, "more than 200 deep"),
        (b'{"product": [' + b"[" * 300 + b"]" * 300 + b"]}", None, "more than 200 deep"),
        (b'{"a": "\xff"}', None, "not utf-8"),
        (b"{}", "no-such", "unknown"),
        (b"{}", "zip", "unknown"),
    ],
)
def test_a_body_that_is_no_json_is_unreadable(reader: ResultDecoder, body: bytes, charset: str | None, reason: str) -> None:
    with pytest.raises(Undecodable, match=reason):
        reader.json(body, charset)


@pytest.mark.parametrize(
    ("body", "charset", "reason"),
    [
        (b"", None, "not well-formed"),
        (b"<result>", None, "not well-formed"),
        (b"<result/><result/>", None, "not well-formed"),
        (b"<other/>", None, "root element is <other>"),
        (b'<result xmlns="urn:x"/>', None, "root element is <{urn:x}result>"),
        (b'<!DOCTYPE result [<!ENTITY a "b">]><result/>', None, "DOCTYPE"),
        (b"<result>" * 1000, None, "deep"),
        (b"<result/>", "no-such", "unknown"),
        (b'<result returnmsg="\xff"/>', None, "the body is not utf-8"),
        (b"\xef\xbb\xbf\xef\xbb\xbf<result/>", None, "two byte order marks"),
        ("\ufeff\ufeff<result/>".encode("utf-16-le"), "utf-16le", "two byte order marks"),
        (b'<?xml version="1.0" encoding="utf-16"?><result/>', None, "names the charset 'utf-16'"),
        ('<?xml version="1.0" encoding="utf-8"?><result/>'.encode("utf-16-le"), None, "names the charset 'utf-8'"),
        (b'<?xml version="1.0" encoding="no-such"?><result/>', None, "unknown"),
        (b'<?xml version="1.0" encoding="unicode_escape"?><result/>', None, "unknown"),
        (b"<result/>", "utf-7", "unknown"),
        (b"<result/>", "rot13", "unknown"),
        (b"<result/>", "punycode", "unknown"),
        (b'<result returnmsg="\x81\xff"/>', "gb18030", "not gb18030"),
    ],
)
def test_a_body_that_is_no_xml_is_unreadable(reader: ResultDecoder, body: bytes, charset: str | None, reason: str) -> None:
    with pytest.raises(Undecodable, match=reason):
        reader.xml(body, charset)


@pytest.mark.parametrize(
    ("left", "right", "path"),
    [
        ({"a": 1}, {"a": 2}, "$.a"),
        ({"a": 1}, {"a": True}, "$.a"),
        ({"a": 1}, {"a": "1"}, "$.a"),
        ({"a": [1]}, {"a": [1, 2]}, "$.a[1]"),
        ({"a": {"b": [{"c": 1}]}}, {"a": {"b": [{"c": 2}]}}, "$.a.b[0].c"),
        ({}, {"a": 0}, "$.a"),
    ],
)
def test_the_first_difference_is_named_by_its_path(left: Any, right: Any, path: str) -> None:
    found = difference(left, right)
    assert found is not None
    assert found[0] == path


def test_equal_values_have_no_difference() -> None:
    assert difference({"a": [1, "x", {"b": None}]}, {"a": [1, "x", {}]}) is None


def test_a_body_that_cannot_be_read_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    contract = ContractView(packaged_contract())
    parsed: list[bytes] = []
    read = contract._reader.json

    def parse(body: bytes, charset: str | None) -> DecodedResult:
        parsed.append(body)
        return read(body, charset)

    monkeypatch.setattr(contract._reader, "json", parse)
    headers = {"content-type": "application/json"}
    for body in (b"{", b"{", b"[", b"{", b"{}", b"{}"):
        # A copy of the bytes, so that the cache cannot rely on identity.
        response = Response(Request(), "", 200, headers, bytes(bytearray(body)))
        if body == b"{}":
            assert contract.read(response).value == {}
        else:
            with pytest.raises(Undecodable, match="not JSON"):
                contract.read(response)
    assert parsed == [b"{", b"[", b"{}", b"{}"]
