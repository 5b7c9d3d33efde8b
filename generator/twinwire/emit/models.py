"""What models.py is made of: a class per model, and the types that bound or enumerate a scalar."""

from __future__ import annotations

from dataclasses import dataclass

from twinwire.emit.names import Names
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
    """A model as source: the line that opens its class, its docstring, and the line and docstring of each member."""

    name: str
    opening: str
    doc: str
    members: list[tuple[str, str]]


class Models:
    """The models of a contract as source. ``aliases`` is complete once ``classes`` has been made."""

    def __init__(self, contract: Contract, names: Names) -> None:
        self._names = names
        self._aliases: dict[Scalar, str] = {}
        self.classes = [self._class(model) for model in contract.models.values()]

    @property
    def aliases(self) -> list[str]:
        """The types of scalars that need a name, as statements."""
        return [_alias(name, scalar) for scalar, name in self._aliases.items()]

    @property
    def typing(self) -> list[str]:
        """What the aliases need of the module typing."""
        enums = {bool(scalar.enum) for scalar in self._aliases}
        return [
            *(["Annotated"] if False in enums else []),
            *(["Literal"] if True in enums else []),
            *(["TypeAlias"] if enums else []),
        ]

    def _class(self, model: Model) -> Class:
        name = self._names.model(model)
        renamed = {self._names.member(field): field.wire for field in model.fields if self._names.member(field) != field.wire}
        options = ["msgspec.Struct", "frozen=True", "kw_only=True", "omit_defaults=True"]
        if renamed:
            options.append(bracketed("rename={", (f"{literal(key)}: {literal(wire)}" for key, wire in renamed.items()), "}", 4))
        doc = docstring(model.description or f"The object {model.name}")
        members = [(self._member(field), _member_doc(field)) for field in model.fields]
        return Class(name, bracketed(f"class {name}(", options, "):"), doc, members)

    def _member(self, field: Field) -> str:
        name, type_ = self._names.member(field), self._names.target(field) or self._scalar(field)
        if field.many:
            return f"{name}: tuple[{type_}, ...] = ()"
        return f"{name}: {type_}" if field.required else f"{name}: {type_} | None = None"

    def _scalar(self, field: Field) -> str:
        assert not isinstance(field.type, ModelRef)
        scalar = field.type
        if scalar.enum:
            # Only the values make the type; an enum of the same values is the same type.
            return self._alias(Scalar(scalar.kind, enum=scalar.enum), f"Choice{len(self._aliases) + 1}")
        if scalar.kind is Kind.INTEGER:
            whole = (scalar.minimum, scalar.maximum) == (INT64_MIN, INT64_MAX)
            bounds = Scalar(scalar.kind, scalar.minimum, scalar.maximum)
            return self._alias(bounds, "Int64" if whole else f"Range{len(self._aliases) + 1}")
        return _TYPES[scalar.kind]

    def _alias(self, scalar: Scalar, name: str) -> str:
        return self._aliases.setdefault(scalar, name)


def _alias(name: str, scalar: Scalar) -> str:
    if scalar.enum:
        return bracketed(f"{name}: TypeAlias = Literal[", map(literal, scalar.enum), "]")
    return f"{name}: TypeAlias = Annotated[int, msgspec.Meta(ge={scalar.minimum}, le={scalar.maximum})]"


def _member_doc(field: Field) -> str:
    text = described(field.description, field.since)
    return docstring(text) if text else ""
