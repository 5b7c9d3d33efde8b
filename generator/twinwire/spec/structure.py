"""The document against OpenAPI 3.1."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from twinwire.spec import meta
from twinwire.spec.codes import Code
from twinwire.spec.document import Pointer
from twinwire.spec.node import Node, show
from twinwire.spec.report import Report
from twinwire.spec.translate import validate

_MAPS = frozenset({"schemas", "properties", "patternProperties", "$defs", "examples", "paths"})
# A problem takes a millisecond to be described well, and a hundred are printed.
_DESCRIBED = 500
_VERSION = re.compile(r"3\.1\.[0-9]+(-.+)?")


def is_openapi(report: Report) -> bool:
    """Say whether the document calls itself one of OpenAPI 3.1; report it when not, as then nothing else can be said."""
    version = report.root.get("openapi")
    if version.text is not None and _VERSION.fullmatch(version.text):
        return True
    hint = "begin with 'openapi: 3.1.0'"
    if report.root.has("openapi"):
        report.add(version, Code.OPENAPI_VERSION, f"must be 3.1.x, but is {show(version.value)}", hint)
    elif report.root.has("swagger"):
        report.add(("swagger",), Code.OPENAPI_VERSION, "is a Swagger 2.0 document", "convert it to OpenAPI 3.1", at_key=True)
    else:
        report.add((), Code.NOT_A_SPEC, "is no OpenAPI document: it does not say 'openapi'", hint)
    return False


def check_structure(report: Report) -> None:
    """Report every departure from OpenAPI 3.1's own schema."""
    errors = {tuple(error.instance_path): error.message for error in meta.fast_openapi().iter_errors(report.root.value)}
    suspects = sorted({*errors, *_integral_floats(report.root)}, key=report.document.position)
    if not suspects:
        return
    described, others = suspects[:_DESCRIBED], suspects[_DESCRIBED:]
    kept = {pointer[:depth] for pointer in described for depth in range(len(pointer) + 1)}
    value = _without_others(report.root.value, (), kept, set(described))
    validate(report, Node(value, (), value), meta.openapi())
    for pointer in others:
        if pointer in errors and not report.around(Node(None, pointer, None)):
            message = f"is not as OpenAPI's schema says: {errors[pointer]:.160}"
            report.add(pointer, Code.CONFLICT, message, "see the OpenAPI 3.1 specification")


def _integral_floats(root: Node) -> Iterator[Pointer]:
    """Yield where a number such as 1.0 stands, which only the strict validator tells from an integer."""
    stack: list[tuple[Pointer, Any]] = [((), root.value)]
    while stack:
        pointer, value = stack.pop()
        if isinstance(value, dict):
            stack += [((*pointer, key), child) for key, child in value.items()]
        elif isinstance(value, list):
            stack += [((*pointer, index), child) for index, child in enumerate(value)]
        elif isinstance(value, float) and value.is_integer():
            yield pointer


def _without_others(value: Any, pointer: Pointer, kept: set[Pointer], named: set[Pointer]) -> Any:
    """Return a value without what its user named and what is known to be right.

    Args:
        value: The value.
        pointer: Where it stands.
        kept: The places of errors, and all that contains them.
        named: The places of errors: in a map among them the names may be wrong, so they stay.
    """
    if isinstance(value, list):
        return [_without_others(child, (*pointer, index), kept, named) for index, child in enumerate(value)]
    if not isinstance(value, dict):
        return value
    is_map = pointer[-1:] != () and pointer[-1] in _MAPS
    rest: dict[str, Any] = {}
    for key, child in value.items():
        place = (*pointer, key)
        if place in kept or not (is_map or key.startswith("x-")):
            rest[key] = _without_others(child, place, kept, named)
        elif pointer in named or not is_map:
            # Of what is known to be right the name counts.
            rest[key] = {}
    return rest
