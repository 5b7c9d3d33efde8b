"""The context of one rule: its run, its observations, and the confirmation of suspected failures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

from twinwire_conformance.contract import ContractView, PageRequest
from twinwire_conformance.findings import Inconclusive, NotServed, Unconfirmed, Violation
from twinwire_conformance.oracle.baseline import take
from twinwire_conformance.oracle.confirm import Judge, Reference, confirm
from twinwire_conformance.oracle.observations import PairCheck
from twinwire_conformance.oracle.page import Page
from twinwire_conformance.oracle.page_client import PageClient
from twinwire_conformance.oracle.run_context import RunContext
from twinwire_conformance.oracle.traversals import (
    Property,
    SuccessiveCheck,
    Traversal,
    largest_pages,
    last_two,
    successive,
    traverse_again,
)
from twinwire_conformance.strategies import TraversalPlan, smaller

S = TypeVar("S")


ALLOWANCE = 24
"""The requests that a rule may spend on differences that cannot be confirmed."""


SCANT = 12
"""The same once the feed is known to change all the time: other rules make better use of the budget."""


SETTLING = 48
"""The requests that a rule may spend on differences that have disappeared when they are looked at again."""


RESTLESS = 3
"""The number of rules left undecided by a changing feed from which the feed counts as changing all the time."""


@dataclass
class RuleContext:
    """The trial of one rule: the shared examination, and the observations that a pass of the rule rests on.

    Args:
        run_context: The examination that all rules share.
        rule: The id of the rule.
        observation_count: The number of observations so far.
    """

    run_context: RunContext
    rule: str = ""
    """The id of the rule."""
    observation_count: int = 0
    unconfirmed: list[Unconfirmed] = field(default_factory=list)
    blocked: list[NotServed] = field(default_factory=list)
    """The pages that the rule needed and that were not served; another rule fails for them."""
    allowance: int = field(init=False)
    """The requests that may still be spent on differences that cannot be confirmed."""
    settling: int = SETTLING
    """The requests that may still be spent on differences that have disappeared at the second look."""

    def __post_init__(self) -> None:
        self.allowance = ALLOWANCE if self.run_context.unsettled < RESTLESS else SCANT

    @property
    def contract(self) -> ContractView:
        """The contract that the target is certified against."""
        return self.run_context.contract

    @property
    def page_client(self) -> PageClient:
        """The means to request pages."""
        return self.run_context.page_client

    def observe(self, count: int = 1) -> None:
        """Count observations that a pass may rest on."""
        self.observation_count += count

    @contextmanager
    def part(self) -> Iterator[None]:
        """Run one part of a rule, and go on with the next part when a page is not served.

        The page is noted in ``blocked``. NotServed is raised only when the rule itself fails for it.
        """
        try:
            yield
        except NotServed as error:
            if error.owner == self.rule:
                raise
            self.blocked.append(self.page_client.note(error))

    def confirm(
        self,
        reference: Reference,
        subject: Callable[[bool], S],
        judge: Judge[S],
        *,
        entries: bool = True,
    ) -> None:
        """Judge a subject against a baseline, confirm a difference, and count an observation.

        A difference that cannot be confirmed is kept in ``unconfirmed`` until the end of the rule, so that it does not hide a
        violation that can be.

        Args:
            reference: Returns the baseline pages, fresh ones for True.
            subject: Returns the page or pages under test, fresh ones for True.
            judge: Returns the violation of the subject against the baseline, or None.
            entries: Whether entries that did not change can decide; see ``confirm``.

        Raises:
            Violation: The difference is confirmed.
        """
        target = self.run_context.target
        begun: int | None = None

        def spent() -> int:
            return 0 if begun is None else target.requests - begun

        def may_go_on() -> bool:
            nonlocal begun
            begun = target.requests if begun is None else begun
            # A suspected failure matters more than further searching: it may spend the requests reserved for traversals and
            # half of those for hostile input.
            target.reserved = min(target.reserved, self.run_context.profile.reserve // 2)
            return min(self.allowance, self.settling) > spent()

        # On a feed that changes all the time nothing can be confirmed, and one rule must not spend the whole budget on it.
        try:
            confirm(reference, subject, judge, may_go_on, entries=entries, watch=self)
        except Unconfirmed as error:
            # Count the rule once, however many of its differences stay unconfirmed.
            self.run_context.unsettled += not self.unconfirmed
            self.unconfirmed.append(error)
            self.allowance -= spent()
        else:
            self.settling -= spent()
            self.observe()
        self.run_context.moving = self.run_context.moving or begun is not None

    def feed_moved(self) -> None:
        """Note that the feed changed between two requests for the same page."""
        self.run_context.moved = True

    def flickered(self, found: Violation) -> None:
        """Note a difference that did not recur, in a response between two equal ones."""
        self.run_context.flickers.append(found)

    def same(self, page_requests: Sequence[PageRequest], judge: Callable[[Page, Page], Violation | None]) -> None:
        """Compare the page of each request with the page of the first request, and confirm differences.

        Args:
            page_requests: The requests; the first one is the baseline.
            judge: Returns the violation of a page against the first one, or None.
        """
        first = page_requests[0]
        for other in page_requests[1:]:
            with self.part():
                self.confirm(
                    lambda fresh: [self.page_client.page(first, fresh=fresh)],
                    lambda fresh, other=other: self.page_client.page(other, fresh=fresh),  # type: ignore[misc]
                    lambda pages, page: judge(pages[0], page),
                )

    def traverse(self, judge: Property) -> None:
        """Check the fixed traversals, and those that Hypothesis draws, against a property."""

        def confirm(traversal: Traversal) -> None:
            # Two pages cost less to request again than a long traversal, and show the defect more clearly.
            for part in (*last_two(judge, largest_pages(self.page_client, traversal, fresh=False), traversal), traversal):
                self._confirm_path(part, judge)
                if self.run_context.moved:
                    # The stable entries of the two pages were right. A long traversal of a changing feed is never stable
                    # as a whole, so that confirming it would only cost requests.
                    break

        self._each_suspect(confirm, smaller)

    def _confirm_path(self, traversal: Traversal, judge: Property) -> None:
        self.confirm(
            lambda fresh: largest_pages(self.page_client, traversal, fresh),
            lambda fresh: traverse_again(self.page_client, traversal) if fresh else traversal,
            judge,
        )

    def follow(self, judge: SuccessiveCheck) -> None:
        """Check the successive pages of all traversals against a property."""

        def confirm(traversal: Traversal) -> None:
            for left, right in successive(largest_pages(self.page_client, traversal, fresh=False), traversal):
                if judge(left, right) is not None:
                    self._confirm_pair(left.page_request, right.page_request, judge)

        self._each_suspect(confirm)

    def _each_suspect(
        self, confirm: Callable[[Traversal], None], shrink: Callable[[TraversalPlan], Iterable[TraversalPlan]] | None = None
    ) -> None:
        """Make all traversals. One that seems to break the rule is confirmed, any other counts as an observation."""
        run_context = self.run_context
        run_context.baseline.need()

        def check(plan: TraversalPlan) -> None:
            with self.part():
                if self.rule in run_context.suspected_rules(plan):
                    confirm(run_context.traversal(plan))
                else:
                    self.observe()

        run_context.failure_search.run(check, run_context.fixed_traversals, run_context.generated, shrink)

    def _confirm_pair(self, one: PageRequest, other: PageRequest, judge: SuccessiveCheck) -> None:
        """Request two pages again in turns, which leaves the feed little time to change between them."""
        # Two pages from the same cursor differ in size only; neither follows the other.
        follows = one.cursor != other.cursor

        def second(fresh: bool) -> Page:
            cursor = self.page_client.page(one).cursor if follows else other.cursor
            return self.page_client.page(replace(other, cursor=cursor), fresh=fresh)

        self.confirm(
            lambda fresh: [self.page_client.page(one, fresh=fresh)],
            second,
            lambda pages, page: judge(pages[0], page),
            entries=False,
        )

    def check_pages(self) -> None:
        """Complete the coverage, then report as ``report_noted`` does."""
        # The first access to the cached property runs the coverage.
        assert self.run_context.coverage is not None
        self.report_noted()

    def report_noted(self) -> None:
        """Count the observations that were noted for this rule when pages arrived.

        Raises:
            Violation: A page broke the rule. The message says how many others did.
            Exception: The check itself failed.
        """
        noted = self.run_context.observations.of(self.rule)
        for error in self.page_client.not_served.get(self.rule, []):
            raise error
        if noted.failures:
            raise _with_others(noted.failures, noted.failed)
        if noted.error is not None:
            raise noted.error
        self.observe(noted.count)

    def look_at_pairs(self, check: PairCheck) -> None:
        """Complete the coverage, then confirm the pairs of pages that differed. Raises Violation."""
        assert self.run_context.coverage is not None
        noted = self.run_context.observations.of(self.rule)
        for one, other in noted.suspects:
            with self.part():
                self._confirm_twins(one, other, check, noted.failed)
        self.observe(noted.count)
        if not noted.count:
            self.blocked += [error for error in self.page_client.broken.values() if error.owner != self.rule]

    def _confirm_twins(self, one: PageRequest, other: PageRequest, check: PairCheck, failed: int) -> None:
        try:
            # Even the first look uses fresh responses: kept ones may be newer than the pages that were compared.
            self.confirm(
                lambda _: [self.page_client.page(one, fresh=True)],
                lambda _: self.page_client.page(other, fresh=True),
                lambda pages, page: check(pages[0], page),
            )
        except Violation as found:
            raise _with_others([found], failed) from None

    def ending(self, fresh: bool) -> list[Page]:
        """Return the largest pages from the last known start to the end of the feed, without empty ones.

        Args:
            fresh: Whether to request them again instead of using kept responses.

        Raises:
            Inconclusive: The end cannot be reached.
        """
        known = self.run_context.baseline
        tail = known.tail
        if tail is None:
            raise Inconclusive(known.end_note or "the end of the feed was not reached")
        taken = take(self.page_client, tail, 10**9, fresh)
        full = [page for page in taken if page.size]
        # Where nothing tells how many remain, the empty page after the last does.
        ended = not taken[-1].size if self.contract.feed.remaining is None else taken[-1].remaining == 0
        if not full:
            raise Inconclusive(
                "the last page of the baseline traversal is empty now, so that the feed has changed", [taken[-1].response]
            )
        if not ended:
            left = taken[-1].remaining
            raise Inconclusive(
                f"the last page that could be read says that {left} entries remain, but has no cursor that leads to them",
                [taken[-1].response],
            )
        return full


def _with_others(failures: Sequence[Violation], failed: int) -> Violation:
    first = failures[0]
    if failed > 1:
        others = dict.fromkeys(response.url for found in failures[1:] for response in found.responses[-1:])
        named = f", for example {next(iter(others))}" if others else ""
        first.message += f"\nthe same failure in {failed - 1} more responses{named}"
    return first
