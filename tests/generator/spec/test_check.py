"""Properties of the checks for any spec: they return a list, and when it is empty, the IR can be built."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from twinwire.errors import SpecError
from twinwire.ir import build
from twinwire.spec.check import check
from twinwire.spec.codes import Code
from twinwire.spec.source import MAX_DEPTH, load, parse

GOOD = Path(__file__).parents[1] / "specs" / "good"
SEEDS = [load(path).data for path in sorted(GOOD.iterdir())]

# Words with a meaning in a spec, so that mutants stay close to valid specs and reach the later checks.
WORDS = st.sampled_from(
    [
        *["string", "integer", "array", "object", "null", "id", "part", "next", "code", "link", "type", "items", "$ref", "xml"],
        *["#/components/schemas/Part", "#/components/schemas/Result", "#/components/parameters/top", "#/", "#", "a.b", "get"],
        *[
            "application/json",
            "application/xml",
            "/parts",
            "uri",
            "base64",
            "numeric",
            "oneOf",
            "properties",
            "x-since",
            "query",
        ],
        *["x-feed", "200"],
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.integers(-2, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
)
TEXTS = WORDS | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
VALUES = st.recursive(
    SCALARS | TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
)


def pointers(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    members = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    return [(*above, key) for key, _ in members] + [
        pointer for key, child in members for pointer in pointers(child, (*above, key))
    ]


def at(value: Any, pointer: tuple[Any, ...]) -> Any:
    for key in pointer:
        value = value[key]
    return value


@st.composite
def mutants(draw: st.DrawFn) -> Any:
    """Return a good spec in which up to four places are replaced, removed, renamed, added, or copied from another place."""
    spec = copy.deepcopy(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 4))):
        places = pointers(spec)
        if not places:
            break
        *above, key = draw(st.sampled_from(places))
        holder = at(spec, tuple(above))
        match draw(st.sampled_from(["replace", "remove", "rename", "move", "add"])):
            case "replace":
                holder[key] = draw(VALUES)
            case "remove":
                del holder[key]
            case "rename" if isinstance(holder, dict):
                holder[draw(TEXTS)] = holder.pop(key)
            case "move":
                holder[key] = copy.deepcopy(at(spec, draw(st.sampled_from(places))))
            case "add" if isinstance(holder, dict):
                holder[draw(TEXTS)] = draw(VALUES)
    return spec


def assert_checked(spec: Any) -> None:
    try:
        document = parse(json.dumps(spec).encode(), "mutant.json")
    except SpecError:
        return  # Rejected while it was decoded, which test_source.py tests.
    problems = check(document)
    assert problems == sorted(set(problems))
    for problem in problems:
        assert problem.code in set(Code)
        assert 1 <= problem.line <= len(document.lines)
        assert problem.message
        assert problem.hint
        str(problem).encode()
    if not problems:
        build(document)


@settings(max_examples=120, deadline=None)
@given(mutants())
def test_a_mutated_spec_has_problems_or_can_be_built(spec: Any) -> None:
    assert_checked(spec)


@settings(max_examples=60, deadline=None)
@given(VALUES)
@example({})
@example({"openapi": "3.1.0"})
def test_any_value_at_all_is_checked(value: Any) -> None:
    assert_checked(value)
    assert_checked({"openapi": "3.1.0", "info": value, "paths": {"/a": {"get": {"x-feed": value}}}, "components": value})


def nested(depth: int, around: str) -> dict[str, Any]:
    spec: dict[str, Any] = json.loads((GOOD / "json-flow.yaml").read_text(encoding="utf-8"))
    schema: dict[str, Any] = {"type": 7}
    for _ in range(depth):
        schema = {"type": "array", "items": schema} if around == "items" else {"oneOf": [{"type": "null"}, schema]}
    spec["components"]["schemas"]["Link"]["properties"]["deep"] = schema
    return spec


@pytest.mark.parametrize(("around", "levels"), [("items", 1), ("oneOf", 2)])
def test_the_deepest_schema_that_is_read_is_also_checked(around: str, levels: int) -> None:
    depth = (MAX_DEPTH - 8) // levels
    problems = check(parse(json.dumps(nested(depth, around)).encode(), "deep.json"))
    assert Code.UNKNOWN_VALUE in [problem.code for problem in problems]


def test_models_that_hold_one_another_too_deep_are_refused() -> None:
    spec = json.loads((GOOD / "json-flow.yaml").read_text(encoding="utf-8"))
    schemas = spec["components"]["schemas"]
    for index in range(400):
        schemas[f"M{index}"] = {"type": "object", "properties": {"next": {"$ref": f"#/components/schemas/M{index + 1}"}}}
    schemas["M400"] = {"type": "object", "properties": {"end": {"type": "string"}}}
    schemas["Link"]["properties"]["chain"] = {"$ref": "#/components/schemas/M0"}
    problems = check(parse(json.dumps(spec).encode(), "chain.json"))
    assert [problem.code for problem in problems] == [Code.TOO_DEEP]


def test_a_pattern_that_never_ends_is_not_tried() -> None:
    # (a+)+ takes exponential time on a text that fails at its end: 2**60 steps for this default.
    text = (GOOD / "minimal.yaml").read_text(encoding="utf-8")
    hostile = text.replace("schema: {type: string}", "schema: {type: string, pattern: '^(a+)+$', default: '" + "a" * 60 + "!'}")
    assert hostile != text
    assert check(parse(hostile.encode(), "hostile.yaml")) == []


def test_an_extension_among_the_paths_is_no_path() -> None:
    text = (GOOD / "minimal.yaml").read_text(encoding="utf-8").replace("paths:\n", "paths:\n  x-note: Only a text.\n")
    document = parse(text.encode(), "note.yaml")
    assert check(document) == []
    assert build(document).operation.path == "/parts"


def test_problems_come_in_the_order_of_the_file() -> None:
    document = load(GOOD.parent / "bad" / "several-problems.yaml")
    places = [(problem.line, problem.column) for problem in check(document)]
    assert places == sorted(places)
    assert len(places) > 1


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    # $ref, $schema, $id and the dialect are URLs that a JSON Schema library may resolve.
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    text = (GOOD / "minimal.yaml").read_text(encoding="utf-8")
    text = text.replace("'#/components/schemas/Part'", "'http://127.0.0.1:9/part.json'")
    text = text.replace("openapi: 3.1.0", "openapi: 3.1.0\njsonSchemaDialect: http://127.0.0.1:9/dialect")
    text = text.replace(
        "id: {type: string}", "id: {type: string, $schema: 'http://127.0.0.1:9/schema', $id: 'http://127.0.0.1:9/id'}"
    )
    assert Code.REMOTE_REF in [problem.code for problem in check(parse(text.encode(), "remote.yaml"))]
