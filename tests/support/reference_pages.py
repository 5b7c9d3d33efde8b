"""The generated pages of docs/: ``python tests/support/reference_pages.py`` writes them, and a test compares them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import twinwire.spec.codes
from twinwire.errors import Problem, SpecError
from twinwire.spec import meta
from twinwire.spec.check import check, review
from twinwire.spec.codes import Code
from twinwire.spec.document import Document
from twinwire.spec.source import MAX_BYTES, load, parse

ROOT = Path(__file__).parents[2]
BAD_SPECS = ROOT / "tests" / "generator" / "specs" / "bad"
Json = Mapping[str, Any]

_NOTICE = "<!-- Generated; do not edit: python tests/support/reference_pages.py -->"

RULES: Mapping[str, tuple[str, ...]] = {
    "cursor.order": ("PARAM-07", "SCHEMA-06", "PAGE-08"),
    "cursor.start": ("PARAM-09", "PAGE-11"),
    "limit.parameter": ("PARAM-01", "PARAM-02", "PARAM-03", "PARAM-04", "PARAM-10"),
    "limit.member": ("SCHEMA-04",),
    "limit.lowered": ("PARAM-04",),
    "remaining": ("SCHEMA-05", "PAGE-05", "PAGE-06"),
    "outcome.success": ("HTTP-01", "SCHEMA-03"),
    "outcome.warnings": ("PARAM-04",),
    "version": ("SCHEMA-07",),
    "session": ("PAGE-09",),
    "modes": ("TWIN-02", "IMAGE-01", "IMAGE-02", "IMAGE-03", "IMAGE-04", "IMAGE-05", "IMAGE-06"),
    "modes.unknown": ("IMAGE-04",),
    "modes.position": ("IMAGE-07",),
    "modes.filename": ("IMAGE-08",),
    "representations": ("HTTP-02", "HTTP-03", "TWIN-05"),
}
"""The rules of the suite that depend on a key of x-feed."""


def x_feed_page() -> str:
    """Return docs/x-feed.md: every key of ``x-feed``, from its JSON Schema."""
    schema = meta.x_feed_schema()
    sections = [_keys(schema, path, node) for path, node in _objects(schema, schema, "")]
    others = [_extension(schema, name) for name in schema["$defs"] if name.startswith("x-")]
    return "\n\n".join([_NOTICE, _X_FEED.strip(), *sections, *others, _example()]) + "\n"


def problems_page() -> str:
    """Return docs/problems.md: every code with its meaning and with a problem as ``twinwire validate`` prints it."""
    examples = _examples()
    sections = [_codes(title, codes, examples) for title, codes in _groups().items()]
    return "\n\n".join([_NOTICE, _PROBLEMS.strip(), *sections]) + "\n"


PAGES: Mapping[str, Callable[[], str]] = {"x-feed.md": x_feed_page, "problems.md": problems_page}

_X_FEED = """
# `x-feed`

`x-feed` stands on the GET operation that serves the feed and says what OpenAPI cannot: which role each parameter and each
member has. Its JSON Schema is `generator/twinwire/spec/x-feed.schema.json`; `twinwire validate` checks a spec against it and
then looks up every name. A value never names code, a file or a command.

Words that the [glossary](glossary.md) replaces: the schema says *lot* for a page, *limit* for the page size, *format* for a
representation, *refusal* for a rejection, and *answer* for a response.

A rule in the last column depends on the key. Without an optional key, a rule about that key alone is skipped with the reason.
"""

_PROBLEMS = """
# Problems of a spec

`twinwire validate SPEC...` prints every problem as `file:line:column: code: message`, then the line of the spec with a caret,
and a hint. It exits with 2 when a spec has a problem; warnings change no exit code. `twinwire generate` and
`twinwire certify --spec` refuse a spec with problems.

