"""A small fictional spec that tests modify."""

from __future__ import annotations

from twinwire.ir import Contract, build
from twinwire.spec.check import check
from twinwire.spec.source import parse

TEXT = """
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


def altered(*replacements: tuple[str, str]) -> str:
    """Return the text of the spec after replacements; every old text must occur in it."""
    text = TEXT
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new)
    return text


def contract(*replacements: tuple[str, str]) -> Contract:
    """Return the contract of the spec after text replacements."""
    document = parse(altered(*replacements).encode(), "parts.yaml")
    assert [str(problem) for problem in check(document)] == []
    return build(document)
