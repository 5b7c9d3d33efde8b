"""The reference server: a conformant feed for any contract, with variants, faults and impostors to test the suite."""

from __future__ import annotations

from twinwire_conformance.reference.faults import FAULTS, OUT_OF_REACH, Fault
from twinwire_conformance.reference.impostors import IMPOSTORS, Impostor
from twinwire_conformance.reference.running import running, serve
from twinwire_conformance.reference.server import create_app
from twinwire_conformance.reference.variants import VARIANTS, Variant

__all__ = ["FAULTS", "IMPOSTORS", "OUT_OF_REACH", "VARIANTS", "Fault", "Impostor", "Variant", "create_app", "running", "serve"]
