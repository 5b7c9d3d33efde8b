"""Check references: each must lead to a component of this file, of the expected kind, and not back to itself."""

from __future__ import annotations

from collections.abc import Iterator

from twinwire.spec.codes import Code
from twinwire.spec.document import Pointer
from twinwire.spec.node import Node, suggest
from twinwire.spec.report import Report

# The values of these keys are data, so a "$ref" in them is not a reference.
_DATA = frozenset({"default", "enum", "const", "example", "value", "links"})
# Keys of maps from names of the author to objects of one kind, with the section of components for that kind.
_MAPS = {
    "properties": "schemas",
    "patternProperties": "schemas",
    "$defs": "schemas",
    "dependentSchemas": "schemas",
    "content": "mediaTypes",
    "encoding": "encodings",
    "variables": "variables",
    **{name: name for name in ("schemas", "responses", "parameters", "examples", "requestBodies", "headers")},
    **{name: name for name in ("securitySchemes", "callbacks", "pathItems", "paths", "webhooks")},
}
_KINDS = {"requestBody": "requestBodies", "paths": "pathItems", "webhooks": "pathItems"}
_FORM = "write '#/components/<section>/<name>'"


def check_references(report: Report) -> None:
    """Report references that cannot be followed, and examples that name a file outside the spec's folder."""
    for node, kind in _references(report.root):
        if not _check_local(report, node):
            continue
        target = node.target
        assert target is not None
        _check_target(report, node, target, kind)
    _check_circles(report)
    _check_examples(report, report.root)


def _references(node: Node, kind: str = "", names: bool = False) -> Iterator[tuple[Node, str]]:
    """Yield every reference object with the section of components that its place requires.

    Args:
        node: The value to search.
        kind: The section that a reference at this place must lead to.
        names: The value is a map whose keys are names, so that a key ``$ref`` is an ordinary name.
    """
    if not names and node.get("$ref").text is not None:
        yield node, kind
    for key, child in node.members():
        if names:
            yield from _references(child, kind)
        elif key in _MAPS and isinstance(child.value, dict):
            yield from _references(child, _KINDS.get(key, _MAPS[key]), names=True)
        elif key not in _DATA and not key.startswith("x-"):
            yield from _references(child, _KINDS.get(key, "parameters" if key == "parameters" else "schemas"))
    for child in node.items():
        yield from _references(child, kind)


def _check_local(report: Report, node: Node) -> bool:
    """Return whether a reference has the form ``#/components/<section>/<name>``; report it if not."""
    ref = node.get("$ref")
    text = ref.text or ""
    if not text.startswith("#"):
        message = f"{text!r} leads to another file or a URL"
        report.add(ref, Code.REMOTE_REF, message, "copy its target below components; nothing is fetched or opened")
        return False
    if node.target is None:
        report.add(ref, Code.UNSUPPORTED_REF, f"{text!r} does not lead to a component", _FORM)
        return False
    return True


def _check_target(report: Report, node: Node, target: Pointer, kind: str) -> None:
    ref = node.get("$ref")
    _, section, name = map(str, target)
    if section != kind:
        message = f"{ref.text!r} leads to {section}, but a reference to {kind} is required here"
        report.add(ref, Code.REF_KIND, message, f"refer to '#/components/{kind}/...'")
        return
    known = report.root.path("components", section)
    if not known.has(name):
        hint = suggest(name, [key for key, _ in known.members()], f"describe it below components/{section}")
        report.add(ref, Code.DANGLING_REF, f"there is no {name!r} in components/{section}", hint)


def _check_circles(report: Report) -> None:
    """Report each cycle of components that are only references to one another, at its first component in the file."""
    # Example: A -> B -> C -> B. From A the chain is [A, B, C] and the next is B, so the cycle is B -> C -> B.
    # `done` holds all components seen from any start, so each cycle is found once and the search is linear.
    done: set[Pointer] = set()
    for _, section in report.root.get("components").members():
        for _, node in section.members():
            chain: list[Pointer] = []
            current = node
            while current.has("$ref") and current.pointer not in done:
                done.add(current.pointer)
                chain.append(current.pointer)
                target = current.target
                current = Node(node.root, (), node.root).path(*map(str, target or ()))
            if current.pointer in chain and current.target is not None:
                circle = chain[chain.index(current.pointer) :]
                names = " -> ".join(str(pointer[-1]) for pointer in (*circle, circle[0]))
                report.add(
                    current.get("$ref"),
                    Code.CYCLIC_REF,
                    f"leads back to itself: {names}",
                    "replace one of the references with its content",
                )


def _check_examples(report: Report, node: Node) -> None:
    for _, example in node.path("components", "examples").members():
        value = example.get("externalValue")
        text = value.text
        if text is not None and (":" in text or "\\" in text or text.startswith("/") or ".." in text.split("/")):
            message = f"{text!r} is not a file name relative to the spec"
            report.add(value, Code.EXTERNAL_VALUE, message, "use a file in the folder of the spec or below it")
