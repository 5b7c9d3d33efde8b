"""An examination: the state that the rules of one run share, and the trial of each rule."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from twinwire_conformance.contract import ContractView, Format, PageRequest
from twinwire_conformance.findings import Inconclusive, NotServed, Violation
from twinwire_conformance.model import Response
from twinwire_conformance.oracle.baseline import Baseline, Start, baseline, probe
from twinwire_conformance.oracle.binary_requests import BinaryRequests
from twinwire_conformance.oracle.coverage import Coverage
from twinwire_conformance.oracle.failure_search import FailureSearch, GeneratedInputs
from twinwire_conformance.oracle.observations import Observations, Properties
from twinwire_conformance.oracle.page_client import PageClient
from twinwire_conformance.oracle.traversals import (
    Traversal,
    fixed_traversals,
    largest_pages,
    successive,
    traverse,
)
from twinwire_conformance.oracle.unusual_entries import WIDTH
from twinwire_conformance.profiles import Profile
from twinwire_conformance.strategies import BadInput, TraversalPlan, plans
from twinwire_conformance.target import Target

FLICKERS = 3
"""The number of differences that did not recur from which responses are reported as unstable."""
CONFIRMING = 8
"""The number of requests that usually confirm a suspected failure of a rule."""


class RunContext:
    """One run against one target: the contract, the pages, the baseline traversal, and the search for failures.

    Args:
        contract: The contract.
        target: The server under test.
        profile: The extent of the run.
        seed: The seed of drawn inputs and of samples.
        session: The caller's session, sent with every request; None for none.
        properties: The properties of all rules, by rule id.
    """

    def __init__(
        self,
        contract: ContractView,
        target: Target,
        profile: Profile,
        seed: int,
        session: str | None = None,
        properties: Properties | None = None,
    ) -> None:
        self.contract = contract
        self.target = target
        self.profile = profile
        self.seed = seed
        self.page_client = PageClient(contract, target, session)
        self.failure_search = FailureSearch(target, seed, profile.shrink, self._owed)
        self.properties = properties or Properties()
        self.observations = Observations(self.properties)
        self.page_client.on_page = self.observations.page
        self.page_client.on_result = self.observations.result
        self.page_client.on_response = self.observations.response
        self.unsettled = 0  # rules left undecided because the feed changed
        self.moving = False  # whether a difference was looked at again and not confirmed
        self.moved = False  # whether the same request returned different entries in succession
        self.flickers: list[Violation] = []  # differences from equal responses before and after that did not recur
        self.notes: list[str] = []
        self.decided: set[str] = set()
        """The rules that were tried so far, including the current one."""
        self._objections: dict[TraversalPlan, frozenset[str]] = {}
        self._paths: dict[TraversalPlan, Traversal] = {}

    def probe(self) -> Violation | None:
        """Find the usable representations. Return the failure of the first request when none is usable, else None."""
        return probe(self.page_client)

    @cached_property
    def baseline(self) -> Baseline:
        """The baseline traversal, made when a rule first needs it."""
        found = baseline(self.page_client, self.profile)
        if found.note:
            self.notes.append(found.note)
        self._learn_volatile(found)
        return found

    def keep_less(self) -> None:
        """Release the large bodies that the findings so far hold."""
        noted = [error for errors in self.page_client.not_served.values() for error in errors]
        failures = [error for each in self.observations.noted.values() for error in each.failures]
        for error in (*noted, *self.page_client.broken.values(), *failures, *self.flickers):
            error.keep_less()

    @property
    def starts(self) -> Sequence[Start]:
        """The places that traversals begin at, the beginning of the feed first."""
        return self.baseline.starts

    @cached_property
    def coverage(self) -> Coverage:
        """The check of the feed's entries, made when a rule first needs it."""
        coverage = Coverage(self.page_client, self.baseline, self.profile, self.seed, self.observations)
        coverage.run(self.corpus())
        return coverage

    @cached_property
    def fixed_traversals(self) -> list[TraversalPlan]:
        """The fixed traversals of every run."""
        # On a changing feed, or where something has failed already, confirming takes a larger share of the budget.
        kept = self.profile.reserve * 3 if self.moved or self.page_client.not_served else self.profile.reserve * 8 // 5
        most = min(self.profile.sweep, max(self.profile.sweep // 4, self.room - kept))
        cuts = max(3, most * self.profile.cuts // self.profile.sweep)
        large = [] if self.profile.thrifty else self.binary.larger()
        return fixed_traversals(self.page_client, self.baseline, most, self.seed, cuts, large)

    @property
    def room(self) -> int:
        """The number of requests left in the budget."""
        return self.target.policy.max_requests - self.target.requests

    @cached_property
    def generated(self) -> GeneratedInputs[TraversalPlan]:
        """The traversals that Hypothesis draws."""
        strategy = plans(self.contract, len(self.starts), self.page_client.media_types, self.page_client.page_size)
        return GeneratedInputs(strategy, self.profile.plans)

    def _owed(self) -> int:
        """Return the number of requests to keep for confirming suspected failures of rules that were not tried yet."""
        suspected = frozenset().union(*self._objections.values()) - self.decided
        return CONFIRMING * len(suspected)

    def traversal(self, plan: TraversalPlan) -> Traversal:
        """Return a traversal as it went the first time."""
        if plan not in self._paths:
            self._paths[plan] = traverse(self.page_client, self.baseline, plan, fresh=False)
        return self._paths[plan]

    def suspected_rules(self, plan: TraversalPlan) -> frozenset[str]:
        """Return the ids of the rules that a traversal seems to break, judged from kept responses.

        All rules of traversals are judged together, when a traversal is first needed. Each confirms its own failures later.
        """
        if plan not in self._objections:
            traversal = self.traversal(plan)
            largest = largest_pages(self.page_client, traversal, fresh=False)
            pairs = successive(largest, traversal)
            found = {rule for rule, judge in self.properties.traversal.items() if judge(largest, traversal) is not None}
            found |= {
                rule
                for rule, check in self.properties.successive.items()
                if any(check(left, right) is not None for left, right in pairs)
            }
            self._objections[plan] = frozenset(found)
        return self._objections[plan]

    @property
    def label_cursors(self) -> tuple[str | None, ...]:
        """The cursors at which media types are compared: the beginning and, unless the run is thrifty, near the end."""
        return (None,) if self.profile.thrifty else tuple(dict.fromkeys((None, self.starts[-1].cursor)))

    def corpus(self, format_: Format | None = None) -> list[PageRequest]:
        """Return requests whose pages stand for the feed: its beginning, middle and end, in every content mode.

        Args:
            format_: The representation to request; None for the first usable one.
        """
        media_type = self.page_client.media_types[0] if format_ is None else self.contract.canonical_type(format_)
        link, limit = self.contract.link_mode, self.contract.feed.limit
        page_requests = [
            self.contract.sample(media_type),
            PageRequest(media_type, None, None, link),
            *self.binary.first(media_type),
        ]
        page_requests.append(PageRequest(media_type, None, self.page_client.page_size, link))
        if len(self.starts) > 1 and not self.profile.thrifty:
            page_requests.append(
                PageRequest(media_type, self.starts[-1].cursor, min(limit.default, self.page_client.page_size), link)
            )
            page_requests += self.binary.farther(media_type)
        if self.baseline.end is not None:
            page_requests.append(PageRequest(media_type, self.baseline.end.cursor, None, link))
        return page_requests

    @cached_property
    def binary(self) -> BinaryRequests:
        """The requests in content modes with large content."""
        return BinaryRequests(self.page_client, self.baseline, thrifty=self.profile.thrifty)

    def odd(self, media_type: str) -> PageRequest:
        """Return the request for the few entries that are unusual in most respects."""
        return PageRequest(media_type, self.binary.odd, self.page_client.size(WIDTH), self.contract.link_mode)

    def unsteady(self) -> Violation | None:
        """Return a violation when responses differed now and then although the feed never changed, or None."""
        if self.moved or len(self.flickers) < FLICKERS:
            return None
        first = self.flickers[0]
        first.message += f"\n{len(self.flickers)} responses differed in this way from the responses right before and after them"
        return first

    def bad(self, bad: BadInput, media_type: str) -> Response:
        """Return the response to a bad input."""
        return self.page_client.odd_response(self.page_client.altered(media_type, (bad.parameter, bad.value)))

    def twin(self, bad: BadInput) -> Response:
        """Return the response to the valid twin of a bad input, which differs from it in that one value only.

        Only when the twin is served does a rejection of the bad input show that its value is the reason.

        Raises:
            NotServed: The response is not a page.
            Inconclusive: The twin is rejected as well.
        """
        media_type = self.page_client.media_types[0]
        request = self.page_client.request(self.contract.sample(media_type))
        if bad.twin is not None:
            request = self.page_client.altered(media_type, (bad.parameter, bad.twin))
        response = self.page_client.response(request)
        if self.contract.is_rejection(response):
            shown_text = f"{bad.parameter}={bad.twin}" if bad.twin is not None else f"a request without {bad.parameter}"
            reason = f"{shown_text} is valid and is rejected, too: the rejection of a bad value proves nothing"
            raise Inconclusive(reason, [response])
        if not response.cut:
            self.page_client.judge(self.contract.sample(media_type), response)
        return response

    def _learn_volatile(self, known: Baseline) -> None:
        """Request one page twice. Members that differ although the entries are equal are left out of comparisons."""
        if self.profile.thrifty or not known.pages:
            return
        try:
            first, second = (
                self.page_client.page(self.contract.sample(self.page_client.media_types[0]), fresh=True) for _ in range(2)
            )
        except NotServed:
            return
        feed = self.contract.feed
        if first.words != second.words:
            return
        # Rules judge these members, which must not differ. A clock, a request id or an opaque cursor may.
        fixed = [feed.entries, feed.limit.member, feed.remaining, feed.outcome.code]
        if feed.cursor.order == "numeric":
            fixed.append(feed.cursor.member)
        names = {field.wire_name for field in fixed if field is not None}
        differing = [
            name
            for name in dict.fromkeys((*first.value, *second.value))
            if name not in names and first.value.get(name) != second.value.get(name)
        ]
        if differing:
            self.page_client.volatile = frozenset(differing)
            self.notes.append(
                f"left out of comparisons: {', '.join(differing)} (differs between two equal requests in succession)"
            )
