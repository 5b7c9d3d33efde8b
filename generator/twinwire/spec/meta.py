"""The JSON Schemas that specs are validated against. All are local: no reference is fetched."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator, validators
from jsonschema.protocols import Validator
from referencing import Registry, Resource

_DRAFT = "https://json-schema.org/draft/2020-12/schema"

# JSON Schema accepts 1.0 as an integer, but a float would reach the generated code as 1.0.
_integers = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
_untyped: Any = validators
_Strict: Any = _untyped.extend(Draft202012Validator, type_checker=_integers)


@cache
def openapi_schema() -> dict[str, Any]:
    """Return the JSON Schema of OpenAPI 3.1 documents, which leaves Schema Objects open."""
    # Imported late: the import takes longer than a whole command that needs no spec.
    from openapi_spec_validator.schemas import schema_v31  # noqa: PLC0415

    return dict(schema_v31)


@cache
def openapi() -> Validator:
    """Return the strict validator of OpenAPI 3.1 documents, with Schema Objects of JSON Schema 2020-12."""
    document, bundle = openapi_schema(), _bundle()
    # Without the crawl, the registry would search for the dynamic anchor again at every Schema Object.
    resources = [(schema["$id"], Resource.from_contents(schema)) for schema in (document, bundle)]
    registry: Registry[Any] = Registry().with_resources(resources).crawl()
    validator: Validator = _Strict({"$ref": bundle["$id"]}, registry=registry)
    return validator


@cache
def fast_openapi() -> jsonschema_rs.Draft202012Validator:
    """Return the fast validator of OpenAPI 3.1 documents.

    It is about a hundred times as fast as ``openapi``, but accepts 1.0 as an integer, and its errors carry less detail. So it
    finds the places, and the strict validator describes them.
    """
    schemas = [(schema["$id"], schema) for schema in (openapi_schema(), _bundle())]
    return jsonschema_rs.Draft202012Validator({"$ref": _bundle()["$id"]}, registry=jsonschema_rs.Registry(schemas))


def _bundle() -> dict[str, Any]:
    """Return the schema of OpenAPI documents combined with a schema of Schema Objects."""
    document = openapi_schema()
    boolean, text = {"type": "boolean"}, {"type": "string"}
    xml = {"name": text, "namespace": text, "prefix": text, "attribute": boolean, "wrapped": boolean}
    # OpenAPI's schema leaves Schema Objects open behind the dynamic anchor `meta`. JSON Schema resolves such an anchor to
    # the outermost definition, so the one here applies to every Schema Object in the document.
    bundle: dict[str, Any] = {
        "$schema": _DRAFT,
        "$id": "urn:twinwire:openapi",
        "$ref": document["$id"],
        "$defs": {
            "schema": {
                "$dynamicAnchor": "meta",
                "$ref": _DRAFT,
                "properties": {
                    "xml": {
                        "type": "object",
                        "properties": xml,
                        "patternProperties": {"^x-": {}},
                        "additionalProperties": False,
                    },
                    "x-since": x_feed_schema()["$defs"]["x-since"],
                },
            }
        },
    }
    return bundle


def x_feed_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``x-feed`` (and, in its ``$defs``, of ``x-errata`` and ``x-since``)."""
    text = files("twinwire.spec").joinpath("x-feed.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@cache
def extension(name: str) -> Validator:
    """Return the validator of one of the extensions: ``x-feed``, ``x-errata`` or ``x-since``."""
    schema = x_feed_schema()
    validator: Validator = _Strict(
        schema if name == "x-feed" else {"$ref": f"{schema['$id']}#/$defs/{name}", "$defs": {"all": schema}}
    )
    return validator
