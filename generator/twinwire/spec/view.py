"""A view of a valid spec: its operation, its parameters, and the schemas that the result reaches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]

_PREFIX = "#/"
NULLABLE = ("oneOf", "anyOf")


class Spec:
    """A spec that has passed the checks of structure and references; on others, the methods may raise."""

    def __init__(self, data: Json) -> None:
        self.data = data
        self.path, self.operation = next(
            (path, item["get"])
            for path, item in data["paths"].items()
            if path.startswith("/") and "x-feed" in item.get("get", {})
        )

    @property
    def schemas(self) -> Json:
        """The component schemas by name."""
        schemas: Json = self.data.get("components", {}).get("schemas", {})
        return schemas

    @property
    def parameters(self) -> list[Json]:
        """The operation's parameters, references resolved, those of the path item first."""
        shared = self.data["paths"][self.path].get("parameters", ())
        return [self.resolve(raw) for raw in (*shared, *self.operation.get("parameters", ()))]

    @property
    def content(self) -> Json:
        """The media type objects of the 200 response, by media type."""
        content: Json = self.resolve(self.operation["responses"]["200"])["content"]
        return content

    @property
    def root_name(self) -> str:
        """The name of the component schema that every media type of the 200 response refers to."""
        first: Json = next(iter(self.content.values()))
        return self.ref_name(first["schema"])

    def resolve(self, raw: Json) -> Json:
        """Return a value after following its chain of ``$ref``."""
        while "$ref" in raw:
            raw = self.lookup(raw["$ref"])
        return raw

    def lookup(self, ref: str) -> Any:
        """Return the target of a local reference.

        Raises:
            KeyError: The reference is not local, or has no target.
        """
        if not ref.startswith(_PREFIX):
            raise KeyError(ref)
        node: Any = self.data
        for part in ref[len(_PREFIX) :].split("/"):
            # RFC 6901: "~1" stands for "/" and is replaced first, so that "~01" becomes "~1".
            key = part.replace("~1", "/").replace("~0", "~")
            node = node[int(key)] if isinstance(node, list) else node[key]
        return node

    @staticmethod
    def ref_name(raw: Json) -> str:
        """Return the last segment of a reference, which is the name of the component."""
        return str(raw["$ref"]).rsplit("/", 1)[-1]

    @staticmethod
    def nonnull(raw: Json) -> Json:
        """Return the only alternative of ``oneOf``/``anyOf`` that is not null, or the schema itself without such a keyword."""
        for keyword in NULLABLE:
            if keyword in raw:
                other: Json = next(item for item in raw[keyword] if item.get("type") != "null")
                return other
        return raw

    def references(self, schema: Json) -> Iterator[str]:
        """Yield the names of the component schemas that a schema's members refer to, in order."""
        for raw in schema.get("properties", {}).values():
            target = self.nonnull(raw)
            target = target.get("items", target)
            if "$ref" in target:
                yield self.ref_name(target)

    def reachable(self, name: str) -> list[str]:
        """Return the component schemas that one reaches, including itself, each after those that it refers to."""
        # Depth first, in postorder: Result -> Part -> Link yields [Link, Part, Result]. The checks excluded cycles.
        order: dict[str, None] = {}

        def visit(current: str) -> None:
            for other in self.references(self.schemas[current]):
                if other not in order:
                    visit(other)
            order[current] = None

        visit(name)
        return list(order)
