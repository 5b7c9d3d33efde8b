"""Check scalar schemas: their constraints, enums, constants and defaults."""

from __future__ import annotations

from typing import Any

from twinwire.patterns import PatternError, UnsupportedPatternError, python_pattern
from twinwire.spec import keywords
from twinwire.spec.codes import Code
from twinwire.spec.node import Node, show, suggest
from twinwire.spec.outline import scalar_kind, types_of
from twinwire.spec.report import Report

# JSON has no integer limits, but xs:long and most typed languages do.
INT64 = range(-(2**63), 2**63)

ANNOTATIONS = frozenset(keywords.SCHEMA)
KEYWORDS = {kind: frozenset(place) for kind, place in keywords.SCALARS.items()}
_ADVICE = {
    "nullable": "write type: [..., 'null']",
    "exclusiveMinimum": "write minimum",
    "exclusiveMaximum": "write maximum",
    "additionalProperties": "leave it out; unknown members are always tolerated",
    "allOf": "write the members into one object",
    "$defs": "describe it below components/schemas",
}
_FORMATS = {"byte": "write contentEncoding: base64", "binary": "write contentEncoding: base64"}
_PYTHON: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


def check_keywords(report: Report, node: Node, known: frozenset[str], noun: str) -> None:
    """Report the keywords of a schema that are not supported.

    Args:
        report: The report to add to.
        node: The schema.
        known: The supported keywords besides annotations and extensions.
        noun: The kind of schema, for the message.
    """
    for key, child in node.members():
        if key in known or key in ANNOTATIONS or key.startswith("x-"):
            continue
        hint = _ADVICE.get(key) or suggest(key, sorted(known | ANNOTATIONS), "leave it out")
        report.add(child, Code.UNSUPPORTED_KEYWORD, f"{key!r} is not supported for {noun}", hint, at_key=True)


def check_scalar(report: Report, node: Node) -> None:
    """Report the problems of a scalar schema's constraints, enum, constant and default."""
    kind = scalar_kind(node)
    _check_encoding(report, node)
    check_keywords(report, node, KEYWORDS[kind], f"type {kind}")
    _check_bounds(report, node, kind)
    _check_range(report, node, "minimum", "maximum")
    _check_range(report, node, "minLength", "maxLength")
    _check_pattern(report, node.get("pattern"))
    _check_enum(report, node)
    _check_const(report, node)
    default = node.get("default")
    fault = None if default.value is None or report.within(node) else value_fault(node, default.value)
    if fault:
        report.add(
            default, Code.BAD_DEFAULT, f"the default {show(default.value)} {fault}", "choose a default that the schema allows"
        )


def _check_encoding(report: Report, node: Node) -> None:
    """Report an encoding other than ``contentEncoding: base64``, such as the formats ``byte`` and ``binary`` of OpenAPI 3.0."""
    encoding, format_ = node.get("contentEncoding"), node.get("format")
    if encoding.text is not None and encoding.text != "base64":
        report.add(encoding, Code.UNSUPPORTED_FORMAT, f"the encoding {encoding.text!r} is not supported", "write base64")
    elif format_.text in _FORMATS:
        message = f"the format {format_.text!r} is not one of OpenAPI 3.1"
        report.add(format_, Code.UNSUPPORTED_FORMAT, message, _FORMATS[format_.text])
    elif encoding.text is not None and format_.text is not None:
        report.add(format_, Code.UNSUPPORTED_FORMAT, f"base64 cannot also be {format_.text!r}", "keep one of the two")


def _check_bounds(report: Report, node: Node, kind: str) -> None:
    for key in ("minimum", "maximum"):
        bound = node.get(key)
        if isinstance(bound.value, float):
            report.add(bound, Code.UNSUPPORTED_FRACTION, f"{key} {bound.value} has a fraction", "write an integer")
        elif kind == "integer" and bound.integer is not None and bound.integer not in INT64:
            message = f"{key} {bound.integer} is not a signed 64-bit integer"
            report.add(bound, Code.INT64_RANGE, message, f"choose a value from {INT64[0]} to {INT64[-1]}")


