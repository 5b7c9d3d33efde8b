"""The faults of the reference server, by the family of the rules that they break."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from twinwire_conformance.reference.faults import (
    accept,
    beyond,
    bodies,
    caches,
    callers,
    compression,
    counting,
    cursors,
    equivalence,
    hostile,
    http,
    images,
    items,
    large,
    lenient,
    lingering,
    markup,
    oddities,
    paging,
    parameters,
    pictures,
    refusals,
    rejections,
    schema,
    sharing,
    single,
    strict,
    totals,
    traversal,
    twins,
)
from twinwire_conformance.reference.faults.limits import OUT_OF_REACH
from twinwire_conformance.reference.faults.registry import REGISTER, Fault, find_fault

# Importing a family registers its faults.
FAMILIES = (
    *(http, accept, bodies),
    *(parameters, strict, lenient),
    *(schema, markup, beyond, refusals),
    *(paging, cursors, totals, sharing),
    *(twins, images, items),
    *(single, large, hostile, rejections, oddities),
    *(caches, compression, counting, lingering, callers),
    *(traversal, equivalence, pictures),
)
FAULTS: Mapping[str, Fault] = MappingProxyType(REGISTER)
"""Every fault by its name."""

__all__ = ["FAMILIES", "FAULTS", "OUT_OF_REACH", "Fault", "find_fault"]
