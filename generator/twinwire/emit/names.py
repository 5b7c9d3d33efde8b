"""The Python names of a contract, unique in their scopes."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Collection, Container, Iterable, Mapping

from twinwire import naming
from twinwire.ir import Contract, Field, Model, ModelRef, Parameter

# Names that the package exports, or that the modules with the models' names define or import.
_NAMES = """
    Annotated AsyncClient AsyncEntries AsyncPages AsyncioClient Attempt CODEC CONTRACT Client Codec Contract DecodeError Decoded
    EncodeError Entries FEED HTTPStatusError Int64 Literal MAX_ATTRIBUTES MAX_BYTES MAX_DEPTH MAX_MEMBERS MirrorError
    MirrorReport OnUnknown PARAMETERS Page Pages PaginationStalled ParameterError RateLimitedError ResultWarning Retry
    ReturnCodeError SyncClient TYPE_CHECKING TransportError TypeAlias WarningError
"""
TAKEN_CLASSES = frozenset(_NAMES.split()) | frozenset(dir(builtins))
# Classes that the runtime defines in the same module as the error that is named after the feed.
_TAKEN_ERRORS = TAKEN_CLASSES | {"StoppedError", "UnobtainableError"}
_SHAPES = frozenset({"CODEC", "FEED", "MAX_ATTRIBUTES", "MAX_BYTES", "MAX_DEPTH", "MAX_MEMBERS", "PARAMETERS"})
# In the body of a class, a member with such a name would hide the type from the annotations after it.
_TYPES = frozenset({"bool", "bytes", "float", "int", "msgspec", "str", "tuple"})
_TAKEN_PARAMETERS = frozenset({"self", "prefetch"})
_TAKEN_METHODS = frozenset({"aclose", "close", "iter_pages"}) | _TYPES


class Names:
    """The names of the classes, members, parameters and methods of a contract."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        models = contract.models.values()
        self.package = naming.package(contract.origin.title)
        title = naming.pascal(contract.origin.title)
        self.error = f"{title}FeedError" if f"{title}Error" in _TAKEN_ERRORS else f"{title}Error"
        taken = {*TAKEN_CLASSES, self.error}
        self._models = _unique(
            (model.name for model in models),
            lambda text: f"{name}Model" if (name := naming.class_name(text)) in taken else name,
            taken,
        )
        self._shapes = _unique(
            self._models.values(), lambda text: naming.attribute(text).strip("_").upper(), {*_SHAPES, *self._models.values()}
        )
        self._members: dict[int, str] = {}
        for model in models:
            wires = _unique((field.wire for field in model.fields), naming.attribute, _TYPES)
            # Keyed by identity: equal fields of two models may have different names.
            self._members.update({id(field): wires[field.wire] for field in model.fields})
        self._parameters = _unique((item.name for item in contract.operation.parameters), naming.attribute, _TAKEN_PARAMETERS)
        self.result = self.model(contract.feed.result)
        self.entry = self.model(contract.feed.entry)
        self.entries = self.member(contract.feed.entries)
        self.get = free(naming.snake(contract.operation.id), _TAKEN_METHODS)
        self.iter_entries = free(f"iter_{plural(self.entries.rstrip('_'))}", {self.get, *_TAKEN_METHODS})

    def model(self, model: Model) -> str:
        """Return the class name of a model."""
        return self._models[model.name]

    def target(self, field: Field) -> str | None:
        """Return the class name of the model that a field refers to, or None for a scalar."""
        return self.model(self._contract.model(field.type)) if isinstance(field.type, ModelRef) else None

    def shape(self, model: Model) -> str:
        """Return the name of the constant with the field plan of a model."""
        return self._shapes[self.model(model)]

    def member(self, field: Field) -> str:
        """Return the attribute name of a field of the contract."""
        return self._members[id(field)]

    def parameter(self, parameter: Parameter) -> str:
        """Return the argument name of a parameter."""
        return self._parameters[parameter.name]


def _unique(texts: Iterable[str], convert: Callable[[str], str], taken: Collection[str]) -> Mapping[str, str]:
    """Return a different identifier for each text, none of which is in ``taken``.

    ``fooBar`` and ``foo_bar`` both convert to ``foo_bar``. The text that equals the identifier keeps it, and the other one
    becomes ``foo_bar_2``. The order of the texts has no influence, so reordering a spec renames nothing.
    """
    names: dict[str, str] = {}
    used = set(taken)
    numbers: dict[str, int] = {}
    for text in sorted(texts, key=lambda text: (convert(text) != text, text)):
        base = name = free(convert(text), taken)
        while name in used:
            numbers[base] = numbers.get(base, 1) + 1
            name = f"{base.rstrip('_')}_{numbers[base]}"
        used.add(name)
        names[text] = name
    return names


def plural(name: str) -> str:
    """Return the plural of an English noun, judged by its ending. A noun that ends in s is taken for a plural."""
    if name.endswith("s"):
        return name
    if name.endswith("y") and name[-2:-1] not in ("a", "e", "i", "o", "u"):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith(("x", "z", "ch", "sh")) else f"{name}s"


def free(name: str, taken: Container[str]) -> str:
    """Return the name with as many underscores appended as are needed to differ from the taken names."""
    while name in taken:
        name += "_"
    return name
