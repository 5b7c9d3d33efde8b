"""Wire names: for any of them the SDK imports, decodes and encodes, and its clients work."""

from __future__ import annotations

import ast
import builtins
import importlib
import json
import keyword
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from orders_spec import contract as orders
from sdk_packages import package
from twinwire.emit import emit
from twinwire.emit.names import Names
from twinwire.ir import Contract, Kind, ModelRef, build, read_contract
from twinwire.output_check import guard
from twinwire.spec.check import check
from twinwire.spec.source import parse

VENDOR = read_contract(Path(__file__).parents[3] / "spec/products-images.yaml")
# Names that convert to one identifier, to none, or to a reserved one; names that Unicode normalisation changes; long ones.
ODD = [
    *("Feed", "feed", "FEED", "fEEd", "fooBar", "foo_bar", "FooBar", "foo-bar", "foo.bar", "foo__bar", "foo_bar_2"),
    *("2nd", "007", "_", "__", "-", "...", "__init__", "__class__", "__slots__", "__dict__", "_private", "x", "X", "n2nd"),
    *("client", "models", "mirror", "codec", "httpx", "msgspec", "typing", "mirror_async", "product_images", "Names", "names"),
    *("日本", "日本語", "naïve", "naive", "Ünïcode", "ſ", "K", "ﬁ", "Σ", "ς", "é", "e\u0301", "a" * 200, "A" * 200, "Z" * 240),
    *("ClientModel", "ClientModelModel", "Int64Model", "Int64", "resultCode", "ResultCode", "con", "NUL"),
]


def used_names() -> list[str]:
    """Return all identifiers in the files of two SDKs, the names of Python itself, and the odd names."""
    found = {*ODD, *dir(builtins), *keyword.kwlist, *keyword.softkwlist, *sys.builtin_module_names}
    for artifact in (*emit(VENDOR), *emit(orders())):
        if artifact.path.endswith(".py"):
            found.update(*(_named(node) for node in ast.walk(ast.parse(artifact.text))))
    return sorted(found)


def _named(node: ast.AST) -> Iterator[str]:
    for field in ("id", "attr", "arg", "name", "asname", "module"):
        value = getattr(node, field, None)
        if isinstance(value, str):
            yield from value.split(".")


def is_component(name: str) -> bool:
    """Return whether OpenAPI allows a component with this name."""
    return name.isascii() and all(char.isalnum() or char in "._-" for char in name)


def contract(title: str, result: str, entry: str, others: list[str], members: list[str]) -> Contract:
    """Return a contract with given names.

    Args:
        title: The title of the spec, which names the package.
        result: The component of the result.
        entry: The component of the entries.
        others: Components to which members of the entry refer.
        members: Members of the entry, which are parameters of the operation too.
    """
    text: dict[str, Any] = {"type": "string"}
    properties: dict[str, Any] = {
        name: {"type": ["string", "null"], "description": name, "xml": {"name": f"m{index}", "attribute": bool(index % 2)}}
        for index, name in enumerate(members)
    }
    # A bounded integer gets a type alias, whose name must be unique too. The first fifty members have odd names.
    for index, name in enumerate(members[:50]):
        properties[f"{name}?"] = {"type": ["integer", "null"], "maximum": 9, "xml": {"name": f"i{index}"}}
    for index, name in enumerate(others):
        properties[f"ref {index}"] = {"$ref": f"#/components/schemas/{name}", "xml": {"name": f"r{index}"}}
    parameters = [{"name": name, "in": "query", "schema": text} for name in members if name not in ("cursor", "limit")]
    limit = {"type": "integer", "minimum": 1, "maximum": 50, "default": 10}
    parameters += [{"name": "cursor", "in": "query", "schema": text}, {"name": "limit", "in": "query", "schema": limit}]
    answer = {"schema": {"$ref": f"#/components/schemas/{result}"}}
    feed = {
        "entries": "part",
        "key": "key",
        "cursor": {"parameter": "cursor", "member": "next"},
        "limit": {"parameter": "limit"},
        "outcome": {"code": "code", "success": 0},
        "representations": {"json": ["application/json"], "xml": ["application/xml"]},
    }
    operation = {
        "operationId": "listParts",
        "parameters": parameters,
        "responses": {"200": {"description": "A page.", "content": {"application/json": answer, "application/xml": answer}}},
        "x-feed": feed,
    }
    schemas = {
        result: {
            "type": "object",
            "xml": {"name": "result"},
            "properties": {
                "part": {"type": "array", "items": {"$ref": f"#/components/schemas/{entry}"}},
                "next": text,
                "code": {"type": "integer"},
            },
        },
        entry: {"type": "object", "xml": {"name": "part"}, "properties": {"key": text, **properties}},
        **{name: {"type": "object", "properties": {name: {**text, "xml": {"name": "m"}}}} for name in others},
    }
    spec = {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "paths": {"/parts": {"get": operation}},
        "components": {"schemas": schemas},
    }
    document = parse(json.dumps(spec).encode(), "spec.json")
    assert [str(problem) for problem in check(document)] == []
    return build(document)


