"""The JSON Schema of x-feed: it is valid, describes every member, and has no member that names code, a file or a command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from twinwire.spec import meta
from twinwire.spec.roles import MEMBERS, PARAMETERS
from twinwire.spec.source import load

OBJECTS = ["x-feed", "cursor", "limit", "outcome", "modes", "representations", "refusals", "mode"]


def objects(schema: dict[str, Any], path: str = "x-feed") -> Iterator[tuple[str, dict[str, Any]]]:
    if schema.get("type") == "object":
        yield path, schema
    for key in ("properties", "$defs"):
        for name, child in schema.get(key, {}).items():
            yield from objects(child, name)
    if "items" in schema:
        yield from objects(schema["items"], f"{path} item")


def test_it_is_a_json_schema() -> None:
    Draft202012Validator.check_schema(meta.x_feed_schema())


def test_every_object_is_closed_and_every_member_described() -> None:
    found = dict(objects(meta.x_feed_schema()))
    assert set(found) >= set(OBJECTS)
    for name, schema in found.items():
        assert schema["additionalProperties"] is False, name
        for member, child in schema["properties"].items():
            assert child.get("description"), f"{name}.{member}"


def test_every_role_that_is_checked_is_a_member_of_the_schema() -> None:
    for role in (*PARAMETERS, *MEMBERS):
        schema = meta.x_feed_schema()
        for key in role.path:
            schema = schema["properties"][key]


def test_no_member_is_named_after_something_that_could_be_run() -> None:
    names = {member for _, schema in objects(meta.x_feed_schema()) for member in schema["properties"]}
    assert not names & {
        "import",
        "module",
        "class",
        "function",
        "hook",
        "exec",
        "command",
        "file",
        "path",
        "template",
        "code_file",
        "url",
    }


@pytest.mark.parametrize("name", ["x-feed", "x-errata", "x-since"])
def test_each_extension_has_a_validator_of_its_own(name: str) -> None:
    assert not meta.extension(name).is_valid(7)


def test_an_integer_written_as_a_float_is_none() -> None:
    # JSON Schema itself accepts 0.0 as an integer.
    schema = meta.extension("x-feed")
    errors = list(schema.iter_errors({"outcome": {"code": "a", "success": 0.0}}))
    assert ["outcome", "success"] in [list(error.path) for error in errors]


def test_the_spec_of_this_project_is_valid_against_it() -> None:
    from pathlib import Path

    document = load(Path(__file__).parents[3] / "spec" / "products-images.yaml")
    operation = document.data["paths"]["/products/images"]["get"]
    meta.extension("x-feed").validate(operation["x-feed"])
    meta.extension("x-errata").validate(operation["x-errata"])
