"""Exploration: Hypothesis draws inputs, a check judges them, and a failing input is shrunk within a budget of requests."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.errors import HypothesisException
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
from hypothesis.strategies import SearchStrategy

from twinwire_conformance.findings import Finding, Inconclusive, Violation
from twinwire_conformance.target import Target

H = TypeVar("H", bound=Hashable)


class _Steady(HypothesisProvider):
    """A Hypothesis provider that draws from the seed alone.

    The default provider also draws constants of every module that is loaded from outside site-packages. The inputs would depend
    on how twinwire is installed, and a recording could not be replayed elsewhere.
    """

    def _maybe_draw_constant(self, *_: object, **__: object) -> None:
        return None


_BACKEND = "twinwire"
AVAILABLE_PROVIDERS[_BACKEND] = f"{__name__}.{_Steady.__name__}"


@dataclass
class GeneratedInputs(Generic[H]):
    """Inputs to draw: ``examples`` of them, from a ``strategy``.

    ``values`` are the inputs that were drawn, after a search that checked all of them; None before.
    """

    strategy: SearchStrategy[H]
    examples: int
    values: tuple[H, ...] | None = None


class FailureSearch:
    """Runs a check over fixed and drawn inputs; the same seed draws the same inputs.

    Args:
        target: The target, whose requests are counted against the limit.
        seed: The seed of Hypothesis.
        shrink: The most requests to spend on shrinking one failure.
        owed: Returns the number of requests that other rules need to confirm suspected failures.
    """

    def __init__(self, target: Target, seed: int, shrink: int, owed: Callable[[], int] = lambda: 0) -> None:
        self.target = target
        self.seed = seed
        self.shrink = shrink
        self.owed = owed
        """Returns the number of requests that other rules need to confirm suspected failures."""

    def limit(self) -> int:
        """Return the total of requests up to which a failure may be shrunk: at most a quarter of those that are left."""
        left = self.target.policy.max_requests - self.target.requests - self.owed()
        return self.target.requests + max(0, min(self.shrink, left // 4))

    def run(
        self,
        check: Callable[[H], None],
        fixed_traversals: Iterable[H],
        generated: GeneratedInputs[H],
        smaller: Callable[[H], Iterable[H]] | None = None,
    ) -> None:
        """Check every input, and raise the violation of the smallest input that fails.

        Args:
            check: Raises Violation when its input fails. Any other Finding, such as a spent budget, ends the search.
            fixed_traversals: Fixed inputs, checked first.
            generated: Inputs for Hypothesis to draw, which it also shrinks.
            smaller: Yields the inputs to try in place of a fixed one that fails; None to leave it as it is.

        Raises:
            Violation: An input failed.
            Finding: The search ended early, and no violation was found before.
        """
        for value in fixed_traversals:
            try:
                check(value)
            except Violation as error:
                raise (error if smaller is None else self._reduce(check, value, error, smaller)) from None
        if generated.examples and not self._holds_again(check, generated):
            generated.values = _SearchState(self, check).run(generated)

    @staticmethod
    def _holds_again(check: Callable[[H], None], generated: GeneratedInputs[H]) -> bool:
        """Check the inputs that were drawn for an earlier rule: drawing takes longer than most checks."""
        if generated.values is None:
            return False
        try:
            for value in generated.values:
                check(value)
        except Violation:
            # Only Hypothesis can shrink a drawn input, so that the search draws it again.
            return False
        return True

    def _reduce(self, check: Callable[[H], None], value: H, error: Violation, smaller: Callable[[H], Iterable[H]]) -> Violation:
        """Return the violation of the smallest input that still fails.

        Example: page sizes (3, 5, 2) fail. (3,) passes and (3, 5) fails, so that the candidates of (3, 5) follow; none of them
        fails, so that (3, 5) is reported.
        """
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


class _SearchState(Generic[H]):
    """One search by Hypothesis, which takes any exception for a failure, so that only violations may reach it."""

    def __init__(self, failure_search: FailureSearch, check: Callable[[H], None]) -> None:
        self.failure_search = failure_search
        self.check = check
        self.failed: dict[H, Violation] = {}
        self.passed: dict[H, None] = {}
        self.stopped: Finding | None = None
        self.limit: int | None = None

    def run(self, generated: GeneratedInputs[H]) -> tuple[H, ...]:
        # The seed alone decides: no database of earlier failures, and no deadline that a slow network would exceed.
        @seed(self.failure_search.seed)
        @settings(
            max_examples=generated.examples,
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
        @given(generated.strategy)
        def judge(value: H) -> None:
            self._judge(value)

        try:
            judge()
        except Violation as error:
            # The frames of the traceback would keep the bodies that the check worked on.
            raise error.with_traceback(None) from None
        except HypothesisException as error:
            raise Inconclusive(f"Hypothesis ended the search early: {error}") from error
        if self.stopped is not None:
            raise self.stopped
        return tuple(self.passed)

    def _judge(self, value: H) -> None:
        # Hypothesis runs a failing input again to verify it; the known outcome saves the requests.
        if value in self.failed:
            raise self.failed[value]
        if self.stopped is not None or value in self.passed:
            return
        # Beyond the limit every candidate passes, which makes Hypothesis stop shrinking.
        if self.limit is not None and self.failure_search.target.requests >= self.limit:
            return
        try:
            self.check(value)
        except Violation as error:
            self.failed[value] = error
            if self.limit is None:
                self.limit = self.failure_search.limit()
            raise
        except Finding as error:
            # A budget that ends while a failure is shrunk only leaves the failure as large as it is.
            self.stopped = None if self.failed else error
            return
        self.passed[value] = None
