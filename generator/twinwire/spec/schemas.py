"""Check the schemas that the result reaches. Only constructs that both JSON and XML can carry are supported."""

from __future__ import annotations

from twinwire.spec import keywords
from twinwire.spec.codes import Code
from twinwire.spec.node import Node, misspelling, suggest
from twinwire.spec.outline import NULLABLE, Outline, nonnull, scalar_kind, shape_of, type_of, types_of
from twinwire.spec.report import Report
from twinwire.spec.scalars import check_keywords, check_scalar

_SCALARS = "string, integer, number, boolean, array of one of these, or a $ref to an object"
# The generated decoders recurse by model, and bound their depth.
_MAX_DEPTH = 32
_OBJECT = frozenset(keywords.OBJECT)


def check_schemas(report: Report, outline: Outline) -> None:
    """Report unsupported and contradictory schemas in the models that the result reaches."""
    for name in outline.models:
        _check_model(report, outline.schema(name))
        for _, member in outline.properties(name):
            _check_member(report, member)
    _check_recursion(report, outline)


def _check_model(report: Report, node: Node) -> None:
    if node.has("$ref"):
        if not report.within(node):
            message = "is only a reference to another component"
            report.add(node.get("$ref"), Code.UNSUPPORTED_REF, message, "refer to that component directly", at_key=True)
        return
    if not _check_alone(report, node):
        return
    if types_of(node) != ["object"]:
        _report_type(report, node, "must be an object where it is referred to", "write type: object")
        return
    # Unknown members are always tolerated, so `additionalProperties: true` states the default.
    known = _OBJECT | {"additionalProperties"} if node.get("additionalProperties").value is True else _OBJECT
    check_keywords(report, node, known, "type object")
    properties = node.get("properties")
    if not properties.members() and not report.within(node):
        report.add(
            node, Code.EMPTY_MODEL, f"the object {node.pointer[-1]!r} has no members", "list them below properties", at_key=True
        )
    names = [name for name, _ in properties.members()]
    for item in node.get("required").items():
        if item.text is not None and names and item.text not in names:
            hint = suggest(item.text, names)
            report.add(item, Code.UNKNOWN_REQUIRED, f"required names {item.text!r}, but the object has no such member", hint)


def _check_member(report: Report, node: Node) -> None:
    target = node
    for keyword in NULLABLE:
        if node.has(keyword):
            if not _check_nullable(report, node, keyword):
                return
            target = nonnull(node)
            break
    if not target.has("$ref") and type_of(target) == "array":
        _check_array(report, target)
    else:
        _check_value(report, target)


def _check_nullable(report: Report, node: Node, keyword: str) -> bool:
    """Return whether ``oneOf`` or ``anyOf`` only makes a schema nullable; report any other use."""
    choices = node.get(keyword)
    others = [item for item in choices.items() if item.get("type").value != "null"]
    if len(others) != 1 or len(choices.items()) != len(others) + 1:
        if not report.within(choices):
            message = f"{keyword} is only supported for one schema and null"
            report.add(choices, Code.UNSUPPORTED_COMPOSITION, message, "keep one schema and {type: 'null'}", at_key=True)
        return False
    check_keywords(report, node, frozenset({keyword}), f"a schema with {keyword}")
    for key in ("type", "format", "default"):
        if node.has(key):
            message = f"{key!r} is not supported beside {keyword}"
            report.add(
                node.get(key), Code.UNSUPPORTED_KEYWORD, message, f"write it into the alternative of {keyword}", at_key=True
            )
    xml = others[0].get("xml")
    if xml.value is not None:
        message = f"xml is not supported within {keyword}"
        report.add(xml, Code.UNSUPPORTED_XML, message, f"write it beside {keyword}", at_key=True)
    return True


