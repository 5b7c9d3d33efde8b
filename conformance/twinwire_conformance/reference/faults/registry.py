"""What a fault is, and the register of all of them."""

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
    """One way to break the contract: ``hook`` takes over ``step``. ``trips`` names the rules that must see it.

    ``needs_http`` says that it shows on a real connection only; ``products`` and ``image_bytes`` are the size of the feed and
    of its images in which it shows.
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
        """Say whether a contract has what this fault breaks."""
        return self.condition(contract)


REGISTER: dict[str, Fault] = {}


def always(_contract: Contract) -> bool:
    """Fit any contract."""
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
    """Register the decorated function as a fault of this step. ``needs`` says which contracts it can break."""

    def register(hook: Hook[T]) -> Hook[T]:
        assert name not in REGISTER
        REGISTER[name] = Fault(name, description, trips, step, hook, needs, needs_http, products, image_bytes)
        return hook

    return register


def find_fault(name: str | None, contract: Contract) -> Fault | None:
    """Return the fault of this name. Raises UsageError when there is none, or when the contract has nothing it breaks."""
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
