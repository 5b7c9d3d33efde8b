"""Build the IR from a checked document. Names and types have been checked before, so nothing is validated here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from twinwire.errors import SpecError
from twinwire.ir.model import (
    INT64_MAX,
    INT64_MIN,
    Contract,
    Cursor,
    Erratum,
    Feed,
    Field,
    Kind,
    Limit,
    Mode,
    Model,
    ModelRef,
    Modes,
    Operation,
    Origin,
    Outcome,
    Parameter,
    Representation,
    Scalar,
    XmlShape,
)
from twinwire.spec.document import Document, Pointer
from twinwire.spec.examples import example_text
from twinwire.spec.node import Node
from twinwire.spec.view import NULLABLE, Spec

Json = Mapping[str, Any]


def read_contract(path: str | Path) -> Contract:
    """Decode and check a spec file, and build its IR.

    Raises:
        SpecError: The spec has problems; it lists all of them.
    """
    # Imported late: the libraries of the checks take longer to import than most commands take to run.
    from twinwire.spec.check import check  # noqa: PLC0415
    from twinwire.spec.source import load  # noqa: PLC0415

    document = load(path)
    problems = check(document)
    if problems:
        raise SpecError(problems)
    return build(document)


@dataclass(frozen=True, slots=True)
class Packed:
    """A contract with the schemas of its representations as text, by representation: ``json`` and ``xml``."""

    contract: Contract
    schemas: Mapping[str, str]


def pack(document: Document, schemas: Mapping[str, str]) -> bytes:
    """Encode a valid document and its schemas as the copy of the contract that the installed conformance kit loads.

    Args:
        document: A document in which ``check`` finds no problem.
        schemas: The text of the JSON Schema and of the XSD, by representation.

    Returns:
        JSON in UTF-8.
    """
    lines = {**_lines(document, Spec(document.data))}
    packed = {"sha256": document.sha256, "document": document.data, "lines": lines, "schemas": {**schemas}}
    return f"{json.dumps(packed, ensure_ascii=False, indent=1)}\n".encode()


def unpack(raw: bytes) -> Packed:
    """Build the IR from the output of ``pack``, which was checked before, so that the checks need not be imported."""
    found = json.loads(raw)
    # The copy has no positions of its own, so the lines of the original file are carried along.
    contract = build(Document("", found["document"], found["sha256"], ()))
    return Packed(replace(contract, lines=MappingProxyType(found["lines"])), found["schemas"])


def build(document: Document) -> Contract:
    """Build the IR from a document in which ``check`` finds no problem."""
    spec = Spec(document.data)
    # In dependency order, so that the generated tables define each field plan after those that it refers to.
    models = {name: _model(spec, name, spec.schemas[name]) for name in spec.reachable(spec.root_name)}
    operation = _operation(spec)
    info = document.data["info"]
    origin = Origin(info["title"], info["version"], document.sha256, _text(info.get("description")))
    feed = _Feed(spec, operation, models).build()
    errata = tuple(_erratum(raw) for raw in spec.operation.get("x-errata", ()))
    return Contract(origin, operation, MappingProxyType(models), feed, errata, _lines(document, spec))


def _lines(document: Document, spec: Spec) -> Mapping[str, int]:
    """Return the line numbers of errata, parameters and the members of reachable models, by id or name.

    If several elements have the same name, the line of the first one is returned.
    """
    places: list[tuple[str, Pointer]] = []
    operation: Pointer = ("paths", spec.path, "get")
    for index, raw in enumerate(spec.operation.get("x-errata", ())):
        places.append((raw["id"], (*operation, "x-errata", index)))
    for index, raw in enumerate(spec.operation.get("parameters", ())):
        target = tuple(raw["$ref"].removeprefix("#/").split("/")) if "$ref" in raw else (*operation, "parameters", index)
        places.append((spec.resolve(raw)["name"], target))
    for name in spec.reachable(spec.root_name):
        members: Pointer = ("components", "schemas", name, "properties")
        places += [(member, (*members, member)) for member in spec.schemas[name].get("properties", {})]
    lines: dict[str, int] = {}
    for name, pointer in places:
        found = document.keys.get(pointer) or document.values.get(pointer)
        if found is not None:
            lines.setdefault(name, found[0])
    return MappingProxyType(lines)


def _text(value: str | None) -> str:
    # Block scalars of YAML contain line breaks, but descriptions become docstrings that are wrapped anew.
    return " ".join((value or "").split())


def _erratum(raw: Json) -> Erratum:
    return Erratum(raw["id"], raw["where"], _text(raw["page"]), _text(raw["reading"]))


def _operation(spec: Spec) -> Operation:
    raw = spec.operation
    parameters = tuple(_parameter(spec, parameter) for parameter in spec.parameters)
    return Operation(raw["operationId"], spec.path, parameters, _text(raw.get("summary")), _text(raw.get("description")))


def _parameter(spec: Spec, raw: Json) -> Parameter:
    schema = spec.resolve(raw["schema"])
    return Parameter(
        name=raw["name"],
        type=_scalar(schema),
        required=raw.get("required", False),
        default=schema.get("default"),
        empty_is_absent=raw.get("allowEmptyValue", False),
        description=_text(raw.get("description") or schema.get("description")),
        since=raw.get("x-since"),
        example=example_text(Node(spec.data, (), raw)),
    )


def _scalar(schema: Json) -> Scalar:
    kind = Kind(spec_type(schema))
    if kind is Kind.STRING and schema.get("contentEncoding") == "base64":
        kind = Kind.BINARY
    elif kind is Kind.STRING and schema.get("format") == "uri":
        kind = Kind.URI
    minimum, maximum = schema.get("minimum"), schema.get("maximum")
    if kind is Kind.INTEGER:
        # An integer without bounds is a signed 64-bit integer in both representations.
        minimum = INT64_MIN if minimum is None else minimum
        maximum = INT64_MAX if maximum is None else maximum
    return Scalar(
        kind=kind,
        minimum=minimum,
        maximum=maximum,
        min_length=schema.get("minLength"),
        max_length=schema.get("maxLength"),
        pattern=_translated(schema.get("pattern")),
        ecma_pattern=schema.get("pattern"),
        enum=tuple(value for value in _choices(schema) if value is not None),
    )


def _translated(pattern: str | None) -> str | None:
    if pattern is None:
        return None
    # Imported late: few specs have patterns, but every command loads a spec.
    from twinwire.patterns import python_pattern  # noqa: PLC0415

    return python_pattern(pattern)


def spec_type(schema: Json) -> str:
    """Return the only type of a schema that is not ``null``. A schema without a type is an object."""
    raw = schema.get("type", "object")
    names = [raw] if isinstance(raw, str) else [name for name in raw if name != "null"]
    return str(names[0])


def _model(spec: Spec, name: str, schema: Json) -> Model:
    # Members keep the order of the spec: a change of one member is then a small diff of the output.
    required = frozenset(schema.get("required", ()))
    fields = tuple(_field(spec, wire, raw, wire in required) for wire, raw in schema.get("properties", {}).items())
    return Model(name, schema.get("xml", {}).get("name", name), fields, _text(schema.get("description")))


def _field(spec: Spec, wire: str, raw: Json, required: bool) -> Field:
    target = spec.nonnull(raw)
    xml: Json = raw.get("xml", {})
    name, wrapper, many = xml.get("name", wire), None, False
    if "$ref" not in target and spec_type(target) == "array":
        many = True
        items = target["items"]
        # OpenAPI 3.1, 4.8.26: without a wrapper, only the name of the items appears in XML; with one, both names do.
        # Example: images: {xml: {name: pics, wrapped: true}, items: {xml: {name: pic}}} -> <pics><pic/><pic/></pics>
        item_name = _item_name(spec, items) or wire
        wrapper = name if xml.get("wrapped", False) else None
        name, target = item_name, items
    kind: Scalar | ModelRef = ModelRef(spec.ref_name(target)) if "$ref" in target else _scalar(target)
    shape = XmlShape(name, xml.get("attribute", False), wrapper)
    # For an optional member null means the same as its absence, so only a required one can be nullable in its own right.
    nullable = required and _allows_null(raw)
    return Field(wire, kind, shape, many, required, _text(raw.get("description")), raw.get("x-since"), nullable)


def _allows_null(raw: Json) -> bool:
    """Return whether a member's schema allows null. An enum without null forbids it despite ``type: [..., 'null']``."""
    alternatives = [item for keyword in NULLABLE for item in raw.get(keyword, ())]
    if alternatives:
        return any(item.get("type") == "null" or _allows_null(item) for item in alternatives)
    return "null" in raw.get("type", ()) and None in _choices(raw, [None])


