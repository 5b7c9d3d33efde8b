"""What a conformant variant is: a way to serve a contract, and what a run against it needs and may end with."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from starlette.types import ASGIApp

from twinwire.ir import Contract
from twinwire_conformance.model import Verdict
from twinwire_conformance.reference.faults.registry import Condition, always
from twinwire_conformance.reference.feed import Feed
from twinwire_conformance.reference.pipeline import Hook, Step
from twinwire_conformance.reference.server import create_app

GREEN = (Verdict.CERTIFIED,)
REMARKS = (Verdict.CERTIFIED, Verdict.REMARKS)
"""For what a SHOULD speaks against: whether it is remarked depends on which of those rules are tried."""
OPEN = (Verdict.INCONCLUSIVE,)
GREEN_OR_OPEN = (Verdict.CERTIFIED, Verdict.INCONCLUSIVE)
REMARKS_OR_OPEN = (*REMARKS, Verdict.INCONCLUSIVE)

SIZE = 1200

Wrapper = Callable[[ASGIApp, float], ASGIApp]
"""Puts something between the server and the network; the number is the pace, a factor of every wait in seconds."""


@dataclass(frozen=True, slots=True)
class Habit:
    """A step of the pipeline that a variant does in its own, conformant way."""

    step: Step[Any]
    hook: Hook[Any]


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to keep the contract. ``expects`` are the verdicts that are right for it; a failed MUST never is.

    ``base_path`` is what the base URL of the target must end with, ``headers`` and ``session`` are what a caller must send;
    ``needs_http`` says that nothing of the variant shows in-process. ``latency`` is in seconds, ``live`` in changes a second;
    ``per_request`` is in changes a request, for a feed that moves alike in every run.
    """

    name: str
    description: str
    expects: tuple[Verdict, ...] = GREEN
    habit: Habit | None = None
    size: Callable[[Contract], int] = lambda _contract: SIZE
    log: Callable[[int, int], Feed] = Feed
    live: float = 0
    per_request: float = 0
    latency: float = 0
    lower_limit: bool = False
    wrap: Wrapper = lambda app, _pace: app
    base_path: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    session: str | None = None
    needs_http: bool = False
    condition: Condition = always

    def fits(self, contract: Contract) -> bool:
        """Say whether a contract has what this variant does in its own way."""
        return self.condition(contract)

    def make(self, contract: Contract, *, pace: float = 1.0, seed: int = 0) -> ASGIApp:
        """Return the variant as an ASGI application; a ``pace`` below 1 shortens its waits. Raises as ``create_app`` does."""
        app = create_app(
            contract,
            products=self.size(contract),
            seed=seed,
            live=self.live or self.per_request,
            latency_ms=round(1000 * self.latency * pace),
            lower_limit=self.lower_limit,
            prefix=self.base_path,
            log=self.log,
            habit=self.habit,
            clock=partial(next, itertools.count()) if self.per_request else time.monotonic,
        )
        return self.wrap(app, pace)
