"""Required members that may be null: JSON must contain them, XML omits null, and the model has no default for them."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
import xmlschema

from parts_spec import contract
from sdk_packages import package
from twinwire.ir import Contract
from twinwire.schemas import json_schema, xsd

MEMBERS = """\
        id: {type: string, xml: {name: id, attribute: true}}
        note: {type: [string, 'null'], xml: {name: note, attribute: true}}
        size: {type: [integer, 'null'], xml: {name: size, attribute: true}}
        kind: {type: [string, 'null'], enum: [new, old, null], xml: {name: kind, attribute: true}}
        text: {type: [string, 'null'], xml: {name: text}}
        tags: {type: [array, 'null'], xml: {name: tags}, items: {type: string, xml: {name: tags}}}
        maker:
          oneOf: [{$ref: '#/components/schemas/Maker'}, {type: 'null'}]
          xml: {name: maker}
    Maker:
      type: object
      xml: {name: maker}
      required: [name, seal]
      properties:
        name: {type: [string, 'null'], xml: {name: n, attribute: true}}
        seal: {type: [string, 'null'], contentEncoding: base64, xml: {name: seal}}
"""
NULLS: dict[str, Any] = {"id": "a", "note": None, "size": None, "kind": None, "text": None, "tags": None, "maker": None}
VALUES: dict[str, Any] = {
    **{"id": "a", "note": "null", "size": 1, "kind": "old", "text": "t", "tags": ["x", "y"]},
    "maker": {"name": "m", "seal": None},
}
# The text "null" is a value, not null.
XML_VALUES = '<part id="a" note="null" size="1" kind="old"><text>t</text><tags>x</tags><tags>y</tags><maker n="m"/></part>'


@pytest.fixture(scope="module")
def parts() -> Contract:
    return contract(
        ("        id: {type: string, xml: {name: id, attribute: true}}\n", MEMBERS),
        ("required: [id]", "required: [id, note, size, kind, text, tags, maker]"),
    )


@pytest.fixture(scope="module")
def sdk(parts: Contract, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    with package(parts, tmp_path_factory.mktemp("parts")) as module:
        yield module


def text(part: dict[str, Any]) -> bytes:
    return json.dumps({"code": 0, "part": [part]}).encode()


def document(part: str) -> bytes:
    return f'<result code="0">{part}</result>'.encode()


def test_null_is_decoded_in_json_and_absence_in_xml(sdk: ModuleType) -> None:
    (part,) = sdk.decode_json(text(NULLS)).part
    assert [part.note, part.size, part.kind, part.text, part.tags, part.maker] == [None, None, None, None, (), None]
    assert sdk.decode_xml(document('<part id="a"/>')).part == (part,)


def test_values_are_decoded_alike_from_both(sdk: ModuleType) -> None:
    (part,) = sdk.decode_json(text(VALUES)).part
    assert (part.note, part.size, part.kind, part.tags, part.maker.name, part.maker.seal) == (
        *("null", 1, "old", ("x", "y"), "m", None),
    )
    assert sdk.decode_xml(document(XML_VALUES)).part == (part,)


@pytest.mark.parametrize("name", [name for name in NULLS if name != "id"])
def test_absence_is_refused_in_json(sdk: ModuleType, name: str) -> None:
    left = {key: value for key, value in VALUES.items() if key != name}
    # With on_unknown, the plain decoder is used instead of the fast one.
    for decode in (sdk.decode_json, lambda data: sdk.decode_json(data, on_unknown=lambda _path: None)):
        with pytest.raises(sdk.DecodeError, match=name):
            decode(text(left))


def test_the_fast_decoders_agree_with_the_plain_ones(sdk: ModuleType) -> None:
    codec = importlib.import_module(f"{sdk.__name__}.codec").CODEC
    reading = importlib.import_module(f"{sdk.__name__}._settings").reading
    how = reading(verbatim_base64=False, lenient_base64=False, on_unknown=None, max_bytes=10**6, max_members=10**4)
    for part in (NULLS, VALUES):
        assert codec.decode_json(text(part), None, how) == codec.plain.decode_json(text(part), None, how)
    for body in ('<part id="a"/>', XML_VALUES, '<part id="a" size="2"><maker/></part>'):
        assert codec.decode_xml(document(body), None, how) == codec.plain.decode_xml(document(body), None, how)


def test_the_members_have_no_default(sdk: ModuleType) -> None:
    with pytest.raises(TypeError, match="note"):
        sdk.Part(id="a")


def test_null_is_written_in_json_and_nothing_in_xml(sdk: ModuleType) -> None:
    result = sdk.decode_json(text(NULLS))
    assert json.loads(sdk.encode_json(result))["part"] == [{**NULLS, "tags": []}]
    assert sdk.decode_json(sdk.encode_json(result)) == sdk.decode_xml(sdk.encode_xml(result)) == result


def test_both_schemas_allow_null_in_their_way(parts: Contract, sdk: ModuleType) -> None:
    part = json.loads(json_schema(parts))["$defs"]["Part"]
    assert part["required"] == ["id", "note", "size", "kind", "text", "tags", "maker"]
    assert part["properties"]["note"]["type"] == ["string", "null"]
    assert part["properties"]["kind"]["enum"] == ["new", "old", None]
    assert part["properties"]["id"]["type"] == "string"
    schema = xmlschema.XMLSchema10(xsd(parts))
    for body in ('<part id="a"/>', XML_VALUES):
        schema.validate(document(body).decode())
    assert not schema.is_valid('<result code="0"><part note="x"/></result>')
    assert schema.is_valid(sdk.encode_xml(sdk.decode_json(text(NULLS))).decode())
