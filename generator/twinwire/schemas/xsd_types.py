"""Convert models and their field plans to the complex and simple types of an XSD.

Every type is named: XSD 1.0 requires all elements of one name in a content model to have the same type, and two anonymous
types are never the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from twinwire.ir import INT64_MAX, INT64_MIN, Field, Kind, Model, Scalar
from twinwire.patterns import xsd_pattern
from twinwire.schemas.provenance import described
from twinwire.schemas.xml_text import carried
from twinwire.schemas.xsd_content import Element, Group, content

_BASES = {Kind.INTEGER: "xs:long", Kind.NUMBER: "xs:double", Kind.BOOLEAN: "xs:boolean"}


@dataclass(frozen=True, slots=True)
class Attribute:
    """An XML attribute with a named type."""

    name: str
    type: str
    required: bool
    documentation: str


@dataclass(frozen=True, slots=True)
class ComplexType:
    """The type of an element that represents a model or wraps a collection."""

    name: str
    content: Group
    attributes: tuple[Attribute, ...] = ()
    documentation: str = ""


@dataclass(frozen=True, slots=True)
class SimpleType:
    """A restricted scalar type. ``facets`` are (name, value) pairs in the order of the file."""

    name: str
    base: str
    facets: tuple[tuple[str, str], ...]
    documentation: str = ""


class Types:
    """Creates the types of a schema. ``simple`` and ``wrappers`` collect the types of scalars and wrapper elements."""

    def __init__(self, models: Iterable[Model]) -> None:
        self.taken = {self.model_name(model.name) for model in models}
        self.simple: list[SimpleType] = []
        self.wrappers: list[ComplexType] = []

    @staticmethod
    def model_name(name: str) -> str:
        """Return the name of a model's type."""
        # OpenAPI allows component names such as "2nd" or "-x", but an XML name must not begin with a digit or a hyphen.
        return name if name[:1].isalpha() else f"_{name}"

    def model(self, model: Model) -> ComplexType:
        """Return the complex type of a model."""
        attributes = tuple(self._attribute(model, field) for field in model.fields if field.xml.attribute)
        elements = [self._element(model, field) for field in model.fields if not field.xml.attribute]
        return ComplexType(self.model_name(model.name), content(elements), attributes, model.description)

    def _attribute(self, model: Model, field: Field) -> Attribute:
        return Attribute(
            field.xml.name, self._type(model, field), _is_required(field), described(field.description, field.since)
        )

    def _element(self, model: Model, field: Field) -> Element:
        documentation = described(field.description, field.since)
        # An empty collection has no elements, so the element of an item is never required.
        minimum = int(_is_required(field) and not field.many)
        # Null is allowed where the JSON Schema allows it: for members that may be absent or null, but not for items.
        nillable = (not field.required or field.nullable) and not field.many
        item = Element(field.xml.name, self._type(model, field), minimum, field.many, documentation, nillable)
        if field.xml.wrapper is None:
            return item
        wrapper = ComplexType(self._member_name(model, field.xml.wrapper), content([item]))
        self.wrappers.append(wrapper)
        return Element(
            field.xml.wrapper, wrapper.name, documentation=documentation, nillable=not field.required or field.nullable
        )

    def _type(self, model: Model, field: Field) -> str:
        if not isinstance(field.type, Scalar):
            return self.model_name(field.type.name)
        base = _BASES.get(field.type.kind, "xs:string")
        facets, documentation = _facets(field.type)
        if not facets and not documentation:
            return base
        simple = SimpleType(self._member_name(model, field.xml.name), base, facets, documentation)
        self.simple.append(simple)
        return simple.name

    def _member_name(self, model: Model, name: str) -> str:
        candidate = f"{self.model_name(model.name)}.{name}"
        while candidate in self.taken:
            candidate += "_"
        self.taken.add(candidate)
        return candidate


def _is_required(field: Field) -> bool:
    """Return whether an element or attribute is required. A null member has none, so a nullable one is not."""
    return field.required and not field.nullable


def _facets(scalar: Scalar) -> tuple[tuple[tuple[str, str], ...], str]:
    # The base type xs:long has the 64-bit bounds already.
    narrowed = scalar.kind is not Kind.INTEGER
    values: dict[str, object] = {
        "minInclusive": scalar.minimum if narrowed or scalar.minimum != INT64_MIN else None,
        "maxInclusive": scalar.maximum if narrowed or scalar.maximum != INT64_MAX else None,
        "minLength": scalar.min_length or None,
        "maxLength": scalar.max_length,
    }
    documentation = ""
    if scalar.ecma_pattern is not None:
        values["pattern"] = xsd_pattern(scalar.ecma_pattern)
        if values["pattern"] is None:
            documentation = f"Also matches the pattern {scalar.ecma_pattern}, which XSD 1.0 cannot express."
    facets = [(name, str(value)) for name, value in values.items() if value is not None]
    # A value that XML cannot carry never occurs in a document, and would make the XSD malformed.
    facets += [("enumeration", str(value)) for value in scalar.enum if carried(str(value))]
    return tuple(facets), documentation
