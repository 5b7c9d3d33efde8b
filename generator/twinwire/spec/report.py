"""The collection of the problems and warnings that the checks find."""

from __future__ import annotations

from dataclasses import replace

from twinwire.errors import Problem
from twinwire.spec.codes import Code
from twinwire.spec.document import Document, Pointer
from twinwire.spec.node import Node

# A name in a spec may be as long as the file, and messages quote names.
_LENGTH = 400


class Report:
    """Collects problems and remembers their places, so that a later check does not report their consequences."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.root = Node(document.data, (), document.data)
        self._problems: set[Problem] = set()
        self._warnings: set[Problem] = set()
        self._places: set[Pointer] = set()
        self._above: set[Pointer] = set()

    @property
    def problems(self) -> list[Problem]:
        """All problems without duplicates, in the order of the file."""
        return sorted(self._problems)

    def add(self, place: Node | Pointer, code: Code, message: str, hint: str, *, at_key: bool = False) -> None:
        """Add a problem.

        Args:
            place: The value that is wrong, or its pointer.
            code: The code of the problem.
            message: The problem, as a sentence or as the predicate of one whose subject is the value.
            hint: The correction.
            at_key: Show the position of the value's key instead of the value.
        """
        pointer = place.pointer if isinstance(place, Node) else place
        self._places.add(pointer)
        # Example: ("a", "b") adds (), ("a",) and ("a", "b"), so that `within` is one look-up.
        self._above.update(pointer[:depth] for depth in range(len(pointer) + 1))
        self._problems.add(self.document.problem(pointer, code, _short(message), _short(hint), at_key=at_key))

    @property
    def warnings(self) -> list[Problem]:
        """All warnings without duplicates, in the order of the file."""
        return sorted(self._warnings)

    def warn(self, place: Node, code: Code, message: str, hint: str, *, at_key: bool = False) -> None:
        """Add a warning; the arguments are those of ``add``."""
        found = self.document.problem(place.pointer, code, _short(message), _short(hint), at_key=at_key)
        self._warnings.add(replace(found, is_warning=True))

    def within(self, node: Node) -> bool:
        """Return whether a problem was reported at a value or anywhere below it."""
        return node.pointer in self._above

    def around(self, node: Node) -> bool:
        """Return whether a problem was reported at a value or at one of its ancestors other than the document itself."""
        return any(node.pointer[:depth] in self._places for depth in range(1, len(node.pointer) + 1))


def _short(text: str) -> str:
    return text if len(text) <= _LENGTH else f"{text[: _LENGTH - 3]}..."
