"""The class Variant: a conformant way to serve a contract, and the verdicts that a run against it may have."""

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
from twinwire_conformance.reference.feed import FeedLog
from twinwire_conformance.reference.pipeline import Hook, Step
from twinwire_conformance.reference.server import create_app

GREEN = (Verdict.CERTIFIED,)
REMARKS = (Verdict.CERTIFIED, Verdict.REMARKS)
"""For a variant that violates a SHOULD: whether the run remarks on it depends on the rules that it runs."""
OPEN = (Verdict.INCONCLUSIVE,)
GREEN_OR_OPEN = (Verdict.CERTIFIED, Verdict.INCONCLUSIVE)
REMARKS_OR_OPEN = (*REMARKS, Verdict.INCONCLUSIVE)

SIZE = 1200

Wrapper = Callable[[ASGIApp, float], ASGIApp]
"""Wraps an application in ASGI middleware. The number is the pace: a factor of every wait in seconds."""


@dataclass(frozen=True, slots=True)
class VariantOverride:
    """A step of the pipeline that a variant replaces in a conformant way."""

    step: Step[Any]
    hook: Hook[Any]


@dataclass(frozen=True, slots=True)
class Variant:
    """One legal but unusual way to serve a contract.

    Attributes:
        name: The id, as in `twinwire selftest`.
        description: One sentence for the tables.
        expects: The verdicts that are correct for it. A failed MUST is never correct.
        override: The step that it replaces.
        size: Returns the number of entries for a contract.
        log: Makes the feed from a size and a seed.
        live: Modified entries per second.
        per_request: Modified entries per request, for a feed that changes identically in every run.
        latency: Seconds before each response.
        lower_limit: Lower a page size above the maximum instead of rejecting it.
        wrap: Middleware around the server.
        base_path: A path that the target's base URL must end with.
        headers: Header fields that a client must send.
        session: The session that a client must send.
        needs_http: The variant shows over a network only, not in-process.
        condition: Returns True for the contracts that it can serve.
    """

    name: str
    description: str
    expects: tuple[Verdict, ...] = GREEN
    override: VariantOverride | None = None
    size: Callable[[Contract], int] = lambda _contract: SIZE
    log: Callable[[int, int], FeedLog] = FeedLog
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
        """Return True if this variant can serve the contract."""
        return self.condition(contract)

    def make(self, contract: Contract, *, pace: float = 1.0, seed: int = 0) -> ASGIApp:
        """Return the variant as an ASGI application.

        Args:
            contract: The contract to serve.
            pace: A factor of its waits; below 1 shortens them.
            seed: Selects the contents of the feed.

        Raises:
            UsageError: As for `create_app`.
        """
        app = create_app(
            contract,
            products=self.size(contract),
            seed=seed,
            live=self.live or self.per_request,
            latency_ms=round(1000 * self.latency * pace),
            lower_limit=self.lower_limit,
            prefix=self.base_path,
            log=self.log,
            override=self.override,
            clock=partial(next, itertools.count()) if self.per_request else time.monotonic,
        )
        return self.wrap(app, pace)
