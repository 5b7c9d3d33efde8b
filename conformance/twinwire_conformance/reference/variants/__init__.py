"""Conformant variants of the reference server: unusual but legal servers that the suite must never fail."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from twinwire_conformance.reference.variants import access, bodies, entries, feeds, labels, refusals, results, transport
from twinwire_conformance.reference.variants.variant import Variant

FAMILIES = (refusals, labels, bodies, entries, results, feeds, access, transport)
VARIANTS: Mapping[str, Variant] = MappingProxyType({each.name: each for family in FAMILIES for each in family.VARIANTS})
"""Every variant by name."""

__all__ = ["FAMILIES", "VARIANTS", "Variant"]
