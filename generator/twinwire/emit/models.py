"""The parts of models.py: a class for each model, and type aliases for bounded and enumerated scalars."""

from __future__ import annotations

from dataclasses import dataclass

from twinwire import naming
from twinwire.emit.names import TAKEN_CLASSES, Names, free
from twinwire.emit.source import bracketed, docstring, literal
from twinwire.ir import INT64_MAX, INT64_MIN, Contract, Field, Kind, Model, ModelRef, Scalar
from twinwire.schemas.provenance import described

_TYPES = {
    Kind.STRING: "str",
    Kind.URI: "str",
    Kind.NUMBER: "float",
    Kind.BOOLEAN: "bool",
    Kind.BINARY: "bytes",
}


@dataclass(frozen=True, slots=True)
class Class:
    """The source of a model's class: its opening, its docstring, and the statement and docstring of each member."""

    name: str
    opening: str
    doc: str
    members: list[tuple[str, str]]


class Models:
    """The source of the models of a contract. ``aliases`` are the statements of type aliases, by name."""

    def __init__(self, contract: Contract, names: Names) -> None:
        self._names = names
        self._taken = {*TAKEN_CLASSES, *(names.model(model) for model in contract.models.values())}
        self._forms: set[str] = set()
        self.aliases: dict[str, str] = {}
        self.classes = [self._class(model) for model in contract.models.values()]

    @property
    def typing(self) -> list[str]:
        """The names that the aliases import from ``typing``."""
        return sorted({*self._forms, "TypeAlias"}) if self.aliases else []

    def _class(self, model: Model) -> Class:
        name = self._names.model(model)
        renamed = {self._names.member(field): field.wire for field in model.fields if self._names.member(field) != field.wire}
        # Immutable objects of scalars and tuples cannot form cycles, so the garbage collector need not track them.
        options = ["msgspec.Struct", "frozen=True", "kw_only=True", "omit_defaults=True", "gc=False"]
        if renamed:
            options.append(bracketed("rename={", (f"{literal(key)}: {literal(wire)}" for key, wire in renamed.items()), "}", 4))
        doc = docstring(model.description or f"The object {model.name}")
        members = [(self._member(model, field), _member_doc(field)) for field in model.fields]
        return Class(name, bracketed(f"class {name}(", options, "):"), doc, members)

    def _member(self, model: Model, field: Field) -> str:
        name, type_ = self._names.member(field), self._names.target(field) or self._scalar(model, field)
        if field.many:
            # Null is decoded as an empty collection. A required nullable member has no default, so it is always encoded.
            return f"{name}: tuple[{type_}, ...]" + ("" if field.nullable else " = ()")
        optional = "" if field.required and not field.nullable else " | None"
        return f"{name}: {type_}{optional}" + ("" if field.required else " = None")

    def _scalar(self, model: Model, field: Field) -> str:
        assert not isinstance(field.type, ModelRef)
        scalar = field.type
        if scalar.kind is not Kind.INTEGER and not scalar.enum:
            return _TYPES[scalar.kind]
        name = free(self._names.model(model) + naming.class_name(field.wire), self._taken)
        if not scalar.enum and (scalar.minimum, scalar.maximum) == (INT64_MIN, INT64_MAX):
            # The most common alias, shared by all fields without bounds of their own.
            name = "Int64"
        self.aliases[name] = _alias(name, scalar)
        self._taken.add(name)
        self._forms.add("Literal" if scalar.enum else "Annotated")
        return name


def _alias(name: str, scalar: Scalar) -> str:
    if scalar.enum:
        return bracketed(f"{name}: TypeAlias = Literal[", map(literal, scalar.enum), "]")
    bounds = f"ge={scalar.minimum}, le={scalar.maximum}"
    return bracketed(f"{name}: TypeAlias = Annotated[", ["int", f"msgspec.Meta({bounds})"], "]")


def _member_doc(field: Field) -> str:
    text = described(field.description, field.since)
    return docstring(text) if text else ""
