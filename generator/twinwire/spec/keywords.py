"""The one table of keywords: those that are read at each place of a spec, and on which condition.

A schema keyword that is not in it is refused (``unsupported-keyword``); any other is warned about (``ignored-keyword``), and so
is one whose rule gives a reason. Not warned about are:

- pure annotations, which inform a reader and ask nothing of a server: ``title``, ``summary``, ``description``, ``$comment``,
  ``externalDocs``, ``tags``, ``example``, ``examples``, ``x-since``, ``x-errata``, and all of ``info``. (An example is sent
  where its parameter is required.)
- a keyword that states its default, as in ``deprecated: false`` or ``servers: [{url: /}]``;
- a 4XX response with a description: any of them counts as a rejection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twinwire.patterns import xsd_obstacle
from twinwire.spec.node import Node, show
from twinwire.spec.outline import scalar_kind

Rule = Callable[[Node, Node], str]
"""Returns why a keyword is ignored, given the object that it stands in and its value; nothing when it is not."""
Place = Mapping[str, Rule]
"""The keywords of one kind of object."""


def _read(_parent: Node, _value: Node) -> str:
    return ""


def _unless(reason: str, *defaults: Any) -> Rule:
    """Return the rule of a keyword that says nothing with these values, and is ignored with any other."""
    return lambda _parent, value: "" if any(value.value == default for default in defaults) else reason


def _format(schema: Node, value: Node) -> str:
    known = {"integer": "int64", "number": "double", "uri": "uri"}.get(scalar_kind(schema))
    return "" if value.value == known else f"values are not held to the format {show(value.value)}"


def _media_type(schema: Node, value: Node) -> str:
    image = scalar_kind(schema) == "binary" and (value.text or "").startswith("image/")
    return "" if image else "the content is not held to a media type"


def _pattern(_schema: Node, value: Node) -> str:
    obstacle = xsd_obstacle(value.text) if value.text is not None else None
    return f"in XML only: XSD 1.0 cannot express {obstacle}, so the XSD leaves the pattern out" if obstacle else ""


def _all_read(names: str) -> dict[str, Rule]:
    return dict.fromkeys(names.split(), _read)


_NOTES = _all_read("title summary description $comment externalDocs example examples x-since")
_DEPRECATED = {"deprecated": _unless("nobody is warned of what is deprecated", False)}

# Keywords that are allowed in any schema beside its constraints.
SCHEMA: Place = {
    **_all_read("title description $comment externalDocs example examples x-since type xml"),
    **_DEPRECATED,
    "default": _unless("a value that is left out is not filled in", None),
    "format": _format,
    "readOnly": _unless("a response has the member all the same", False),
    "writeOnly": _unless("a response has the member all the same", False),
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
    "xml": _unless("a parameter is never written in XML", None),
}
XML: Place = _all_read("name attribute wrapped namespace prefix")

DOCUMENT: Place = {
    **_all_read("openapi info paths components tags externalDocs"),
    "servers": lambda _, value: (
        "" if all(item.get("url").value == "/" for item in value.items()) else "the base URL is an argument of each command"
    ),
    "security": _unless("credentials are arguments of each command", []),
    "jsonSchemaDialect": _unless(
        "schemas are read as those of OpenAPI 3.1",
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
