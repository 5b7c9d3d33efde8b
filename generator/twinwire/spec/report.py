"""Where the checks put what they find."""

from __future__ import annotations

from dataclasses import replace

from twinwire.errors import Problem
from twinwire.spec.codes import Code
from twinwire.spec.document import Document, Pointer
from twinwire.spec.node import Node

# A name in a spec may be as long as the file; what is said of it need not be.
_LENGTH = 400


class Report:
    """Collects problems, and remembers where they are so that a later check does not tell of their consequences."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.root = Node(document.data, (), document.data)
        self._problems: set[Problem] = set()
        self._warnings: set[Problem] = set()
        self._places: set[Pointer] = set()
        self._above: set[Pointer] = set()

    @property
    def problems(self) -> list[Problem]:
        """Every problem once, in the order of the file."""
        return sorted(self._problems)

    def add(self, place: Node | Pointer, code: Code, message: str, hint: str, *, at_key: bool = False) -> None:
        """Add a problem at a value, or at its key."""
        pointer = place.pointer if isinstance(place, Node) else place
        self._places.add(pointer)
        self._above.update(pointer[:depth] for depth in range(len(pointer) + 1))
        self._problems.add(self.document.problem(pointer, code, _short(message), _short(hint), at_key=at_key))

    @property
    def warnings(self) -> list[Problem]:
        """Every warning once, in the order of the file."""
        return sorted(self._warnings)

    def warn(self, place: Node, code: Code, message: str, hint: str, *, at_key: bool = False) -> None:
        """Add a warning at a value, or at its key."""
        found = self.document.problem(place.pointer, code, _short(message), _short(hint), at_key=at_key)
        self._warnings.add(replace(found, is_warning=True))

    def within(self, node: Node) -> bool:
        """Say whether a problem stands at a value or anywhere below it."""
        return node.pointer in self._above

    def around(self, node: Node) -> bool:
        """Say whether a problem stands at a value or at anything that contains it, short of the whole document."""
        return any(node.pointer[:depth] in self._places for depth in range(1, len(node.pointer) + 1))


def _short(text: str) -> str:
    return text if len(text) <= _LENGTH else f"{text[: _LENGTH - 3]}..."
