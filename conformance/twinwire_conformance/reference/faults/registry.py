"""The class Fault and the registry of all faults."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from twinwire.errors import UsageError
from twinwire.ir import Contract
from twinwire_conformance.reference.pipeline import Hook, Step

T = TypeVar("T")
Condition = Callable[[Contract], bool]


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to break the contract: a step of the pipeline and its replacement.

    Attributes:
        name: The id, as in `twinwire serve --fault`.
        description: One sentence for the tables.
        trips: The ids of the rules that must detect it.
        step: The step that is replaced.
        hook: The replacement.
        condition: Returns True for the contracts that it can break.
        needs_http: It appears on a real connection only, not in-process.
        products: The number of entries with which it appears.
        image_bytes: The minimum size of images with which it appears, in bytes.
    """

    name: str
    description: str
    trips: tuple[str, ...]
    step: Step[Any]
    hook: Hook[Any]
    condition: Condition
    needs_http: bool = False
    products: int = 1200
    image_bytes: int = 0

    def fits(self, contract: Contract) -> bool:
        """Return True if the contract has the feature that this fault breaks."""
        return self.condition(contract)


REGISTER: dict[str, Fault] = {}


def always(_contract: Contract) -> bool:
    """Return True: the condition that every contract meets."""
    return True


def fault(
    step: Step[T],
    name: str,
    description: str,
    *,
    trips: tuple[str, ...],
    needs: Condition = always,
    needs_http: bool = False,
    products: int = 1200,
    image_bytes: int = 0,
) -> Callable[[Hook[T]], Hook[T]]:
    """Register the decorated function as a fault.

    Args:
        step: The step that the function replaces.
        name: The id, unique among faults.
        description: One sentence for the tables, at most 100 characters.
        trips: The ids of the rules that must detect it.
        needs: Returns True for the contracts that it can break.
        needs_http: It appears on a real connection only.
        products: The number of entries with which it appears.
        image_bytes: The minimum size of images with which it appears, in bytes.
    """

    def register(hook: Hook[T]) -> Hook[T]:
        assert name not in REGISTER
        REGISTER[name] = Fault(name, description, trips, step, hook, needs, needs_http, products, image_bytes)
        return hook

    return register


def find_fault(name: str | None, contract: Contract) -> Fault | None:
    """Return the fault with this name, or None for None.

    Raises:
        UsageError: The fault is unknown, or the contract lacks the feature that it breaks.
    """
    if name is None:
        return None
    found = REGISTER.get(name)
    if found is None:
        near = difflib.get_close_matches(name, REGISTER, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "'--fault help' lists them"
        raise UsageError(f"there is no fault {name!r}", hint)
    if not found.fits(contract):
        raise UsageError(f"the fault {name!r} has nothing to break in {contract.origin.title!r}", found.description)
    return found
