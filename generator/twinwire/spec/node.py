"""A value of a spec together with where it stands, read without trust in its shape."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, NamedTuple

from twinwire.spec.document import Pointer

_SHOWN = 12
_REF_PARTS = 4
"""A reference to a component is ``#/components/<section>/<name>``."""


class Node(NamedTuple):
    """A value and its pointer. What is missing has the value None, and so has whatever is looked for in it.

    The checks that read through it need not care for shapes: a wrong one has been reported against the JSON Schema.
    """

    root: Any
    pointer: Pointer
    value: Any

    def get(self, key: str) -> Node:
        """Return the member of a mapping."""
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return Node(self.root, (*self.pointer, key), value)

    def path(self, *keys: str) -> Node:
        """Return what a chain of members leads to."""
        node = self
        for key in keys:
            node = node.get(key)
        return node

    def members(self) -> list[tuple[str, Node]]:
        """Return the members of a mapping in the order of the file; none of anything else."""
        return [(key, self.get(key)) for key in self.value] if isinstance(self.value, dict) else []

    def items(self) -> list[Node]:
        """Return the items of a list; none of anything else."""
        if not isinstance(self.value, list):
            return []
        return [Node(self.root, (*self.pointer, index), value) for index, value in enumerate(self.value)]

    def has(self, key: str) -> bool:
        """Say whether this is a mapping with a member of that name, be it null."""
        return isinstance(self.value, dict) and key in self.value

    @property
    def text(self) -> str | None:
        """The value if it is a text."""
        return self.value if isinstance(self.value, str) else None

    @property
    def integer(self) -> int | None:
        """The value if it is an integer, which true and false are not."""
        return self.value if isinstance(self.value, int) and not isinstance(self.value, bool) else None

    @property
    def target(self) -> Pointer | None:
        """The pointer of the component that this reference leads to; None when it is none, or no local one."""
        ref = self.get("$ref").text
        parts = tuple(ref.split("/")) if ref is not None else ()
        if len(parts) != _REF_PARTS or parts[:2] != ("#", "components"):
            return None
        return parts[1:]

    def follow(self) -> Node:
        """Return what the chain of references from here leads to: nothing when it dangles or goes in circles."""
        node, seen = self, set[Pointer]()
        while node.has("$ref"):
            target = node.target
            if target is None or target in seen:
                return Node(self.root, node.pointer, None)
            seen.add(target)
            node = Node(self.root, (), self.root).path(*map(str, target))
        return node


def suggest(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return a hint that offers the nearest known name, or lists what is known when none is near."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    if otherwise or not names:
        return otherwise or "there is none to name here yet: add it first"
    shown = ", ".join(names[:_SHOWN])
    return f"known here: {shown}" + (" ..." if len(names) > _SHOWN else "")


def misspelling(node: Node, name: str, known: Iterable[str] = ()) -> str:
    """Return the member of a mapping that was probably meant to be called ``name``; nothing when there is none."""
    keys = [key for key, _ in node.members() if key not in known]
    return next(iter(difflib.get_close_matches(name, keys, n=1, cutoff=0.7)), "")


def show(value: Any) -> str:
    """Return a value as a message shows it: short, and in the spec's own words for null, true and false."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