def _check_range(report: Report, node: Node, lower: str, upper: str) -> None:
    low, high = node.get(lower), node.get(upper)
    if low.integer is not None and high.integer is not None and low.integer > high.integer:
        message = f"{lower} {low.integer} is greater than {upper} {high.integer}"
        report.add(low, Code.EMPTY_RANGE, message, "swap them, or correct one")


def _check_pattern(report: Report, node: Node) -> None:
    if node.text is None:
        return
    try:
        python_pattern(node.text)
    except UnsupportedPatternError as error:
        report.add(node, Code.UNSUPPORTED_PATTERN, f"the pattern {show(node.text)}: {error.message}", error.hint)
    except PatternError as error:
        report.add(node, Code.BAD_PATTERN, f"{show(node.text)} is not a pattern of ECMA-262: {error.message}", error.hint)


def _check_enum(report: Report, node: Node) -> None:
    enum = node.get("enum")
    values = [item for item in enum.items() if item.value is not None]
    if "null" not in types_of(node):
        for item in enum.items():
            if item.value is None:
                report.add(
                    item, Code.BAD_ENUM, "the value null does not match the type", "add 'null' to the type, or remove the value"
                )
    if enum.value is not None and not values and not report.within(enum):
        report.add(enum, Code.BAD_ENUM, "the enum has no values", "list the values, or remove enum")
    seen: set[Any] = set()
    for item in values:
        fault = value_fault(node, item.value, but="enum")
        if fault:
            report.add(item, Code.BAD_ENUM, f"the value {show(item.value)} {fault}", "choose values that the schema allows")
        elif item.value in seen:
            report.add(item, Code.DUPLICATE_VALUE, f"{show(item.value)} is in the enum twice", "remove one of them")
        else:
            # A value without a fault is a scalar, so it is hashable.
            seen.add(item.value)


def _check_const(report: Report, node: Node) -> None:
    const = node.get("const")
    if not node.has("const") or "const" not in KEYWORDS[scalar_kind(node)]:
        return
    fault = "allows only null" if const.value is None else value_fault(node, const.value, but="const")
    if fault:
        report.add(const, Code.BAD_ENUM, f"the constant {show(const.value)} {fault}", "choose a value that the schema allows")


def value_fault(schema: Node, value: Any, *, but: str = "") -> str | None:
    """Return the reason why a value does not satisfy a scalar schema.

    A pattern is not tried: it is as untrusted as the value, and matching may take exponential time.

    Args:
        schema: The scalar schema.
        value: Any plain value.
        but: A keyword to ignore, ``enum`` or ``const``: the one whose own values are being checked.

    Returns:
        The predicate of a sentence, such as ``is below minimum 1``, or None if the value is valid.
    """
    kind = scalar_kind(schema)
    types = _PYTHON.get(kind, (str,))
    if (
        not isinstance(value, (str, int, float))
        or not isinstance(value, types)
        # In Python, True is an int.
        or (isinstance(value, bool) and kind != "boolean")
    ):
        return f"is not of type {kind}"
    if kind == "integer" and value not in INT64:
        return "is not a signed 64-bit integer"
    size: float = len(value) if isinstance(value, str) else value
    lower, upper = ("minLength", "maxLength") if isinstance(value, str) else ("minimum", "maximum")
    low, high = schema.get(lower).integer, schema.get(upper).integer
    if low is not None and size < low:
        return f"is below {lower} {low}"
    if high is not None and size > high:
        return f"is above {upper} {high}"
    allowed = schema.get("enum").value if but != "enum" else None
    if isinstance(allowed, list) and allowed and value not in allowed:
        return "is not in the enum"
    if schema.get("const").value is not None and not but and value != schema.get("const").value:
        return f"is not the constant {show(schema.get('const').value)}"
    return None
