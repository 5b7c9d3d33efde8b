"""Impostors: servers that respond but implement something else, or attack the client. None may be certified."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from twinwire_conformance.reference.impostors import attacks, feeds, strangers, values, waits
from twinwire_conformance.reference.impostors.impostor import Impostor

FAMILIES = (strangers, feeds, waits, attacks, values)
IMPOSTORS: Mapping[str, Impostor] = MappingProxyType({each.name: each for family in FAMILIES for each in family.IMPOSTORS})
"""Every impostor by name."""

__all__ = ["FAMILIES", "IMPOSTORS", "Impostor"]
