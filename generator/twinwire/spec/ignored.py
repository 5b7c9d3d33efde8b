"""Warn about the keywords of a spec that have no effect."""

from __future__ import annotations

from twinwire.spec import keywords
from twinwire.spec.codes import Code
from twinwire.spec.document import Pointer
from twinwire.spec.keywords import Place
from twinwire.spec.node import Node
from twinwire.spec.outline import NULLABLE, Outline, scalar_kind, type_of
from twinwire.spec.report import Report


def warn_of_ignored(report: Report, outline: Outline) -> None:
    """Warn about every ignored keyword, path, response and component of a document without problems."""
    _Survey(report, outline).run()


class _Survey:
    """Visits all parts of a spec that the feed uses. ``_used`` are the visited components."""

    def __init__(self, report: Report, outline: Outline) -> None:
        self._report = report
        self._outline = outline
        self._used: set[Pointer] = set()

    def run(self) -> None:
        root, outline = self._outline.root, self._outline
        self._visit(root, keywords.DOCUMENT)
        self._visit(root.get("info"), keywords.INFO)
        for path, item in root.get("paths").members():
            if path == outline.path:
                self._visit(item, keywords.PATH)
            else:
                self._warn(item, path, "it is not the path of the feed")
        self._visit(outline.operation, keywords.OPERATION)
        for raw in outline.declared:
            self._parameter(self._follow(raw))
        for status, raw in outline.operation.get("responses").members():
            self._response(status, raw)
        for name in outline.models:
            self._model(name)
        # Last, because the visits above mark the components that are used.
        self._components()

    def _warn(self, node: Node, key: str, reason: str) -> None:
        self._report.warn(node, Code.IGNORED_KEYWORD, f"{key!r} is ignored: {reason}", "", at_key=True)

    def _visit(self, node: Node, place: Place) -> None:
        for key, value in node.members():
            rule = place.get(key)
            extension = "the extension is unknown" if key.startswith("x-") else "it has no effect"
            reason = rule(node, value) if rule is not None else extension
            if reason:
                self._warn(value, key, reason)

    def _follow(self, raw: Node) -> Node:
        """Return the end of a chain of references, and mark each component on the way as used."""
        node = raw
        while node.target is not None:
            self._used.add(node.target)
            node = Node(node.root, (), node.root).path(*map(str, node.target))
        return node

    def _parameter(self, node: Node) -> None:
        self._visit(node, keywords.PARAMETER)
        schema = self._follow(node.get("schema"))
        self._visit(schema, {**keywords.SCALARS.get(scalar_kind(schema), {}), **keywords.PARAMETER_SCHEMA})

    def _response(self, status: str, raw: Node) -> None:
        if status == "200":
            answer = self._follow(raw)
            self._visit(answer, keywords.RESPONSE)
            for _, media in answer.get("content").members():
                self._visit(media, keywords.MEDIA)
        elif status.startswith("4"):
            self._visit(self._follow(raw), keywords.REJECTION)
        else:
            self._warn(raw, status, "only the 200 response and the rejections (4XX) have an effect")

    def _model(self, name: str) -> None:
        model = self._outline.schema(name)
        self._used.add(model.pointer)
        # Any supported rule serves for additionalProperties: the checks allow only its default, true.
        known = {**keywords.SCHEMA, **keywords.OBJECT, "additionalProperties": keywords.OBJECT["properties"]}
        self._visit(model, known)
        self._visit(model.get("xml"), keywords.XML)
        for _, member in self._outline.properties(name):
            self._member(member)

    def _member(self, node: Node) -> None:
        choice = next((keyword for keyword in NULLABLE if node.has(keyword)), None)
        if choice is not None:
            self._visit(node, {**keywords.SCHEMA, choice: keywords.OBJECT["properties"]})
            self._visit(node.get("xml"), keywords.XML)
            for alternative in node.get(choice).items():
                self._schema(alternative)
        else:
            self._schema(node)

    def _schema(self, node: Node) -> None:
        self._visit(node.get("xml"), keywords.XML)
        if node.has("$ref"):
            self._visit(node, keywords.REFERENCE)
        elif type_of(node) == "array":
            self._visit(node, {**keywords.SCHEMA, **keywords.ARRAY})
            self._schema(node.get("items"))
        else:
            self._visit(node, {**keywords.SCHEMA, **keywords.SCALARS.get(scalar_kind(node), {})})

    def _components(self) -> None:
        components = self._outline.root.get("components")
        self._visit(components, keywords.COMPONENTS)
        for section in ("schemas", "parameters", "responses"):
            for name, node in components.get(section).members():
                if node.pointer not in self._used:
                    self._warn(node, name, "the feed does not refer to it")
