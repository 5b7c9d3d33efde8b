"""The reference server: a conformant feed of any contract, and every known way to break it."""

from __future__ import annotations

from twinwire_conformance.reference.faults import FAULTS, Fault
from twinwire_conformance.reference.running import running, serve
from twinwire_conformance.reference.server import create_app

__all__ = ["FAULTS", "Fault", "create_app", "running", "serve"]
