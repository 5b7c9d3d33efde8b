"""Variants in the encoding of a result: differences without meaning in JSON and XML."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

from twinwire.ir import Contract, Field, Kind, Model, ModelRef, Scalar, XmlShape
from twinwire_conformance.reference.encoding import to_json, to_xml
from twinwire_conformance.reference.faults.plan import map_scalars
from twinwire_conformance.reference.pipeline import ENCODE, Exchange
from twinwire_conformance.reference.variants.variant import REMARKS, Variant, VariantOverride

# Every other character becomes a reference in `xml-restyled`.
_PLAIN = re.compile("[A-Za-z0-9]")
# A private-use character that marks values for replacement after encoding; the feed contains none.
_MARK = "\ue000"
_NEW = (
    Field("x-added", Scalar(Kind.STRING), XmlShape("x-added", attribute=True)),
    Field("x-more", Scalar(Kind.INTEGER), XmlShape("x-more"), many=True),
)


def _map(x: Exchange, change: Callable[[Model, dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """Change every object of a result, outermost first."""

    def walk(model: Model, value: Mapping[str, Any]) -> dict[str, Any]:
        done = change(model, dict(value))
        for member in model.fields:
            inner = done.get(member.wire_name)
            if isinstance(member.type, ModelRef) and inner is not None:
                target = x.contract.model(member.type)
                done[member.wire_name] = [walk(target, each) for each in inner] if member.many else walk(target, inner)
        return done

    return walk(x.feed.result, x.result)


def _nulls(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.is_xml:
        return proceed()
    return to_json(
        _map(x, lambda model, value: {field.wire_name: value.get(field.wire_name) for field in model.fields})
    ).encode()


def _empty_collections(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    def change(model: Model, value: dict[str, Any]) -> dict[str, Any]:
        for member in model.fields:
            if value.get(member.wire_name) is None and member.many:
                value[member.wire_name] = []
            elif (
                value.get(member.wire_name) is None
                and isinstance(member.type, ModelRef)
                and _wraps(x.contract.model(member.type))
            ):
                value[member.wire_name] = {}
        return value

    x.result = _map(x, change)
    return proceed()


def _wraps(model: Model) -> bool:
    return all(member.many and not member.required for member in model.fields)


def _pretty(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.is_xml:
        return proceed()
    backwards = _map(x, lambda _model, value: dict(reversed(value.items())))
    return (json.dumps(backwards, indent="\t").replace("\n", "\r\n") + "\r\n").encode()


def _namespaces(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    body = proceed()
    names = (
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
        ' xsi:noNamespaceSchemaLocation="https://images.example/feed.xsd"'
    )
    root = f"<{x.feed.result.xml_name}"
    return body.replace(root.encode(), (root + names).encode(), 1) if x.is_xml else body


def _restyled(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    body = proceed()
    if not x.is_xml:
        return body
    root = ET.fromstring(body)  # noqa: S314 - the document was written by this server
    ET.indent(root, "\t")
    return ("<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n" + _write(root)).encode()


def _write(element: ET.Element) -> str:
    # Reversed attributes, one per line, in single quotes, with spaces around "=": all of it is legal XML.
    attributes = "".join(f"\n {name} = '{_refer(value)}'" for name, value in reversed(element.attrib.items()))
    text = element.text or ""
    inside = text + "".join(_write(child) + (child.tail or "") for child in element) if len(element) else _refer(text)
    return f"<{element.tag}{attributes}\n>{inside}</{element.tag} >"


def _refer(text: str) -> str:
    return "".join(char if _PLAIN.fullmatch(char) else f"&#x{ord(char):X};" for char in text)


def _backwards(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if not x.is_xml:
        return proceed()
    return _xml(x, lambda model: model.fields[::-1], x.result)


def _xml(x: Exchange, fields: Callable[[Model], tuple[Field, ...]], value: Mapping[str, Any]) -> bytes:
    models = {name: replace(model, fields=fields(model)) for name, model in x.contract.models.items()}
    return to_xml(models, models[x.feed.result.name], value).encode()


def _undeclared(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    body = proceed()
    return body.partition(b"?>\n")[2] if x.is_xml else body


def _newer(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    x.result = _map(x, lambda _model, value: {**value, "x-added": "<new> & 新", "x-more": [1, 2]})
    return _xml(x, lambda model: model.fields + _NEW, x.result) if x.is_xml else proceed()


def _integral(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.is_xml:
        return proceed()
    marked = map_scalars(x.result, lambda value: f"{_MARK}{value}.0" if type(value) is int else value)
    return re.sub(f'"{_MARK}([^"]*)"', r"\1", to_json(marked)).encode()


def _nil(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if not x.is_xml:
        return proceed()
    nulls: set[str] = set()

    def change(model: Model, value: dict[str, Any]) -> dict[str, Any]:
        for member in model.fields:
            if value.get(member.wire_name) is None and _may_be_nil(x.contract, member):
                value[member.wire_name] = {} if isinstance(member.type, ModelRef) else _MARK
                nulls.add(member.xml.name)
        return value

    x.result = _map(x, change)
    body = proceed().decode()
    for name in nulls:
        body = re.sub(f"<{name}>{_MARK}?</{name}>", f'<{name} xsi:nil="true"/>', body)
    root = f"<{x.feed.result.xml_name}"
    return body.replace(root, f'{root} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"', 1).encode()


def _may_be_nil(contract: Contract, member: Field) -> bool:
    if member.xml.attribute or member.required or member.many:
        return False
    # XSD requires an element's required attributes even if the element is null.
    return not isinstance(member.type, ModelRef) or not any(inner.required for inner in contract.model(member.type).fields)


def _has_nil(contract: Contract) -> bool:
    return any(_may_be_nil(contract, member) for model in contract.models.values() for member in model.fields)


VARIANTS = (
    Variant("json-nulls", "absent members are null in JSON", override=VariantOverride(ENCODE, _nulls)),
    Variant(
        "empty-collections", "absent collections are present and empty", override=VariantOverride(ENCODE, _empty_collections)
    ),
    Variant(
        "json-pretty", "JSON is indented and escaped, with members in reverse order", override=VariantOverride(ENCODE, _pretty)
    ),
    Variant("json-integral", "integers in JSON are written with a zero fraction", override=VariantOverride(ENCODE, _integral)),
    Variant(
        "xml-nil", "absent elements are present in XML with xsi:nil", override=VariantOverride(ENCODE, _nil), condition=_has_nil
    ),
    Variant(
        "xml-namespaces",
        "the root declares namespaces, as .NET's serializer does",
        override=VariantOverride(ENCODE, _namespaces),
    ),
    Variant(
        "xml-restyled",
        "XML has indentation, character references, single quotes and attributes in reverse order",
        override=VariantOverride(ENCODE, _restyled),
    ),
    Variant("xml-backwards", "elements of different names come in another order", override=VariantOverride(ENCODE, _backwards)),
    Variant("xml-undeclared", "XML has no declaration", override=VariantOverride(ENCODE, _undeclared)),
    Variant(
        "newer-version", "every object has members that the contract does not know", REMARKS, VariantOverride(ENCODE, _newer)
    ),
)
