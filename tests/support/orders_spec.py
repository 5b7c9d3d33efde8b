"""A fictional spec with features that the vendor's lacks: wrapped collections, element scalars, restrictions, mixed content."""

from __future__ import annotations

from twinwire.ir import Contract, build
from twinwire.spec.check import check
from twinwire.spec.source import parse

TEXT = r"""
openapi: 3.1.0
info: {title: Order events, version: 2.1.0}
paths:
  /orders:
    get:
      operationId: getOrders
      summary: Load the next lot of orders
      parameters:
        - {name: after, in: query, allowEmptyValue: true, schema: {type: string, maxLength: 40}}
        - {name: size, in: query, schema: {type: integer, minimum: 1, maximum: 50, default: 10}}
      responses:
        '200':
          description: One lot.
          content:
            application/json: {schema: {$ref: '#/components/schemas/Lot'}}
            application/xml: {schema: {$ref: '#/components/schemas/Lot'}}
      x-feed:
        entries: orders
        key: id
        cursor: {parameter: after, member: next, order: opaque, start: ['']}
        limit: {parameter: size, member: size}
        remaining: left
        outcome: {code: code, success: 200, message: text}
        representations:
          json: [application/json]
          xml: [application/xml]
        success: [orders, next, size, left, code]
components:
  schemas:
    Lot:
      type: object
      xml: {name: lot}
      required: [code]
      properties:
        code: {type: integer, xml: {name: code}}
        text: {type: [string, 'null'], xml: {name: text}}
        next: {type: [string, 'null'], xml: {name: next}}
        size: {type: [integer, 'null'], minimum: 0, maximum: 50, xml: {name: size}}
        left: {type: [integer, 'null'], minimum: 0, xml: {name: left}}
        orders:
          type: [array, 'null']
          xml: {name: orders, wrapped: true}
          items: {$ref: '#/components/schemas/Order'}
    Order:
      type: object
      description: An order & its <lines>.
      xml: {name: order}
      required: [id, state, total]
      properties:
        id: {type: string, minLength: 2, maxLength: 8, pattern: '^[A-Z]+\d+$', xml: {name: id, attribute: true}}
        state: {type: string, enum: [open, "sh\"ip<ped", ''], x-since: '2.0', xml: {name: state}}
        total: {type: number, minimum: 0, maximum: 1000000, xml: {name: total}}
        paid: {type: [boolean, 'null'], xml: {name: paid}}
        note: {type: [string, 'null'], maxLength: 5, xml: {name: note}}
        priority: {type: [integer, 'null'], enum: [1, 2, 3, null], xml: {name: priority, attribute: true}}
        line:
          type: [array, 'null']
          xml: {name: line, wrapped: false}
          items: {$ref: '#/components/schemas/Line'}
        tag:
          type: [array, 'null']
          xml: {name: tag, wrapped: false}
          items: {type: string, xml: {name: tag}}
    Line:
      type: object
      xml: {name: line}
      required: [sku]
      properties:
        sku: {type: string, xml: {name: sku}}
        amount: {type: [integer, 'null'], minimum: 1, xml: {name: amount}}
        flags:
          type: [array, 'null']
          xml: {name: flags, wrapped: true}
          items: {type: boolean, xml: {name: flag}}
        a: {type: [string, 'null'], xml: {name: a}}
        b: {type: [string, 'null'], xml: {name: b}}
        remark:
          type: [array, 'null']
          xml: {name: remark, wrapped: false}
          items: {type: string, xml: {name: remark}}
"""


def contract(*replacements: tuple[str, str]) -> Contract:
    """Return the contract of the spec after text replacements.

    Args:
        replacements: Pairs of old and new text; every old text must occur in the spec.
    """
    text = TEXT
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new)
    document = parse(text.encode("utf-8"), "orders.yaml")
    problems = check(document)
    assert not problems, "\n".join(map(str, problems))
    return build(document)
