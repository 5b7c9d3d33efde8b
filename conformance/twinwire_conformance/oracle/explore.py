"""Exploration: Hypothesis draws, a check judges, and what fails is made smaller within a bounded number of requests."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.errors import HypothesisException
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
from hypothesis.strategies import SearchStrategy

from twinwire_conformance.model import Finding, Inconclusive, Violation
from twinwire_conformance.target import Target

H = TypeVar("H", bound=Hashable)


class _Steady(HypothesisProvider):
    """Draws as Hypothesis does, but from the seed alone.

    Hypothesis mixes in the constants of every module that is loaded from outside site-packages: how twinwire is installed
    and what else is loaded would say what is asked, and a recording could not be replayed elsewhere.
    """

    def _maybe_draw_constant(self, *_: object, **__: object) -> None:
        return None


_BACKEND = "twinwire"
AVAILABLE_PROVIDERS[_BACKEND] = f"{__name__}.{_Steady.__name__}"


@dataclass
class Drawn(Generic[H]):
    """Inputs to draw, ``examples`` of them. ``values`` are those that came, once a search has gone through all of them."""

    strategy: SearchStrategy[H]
    examples: int
    values: tuple[H, ...] | None = None


class Explorer:
    """Runs a check over standing and drawn inputs; the same seed draws the same inputs."""

    def __init__(self, target: Target, seed: int, shrink: int, owed: Callable[[], int] = lambda: 0) -> None:
        self.target = target
        self.seed = seed
        self.shrink = shrink
        self.owed = owed
        """Returns the number of requests that other rules need to confirm what was suspected already."""

    def limit(self) -> int:
        """Return the total of requests up to which a failure may be shrunk: other rules need most of the rest."""
        left = self.target.manners.max_requests - self.target.requests - self.owed()
        return self.target.requests + max(0, min(self.shrink, left // 4))

    def run(
        self,
        check: Callable[[H], None],
        standing: Iterable[H],
        drawn: Drawn[H],
        smaller: Callable[[H], Iterable[H]] | None = None,
    ) -> None:
        """Check every input; raise the violation of the smallest one that fails, or what stopped the search.

        A check raises Violation when its input fails. Anything else that ends it, such as a spent budget, ends the
        search and is raised after it, unless a violation was found before. Hypothesis makes what it has drawn smaller;
        ``smaller`` yields the inputs to try in place of a standing one that fails.
        """
        for value in standing:
            try:
                check(value)
            except Violation as error:
                raise (error if smaller is None else self._reduce(check, value, error, smaller)) from None
        if drawn.examples and not self._holds_again(check, drawn):
            drawn.values = _Search(self, check).run(drawn)

    @staticmethod
    def _holds_again(check: Callable[[H], None], drawn: Drawn[H]) -> bool:
        """Check what was drawn before; drawing costs more than most checks do."""
        if drawn.values is None:
            return False
        try:
            for value in drawn.values:
                check(value)
        except Violation:
            # Hypothesis draws it once more, and makes it smaller.
            return False
        return True

    def _reduce(self, check: Callable[[H], None], value: H, error: Violation, smaller: Callable[[H], Iterable[H]]) -> Violation:
        limit = self.limit()
        tried = {value}
        waiting = list(smaller(value))
        while waiting and self.target.requests < limit:
            candidate = waiting.pop(0)
            if candidate in tried:
                continue
            tried.add(candidate)
            try:
                check(candidate)
            except Violation as found:
                error, waiting = found, list(smaller(candidate))
            except Finding:
                break
        return error


class _Search(Generic[H]):
    """One search. Hypothesis takes any exception for a failure, so only violations may reach it."""

    def __init__(self, explorer: Explorer, check: Callable[[H], None]) -> None:
        self.explorer = explorer
        self.check = check
        self.failed: dict[H, Violation] = {}
        self.passed: dict[H, None] = {}
        self.stopped: Finding | None = None
        self.limit: int | None = None

    def run(self, drawn: Drawn[H]) -> tuple[H, ...]:
        @seed(self.explorer.seed)
        @settings(
            max_examples=drawn.examples,
            backend=_BACKEND,
            phases=(Phase.generate, Phase.shrink),
            database=None,
            deadline=None,
            derandomize=False,
            report_multiple_bugs=False,
            verbosity=Verbosity.quiet,
            suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large),
            print_blob=False,
        )
        @given(drawn.strategy)
        def judge(value: H) -> None:
            self._judge(value)

        try:
            judge()
        except Violation as error:
            raise error.with_traceback(None) from None
        except HypothesisException as error:
            raise Inconclusive(f"the search ended early: {error}") from error
        if self.stopped is not None:
            raise self.stopped
        return tuple(self.passed)

    def _judge(self, value: H) -> None:
        if value in self.failed:
            raise self.failed[value]
        if self.stopped is not None or value in self.passed:
            return
        if self.limit is not None and self.explorer.target.requests >= self.limit:
            return
        try:
            self.check(value)
        except Violation as error:
            self.failed[value] = error
            if self.limit is None:
                self.limit = self.explorer.limit()
            raise
        except Finding as error:
            # While a failure is being made smaller, running out only means that it stays as it is.
            self.stopped = None if self.failed else error
            return
        self.passed[value] = None
