"""The warnings about keywords without an effect: each has its place, and none changes the exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from parts_spec import TEXT, altered
from twinwire.cli import main
from twinwire.errors import Problem
from twinwire.spec.check import review
from twinwire.spec.codes import Code
from twinwire.spec.source import parse

ROOT = Path(__file__).parents[3]
ID = "id: {type: string, xml: {name: id, attribute: true}}"
RESPONSE = "          description: A lot of parts.\n"
JSON_MEDIA = "{schema: {$ref: '#/components/schemas/Result'}}"
PARAMETER = "{name: after, in: query, schema: {type: string}}"


def member(text: str) -> tuple[str, str]:
    """Return the replacement that adds a member with these keywords."""
    return ID, f"{ID}\n        other: {{type: string, {text}, xml: {{name: other}}}}"


def parameter(text: str, *, schema: str = "") -> tuple[str, str]:
    """Return the replacement that adds keywords to the first parameter, or to its schema."""
    return PARAMETER, PARAMETER.replace("schema: {", f"{text}schema: {{").replace("string}", f"string{schema}}}")


def under(place: str, text: str) -> tuple[str, str]:
    """Return the replacement that puts lines under a line of the spec."""
    return place, f"{place}{text}\n"


INFO, OPERATION, ITEM = "info: {title: Parts, version: '1'}\n", "      operationId: listParts\n", "  /parts:\n"
PART = "    Part:\n      type: object\n"

# A keyword that is ignored, and the replacement that adds it to the spec.
IGNORED = [
    ("format", member("format: date-time")),
    ("format", member("format: email")),
    ("format", ("next: {type: [string, 'null'],", "next: {type: [string, 'null'], format: uuid,")),
    ("format", ("code: {type: integer,", "code: {type: integer, format: int32,")),
    ("format", parameter("", schema=", format: uuid")),
    ("default", member("default: a")),
    ("deprecated", member("deprecated: true")),
    ("readOnly", member("readOnly: true")),
    ("writeOnly", member("writeOnly: true")),
    ("contentMediaType", member("contentMediaType: text/html")),
    ("contentMediaType", member("contentEncoding: base64, contentMediaType: text/html")),
    ("x-internal", member("x-internal: 1")),
    ("x-note", (ID, ID.replace("xml: {", "xml: {x-note: 1, "))),
    ("pattern", member("pattern: '^(?!a)'")),
    ("xml", parameter("", schema=", xml: {name: a}")),
    ("deprecated", parameter("deprecated: true, ")),
    ("explode", parameter("explode: false, ")),
    ("x-who", parameter("x-who: 1, ")),
    ("x-table", under(PART, "      x-table: parts")),
    ("deprecated", under(PART, "      deprecated: true")),
    ("security", under(INFO, "security: [{}]")),
    ("servers", under(INFO, "servers: [{url: 'https://a.example'}]")),
    ("webhooks", under(INFO, "webhooks: {}")),
    ("x-logo", under(INFO, "x-logo: a")),
    ("jsonSchemaDialect", under(INFO, "jsonSchemaDialect: 'https://a.example/d'")),
    ("x-owner", (INFO, INFO.replace("version", "x-owner: a, version"))),
    ("/other", (ITEM, f"  /other: {{description: Another.}}\n{ITEM}")),
    ("post", under(ITEM, "    post: {responses: {'200': {description: Done.}}}")),
    ("servers", under(ITEM, "    servers: [{url: 'https://a.example'}]")),
    ("deprecated", under(OPERATION, "      deprecated: true")),
    ("security", under(OPERATION, "      security: [{}]")),
    ("callbacks", under(OPERATION, "      callbacks: {}")),
    ("requestBody", under(OPERATION, "      requestBody: {content: {text/plain: {}}}")),
    ("x-rate", under(OPERATION, "      x-rate: 1")),
    ("headers", under(RESPONSE, "          headers: {X-A: {schema: {type: string}}}")),
    ("links", under(RESPONSE, "          links: {next: {operationId: listParts}}")),
    ("encoding", (f"application/xml: {JSON_MEDIA}", f"application/xml: {JSON_MEDIA[:-1]}, encoding: {{a: {{}}}}}}")),
    ("default", ("      x-feed:\n", "        default: {description: Failed.}\n      x-feed:\n")),
    ("500", ("      x-feed:\n", "        '500': {description: Failed.}\n      x-feed:\n")),
    (
        "content",
        (
            "      x-feed:\n",
            "        '404': {description: Gone., content: {text/plain: {schema: {type: string}}}}\n      x-feed:\n",
        ),
    ),
    ("securitySchemes", under("components:\n", "  securitySchemes: {a: {type: http, scheme: basic}}")),
    ("Unused", under("  schemas:\n", "    Unused: {type: string}")),
    ("unused", under("components:\n", "  parameters: {unused: {name: u, in: query, schema: {type: string}}}")),
]
# Replacements that add keywords with an effect, annotations, and keywords that state their default.
READ = [
    *[member("description: a, title: a, $comment: a, example: a, examples: [a], externalDocs: {url: a}")],
    *[member("deprecated: false, readOnly: false, writeOnly: false"), member("pattern: '^a+$'"), member("x-since: '2'")],
    *[member("format: uri"), ("code: {type: integer,", "code: {type: integer, format: int64,")],
    *[member("contentEncoding: base64, contentMediaType: image/png"), member("const: a"), member("enum: [a]")],
    *[parameter("description: a, example: a, ", schema=", default: a"), parameter("style: form, explode: true, ")],
    *[parameter("allowReserved: false, allowEmptyValue: true, deprecated: false, ")],
    *[under(INFO, "servers: [{url: /, description: The base.}]"), under(INFO, "tags: [{name: a, x-a: 1}]")],
    *[under(INFO, "externalDocs: {url: a}"), under(INFO, "security: []")],
    *[
        under(OPERATION, "      tags: [a]"),
        under(OPERATION, "      summary: a"),
        under(PART, "      additionalProperties: true"),
    ],
    *[("      x-feed:\n", "        4XX: {description: Refused.}\n      x-feed:\n")],
]


def warnings_of(*replacements: tuple[str, str]) -> list[Problem]:
    report = review(parse(altered(*replacements).encode(), "parts.yaml"))
    assert [str(problem) for problem in report.problems] == []
    return report.warnings


def test_the_plain_spec_has_no_warning() -> None:
    assert warnings_of() == []


@pytest.mark.parametrize(("keyword", "change"), IGNORED, ids=[f"{index}-{word}" for index, (word, _) in enumerate(IGNORED)])
def test_an_ignored_keyword_is_warned_of_where_it_stands(keyword: str, change: tuple[str, str]) -> None:
    (warning,) = warnings_of(change)
    assert warning.code == Code.IGNORED_KEYWORD
    assert warning.message.startswith(f"{keyword!r} is ignored: ")
    assert warning.source[warning.column - 1 :].lstrip("'\"").startswith(keyword)


@pytest.mark.parametrize("change", READ, ids=[new.strip()[-60:] for _, new in READ])
def test_what_is_read_or_only_informs_a_reader_is_not_warned_of(change: tuple[str, str]) -> None:
    assert warnings_of(change) == []


def test_a_warning_is_printed_like_a_problem_and_changes_no_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "parts.yaml"
    path.write_text(altered(under(OPERATION, "      deprecated: true")), encoding="utf-8")
    assert main(["validate", str(path)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.split("\n") == [
        f"{path}:8:7: warning: ignored-keyword: 'deprecated' is ignored: no warning is generated for deprecated elements",
        "          deprecated: true",
        "          ^",
        "",
    ]


def test_generating_says_how_many_keywords_are_ignored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "parts.yaml"
    path.write_text(altered(under(OPERATION, "      deprecated: true\n      x-rate: 1")), encoding="utf-8")
    assert main(["generate", str(path), "--out", str(tmp_path / "sdk")]) == 0
    assert capsys.readouterr().err == f"{path}: 2 keywords are ignored; twinwire validate lists them\n"


def many(text: str) -> str:
    return TEXT + "".join(f"        m{number}: {text}\n" for number in range(130))


@pytest.mark.parametrize(
    ("text", "code", "last"),
    [
        ("{type: string, deprecated: true}", 0, "... and 30 more warnings"),
        ("{type: strong}", 2, "... and 30 more problems"),
    ],
)
def test_a_hundred_are_listed_and_the_rest_counted(
    text: str, code: int, last: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "parts.yaml"
    path.write_text(many(text), encoding="utf-8")
    assert main(["validate", str(path)]) == code
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if line.startswith(str(path))]) == 100
    assert lines[-1] == last


def test_the_problems_of_a_spec_that_is_to_be_used_are_counted_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "parts.yaml"
    path.write_text(many("{type: strong}"), encoding="utf-8")
    assert main(["generate", str(path), "--out", str(tmp_path / "sdk")]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "... and 30 more problems"


def test_a_required_parameter_without_a_value_is_warned_of() -> None:
    (warning,) = warnings_of(parameter("required: false, "), ("parameters:\n", SHOP.format("")))
    assert warning.code == Code.NO_EXAMPLE
    assert warning.message == "the parameter 'shop' is required, but the spec has no example to send"
    assert "example" in warning.hint


SHOP = "parameters:\n        - {{name: shop, in: query, required: true, schema: {{type: string}}{0}}}\n"


def test_a_required_parameter_with_an_example_is_not_warned_of() -> None:
    assert warnings_of(("parameters:\n", SHOP.format(", example: berlin"))) == []


def test_this_project_s_own_spec_has_no_warning(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(ROOT / "spec" / "products-images.yaml")]) == 0
    assert capsys.readouterr() == ("", "")
