"""The outline of a possibly invalid spec: the operation, its parameters, and the models that the result reaches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from twinwire.spec.node import Node

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_NOUNS = {
    "string": ("a string", "strings"),
    "integer": ("an integer", "integers"),
    "number": ("a number", "numbers"),
    "boolean": ("a boolean", "booleans"),
    "binary": ("base64 text", "base64 texts"),
    "uri": ("a URI", "URIs"),
    "object": ("an object", "objects"),
}
NULLABLE = ("oneOf", "anyOf")


@dataclass(frozen=True, slots=True)
class Shape:
    """The type of a member or parameter: a kind of scalar or ``object``, ``many`` for an array, and the model of an object."""

    kind: str
    many: bool
    schema: Node
    model: str = ""

    def __str__(self) -> str:
        return phrase([self.kind], many=self.many)


def phrase(kinds: Iterable[str], *, many: bool) -> str:
    """Return kinds of values as a noun phrase for messages: ``a string or an integer``, ``an array of objects``."""
    nouns = [_NOUNS[kind] for kind in kinds]
    return f"an array of {' or '.join(plural for _, plural in nouns)}" if many else " or ".join(one for one, _ in nouns)


class Outline:
    """A tolerant view of a spec. Parts that cannot be resolved are left out, because the checks have reported the reason."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.feeds = [node for path, node in self._paths() if node.get("get").has("x-feed")]
        item = self.feeds[0] if self.feeds else Node(root.value, ("paths",), None)
        self.path = str(item.pointer[-1])
        self.operation = item.get("get")
        self.feed = self.operation.get("x-feed")
        # The parameters of a path item apply to each of its operations (OpenAPI 3.1, 4.8.9).
        self.declared = [*item.get("parameters").items(), *self.operation.get("parameters").items()]
        self.parameters = {name: node for raw in self.declared if (name := (node := raw.follow()).get("name").text) is not None}
        self.answer = self.operation.path("responses", "200").follow()
        named = [component(media.get("schema")) for _, media in self.answer.get("content").members()]
        known = [name for name in named if name and self.schema(name).value is not None]
        self.result = next(iter(known), "")
        self.models = self._reach(self.result) if self.result else []

    def _paths(self) -> list[tuple[str, Node]]:
        return [(path, node) for path, node in self.root.get("paths").members() if path.startswith("/")]

    def schema(self, name: str) -> Node:
        """Return the component schema with this name."""
        return self.root.path("components", "schemas", name)

    def properties(self, model: str) -> list[tuple[str, Node]]:
        """Return the members of a model, in the order of the file."""
        return self.schema(model).get("properties").members()

    def member(self, model: str, name: str) -> Node | None:
        """Return a member of a model, or None if the model does not declare it."""
        return dict(self.properties(model)).get(name)

    def _reach(self, first: str) -> list[str]:
        order: dict[str, None] = {}
        queue = [first]
        # The list grows during the loop: a breadth-first search.
        for name in queue:
            if name not in order and self.schema(name).value is not None:
                order[name] = None
                queue += [shape.model for _, raw in self.properties(name) if (shape := shape_of(raw)) and shape.model]
        return list(order)


def component(node: Node) -> str:
    """Return the name of the component schema that a reference leads to, or an empty text for anything else."""
    target = node.target
    return str(target[2]) if target is not None and target[1] == "schemas" else ""


def nonnull(node: Node) -> Node:
    """Return the only alternative of ``oneOf``/``anyOf`` that is not null, or the schema itself if it has neither keyword."""
    for keyword in NULLABLE:
        if node.has(keyword):
            others = [item for item in node.get(keyword).items() if item.get("type").value != "null"]
            return others[0] if len(others) == 1 else Node(node.root, node.get(keyword).pointer, None)
    return node


def types_of(node: Node) -> list[str]:
    """Return the types of a schema as a list, including null."""
    raw = node.get("type")
    return [raw.text] if raw.text is not None else [item.text for item in raw.items() if item.text is not None]


def type_of(node: Node) -> str:
    """Return the only type of a schema that is not null, or an empty text if there are none or several."""
    names = [name for name in types_of(node) if name != "null"]
    return names[0] if len(names) == 1 else ""


def shape_of(node: Node) -> Shape | None:
    """Return the shape of a member's schema, or None if it cannot be determined."""
    target = nonnull(node)
    many = not target.has("$ref") and type_of(target) == "array"
    if many:
        target = target.get("items")
    if target.has("$ref"):
        name = component(target)
        return Shape("object", many, target, name) if name else None
    kind = scalar_kind(target)
    return Shape(kind, many, target) if kind else None


def scalar_kind(node: Node) -> str:
    """Return the kind of a scalar schema, or an empty text if it is not one."""
    kind = type_of(node)
    # Base64 and URIs are strings in JSON, but the SDK and the rules treat them as kinds of their own.
    if kind == "string" and node.get("contentEncoding").value == "base64":
        return "binary"
    if kind == "string" and node.get("format").value == "uri":
        return "uri"
    return kind if kind in ("string", "integer", "number", "boolean") else ""
