"""The class Impostor: a server that the suite must never certify, and that must not hang or crash a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp

from twinwire.ir import Contract
from twinwire_conformance.reference.faults.registry import Condition, always


@dataclass(frozen=True, slots=True)
class Impostor:
    """One server that does not implement the contract.

    Attributes:
        name: The id, as in `twinwire selftest`.
        description: One sentence for the tables.
        make: Returns the ASGI application for a contract.
        needs_http: The behaviour shows over a network only, not in-process.
        condition: Returns True for the contracts that it applies to.
    """

    name: str
    description: str
    make: Callable[[Contract], ASGIApp]
    needs_http: bool = False
    condition: Condition = always

    def fits(self, contract: Contract) -> bool:
        """Return True if the contract has the feature that this server abuses."""
        return self.condition(contract)
