"""The single table of supported keywords: those that take effect at each place of a spec, and their conditions.

A schema keyword outside the table is a problem (``unsupported-keyword``). Any other keyword outside it causes a warning
(``ignored-keyword``), and so does one whose rule returns a reason. The following cause no warning:

- pure annotations, which inform people and demand nothing from a server: ``title``, ``summary``, ``description``,
  ``$comment``, ``externalDocs``, ``tags``, ``example``, ``examples``, ``x-since``, ``x-errata``, and all of ``info``. (The
  example of a required parameter is sent.)
- a keyword that states its default, as in ``deprecated: false`` or ``servers: [{url: /}]``;
- a 4XX response with a description: each of them counts as a rejection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twinwire.patterns import xsd_obstacle
from twinwire.spec.node import Node, show
from twinwire.spec.outline import scalar_kind

Rule = Callable[[Node, Node], str]
"""Takes the object that contains a keyword, and its value; returns why it is ignored, or an empty text if it is not."""
Place = Mapping[str, Rule]
"""The rules of the keywords of one kind of object, by keyword."""


def _read(_parent: Node, _value: Node) -> str:
    return ""


def _unless(reason: str, *defaults: Any) -> Rule:
    """Return the rule of a keyword that has no effect: it causes a warning unless its value is one of the defaults."""
    return lambda _parent, value: "" if any(value.value == default for default in defaults) else reason


def _format(schema: Node, value: Node) -> str:
    # These formats repeat a constraint that the generator enforces anyway; others would claim checks that do not exist.
    known = {"integer": "int64", "number": "double", "uri": "uri"}.get(scalar_kind(schema))
    return "" if value.value == known else f"values are not checked against the format {show(value.value)}"


def _media_type(schema: Node, value: Node) -> str:
    # The conformance kit recognises image formats, so image/* is checked.
    image = scalar_kind(schema) == "binary" and (value.text or "").startswith("image/")
    return "" if image else "the content is not checked against a media type"


def _pattern(_schema: Node, value: Node) -> str:
    obstacle = xsd_obstacle(value.text) if value.text is not None else None
    return f"in XML only: XSD 1.0 cannot express {obstacle}, so the XSD leaves the pattern out" if obstacle else ""


def _all_read(names: str) -> dict[str, Rule]:
    return dict.fromkeys(names.split(), _read)


_NOTES = _all_read("title summary description $comment externalDocs example examples x-since")
_DEPRECATED = {"deprecated": _unless("no warning is generated for deprecated elements", False)}

# Keywords that are allowed in any schema beside its constraints.
SCHEMA: Place = {
    **_all_read("title description $comment externalDocs example examples x-since type xml"),
    **_DEPRECATED,
    "default": _unless("an absent value is not replaced by its default", None),
    "format": _format,
    "readOnly": _unless("a response may contain the member anyway", False),
    "writeOnly": _unless("a response may contain the member anyway", False),
}
_TEXT: Place = {**_all_read("minLength maxLength"), "pattern": _pattern}
_ENCODED: Place = {**_all_read("contentEncoding"), "contentMediaType": _media_type}
SCALARS: Mapping[str, Place] = {
    "string": {**_TEXT, **_ENCODED, **_all_read("enum const")},
    "uri": _TEXT,
    "binary": _ENCODED,
    "integer": _all_read("minimum maximum enum const"),
    "number": _all_read("minimum maximum"),
    "boolean": {},
}
"""The constraint keywords of a scalar, by its kind."""

OBJECT: Place = _all_read("properties required")
ARRAY: Place = _all_read("items")
REFERENCE: Place = {**_all_read("$ref xml description title $comment x-since"), **_DEPRECATED}
"""The keywords that are allowed beside ``$ref`` in a schema."""
PARAMETER_SCHEMA: Place = {
    **{**SCHEMA, **_all_read("default pattern $ref")},
    "xml": _unless("a parameter is never encoded in XML", None),
}
XML: Place = _all_read("name attribute wrapped namespace prefix")

DOCUMENT: Place = {
    **_all_read("openapi info paths components tags externalDocs"),
    "servers": lambda _, value: (
        "" if all(item.get("url").value == "/" for item in value.items()) else "the base URL is an argument of each command"
    ),
    "security": _unless("credentials are arguments of each command", []),
    "jsonSchemaDialect": _unless(
        "schemas are interpreted in the dialect of OpenAPI 3.1",
        "https://spec.openapis.org/oas/3.1/dialect/base",
        "https://json-schema.org/draft/2020-12/schema",
    ),
}
INFO: Place = _all_read("title summary description termsOfService contact license version")
PATH: Place = _all_read("get parameters summary description")
OPERATION: Place = {
    **_all_read("operationId parameters responses summary description tags externalDocs x-feed x-errata x-since"),
    **_DEPRECATED,
    "security": DOCUMENT["security"],
    "servers": DOCUMENT["servers"],
}
PARAMETER: Place = {
    **_NOTES,
    **_DEPRECATED,
    **_all_read("name in required schema allowEmptyValue style"),
    "explode": _unless("a scalar is sent as one value", True),
    "allowReserved": _unless("values are always percent-encoded", False),
}
RESPONSE: Place = _all_read("description content")
REJECTION: Place = _all_read("description")
MEDIA: Place = _all_read("schema example examples")
COMPONENTS: Place = _all_read("schemas parameters responses examples")
