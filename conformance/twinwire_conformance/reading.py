"""Reading an answer's body by the field plan: both representations become one canonical value that can be compared.

This is the suite's own reader; it shares no code with the generated SDK, so that one bug does not blind both. It is
tolerant where a rule of its own judges: a mistyped value stays as it came, so that schema and twin rules can name it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET
from xml.parsers import expat

from twinwire.ir import Contract, Field, Kind, Model, ModelRef, Scalar

MAX_DEPTH = 200
_INTEGER = re.compile(r"[ \t\r\n]*([+-]?[0-9]{1,40})[ \t\r\n]*")
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


class Unreadable(Exception):
    """A body that is not what its label says; the message says why and where."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A body as the field plan sees it.

    ``value`` is canonical: members by wire name, what is absent, null or empty left out. ``known`` is the native tree
    (JSON value or XML element) without what the contract does not know; ``unknown`` names that by path.
    """

    value: dict[str, Any]
    known: Any
    unknown: tuple[str, ...]


def read_json(contract: Contract, body: bytes, charset: str | None) -> Reading:
    """Read a JSON body. Raises Unreadable."""
    text = _decode(body, charset or "utf-8")
    try:
        raw = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except RecursionError as error:
        raise Unreadable("the JSON is nested too deep") from error
    except ValueError as error:
        raise Unreadable(f"not JSON: {error}") from error
    if "\\ud" in text.lower():
        _refuse_half_characters(raw)
    if not isinstance(raw, dict):
        raise Unreadable(f"not a JSON object but {shown(raw)}")
    unknown: list[str] = []
    known = _known_json(contract, contract.feed.result, raw, "$", unknown)
    return Reading(_canonical_json(contract, contract.feed.result, known), known, tuple(unknown))


def read_xml(contract: Contract, body: bytes, charset: str | None) -> Reading:
    """Read an XML body. Raises Unreadable, also for a DOCTYPE, which no answer needs and attacks use."""
    root = _parse_xml(body, charset)
    model = contract.feed.result
    if root.tag != model.xml_name:
        raise Unreadable(f"the root element is <{root.tag}>, not <{model.xml_name}>")
    unknown: list[str] = []
    known = _known_xml(contract, model, root, f"/{root.tag}", unknown)
    return Reading(_canonical_xml(contract, model, known), known, tuple(unknown))


def difference(left: Any, right: Any, path: str = "$") -> tuple[str, str, str] | None:
    """Return the path of the first difference of two canonical values and both values there, or None."""
    # Most values are equal, and their texts tell so at once; they also tell True from 1, which are equal in Python.
    return None if repr(left) == repr(right) else _difference(left, right, path)


def _difference(left: Any, right: Any, path: str) -> tuple[str, str, str] | None:
    if isinstance(left, dict) and isinstance(right, dict):
        for key in dict.fromkeys((*left, *right)):
            found = _difference(left.get(key), right.get(key), f"{path}.{key}")
            if found:
                return found
        return None
    if isinstance(left, list) and isinstance(right, list):
        for index in range(max(len(left), len(right))):
            one, other = (side[index] if index < len(side) else None for side in (left, right))
            found = _difference(one, other, f"{path}[{index}]")
            if found:
                return found
        return None
    if left == right and type(left) is type(right):
        return None
    return path, shown(left), shown(right)


def shown(value: Any) -> str:
    """Return a canonical value as it is shown to people: as JSON, not longer than a line."""
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:100]}… ({len(text)} characters)"


def _decode(body: bytes, charset: str) -> str:
    # bytes.decode takes text encodings only: no label makes it unpack an archive.
    try:
        text = body.decode(charset)
    except LookupError as error:
        raise Unreadable(f"the label's charset {charset!r} is unknown") from error
    except ValueError as error:
        raise Unreadable(f"the body is not {charset}: {error}") from error
    return text.removeprefix("\ufeff")


def _refuse_half_characters(raw: Any) -> None:
    try:
        json.dumps(raw, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        code = ord(error.object[error.start])
        raise Unreadable(f"half a character: U+{code:04X} stands alone, which is no Unicode text") from error


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"the number {text} is too large")
    return value


def _target(contract: Contract, field: Field) -> Model | None:
    return contract.model(field.type) if isinstance(field.type, ModelRef) else None


def _known_json(contract: Contract, model: Model, raw: Any, path: str, unknown: list[str]) -> Any:
    if not isinstance(raw, dict):
        return raw
    fields = {field.wire: field for field in model.fields}
    unknown += [f"{path}.{name}" for name in raw if name not in fields]
    known: dict[str, Any] = {}
    for name, value in raw.items():
        field = fields.get(name)
        if field is None:
            continue
        target = _target(contract, field)
        where = f"{path}.{name}"
        if target is None:
            known[name] = value
        elif field.many and isinstance(value, list):
            known[name] = [_known_json(contract, target, item, f"{where}[{i}]", unknown) for i, item in enumerate(value)]
        else:
            known[name] = _known_json(contract, target, value, where, unknown)
    return known


def _canonical_json(contract: Contract, model: Model, raw: Any) -> Any:
    if not isinstance(raw, dict):
        return raw
    value: dict[str, Any] = {}
    for field in model.fields:
        item = raw.get(field.wire)
        target = _target(contract, field)
        if target is not None and item is not None:
            if field.many and isinstance(item, list):
                item = [_canonical_json(contract, target, part) for part in item]
            else:
                item = _canonical_json(contract, target, item)
        elif isinstance(field.type, Scalar) and field.type.kind is Kind.NUMBER:
            item = _floats(item)
        if item is not None and item not in ([], {}):
            value[field.wire] = item
    return value


def _floats(item: Any) -> Any:
    if isinstance(item, list):
        return [_floats(part) for part in item]
    return float(item) if type(item) is int else item


class _TreeReader:
    """Builds an element tree with expat: no DOCTYPE, no recovery, capped depth."""

    def __init__(self, charset: str | None) -> None:
        self.builder = ET.TreeBuilder()
        self.depth = 0
        self.parser = expat.ParserCreate(encoding=charset, namespace_separator="}")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self.builder.data
        self.parser.StartDoctypeDeclHandler = self._doctype

    def read(self, body: bytes) -> ET.Element:
        self.parser.Parse(body, True)
        return self.builder.close()

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable(f"the XML is nested more than {MAX_DEPTH} deep")
        self.builder.start(_name(name), {_name(key): value for key, value in attributes.items()})

    def _end(self, name: str) -> None:
        self.depth -= 1
        self.builder.end(_name(name))

    def _doctype(self, *_: object) -> None:
        raise Unreadable("the XML has a DOCTYPE")


def _name(name: str) -> str:
    return f"{{{name}" if "}" in name else name


def _parse_xml(body: bytes, charset: str | None) -> ET.Element:
    try:
        return _TreeReader(charset).read(body)
    except expat.ExpatError as error:
        raise Unreadable(f"not well-formed XML: {error}") from error
    except (LookupError, ValueError) as error:
        raise Unreadable(f"the XML cannot be decoded: {error}") from error


def _known_xml(contract: Contract, model: Model, element: ET.Element, path: str, unknown: list[str]) -> ET.Element:
    known = ET.Element(element.tag)
    known.text = element.text
    attributes = {field.xml.name for field in model.fields if field.xml.attribute}
    for name, value in element.attrib.items():
        if name in attributes:
            known.set(name, value)
        elif not name.startswith(_XSI):
            unknown.append(f"{path}/@{name}")
    children = {field.xml.wrapper or field.xml.name: field for field in model.fields if not field.xml.attribute}
    for child in element:
        field = children.get(child.tag)
        where = f"{path}/{child.tag}"
        if field is None:
            unknown.append(where)
        elif field.xml.wrapper:
            known.append(_known_wrapper(contract, field, child, where, unknown))
        else:
            known.append(_known_child(contract, field, child, where, unknown))
    return known


def _known_wrapper(contract: Contract, field: Field, element: ET.Element, path: str, unknown: list[str]) -> ET.Element:
    known = ET.Element(element.tag)
    known.text = element.text
    for child in element:
        where = f"{path}/{child.tag}"
        if child.tag == field.xml.name:
            known.append(_known_child(contract, field, child, where, unknown))
        else:
            unknown.append(where)
    return known


def _known_child(contract: Contract, field: Field, element: ET.Element, path: str, unknown: list[str]) -> ET.Element:
    target = _target(contract, field)
    if target is not None:
        return _known_xml(contract, target, element, path, unknown)
    known = ET.Element(element.tag)
    known.text = element.text
    unknown += [f"{path}/{child.tag}" for child in element]
    return known


def _canonical_xml(contract: Contract, model: Model, element: ET.Element) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for field in model.fields:
        items = [_xml_value(contract, field, source) for source in _sources(field, element)]
        items = [item for item in items if item != {}] if not field.many else items
        if field.many and items:
            value[field.wire] = items
        elif items:
            # A member that stands twice is kept as a list: no representation of it can be equal to that.
            value[field.wire] = items[0] if len(items) == 1 else items
    return value


def _sources(field: Field, element: ET.Element) -> Iterator[ET.Element | str]:
    if field.xml.attribute:
        text = element.get(field.xml.name)
        if text is not None:
            yield text
        return
    parents = [element] if field.xml.wrapper is None else element.findall(field.xml.wrapper)
    for parent in parents:
        yield from parent.findall(field.xml.name)


def _xml_value(contract: Contract, field: Field, source: ET.Element | str) -> Any:
    target = _target(contract, field)
    if target is not None and isinstance(source, ET.Element):
        return _canonical_xml(contract, target, source)
    text = source if isinstance(source, str) else (source.text or "")
    assert isinstance(field.type, Scalar)
    return _scalar(field.type.kind, text)


def _scalar(kind: Kind, text: str) -> Any:
    if kind is Kind.INTEGER:
        match = _INTEGER.fullmatch(text)
        return int(match[1]) if match else text
    if kind is Kind.NUMBER:
        try:
            return float(text)
        except ValueError:
            return text
    if kind is Kind.BOOLEAN:
        return {"true": True, "1": True, "false": False, "0": False}.get(text.strip(), text)
    return text
