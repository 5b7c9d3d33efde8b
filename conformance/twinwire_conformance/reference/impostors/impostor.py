"""What an impostor is: a server that no run may ever certify, and that no run may be caught by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp

from twinwire.ir import Contract
from twinwire_conformance.reference.faults.registry import Condition, always


@dataclass(frozen=True, slots=True)
class Impostor:
    """One server that is no feed of the contract. ``needs_http`` says that what it does cannot be seen in-process."""

    name: str
    description: str
    make: Callable[[Contract], ASGIApp]
    needs_http: bool = False
    condition: Condition = always

    def fits(self, contract: Contract) -> bool:
        """Say whether a contract has what this server abuses."""
        return self.condition(contract)
