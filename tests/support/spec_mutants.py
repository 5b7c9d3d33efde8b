"""Mutated specs: changes of bytes, values and names."""

from __future__ import annotations

import contextlib
import copy
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from orders_spec import TEXT as ORDERS
from parts_spec import TEXT as PARTS

VENDOR = (Path(__file__).parents[2] / "spec/products-images.yaml").read_text("utf-8")
BASES: list[str] = [ORDERS, PARTS, VENDOR]

# Texts that are dangerous in a path, a template, Python source, YAML, XML or a terminal.
TEXTS = [
    *("", " ", "\n", "\r\n", "\t", "\0", "\x7f", "\x85", "\u2028", "\ufeff", "\u202e", "\ufffe", "\U0010ffff", "💥", "e\u0301"),
    *("../../../etc/passwd", "/etc/passwd", "C:\\x", "..", ".", "~", "a/b", "con", "__init__", "__import__('os')", "None"),
    *("{{ 1 / 0 }}", "{% include '/etc/passwd' %}", "{# #}", "{{ ''.__class__ }}", "%s%n", "{0}", "${HOME}", "$(id)", "`id`"),
    *('"""', "'''", '\\"""', "\\", "\\N{DASH}", "\\u0000", "#", "# coding: utf-7", "]]>", "-->", "<!DOCTYPE x>", "&x;", "</x>"),
    *(
        "x" * 200,
        "x" * 70_000,
        "ä" * 300,
        "A b-C_d.e",
        "2nd",
        "日本",
        "self",
        "class",
        "int",
        "Feed",
        "Client",
        "true",
        "null",
        "1",
    ),
    *("import os\nos.abort()", "x: !!python/object/apply:os.system [id]", "[tool.hatch]\nx = 1", "2026-11-30", "0x1f", "1e999"),
]
# Patterns that are slow, invalid, or different in ECMA-262, Python and XML Schema.
PATTERNS = [
    *(
        "(a+)+$",
        "(a|a)*b",
        "((((((((((a*)*)*)*)*)*)*)*)*)*)*",
        "(?<a>x)\\k<a>",
        "[",
        "(",
        "a{99999}",
        "(a{999}){999}",
        "\\",
        "(?i)a",
    ),
    *(
        "^" + "(" * 500 + ")" * 500 + "$",
        "\\p{L}" * 50,
        "\\p{L}" * 5000,
        "[^\\s\\S]",
        "a" * 50_000,
        "(?=a)(?<!b)",
        "\\u{110000}",
        "a??",
    ),
    *(
        "(?:" * 60 + "a" + "){9}" * 60,
        "|" * 10_000,
        "[\\ud800-\\udfff]",
        "(?<=a*)b",
        "\\1(a)",
        "x{2,1}",
        "(" * 5000,
        "[a-" + "z" * 1000,
    ),
]
# Values at the limits of integers and doubles, and schemas in places where they do not belong.
VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 1.0, 0.5, -0.0, 2**31, 2**63 - 1, 2**63, -(2**63), 2**64, 10**39, 10**400, 1e308, 5e-324),
    *([], {}, [[]], [None], {"": None}, {"$ref": "#"}, {"$ref": "#/components/schemas/Lot"}, {"$ref": "../x.yaml#/a"}),
    *({"$ref": "#/components/parameters/a"}, {"type": "object"}, {"type": ["string", "null"]}, ["x"] * 3, {"a": {"b": ["c"]}}),
    *({"type": "string"}, {"type": "array", "items": {"type": "array"}}, {"oneOf": [{"type": "null"}, {"type": "integer"}]}),
]
# YAML syntax that the loader must reject or decode safely: encodings, tags, anchors, directives, deep nesting.
SNIPPETS = [
    *(
        b"\xff\xfe",
        b"\xfe\xff",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\xc0\x80",
        b"\x00",
        b"\x1b[31m",
        b"\r",
        b"\t",
        b"\n\t- a\n",
        b"&a ",
        b"*a ",
    ),
    *(
        b"!!binary aGk=",
        b"!!set {a, b}",
        b"!!timestamp 2026-11-30",
        b"!!python/object:os.system {}",
        b"!x ",
        b"<<: *a\n",
        b"<<: {a: b}\n",
    ),
    *(
        b"---\n",
        b"...\n",
        b"%YAML 1.1\n---\n",
        b"%YAML 9999999999.1\n---\n",
        b"? [a]\n: b\n",
        b"{",
        b"}",
        b"[",
        b"]",
        b": ",
        b"- ",
        b"|\n",
        b">-\n",
    ),
    *(
        b".nan",
        b".inf",
        b"-.inf",
        b"0o17",
        b"0x1f",
        b"1_000",
        b"1:30",
        b"~",
        b"yes",
        b'"\\ud83d\\ude00"',
        b'"\\ud800"',
        b'"\\U00110000"',
    ),
    *(
        b"[" * 1000,
        b"{a: " * 1000,
        b"- " * 1000,
        b"a" * 200_000,
        b"#" * 100_000 + b"\n",
        b"9" * 5000,
        b"'" + b"\xc3\xa9" * 5000 + b"'",
    ),
    b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n",
]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every container of a value with each of its keys or indices."""
    found: list[tuple[Any, Any]] = []
    # A stack instead of recursion, because mutants can be nested very deeply.
    stack = [value]
    while stack:
        item = stack.pop()
        keys = list(item) if isinstance(item, dict) else list(range(len(item))) if isinstance(item, list) else []
        found += [(item, key) for key in keys]
        stack += [item[key] for key in keys]
    return found


def mutant(draw: random.Random) -> bytes:
    """Return the bytes of a mutated spec."""
    base = draw.choice(BASES)
    # Changed bytes test the YAML loader; changed values test the checks behind it.
    if draw.random() < 0.35:
        return _of_bytes(draw, base.encode())
    spec = yaml.safe_load(base)
    for _ in range(draw.choice([1, 1, 1, 2, 3, 8])):
        draw.choice(_KINDS)(draw, spec)
    as_yaml, ascii_only = draw.random() < 0.2, draw.random() < 0.5
    try:
        text = yaml.safe_dump(spec, allow_unicode=True, width=10**9) if as_yaml else json.dumps(spec, ensure_ascii=ascii_only)
    except RecursionError:
        # Nested too deeply to be encoded.
        return mutant(draw)
    # Mutations may contain lone surrogates, which UTF-8 does not allow.
    return text.encode("utf-8", "surrogatepass")


def _of_bytes(draw: random.Random, raw: bytes) -> bytes:
    for _ in range(draw.choice([1, 1, 2, 5])):
        at, snippet = draw.randrange(len(raw) + 1), draw.choice(SNIPPETS)
        kind = draw.randrange(6)
        if kind == 0:
            raw = raw[:at] + snippet + raw[at + draw.choice([0, 0, 1, 5, 50]) :]
        elif kind == 1:
            line = raw.find(b"\n", at) + 1
            raw = raw[:line] + snippet + b"\n" + raw[line:]
        elif kind == 2:
            raw = raw[:at] + bytes(draw.randrange(256) for _ in range(draw.randrange(8))) + raw[at:]
        elif kind == 3:
            raw = raw[: at or 1]
        elif kind == 4:
            end = at + draw.randrange(200)
            raw = raw[:end] + raw[at:end] * draw.choice([1, 2, 30]) + raw[end:]
        else:
            value = raw.find(b": ", at) + 2
            raw = raw[:value] + snippet + raw[raw.find(b"\n", value) :]
    if draw.random() < 0.05:
        raw = raw.decode("utf-8", "replace").encode(draw.choice(["utf-16", "utf-32", "utf-8-sig", "utf-16-le"]))
    return raw


def _place(draw: random.Random, spec: Any) -> tuple[Any, Any]:
    found = places(spec)
    return draw.choice(found) if found else (spec, "x")


def _set_value(draw: random.Random, spec: Any) -> None:
    container, key = _place(draw, spec)
    container[key] = copy.deepcopy(draw.choice(VALUES))


def _set_text(draw: random.Random, spec: Any) -> None:
    texts = [(container, key) for container, key in places(spec) if isinstance(container[key], str)]
    if texts:
        container, key = draw.choice(texts)
        container[key] = draw.choice([draw.choice(TEXTS), f"{container[key]}{draw.choice(TEXTS)}"])


def _rename(draw: random.Random, spec: Any) -> None:
    """Rename a key and, in most cases, the references to it."""
    maps = [(container, key) for container, key in places(spec) if isinstance(container, dict)]
    if not maps:
        return
    container, key = draw.choice(maps)
    name = draw.choice(TEXTS)
    items = [(name if other == key else other, value) for other, value in container.items()]
    container.clear()
    container.update(items)
    if draw.random() < 0.7:
        for holder, place in places(spec):
            if isinstance(holder[place], str):
                holder[place] = name if holder[place] == key else holder[place].replace(f"/schemas/{key}", f"/schemas/{name}")


def _delete(draw: random.Random, spec: Any) -> None:
    container, key = _place(draw, spec)
    with contextlib.suppress(KeyError, IndexError):
        del container[key]


def _swap(draw: random.Random, spec: Any) -> None:
    (one, first), (other, second) = _place(draw, spec), _place(draw, spec)
    with contextlib.suppress(KeyError, IndexError):
        one[first], other[second] = copy.deepcopy(other[second]), copy.deepcopy(one[first])


def _nest(draw: random.Random, spec: Any) -> None:
    container, key = _place(draw, spec)
    value = container.get(key) if isinstance(container, dict) else container[key]
    for _ in range(draw.choice([5, 30, 60, 200])):
        value = draw.choice([[value], {"a": value}, {"items": value}, {"oneOf": [value, {"type": "null"}]}])
    container[key] = value


def _add_pattern(draw: random.Random, spec: Any) -> None:
    schemas = [container for container, key in places(spec) if key == "type" and isinstance(container, dict)]
    if schemas:
        draw.choice(schemas).update(type="string", pattern=draw.choice(PATTERNS), default=draw.choice(["a" * 40 + "!", "x"]))


def _add_reference(draw: random.Random, spec: Any) -> None:
    container, key = _place(draw, spec)
    targets = [
        "#/components/schemas/Lot",
        "#/components/schemas/Part",
        "#/components/parameters/p",
        "#/paths",
        "#",
        "x.yaml",
        "http://127.0.0.1/x",
    ]
    container[key] = {"$ref": draw.choice([*targets, "#/components/schemas/" + draw.choice(TEXTS)])}


def _grow(draw: random.Random, spec: Any) -> None:
    container, key = _place(draw, spec)
    value = container.get(key) if isinstance(container, dict) else container[key]
    number = draw.choice([20, 300, 2000]) if not isinstance(value, (dict, list)) else draw.choice([3, 20])
    if isinstance(container, dict):
        container.update({f"{key}{index}": copy.deepcopy(value) for index in range(number)})
    else:
        container.extend(copy.deepcopy(value) for _ in range(number))


# Changes that are listed twice are drawn twice as often.
_KINDS: list[Callable[[random.Random, Any], None]] = [
    *(_set_value, _set_text, _set_text, _rename, _rename, _delete, _swap, _nest, _add_pattern, _add_reference, _grow),
]
