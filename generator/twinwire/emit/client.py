"""What client.py is made of: two shells over one core, with the same methods."""

from __future__ import annotations

from dataclasses import dataclass

from twinwire.emit.names import Names
from twinwire.emit.source import docstring, imports, mapping
from twinwire.ir import Contract, Kind, Parameter

_TYPES = {
    Kind.STRING: "str",
    Kind.URI: "str",
    Kind.BINARY: "str",
    Kind.INTEGER: "int",
    Kind.NUMBER: "float",
    Kind.BOOLEAN: "bool",
}


@dataclass(frozen=True, slots=True)
class Shell:
    """One of the two clients; ``async_`` and ``await_`` stand before what waits."""

    name: str
    base: str
    doc: str
    pages: str
    entries: str
    asynchronous: bool

    @property
    def async_(self) -> str:
        """The keyword before a definition or loop."""
        return "async " if self.asynchronous else ""

    @property
    def await_(self) -> str:
        """The keyword before a call."""
        return "await " if self.asynchronous else ""


class Client:
    """The clients of a contract as source."""

    def __init__(self, contract: Contract, names: Names) -> None:
        self._contract = contract
        self._names = names
        self._parameters = sorted(
            (item for item in contract.operation.parameters if item != contract.feed.session),
            key=lambda item: not item.required,
        )

    @property
    def imports(self) -> list[str]:
        """The imports of the models and of what paging yields."""
        return [
            imports("iterators", [name for shell in self.shells for name in (shell.pages, shell.entries)]),
            imports("models", [self._names.entry, self._names.result]),
        ]

    @property
    def shells(self) -> list[Shell]:
        """The blocking and the asynchronous client."""
        summary = self._contract.operation.summary or f"Loads {self._contract.operation.path}"
        return [
            Shell("Client", "SyncClient", docstring(f"{summary.rstrip('.')}, blocking"), "Pages", "Entries", False),
            Shell(
                "AsyncClient",
                "AsyncioClient",
                docstring(f"{summary.rstrip('.')}, without blocking"),
                "AsyncPages",
                "AsyncEntries",
                True,
            ),
        ]

    @property
    def signature(self) -> list[str]:
        """The arguments of every method, with types and defaults; what is required comes first."""
        return [f"{self._names.parameter(item)}: {self._type(item)}" for item in self._parameters]

    @property
    def arguments(self) -> str:
        """The arguments by name, as a dict."""
        names = [self._names.parameter(item) for item in self._parameters]
        return mapping("", {name: name for name in names}, indent=8)

    @property
    def get_doc(self) -> str:
        """What the method that loads one lot does, and its arguments."""
        operation = self._contract.operation
        summary = operation.summary or f"Load {operation.path}"
        lines = [f"{self._names.parameter(item)}: {item.description or item.name}" for item in self._parameters]
        errors = "Raises ParameterError, TransportError, HTTPStatusError, ReturnCodeError and DecodeError."
        return docstring(summary, 8, *[operation.description] if operation.description else [], *lines, errors)

    @property
    def pages_doc(self) -> str:
        """What the method that loads lot after lot does."""
        summary = f"Yield lot after lot, from ``{self._names.parameter(self._contract.feed.cursor.parameter)}`` to the end"
        rest = (
            f"Takes what ``{self._names.get}`` takes, and raises PaginationStalled too. "
            "An empty lot ends the feed, and is yielded like any other. "
            "With ``prefetch=1`` the next lot is loaded while the present one is handled."
        )
        return docstring(summary, 8, rest)

    @property
    def entries_doc(self) -> str:
        """What the method that yields the entries does."""
        rest = (
            "The iterator's ``resume_token`` says from where to go on once the entry yielded last has been handled: stop "
            "anywhere, pass it on, and nothing is lost."
        )
        return docstring("Yield the entries of every lot, as ``iter_pages`` loads them", 8, rest)

    def _type(self, parameter: Parameter) -> str:
        name = _TYPES[parameter.type.kind]
        # The result has the cursor as text, and it must be usable as it came.
        if parameter == self._contract.feed.cursor.parameter and name == "int":
            name = "int | str"
        return name if parameter.required else f"{name} | None = None"
