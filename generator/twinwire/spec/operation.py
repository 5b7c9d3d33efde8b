"""Check the operation: the only GET with an x-feed, its path, parameters and response."""

from __future__ import annotations

import re

from twinwire.spec import meta
from twinwire.spec.codes import Code
from twinwire.spec.document import Pointer
from twinwire.spec.examples import known_values
from twinwire.spec.node import Node, misspelling, show
from twinwire.spec.outline import METHODS, Outline, component, scalar_kind
from twinwire.spec.report import Report
from twinwire.spec.scalars import check_scalar, value_fault
from twinwire.spec.translate import validate

# Segments of RFC 3986's pchar. None is empty, "." or "..", because the path is appended to a base URL unchanged.
_SEGMENT = r"(?!\.{1,2}(?:/|$))(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+"
_PATH = re.compile(f"/|(?:/{_SEGMENT})+/?")


def check_operation(report: Report, outline: Outline) -> bool:
    """Report the problems of the operation.

    Returns:
        Whether there is an operation with an x-feed, so that further checks make sense.
    """
    _check_places(report, outline)
    if not outline.feeds:
        return False
    for other in outline.feeds[1:]:
        where = f"{outline.path} already has an x-feed"
        report.add(other.path("get", "x-feed"), Code.SEVERAL_FEEDS, where, "keep one feed per spec", at_key=True)
    _check_path(report, outline)
    named = outline.operation.has("operationId") or misspelling(outline.operation, "operationId")
    if not named:
        message = "the operation has no operationId, from which the client's method gets its name"
        report.add(outline.operation, Code.MISSING_FIELD, message, "add operationId: ...", at_key=True)
    _check_parameters(report, outline)
    _check_answer(report, outline)
    _check_errata(report, outline.operation)
    return True


def _check_places(report: Report, outline: Outline) -> None:
    paths = outline.root.get("paths")
    strays = [node.get("x-feed") for node in (outline.root, paths) if node.has("x-feed")]
    for _, item in paths.members():
        places = [item, *(item.get(method) for method in METHODS if method != "get")]
        strays += [node.get("x-feed") for node in places if node.has("x-feed")]
    for stray in strays:
        report.add(stray, Code.MISPLACED_FEED, "x-feed is not allowed here", "move it to the GET operation", at_key=True)
    # Paths without a leading slash are reported by the check of the structure.
    unread = [path for path, _ in paths.members() if not path.startswith(("/", "x-"))]
    if not strays and not unread and not outline.feeds and not report.around(paths):
        report.add(
            paths,
            Code.NO_FEED,
            "no GET operation has an x-feed",
            "add x-feed to the operation that serves the feed",
            at_key=True,
        )


def _check_path(report: Report, outline: Outline) -> None:
    path = outline.feeds[0]
    if "{" in outline.path:
        message = f"the path {outline.path!r} has path parameters"
        report.add(path, Code.PATH, message, "only query parameters are supported", at_key=True)
    elif not _PATH.fullmatch(outline.path):
        message = f"the path {show(outline.path)} cannot be appended to a base URL"
        report.add(path, Code.PATH, message, "write segments, percent-encoded where needed", at_key=True)


def _check_parameters(report: Report, outline: Outline) -> None:
    seen: set[str] = set()
    checked: set[Pointer] = set()
    for raw in outline.declared:
        node = raw.follow()
        name = node.get("name").text
        if name is None:
            continue
        if name in seen:
            message = f"the parameter {name!r} is declared twice"
            report.add(raw, Code.DUPLICATE_PARAMETER, message, "declare it once, for the operation or for its path")
        elif node.pointer not in checked:
            _check_parameter(report, node)
            _check_examples(report, node, outline.feed.get("session").text)
        seen.add(name)
        checked.add(node.pointer)


def _check_parameter(report: Report, node: Node) -> None:
    where = node.get("in")
    if where.text is not None and where.text != "query":
        if not report.within(where):
            message = f"a parameter with in: {where.text} is not supported"
            report.add(where, Code.UNSUPPORTED_PARAMETER, message, "write in: query")
        return
    for key, fine in (("content", None), ("style", "form"), ("allowReserved", False)):
        if node.get(key).value not in (None, fine) and not report.within(node.get(key)) and not report.around(node):
            message = f"{key!r} is not supported for a parameter"
            report.add(
                node.get(key),
                Code.UNSUPPORTED_PARAMETER,
                message,
                "remove it; a parameter is described by its schema",
                at_key=True,
            )
    if node.has("x-since") and not report.within(node.get("x-since")):
        validate(report, node.get("x-since"), meta.extension("x-since"))
    schema = node.get("schema").follow()
    if not isinstance(schema.value, (dict, bool)) or report.within(schema.get("type")):
        return
    raw = schema.get("type")
    if scalar_kind(schema) in ("", "binary") or raw.text is None:
        message = "a parameter must have one type: string, integer, number or boolean"
        report.add(
            raw if raw.value else schema, Code.UNSUPPORTED_PARAMETER, message, "write one of these types", at_key=not raw.value
        )
        return
    check_scalar(report, schema)
    default = schema.get("default")
    if isinstance(default.value, float) and not report.within(default):
        report.add(default, Code.UNSUPPORTED_FRACTION, f"the default {default.value} has a fraction", "write an integer")


def _check_examples(report: Report, node: Node, session: str | None) -> None:
    """Report invalid examples of a required parameter, and warn if it has no example at all."""
    schema = node.get("schema").follow()
    if node.get("required").value is not True or report.within(node) or report.within(schema) or not scalar_kind(schema):
        return
    values = list(known_values(node))
    for value in values:
        fault = value_fault(schema, value.value)
        if fault:
            message = f"the example {show(value.value)} {fault}"
            report.add(value, Code.BAD_EXAMPLE, message, "choose an example that the schema allows, because it is sent")
    # A session may be any text, unless a pattern restricts it, so it needs no example.
    if not values and (node.get("name").text != session or schema.has("pattern")):
        message = f"the parameter {show(node.get('name').value)} is required, but the spec has no example to send"
        report.warn(node.get("required"), Code.NO_EXAMPLE, message, "add an example to the parameter", at_key=True)


def _check_answer(report: Report, outline: Outline) -> None:
    responses = outline.operation.get("responses")
    answer = outline.answer
    media = answer.get("content").members()
    if not media:
        if not report.within(responses) and not report.within(answer):
            place = responses if responses.value is not None else outline.operation
            hint = "add the response '200' with content, and one schema for all media types"
            report.add(place, Code.NO_ANSWER, "the operation has no 200 response with content", hint, at_key=True)
        return
    for name, node in media:
        schema = node.get("schema")
        if report.within(node):
            continue
        model = component(schema)
        if not model:
            hint = "write schema: {$ref: '#/components/schemas/...'}, the same for every media type"
            report.add(node, Code.ANSWER_SCHEMA, f"{name} does not refer to a component schema", hint, at_key=True)
        elif outline.result and model != outline.result:
            message = f"{name} refers to {model}, but another media type refers to {outline.result}"
            report.add(schema.get("$ref"), Code.ANSWER_SCHEMA, message, "refer to the same schema in all media types")


def _check_errata(report: Report, operation: Node) -> None:
    errata = operation.get("x-errata")
    if operation.has("x-errata"):
        validate(report, errata, meta.extension("x-errata"))
    seen: set[str] = set()
    for node in (erratum.get("id") for erratum in errata.items()):
        if node.text is not None and node.text in seen:
            report.add(node, Code.DUPLICATE_ERRATUM, f"the id {node.text!r} is used twice", "give each erratum a different id")
        seen.add(node.text or "")
