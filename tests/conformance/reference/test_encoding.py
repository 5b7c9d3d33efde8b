"""The reference server's encoders: any text survives, and both representations carry the same result."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

import reference_calls
from reference_calls import call
from twinwire.ir import Contract, Field, Kind, Model, ModelRef
from twinwire_conformance.reference import create_app
from twinwire_conformance.reference.encoding import to_json, to_xml

CONTRACT = reference_calls.images()
PARCELS = reference_calls.parcels()
XML_TEXT = st.text(
    # XML 1.0 cannot represent surrogates, most control characters, U+FFFE and U+FFFF.
    st.characters(
        codec="utf-8", exclude_categories=("Cs", "Cc"), include_characters="\t\n\r", exclude_characters="\ufffe\uffff"
    )
)


@given(XML_TEXT)
# Attribute white space, a bare carriage return, quotes, markup, "]]>", and non-BMP characters.
@example("\ta\nb\rc  'd' \"e\" <f> &amp; ]]> 日本 😀 ")
def test_any_text_survives_as_attribute_and_as_element(text: str) -> None:
    value = {"returncode": 0, "returnmsg": text, "warnings": [text, ""]}
    root = etree.fromstring(to_xml(CONTRACT.models, CONTRACT.feed.result, value).encode())
    assert root.get("returnmsg") == text
    assert [each.text or "" for each in root.findall("warnings")] == [text, ""]
    assert json.loads(to_json(value)) == value


def read(contract: Contract, model: Model, element: etree._Element) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for field in model.fields:
        if field.xml.attribute:
            if field.xml.name in element.attrib:
                value[field.wire_name] = scalar(field, str(element.attrib[field.xml.name]))
            continue
        holder = element if field.xml.wrapper is None else element.find(field.xml.wrapper)
        found = [] if holder is None else [inside(contract, field, each) for each in holder.findall(field.xml.name)]
        if found:
            value[field.wire_name] = found if field.many else found[0]
    return value


def inside(contract: Contract, field: Field, element: etree._Element) -> Any:
    if isinstance(field.type, ModelRef):
        return read(contract, contract.model(field.type), element)
    return scalar(field, element.text or "")


def scalar(field: Field, text: str) -> Any:
    assert not isinstance(field.type, ModelRef)
    if field.type.kind is Kind.BOOLEAN:
        return {"true": True, "false": False}[text]
    return {Kind.INTEGER: int, Kind.NUMBER: float}.get(field.type.kind, str)(text)


@pytest.mark.parametrize("size", [1, 2, 40])
def test_another_contract_says_the_same_in_both_representations(size: int) -> None:
    app = create_app(PARCELS, products=95)
    twin, response = call(app, PARCELS.operation.path, *((f"size={size}", f"application/{each}") for each in ("json", "xml")))
    root = etree.fromstring(response.content)
    assert root.tag == "changes"
    value = twin.json()
    assert read(PARCELS, PARCELS.feed.result, root) == value
    assert len(value["events"]) == size
    assert all(base64.b64decode(event["label"], validate=True) for event in value["events"] if "label" in event)


def test_another_contract_pages_by_opaque_cursors() -> None:
    app = create_app(PARCELS, products=95)
    keys: list[str] = []
    query = ""
    for _ in range(8):
        [response] = call(app, PARCELS.operation.path, (query, None))
        value = response.json()
        assert value["status"] == 7
        keys += [event["ref"] for event in value["events"]]
        assert value["left"] == 95 - len(keys)
        # The cursor is standard base64, whose characters must be escaped in a query.
        query = f"after={value['next'].replace('+', '%2B').replace('=', '%3D').replace('/', '%2F')}"
    assert len(set(keys)) == 95
    [refused] = call(app, PARCELS.operation.path, ("after=12", None))
    [short] = call(app, PARCELS.operation.path, ("depot=x", None))
    [long] = call(app, PARCELS.operation.path, ("size=41", None))
    assert [each.status_code for each in (refused, short, long)] == [400] * 3
    assert refused.json() == {"status": 8}
