"""Translation of JSON Schema errors to problems of a spec, in terms of the author instead of the schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from itertools import groupby
from typing import Any, cast

from jsonschema import ValidationError
from jsonschema.protocols import Validator

from twinwire.spec import meta
from twinwire.spec.codes import Code
from twinwire.spec.document import Pointer
from twinwire.spec.node import Node, misspelling, show, suggest
from twinwire.spec.report import Report

_NOUNS = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_NESTED = ("allOf", "anyOf", "oneOf")
_LOCAL = "#/"
_KEYS: Mapping[Pointer, str] = {
    ("paths",): "a path begins with '/'",
    ("responses",): "a status is three digits, such as '200', or a class, such as 4XX",
}


def validate(report: Report, node: Node, validator: Validator) -> None:
    """Validate a value against a JSON Schema, and report each error as a problem at its place."""
    errors = [leaf for error in validator.iter_errors(node.value) for leaf in _leaves(error)]
    # A member may only appear unknown because the branch that allows it failed for another reason, so these errors come last.
    errors.sort(key=lambda error: error.validator == "unevaluatedProperties")
    for error in errors:
        place = Node(node.root, (*node.pointer, *error.absolute_path), error.instance)
        _TELL.get(str(error.validator), _other)(report, place, error)


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """Yield the errors of the alternative that was most likely intended.

    Example: ``anyOf: [Reference, Parameter]`` fails for ``{name: q, in: 7}``. The branch Reference misses ``$ref`` at depth 0,
    the branch Parameter fails for ``in`` at depth 1. The deeper one is chosen: ``in`` must be a text.
    """
    if not error.context or error.validator not in _NESTED:
        yield error
        return
    context = sorted(error.context, key=lambda item: item.relative_schema_path[0])
    branches = [list(branch) for _, branch in groupby(context, key=lambda item: item.relative_schema_path[0])]
    if all(item.validator == "required" for item in context):
        yield error
        return
    # A branch for another type of value was not intended. Among the others, the deepest error shows the best match.
    best = max(
        branches, key=lambda branch: (all(item.validator != "type" or item.path for item in branch), len(branch[0].path))
    )
    for item in best:
        yield from _leaves(item)


def _wanted(error: ValidationError) -> Any:
    """Return the value of the keyword that failed."""
    return error.validator_value


def _missing(report: Report, place: Node, error: ValidationError) -> None:
    if place.pointer[-1:] == ("responses",):
        return  # OpenAPI requires any response; `_check_answer` reports the missing 200.
    known, _ = _fields(cast("Mapping[str, Any]", error.schema))
    names = [name for name in _wanted(error) if not place.has(name) and not misspelling(place, name, known)]
    if not names:
        return
    fields = ", ".join(map(repr, names))
    report.add(place, Code.MISSING_FIELD, f"lacks the required {fields}", f"add {fields} here")


def _alternatives(report: Report, place: Node, error: ValidationError) -> None:
    if not place.pointer:
        return  # A document without paths has no feed, which is reported separately.
    branches = _wanted(error) if isinstance(_wanted(error), list) else [_wanted(error)]
    names = " or ".join(repr(name) for branch in branches for name in branch.get("required", ()))
    if error.validator == "not" or any(place.has(name) for branch in branches for name in branch.get("required", ())):
        report.add(place, Code.CONFLICT, f"only one of {names} is allowed here", "keep one of them")
    else:
        report.add(place, Code.MISSING_FIELD, f"lacks the required {names}", "add one of them")


def _unknown(report: Report, place: Node, error: ValidationError) -> None:
    known, patterns = _fields(cast("Mapping[str, Any]", error.schema))
    extras = [key for key in place.value if key not in known and not any(re.search(pattern, key) for pattern in patterns)]
    for key in extras:
        hint = _KEYS.get(place.pointer[-1:]) or suggest(key, sorted(known), "leave it out")
        report.add(place.get(key), Code.UNKNOWN_FIELD, f"the field {key!r} is unknown here", hint, at_key=True)
    if not extras and not report.within(place):
        message = "contains a field that is not allowed together with the others"
        report.add(place, Code.UNKNOWN_FIELD, message, "remove one of the conflicting fields")


def _fields(schema: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Return the names and the name patterns of the members that a JSON Schema mentions in any branch."""
    names, patterns = set(schema.get("properties", ())), set(schema.get("patternProperties", ()))
    ref = str(schema.get("$ref", ""))
    branches = [schema[key] for key in ("if", "then", "else") if key in schema]
    branches += [branch for key in _NESTED for branch in schema.get(key, ())]
    branches += schema.get("dependentSchemas", {}).values()
    if ref.startswith(_LOCAL):
        branches.append(reduce(lambda node, key: node[key], ref[len(_LOCAL) :].split("/"), meta.openapi_schema()))
    for branch in branches:
        more_names, more_patterns = _fields(branch)
        names |= more_names
        patterns |= more_patterns
    return names, patterns


