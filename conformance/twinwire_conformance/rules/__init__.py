"""The rules of the contract, one function each.

Importing this package registers every rule; ``catalogue()`` returns them in the order of the report.
"""

from __future__ import annotations

from twinwire_conformance.rules import ending, guises, hostile, http, image, page, param, schema, together, twin
from twinwire_conformance.rules.registry import FAMILIES, RULES, Rule, catalogue

__all__ = [
    "FAMILIES",
    "RULES",
    "Rule",
    "catalogue",
    "ending",
    "guises",
    "hostile",
    "http",
    "image",
    "page",
    "param",
    "schema",
    "together",
    "twin",
]
