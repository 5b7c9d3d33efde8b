"""The Python names of a contract, each unique where it stands."""

from __future__ import annotations

from collections.abc import Container

from twinwire import naming
from twinwire.ir import Contract, Field, Model, ModelRef, Parameter

# Classes that the package has anyway, and what models.py needs under its own name.
TAKEN_CLASSES = frozenset(
    {"AsyncClient", "Client", "Contract", "Page", "Retry", "SyncClient", "AsyncioClient", "Codec", "CODEC", "CONTRACT", "FEED"}
    | {"AsyncEntries", "AsyncPages", "Entries", "Pages", "MirrorError", "MirrorReport"}
    | {"DecodeError", "EncodeError", "HTTPStatusError", "PaginationStalled", "ParameterError", "RateLimitedError", "PARAMETERS"}
    | {
        "ResultWarning",
        "ReturnCodeError",
        "TransportError",
        "WarningError",
        "Attempt",
        "Decoded",
        "Annotated",
        "Literal",
        "TypeAlias",
        "Int64",
        "MAX_ATTRIBUTES",
        "MAX_BYTES",
        "MAX_DEPTH",
        "MAX_MEMBERS",
        "OnUnknown",
    }
)
# In the body of a class, a member of such a name would hide the type from those after it.
_TAKEN_MEMBERS = frozenset({"bool", "bytes", "float", "int", "msgspec", "str", "tuple"})
_TAKEN_PARAMETERS = frozenset({"self", "prefetch"})
_TAKEN_METHODS = frozenset({"aclose", "close", "iter_pages"})


class Names:
    """Names classes, members, parameters and methods."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self.package = naming.package(contract.origin.title)
        self.error = f"{naming.pascal(contract.origin.title)}Error"
        self.result = self.model(contract.feed.result)
        self.entry = self.model(contract.feed.entry)
        self.entries = self.member(contract.feed.entries)
        self.get = free(naming.snake(contract.operation.id), _TAKEN_METHODS)
        self.iter_entries = free(f"iter_{plural(self.entries.rstrip('_'))}", {self.get, *_TAKEN_METHODS})

    def model(self, model: Model) -> str:
        """Return the class of a model."""
        name = naming.pascal(model.name)
        return f"{name}Model" if name in {*TAKEN_CLASSES, self.error} else name

    def target(self, field: Field) -> str | None:
        """Return the class of the model that a field refers to, None for a scalar."""
        return self.model(self._contract.model(field.type)) if isinstance(field.type, ModelRef) else None

    def shape(self, model: Model) -> str:
        """Return the constant that holds the field plan of a model."""
        taken: set[str] = set()
        for other in self._contract.models.values():
            taken.add(name := free(naming.snake(self.model(other)).upper(), taken))
            if other is model:
                return name
        raise KeyError(model.name)

    @staticmethod
    def member(field: Field) -> str:
        """Return the attribute of a field."""
        return free(naming.snake(field.wire), _TAKEN_MEMBERS)

    @staticmethod
    def parameter(parameter: Parameter) -> str:
        """Return the argument of a parameter."""
        return free(naming.snake(parameter.name), _TAKEN_PARAMETERS)


def plural(name: str) -> str:
    """Return the plural of an English noun, as far as its ending tells; what ends in s is taken for one."""
    if name.endswith("s"):
        return name
    if name.endswith("y") and name[-2:-1] not in ("a", "e", "i", "o", "u"):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith(("x", "z", "ch", "sh")) else f"{name}s"


def free(name: str, taken: Container[str]) -> str:
    """Return the name, made longer until it is not taken."""
    while name in taken:
        name += "_"
    return name
