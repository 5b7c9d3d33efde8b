"""Check the document against the JSON Schema of OpenAPI 3.1."""

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

# Keys of maps from names of the author to objects: a missing name there would change the meaning of the rest.
_MAPS = frozenset({"schemas", "properties", "patternProperties", "$defs", "examples", "paths"})
# The strict validator needs a millisecond to describe one problem, and only a hundred problems are printed.
_DESCRIBED = 500
_VERSION = re.compile(r"3\.1\.[0-9]+(-.+)?")


def is_openapi(report: Report) -> bool:
    """Return whether the document declares OpenAPI 3.1. If it does not, report it; no other check would make sense."""
    version = report.root.get("openapi")
    if version.text is not None and _VERSION.fullmatch(version.text):
        return True
    hint = "begin with 'openapi: 3.1.0'"
    if report.root.has("openapi"):
        report.add(version, Code.OPENAPI_VERSION, f"must be 3.1.x, but is {show(version.value)}", hint)
    elif report.root.has("swagger"):
        report.add(("swagger",), Code.OPENAPI_VERSION, "is a Swagger 2.0 document", "convert it to OpenAPI 3.1", at_key=True)
    else:
        report.add((), Code.NOT_A_SPEC, "is not an OpenAPI document: the field 'openapi' is missing", hint)
    return False


def check_structure(report: Report) -> None:
    """Report every violation of the JSON Schema of OpenAPI 3.1."""
    # The fast validator finds the places of errors; the slow one describes them, on a document reduced to those places.
    # Example: {info: {title: 1}, paths: {<a thousand valid ones>}} -> error at info.title -> the reduced document
    # {info: {title: 1}, paths: {}} -> "must be a text, but is 1".
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
            message = f"violates the JSON Schema of OpenAPI: {errors[pointer]:.160}"
            report.add(pointer, Code.CONFLICT, message, "see the OpenAPI 3.1 specification")


def _integral_floats(root: Node) -> Iterator[Pointer]:
    """Yield the places of numbers such as 1.0, which only the strict validator distinguishes from integers."""
    # A stack instead of recursion: a document may be nested as deep as the limit allows, and this visits all of it.
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
    """Return a copy of a value without the named objects and extensions that are known to be valid.

    Args:
        value: The value.
        pointer: Its place.
        kept: The places of errors and all their ancestors.
        named: The places of errors. If a map is among them, its names may be wrong, so they are kept with empty values.
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
            # The value is known to be valid, but the name may be required or wrong.
            rest[key] = {}
    return rest
