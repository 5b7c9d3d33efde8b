"""The parts of client.py: a blocking and an asynchronous client with the same methods."""

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
    """One of the two clients: its class, base class, docstring and iterator types."""

    name: str
    base: str
    doc: str
    pages: str
    entries: str
    asynchronous: bool

    @property
    def async_(self) -> str:
        """``async`` and a space before a definition of the asynchronous client, else an empty text."""
        return "async " if self.asynchronous else ""

    @property
    def await_(self) -> str:
        """``await`` and a space before a call in the asynchronous client, else an empty text."""
        return "await " if self.asynchronous else ""


class Client:
    """The source of the clients of a contract."""

    def __init__(self, contract: Contract, names: Names) -> None:
        self._contract = contract
        self._names = names
        self._parameters = sorted(
            (item for item in contract.operation.parameters if item != contract.feed.session),
            key=lambda item: not item.required,
        )

    @property
    def imports(self) -> list[str]:
        """The imports of the iterators and of the models."""
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
        """The arguments of every method, with types and defaults. Required ones come first, as Python demands."""
        return [f"{self._names.parameter(item)}: {self._type(item)}" for item in self._parameters]

    @property
    def arguments(self) -> str:
        """The source of a dict of all arguments by name."""
        names = [self._names.parameter(item) for item in self._parameters]
        return mapping("", {name: name for name in names}, indent=8)

    @property
    def get_doc(self) -> str:
        """The docstring of the method that loads one page."""
        operation = self._contract.operation
        summary = operation.summary or f"Load {operation.path}"
        lines = [f"{self._names.parameter(item)}: {item.description or item.name}" for item in self._parameters]
        errors = "Raises ParameterError, TransportError, HTTPStatusError, ReturnCodeError and DecodeError."
        return docstring(summary, 8, *[operation.description] if operation.description else [], *lines, errors)

    @property
    def pages_doc(self) -> str:
        """The docstring of the method that yields pages."""
        summary = f"Yield page after page, from ``{self._names.parameter(self._contract.feed.cursor.parameter)}`` to the end"
        rest = (
            f"Takes the arguments of ``{self._names.get}``, and may also raise PaginationStalled. "
            "An empty page ends the feed, and is yielded too. "
            "With ``prefetch=1`` the next page is loaded while the current one is processed."
        )
        return docstring(summary, 8, rest)

    @property
    def entries_doc(self) -> str:
        """The docstring of the method that yields entries."""
        rest = (
            "Stop anywhere, and pass the iterator's ``resume_token`` as the cursor to continue later: no entry is lost, but "
            "entries of a page that was not finished are yielded again."
        )
        return docstring("Yield the entries of all pages, as ``iter_pages`` loads them", 8, rest)

    def _type(self, parameter: Parameter) -> str:
        name = _TYPES[parameter.type.kind]
        # A resume token is a text, and must be accepted unchanged.
        if parameter == self._contract.feed.cursor.parameter and name == "int":
            name = "int | str"
        return name if parameter.required else f"{name} | None = None"