def _type(report: Report, place: Node, error: ValidationError) -> None:
    wanted = _wanted(error) if isinstance(_wanted(error), list) else [_wanted(error)]
    # YAML reads an unquoted 1.0 or 2024 as a number, a common mistake for versions.
    quote = "string" in wanted and isinstance(place.value, (int, float))
    nouns = " or ".join(_NOUNS[name] for name in wanted)
    hint = "put it in quotes" if quote else f"write {nouns}"
    report.add(place, Code.WRONG_TYPE, f"must be {nouns}, but is {show(place.value)}", hint)


def _value(report: Report, place: Node, error: ValidationError) -> None:
    allowed = _wanted(error) if error.validator == "enum" else [_wanted(error)]
    names = [str(value) for value in allowed]
    message = f"{show(place.value)} is not one of {', '.join(names)}" if names else f"{show(place.value)} is not allowed here"
    report.add(place, Code.UNKNOWN_VALUE, message, suggest(str(place.value), names, "choose one of them"))


def _pattern(report: Report, place: Node, error: ValidationError) -> None:
    name = "propertyNames" in error.absolute_schema_path
    node = place.get(str(error.instance)) if name else place
    message = f"{show(error.instance)} does not have the form {_wanted(error)}"
    schema = cast("Mapping[str, Any]", error.schema)
    report.add(node, Code.BAD_FORMAT, message, str(schema.get("$comment", "write it in that form")), at_key=name)


def _size(report: Report, place: Node, error: ValidationError) -> None:
    limit = _wanted(error)
    unit = {"Items": " items", "Length": " characters", "Properties": " fields"}.get(str(error.validator)[3:], "")
    bound = "at least" if str(error.validator).startswith("min") else "at most"
    actual = show(place.value) if not unit else f"{len(place.value)}{unit}"
    unit = unit.removesuffix("s") if limit == 1 else unit
    verb = "has" if unit else "is"
    report.add(place, Code.BAD_SIZE, f"{verb} {actual}, but {bound} {limit} is required", f"make it {bound} {limit}{unit}")


def _repeated(report: Report, place: Node, _error: ValidationError) -> None:
    seen: list[Any] = []
    for item in place.items():
        if item.value in seen:
            report.add(item, Code.DUPLICATE_VALUE, f"{show(item.value)} is in the list twice", "remove one of them")
        seen.append(item.value)


def _other(report: Report, place: Node, error: ValidationError) -> None:
    report.add(place, Code.CONFLICT, f"violates the JSON Schema: {error.message:.160}", "see the OpenAPI 3.1 specification")


_Tell = Callable[[Report, Node, ValidationError], None]
_TELL: dict[str, _Tell] = {
    "required": _missing,
    "anyOf": _alternatives,
    "oneOf": _alternatives,
    "not": _alternatives,
    "additionalProperties": _unknown,
    "unevaluatedProperties": _unknown,
    "type": _type,
    "enum": _value,
    "const": _value,
    "pattern": _pattern,
    "uniqueItems": _repeated,
    **dict.fromkeys(
        ("minItems", "minLength", "minProperties", "minimum", "maxItems", "maxProperties", "maxLength", "maximum"), _size
    ),
}
