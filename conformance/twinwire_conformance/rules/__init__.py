"""The rules of the contract, one function each.

Importing this package registers every rule; ``catalogue()`` returns them in the order of the report.
"""

from __future__ import annotations

from twinwire_conformance.rules import concurrency, ending, hostile, http, image, page, param, request_forms, schema, twin
from twinwire_conformance.rules.registry import FAMILIES, RULES, Rule, catalogue

__all__ = [
    "FAMILIES",
    "RULES",
    "Rule",
    "catalogue",
    "concurrency",
    "ending",
    "hostile",
    "http",
    "image",
    "page",
    "param",
    "request_forms",
    "schema",
    "twin",
]
