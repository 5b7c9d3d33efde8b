"""A value of a spec with its place, for access without assumptions about its shape."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, NamedTuple

from twinwire.spec.document import Pointer

_SHOWN = 12
_REF_PARTS = 4
"""The number of segments of a reference to a component: ``#/components/<section>/<name>``."""


class Node(NamedTuple):
    """A value and its pointer. A missing member is a node with the value None, and so are its own members.

    Checks need no tests of shapes: a wrong shape has been reported against the JSON Schema before.
    """

    root: Any
    pointer: Pointer
    value: Any

    def get(self, key: str) -> Node:
        """Return a member of a mapping; its value is None if there is no such member or this is not a mapping."""
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return Node(self.root, (*self.pointer, key), value)

    def path(self, *keys: str) -> Node:
        """Return the node at the end of a chain of member names."""
        node = self
        for key in keys:
            node = node.get(key)
        return node

    def members(self) -> list[tuple[str, Node]]:
        """Return the members of a mapping in the order of the file, or an empty list for any other value."""
        return [(key, self.get(key)) for key in self.value] if isinstance(self.value, dict) else []

    def items(self) -> list[Node]:
        """Return the items of a list, or an empty list for any other value."""
        if not isinstance(self.value, list):
            return []
        return [Node(self.root, (*self.pointer, index), value) for index, value in enumerate(self.value)]

    def has(self, key: str) -> bool:
        """Return whether this is a mapping with a member of that name; the member may be null."""
        return isinstance(self.value, dict) and key in self.value

    @property
    def text(self) -> str | None:
        """The value if it is a text, else None."""
        return self.value if isinstance(self.value, str) else None

    @property
    def integer(self) -> int | None:
        """The value if it is an integer, else None. True and false are not integers."""
        return self.value if isinstance(self.value, int) and not isinstance(self.value, bool) else None

    @property
    def target(self) -> Pointer | None:
        """The pointer of the component that this reference leads to, or None for anything but a local reference."""
        ref = self.get("$ref").text
        parts = tuple(ref.split("/")) if ref is not None else ()
        if len(parts) != _REF_PARTS or parts[:2] != ("#", "components"):
            return None
        return parts[1:]

    def follow(self) -> Node:
        """Return the end of the chain of references from here; its value is None if a reference dangles or forms a cycle."""
        node, seen = self, set[Pointer]()
        while node.has("$ref"):
            target = node.target
            if target is None or target in seen:
                return Node(self.root, node.pointer, None)
            seen.add(target)
            node = Node(self.root, (), self.root).path(*map(str, target))
        return node


def suggest(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return a hint with the most similar known name, or else with the list of known names.

    Args:
        name: The unknown name.
        known: The names that would be valid.
        otherwise: The hint to return instead of the list.
    """
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    if otherwise or not names:
        return otherwise or "no names are known here yet: add one first"
    shown = ", ".join(names[:_SHOWN])
    return f"known here: {shown}" + (" ..." if len(names) > _SHOWN else "")


def misspelling(node: Node, name: str, known: Iterable[str] = ()) -> str:
    """Return the key of a mapping that is probably a misspelling of ``name``, or an empty text if none is similar."""
    keys = [key for key, _ in node.members() if key not in known]
    return next(iter(difflib.get_close_matches(name, keys, n=1, cutoff=0.7)), "")


def show(value: Any) -> str:
    """Return a value as messages show it: at most 60 characters, with YAML's words for null, true and false."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