def _choices(schema: Json, otherwise: Sequence[Any] = ()) -> Sequence[Any]:
    """Return the values that ``const`` or ``enum`` allow, or ``otherwise`` if the schema has neither keyword."""
    return [schema["const"]] if "const" in schema else schema.get("enum", otherwise)


def _item_name(spec: Spec, items: Json) -> str | None:
    own: str | None = items.get("xml", {}).get("name")
    if own is None and "$ref" in items:
        own = spec.resolve(items).get("xml", {}).get("name")
    return own


class _Feed:
    """Resolves the names in x-feed to parameters of the operation and members of the models."""

    def __init__(self, spec: Spec, operation: Operation, models: Mapping[str, Model]) -> None:
        self.raw: Json = spec.operation["x-feed"]
        self.operation = operation
        self.models = models
        self.result = models[spec.root_name]

    def build(self) -> Feed:
        raw = self.raw
        entries = self.result.field(raw["entries"])
        entry = self._target(entries)
        return Feed(
            result=self.result,
            entries=entries,
            entry=entry,
            key=entry.field(raw["key"]),
            cursor=self._cursor(raw["cursor"]),
            limit=self._limit(raw["limit"]),
            outcome=self._outcome(raw["outcome"]),
            representations=_representations(raw["representations"]),
            success=tuple(self.result.field(name) for name in raw.get("success", ())),
            remaining=self._member(raw.get("remaining")),
            version=self._member(raw.get("version")),
            session=self.operation.parameter(raw["session"]) if "session" in raw else None,
            modes=self._modes(raw["modes"]) if "modes" in raw else None,
            envelope=raw.get("refusals", {}).get("envelope", False),
        )

    def _member(self, name: str | None) -> Field | None:
        return None if name is None else self.result.field(name)

    def _target(self, field: Field) -> Model:
        assert isinstance(field.type, ModelRef)
        return self.models[field.type.name]

    def _cursor(self, raw: Json) -> Cursor:
        parameter = self.operation.parameter(raw["parameter"])
        return Cursor(parameter, self.result.field(raw["member"]), raw.get("order", "opaque"), tuple(raw.get("start", ())))

    def _limit(self, raw: Json) -> Limit:
        parameter = self.operation.parameter(raw["parameter"])
        scalar = parameter.type
        assert scalar.minimum is not None
        assert scalar.maximum is not None
        assert isinstance(parameter.default, int)
        member = self._member(raw.get("member"))
        return Limit(parameter, scalar.minimum, scalar.maximum, parameter.default, member, raw.get("lowered", False))

    def _outcome(self, raw: Json) -> Outcome:
        code = self.result.field(raw["code"])
        return Outcome(code, raw["success"], self._member(raw.get("message")), self._member(raw.get("warnings")))

    def _modes(self, raw: Json) -> Modes:
        parameter = self.operation.parameter(raw["parameter"])
        choices = tuple(self._mode(choice) for choice in raw["choices"])
        return Modes(parameter, choices, raw.get("unknown") == "ignored", raw.get("position"), raw.get("filename"))

    def _mode(self, raw: Json) -> Mode:
        # "images.files" from the entry's model -> (images, files), and the content is a field of the model of files.
        model = self._target(self.result.field(self.raw["entries"]))
        path: list[Field] = []
        for name in raw["items"].split("."):
            path.append(model.field(name))
            model = self._target(path[-1])
        return Mode(raw["name"], raw.get("value"), tuple(path), model.field(raw["content"]))


def _representations(raw: Json) -> tuple[Representation, ...]:
    relabelled = raw.get("relabelled", ())
    return tuple(
        Representation(format_, tuple(raw[format_]), tuple(name for name in raw[format_] if name in relabelled))
        for format_ in ("json", "xml")
    )