def use(made: Contract, root: Path) -> None:
    """Import an SDK, decode and encode a page with all members in both representations, and load two pages with its client."""
    entry: dict[str, Any] = {}
    for field in made.feed.entry.fields:
        if isinstance(field.type, ModelRef):
            entry[field.wire_name] = {other.wire_name: "v" for other in made.model(field.type).fields}
        else:
            entry[field.wire_name] = 3 if field.type.kind is Kind.INTEGER else "v"
    page = {"code": 0, "next": "1", "part": [entry]}
    with package(made, root) as sdk:
        result = sdk.decode_json(json.dumps(page))
        assert json.loads(sdk.encode_json(result)) == page
        assert sdk.decode_xml(sdk.encode_xml(result), max_attributes=10_000) == result
        assert type(result).__name__ == Names(made).result
        asked: list[httpx.URL] = []

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(request.url)
            content = page if len(asked) == 1 else {"code": 0, "next": "1", "part": []}
            return httpx.Response(200, json=content, headers={"Content-Type": "application/json"})

        given = [item for item in made.operation.parameters if item.name not in ("cursor", "limit")]
        with sdk.Client("http://127.0.0.1:1", transport=httpx.MockTransport(answer)) as client:
            pages = list(client.iter_pages(**{Names(made).parameter(item): "v" for item in given}))
        assert pages[0].result == result
        assert dict(asked[0].params) == {item.name: "v" for item in given}
        for name in sdk.__all__:
            assert getattr(sdk, name).__name__ == name


USED = used_names()
PARTS = 8
"""The number of SDKs for all names: a single one takes minutes to import. Each has the odd names, because these clash."""


def test_names_that_the_sdk_uses_are_found() -> None:
    assert len(USED) > 900


@pytest.mark.parametrize("part", range(PARTS))
def test_every_name_that_the_sdk_uses_may_be_that_of_a_component_a_member_and_a_parameter(tmp_path: Path, part: int) -> None:
    names = list(dict.fromkeys([*ODD, *USED[part::PARTS]]))
    others = [name for name in names if is_component(name) and name not in ("Result", "Part")]
    members = [name for name in names if name not in ("key", "part", "next", "code")]
    made = contract("Parts", "Result", "Part", others, members)
    guard(emit(made))
    use(made, tmp_path)


GLOBAL = sorted(
    {
        name
        for artifact in emit(VENDOR)
        if artifact.path.endswith(("/client.py", "/codec.py", "/models.py", "/_tables.py", "/__init__.py", "/errors.py"))
        for node in ast.walk(ast.parse(artifact.text))
        for name in _named(node)
        if name[:1].isupper()
    }
    | {"Codec", "MaxBytes", "Parameters", "LOT", "URL", "None", "True", "self", "Feed", "client", "ValueError", "con", "2nd"}
)


@pytest.mark.parametrize("index", range(0, len(GLOBAL), 2), ids=lambda index: "-".join(GLOBAL[index : index + 2]))
def test_the_result_and_the_entry_may_have_any_name_of_a_module(tmp_path: Path, index: int) -> None:
    result, entry = GLOBAL[index], (GLOBAL[index + 1 :] or ["Part"])[0]
    use(contract("Parts", result, entry, [], []), tmp_path)


@pytest.mark.parametrize(
    "title", ["Decode", "HTTP status", "Attribute", "Value", "Feed", "Warning", "Mirror", "Stopped", "models"]
)
def test_a_title_may_give_the_name_of_another_error(tmp_path: Path, title: str) -> None:
    made = contract(title, "Result", "Part", [], [])
    use(made, tmp_path)
    with package(made, tmp_path) as sdk:
        errors = importlib.import_module(f"{sdk.__name__}.errors")
        assert issubclass(errors.DecodeError, getattr(errors, Names(made).error))
        assert not issubclass(errors.DecodeError, (AttributeError, ValueError, Warning))


@pytest.mark.parametrize("operation", ["close", "iterPages", "int", "iterPart", "self", "class", "_load", "str"])
def test_an_operation_may_have_any_name(tmp_path: Path, operation: str) -> None:
    made = contract("Parts", "Result", "Part", [], ["a"])
    use(replace(made, operation=replace(made.operation, id=operation)), tmp_path)


def test_another_schema_or_member_renames_none() -> None:
    few = Names(contract("Parts", "Result", "Part", ["FooBar", "Client"], ["foo_bar", "a"]))
    many = contract(
        "Parts", "Result", "Part", ["ClientModel", "Client", "Other", "FooBar", "foo_bar"], ["fooBar", "b", "foo_bar", "a"]
    )
    names = Names(many)
    assert names.model(many.models["FooBar"]) == "FooBar"
    assert names.model(many.models["foo_bar"]) == "FooBar_2"
    assert names.model(many.models["ClientModel"]) == "ClientModel"
    assert names.member(many.feed.entry.field("foo_bar")) == "foo_bar"
    assert names.member(many.feed.entry.field("fooBar")) == "foo_bar_2"
    assert few.result == names.result


def test_types_hold_for_odd_names(tmp_path: Path) -> None:
    odd = [
        *ODD,
        "int",
        "str",
        "bytes",
        "float",
        "bool",
        "tuple",
        "list",
        "None",
        "self",
        "prefetch",
        "Client",
        "Literal",
        "Any",
    ]
    made = contract("Parts", "Feed", "LOT", [name for name in odd if is_component(name) and name != "Feed"], odd)
    for artifact in emit(made):
        path = tmp_path / artifact.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(artifact.text, "utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "parts"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout
