"""The suite holds a server to the words of its spec: patterns, null in a required member, parameters that must be sent."""

from __future__ import annotations

from twinwire.ir import Contract, build
from twinwire.spec.check import check
from twinwire.spec.source import parse
from twinwire_conformance.validation import Schemas

SPEC = """
openapi: 3.1.0
info: {title: Parts, version: '1'}
paths:
  /parts:
    get:
      operationId: listParts
      parameters:
        - {name: after, in: query, schema: {type: string}}
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 50, default: 10}}
      responses:
        '200':
          description: A lot of parts.
          content:
            application/json: {schema: {$ref: '#/components/schemas/Result'}}
            application/xml: {schema: {$ref: '#/components/schemas/Result'}}
      x-feed:
        entries: part
        key: id
        cursor: {parameter: after, member: next}
        limit: {parameter: limit}
        outcome: {code: code, success: 0}
        representations:
          json: [application/json]
          xml: [application/xml]
        success: [part, code]
components:
  schemas:
    Result:
      type: object
      xml: {name: result}
      required: [code]
      properties:
        part:
          type: [array, 'null']
          xml: {name: part, wrapped: false}
          items: {$ref: '#/components/schemas/Part'}
        next: {type: [string, 'null'], xml: {name: next, attribute: true}}
        code: {type: integer, xml: {name: code, attribute: true}}
    Part:
      type: object
      xml: {name: part}
      required: [id]
      properties:
        id: {type: string, xml: {name: id, attribute: true}}
"""


def contract(*replacements: tuple[str, str]) -> Contract:
    """Return the contract of the spec, each (old, new) replaced in its text first."""
    text = SPEC
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    document = parse(text.encode(), "parts.yaml")
    assert [str(problem) for problem in check(document)] == []
    return build(document)


def json_is_valid(pattern: str, text: str) -> bool:
    schemas = Schemas(contract(("id: {type: string,", f"id: {{type: string, pattern: '{pattern}',")))
    flaw = schemas.json_flaw({"code": 0, "part": [{"id": text}]})
    # The compiled validator and the one that names flaws must agree.
    assert schemas._quick_json.is_valid({"code": 0, "part": [{"id": text}]}) == (flaw is None)
    return flaw is None


def test_a_line_feed_is_no_end_of_the_text() -> None:
    assert json_is_valid("^[a-z]+$", "abc")
    assert not json_is_valid("^[a-z]+$", "abc\n")


def test_both_validators_read_patterns_as_ecma_262() -> None:
    assert json_is_valid("^.$", "\x85")
    assert not json_is_valid("^.$", "\u2028")
    assert not json_is_valid(r"^\d$", "\u0663")
    assert json_is_valid(r"^\p{L}$", "\u00e9")
    assert json_is_valid("^[^]$", "\n")
    assert not json_is_valid("[]", "a")


def test_the_flaw_shows_the_pattern_as_the_spec_has_it() -> None:
    schemas = Schemas(contract(("id: {type: string,", r"id: {type: string, pattern: '^\d$',")))
    flaw = schemas.json_flaw({"code": 0, "part": [{"id": "x"}]})
    assert flaw == ("$.part[0].id", r"'x' does not match '^\\d$'")