The column *for example* shows the message for one wrong spec, and *fix* the hint that comes with it. Messages and hints name
the values that they are about, so that yours may read differently.
"""


def _resolved(schema: Json, node: Json) -> Json:
    if "$ref" not in node:
        return node
    return {**schema["$defs"][node["$ref"].rpartition("/")[2]], **node}


def _objects(schema: Json, node: Json, path: str) -> Iterator[tuple[str, Json]]:
    """Yield every object of the schema with the path to it; an array of objects has the path of its elements."""
    node = _resolved(schema, node)
    if node.get("type") == "array":
        yield from _objects(schema, node["items"], f"{path}[]")
    elif node.get("type") == "object":
        yield path, node
        for name, child in node["properties"].items():
            yield from _objects(schema, child, f"{path}.{name}".lstrip("."))


def _keys(schema: Json, path: str, node: Json) -> str:
    """Return the section about the keys of one object."""
    lines = [f"## `x-feed.{path}`" if path else "## `x-feed`", "", f"{node['description']}", ""]
    lines += ["| key | required | value | default | effect | rules |", "|---|---|---|---|---|---|"]
    for name, raw in node["properties"].items():
        child, full = _resolved(schema, raw), f"{path}.{name}".lstrip(".")
        required = "yes" if name in node.get("required", ()) else "no"
        default = f"`{str(child['default']).lower()}`" if "default" in child else ""
        rules = ", ".join(RULES.get(full, ()))
        lines.append(f"| `{name}` | {required} | {_value(schema, raw)} | {default} | {child['description']} | {rules} |")
    return "\n".join(lines)


def _extension(schema: Json, name: str) -> str:
    """Return the section about an extension beside ``x-feed``."""
    node = schema["$defs"][name]
    lines = [f"## `{name}`", "", node["description"]]
    if node["type"] == "array":
        lines += ["", "| key of an element | required | effect |", "|---|---|---|"]
        for key, child in node["items"]["properties"].items():
            required = "yes" if key in node["items"]["required"] else "no"
            lines.append(f"| `{key}` | {required} | {child['description']} |")
    return "\n".join(lines)


def _example() -> str:
    """Return the section with the ``x-feed`` of the packaged contract."""
    text = (ROOT / "spec" / "products-images.yaml").read_text("utf-8")
    found = re.search(r"^      x-feed:\n(?:       .*\n)+", text, re.MULTILINE)
    assert found is not None
    return f"## Example\n\nFrom `spec/products-images.yaml`:\n\n```yaml\n{textwrap.dedent(found[0])}```"


def _value(schema: Json, raw: Json) -> str:
    """Return the values that a key takes, in words."""
    kind = raw.get("$ref", "").rpartition("/")[2]
    if kind in ("member", "parameter"):
        return f"the name of a {kind}"
    if kind == "media-type":
        return "a media type in lower case, without parameters"
    node = _resolved(schema, raw)
    if "enum" in node:
        return " or ".join(f"`{value}`" for value in node["enum"])
    match node["type"]:
        case "array":
            least = "" if "minItems" not in node else f", at least {node['minItems']}"
            return f"a list{least}: each {_value(schema, node['items'])}"
        case "object":
            return "an object, see below"
        case "boolean":
            return "`true` or `false`"
        case "integer":
            return "a signed 64-bit integer"
        case _:
            return "a status such as `400`, or a class: `4XX`, `5XX`" if "pattern" in node else "text"


def _groups() -> dict[str, list[Code]]:
    """Return the codes by the comments that head them in codes.py."""
    groups: dict[str, list[Code]] = {}
    for line in Path(twinwire.spec.codes.__file__).read_text("utf-8").splitlines():
        if heading := re.fullmatch(r"    # (.+)\.", line):
            groups[heading[1]] = []
        elif code := re.match(r"    ([A-Z_0-9]+) = ", line):
            groups[next(reversed(groups))].append(Code[code[1]])
    return groups


def _codes(title: str, codes: list[Code], examples: Mapping[str, Problem]) -> str:
    lines = [f"## {title}", "", "| code | meaning | for example | fix |", "|---|---|---|---|"]
    for code in codes:
        found = examples[code]
        # A warning needs no fix, so that it has no hint.
        hint = found.hint or "leave it out, or keep it and accept the warning"
        lines.append(f"| `{code}` | {code.description} | {_cell(found.message)} | {_cell(hint)} |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    """Return a text that Markdown shows unchanged in the cell of a table."""
    return re.sub(r"([\\|*_<>`\[\]])", r"\\\1", text)


def _examples() -> dict[str, Problem]:
    """Return for each code one problem as it is reported: that of the wrong spec with the fewest and shortest problems."""
    found: dict[str, list[tuple[int, int, str, Problem]]] = {}
    for path in sorted(BAD_SPECS.iterdir()):
        problems = _problems(partial(load, path))
        for problem in problems:
            found.setdefault(problem.code, []).append((len(problems), len(problem.message), path.name, problem))
    examples = {code: min(items, key=lambda item: item[:3])[3] for code, items in found.items()}
    for raw in (b"", b"openapi: \xff", b"#" * (MAX_BYTES + 1)):
        examples |= {problem.code: problem for problem in _problems(partial(parse, raw, "spec.yaml"))}
    examples |= {problem.code: problem for problem in _problems(partial(load, "missing.yaml"))}
    return examples | {problem.code: problem for problem in _warnings()}


def _problems(read: Callable[[], Document]) -> list[Problem]:
    try:
        return check(read())
    except SpecError as error:
        return error.problems


def _warnings() -> list[Problem]:
    text = (ROOT / "spec" / "products-images.yaml").read_text("utf-8")
    shop = "      parameters:\n        - {name: shop, in: query, required: true, schema: {type: string}}\n"
    text = text.replace("      parameters:\n", shop, 1).replace("\npaths:\n", "\nsecurity: [{key: []}]\npaths:\n", 1)
    return review(parse(text.encode(), "spec.yaml")).warnings


def main() -> None:
    """Write the pages."""
    for name, page in PAGES.items():
        (ROOT / "docs" / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