def _check_array(report: Report, node: Node) -> None:
    check_keywords(report, node, frozenset(keywords.ARRAY), "type array")
    if node.get("default").value is not None:
        report.add(
            node.get("default"), Code.UNSUPPORTED_KEYWORD, "an array's default is not supported", "leave it out", at_key=True
        )
    items = node.get("items")
    if not node.has("items"):
        hint = "add items: with a type, or a $ref to an object"
        report.add(node, Code.ARRAY_ITEMS, "the array has no items", hint, at_key=True)
    elif type_of(items) == "array" and not items.has("$ref"):
        report.add(
            items.get("type"), Code.UNSUPPORTED_TYPE, "an array of arrays is not supported", "put the inner one into an object"
        )
    elif "null" in types_of(items) or any(items.has(keyword) for keyword in NULLABLE):
        report.add(
            items,
            Code.UNSUPPORTED_TYPE,
            "the items of an array cannot be null",
            "name one type, or a $ref to an object",
            at_key=True,
        )
    else:
        _check_value(report, items)


def _check_value(report: Report, node: Node) -> None:
    if node.has("$ref"):
        _check_reference(report, node)
    elif _check_alone(report, node):
        if scalar_kind(node):
            check_scalar(report, node)
        elif type_of(node) == "object":
            hint = "describe it below components/schemas and write a $ref here"
            report.add(node.get("type"), Code.INLINE_OBJECT, "an inline object is not supported", hint)
        else:
            _report_type(report, node, "has no single type", f"write one of: {_SCALARS}")


def _check_alone(report: Report, node: Node) -> bool:
    """Return whether a schema is a mapping and not a composition of other schemas; report it if not."""
    if isinstance(node.value, bool):
        message = "a boolean schema (true or false) is not supported"
        report.add(node, Code.UNSUPPORTED_TYPE, message, f"write type: {_SCALARS}")
        return False
    for keyword in ("allOf", *NULLABLE):
        if node.has(keyword):
            message = f"{keyword} is not supported here"
            report.add(
                node.get(keyword), Code.UNSUPPORTED_COMPOSITION, message, "write one schema, or a $ref to one", at_key=True
            )
            return False
    return isinstance(node.value, dict)


def _report_type(report: Report, node: Node, message: str, hint: str) -> None:
    if report.within(node.get("type")):
        return
    if node.has("type"):
        if types_of(node) == ["null"]:
            message, hint = "allows only null", "add the type of its values, as in type: [string, 'null']"
        shown = " and ".join(types_of(node)) or "empty"
        report.add(node.get("type"), Code.UNSUPPORTED_TYPE, f"{message}: the type is {shown}", hint)
    elif not report.around(node):
        near = misspelling(node, "type")
        hint = f"did you mean 'type' for {near!r}?" if near else hint
        report.add(node, Code.MISSING_TYPE, "the schema has no type", hint, at_key=True)


def _check_reference(report: Report, node: Node) -> None:
    for key, child in node.members():
        if key not in keywords.REFERENCE and not key.startswith("x-"):
            report.add(child, Code.UNSUPPORTED_KEYWORD, f"{key!r} is not supported beside $ref", "leave it out", at_key=True)


def _check_recursion(report: Report, outline: Outline) -> None:
    """Report each member through which a model contains itself, and models that are nested too deeply."""
    # Example: Part.parent: Pack and Pack.parts: [Part] -> visit Part, above () -> visit Pack, above (Part) -> the member
    # `parts` leads to Part, which is among the models above -> "Part -> Pack -> Part".
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        for wire, member in outline.properties(name):
            shape = shape_of(member)
            if shape is None or not shape.model:
                continue
            if shape.model in (*above, name):
                circle = " -> ".join((*above, name, shape.model))
                message = f"the member {wire!r} makes {shape.model} contain itself: {circle}"
                report.add(
                    member, Code.RECURSIVE_MODEL, message, "remove the member, or refer to the object by its key", at_key=True
                )
            elif len(above) >= _MAX_DEPTH:
                message = f"models are nested more than {_MAX_DEPTH} levels deep here"
                report.add(member, Code.TOO_DEEP, message, "reduce the nesting of the result", at_key=True)
            elif shape.model not in done:
                visit(shape.model, (*above, name))
        done.add(name)

    if outline.models:
        visit(outline.models[0], ())
