"""The oracle: the baseline traversal, drawn traversals, shrinking, confirmation and the request budget."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import strategies as st

from independent_server import ImagesServer, running
from twinwire.ir import INT64_MAX
from twinwire_conformance.contract import ContractView, PageRequest, packaged_contract
from twinwire_conformance.findings import BudgetSpent, Inconclusive, Violation
from twinwire_conformance.oracle.baseline import baseline, take
from twinwire_conformance.oracle.confirm import confirm
from twinwire_conformance.oracle.failure_search import FailureSearch, GeneratedInputs
from twinwire_conformance.oracle.page import Page
from twinwire_conformance.oracle.rule_context import SETTLING, RuleContext
from twinwire_conformance.oracle.run_context import RunContext
from twinwire_conformance.oracle.traversals import fixed_traversals, traverse
from twinwire_conformance.profiles import PROFILES
from twinwire_conformance.strategies import TraversalPlan, boundary_sizes, hostile_params, spread
from twinwire_conformance.target import RequestPolicy, Target

STANDARD = PROFILES["standard"]


@pytest.fixture(scope="module")
def contract() -> ContractView:
    return ContractView(packaged_contract())


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(ImagesServer, products=730) as base:
        yield base


@pytest.fixture
def run_context(contract: ContractView, url: str) -> Iterator[RunContext]:
    with Target(url, contract.operation.path, RequestPolicy(max_requests=300)) as target:
        yield RunContext(contract, target, STANDARD, seed=1)


def test_the_survey_of_a_small_feed_is_whole(run_context: RunContext) -> None:
    found = baseline(run_context.page_client, STANDARD)
    assert found.complete
    # Two pages of at most 500, then the empty page at the end.
    assert [len(page.entries) for page in found.pages] == [500, 230]
    assert [start.remaining for start in found.starts] == [None, 230, 223]
    assert found.end is not None
    assert run_context.target.requests == 3


def test_the_end_of_a_large_feed_is_found_without_draining_it(contract: ContractView) -> None:
    with (
        running(ImagesServer, products=30_000) as base,
        Target(base, contract.operation.path, RequestPolicy(max_requests=100)) as target,
    ):
        found = baseline(RunContext(contract, target, STANDARD, seed=1).page_client, STANDARD)
        assert not found.complete
        assert found.tail is not None
        assert found.tail.remaining is not None
        assert found.tail.remaining <= contract.feed.limit.maximum
        assert found.end is not None
        assert target.requests <= 30


def test_lots_are_asked_for_once_unless_fresh_ones_are_wanted(run_context: RunContext) -> None:
    page_request = PageRequest("application/json", None, 3)
    first = run_context.page_client.page(page_request)
    assert run_context.page_client.page(page_request) is first
    assert run_context.target.requests == 1
    assert run_context.page_client.page(page_request, fresh=True) is not first
    assert run_context.target.requests == 2


def test_a_walk_holds_the_entries_of_the_largest_lots(run_context: RunContext) -> None:
    found = run_context.baseline
    for plan in fixed_traversals(run_context.page_client, found, most=60, seed=1, cuts=10):
        path = traverse(run_context.page_client, found, plan, fresh=False)
        entries = [entry for page in path.pages for entry in page.entries]
        reference = [entry for page in take(run_context.page_client, path.start, len(entries), False) for entry in page.entries]
        assert entries == reference[: len(entries)]


def test_the_standing_walks_try_every_boundary_size_and_end_at_the_end(run_context: RunContext) -> None:
    found = run_context.baseline
    plans = fixed_traversals(run_context.page_client, found, most=1000, seed=1, cuts=10)
    sizes = {size for plan in plans for size in plan.sizes}
    assert sizes >= set(boundary_sizes(run_context.contract.feed.limit))
    assert plans[2].sizes == (230, 1)


def test_pages_begin_at_every_boundary_position_of_the_feed(run_context: RunContext) -> None:
    plans = fixed_traversals(run_context.page_client, run_context.baseline, most=1000, seed=1, cuts=0)
    # Boundary positions: 1 to 4, powers of two and the maximum page size, with their neighbours.
    begun = {sum(plan.sizes[:number]) for plan in plans if plan.start == 0 for number in range(len(plan.sizes) + 1)}
    assert begun >= {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 127, 128, 129, 499, 500, 501, 511, 512, 513}


@pytest.mark.parametrize("seed", [1, 77, 4242])
def test_page_boundaries_are_spread_so_that_no_long_stretch_is_without_one(seed: int) -> None:
    places = spread(seed, 1200, 40)
    assert len(places) >= 38
    # Three times the average distance.
    gaps = [other - one for one, other in itertools.pairwise([0, *places, 1200])]
    assert max(gaps) <= 3 * 1200 / 40


def test_boundary_sizes_hold_the_bounds_and_the_neighbours_of_powers_of_two(contract: ContractView) -> None:
    sizes = boundary_sizes(contract.feed.limit)
    assert sizes[:3] == [1, 500, 100]
    assert {2, 3, 127, 128, 129, 255, 256, 257, 499, 99, 101} <= set(sizes)
    assert all(1 <= size <= 500 for size in sizes)


def test_hostile_queries_reach_every_parameter_early(contract: ContractView) -> None:
    names = {name for params in hostile_params(contract)[:8] for name, _ in params}
    assert names >= {parameter.name for parameter in contract.operation.parameters}
    values = {value for params in hostile_params(contract) for _, value in params}
    assert {str(INT64_MAX + 1), "501", "0", "\x00"} <= values


def test_a_failure_is_made_small_within_its_budget(run_context: RunContext) -> None:
    def check(value: int) -> None:
        run_context.page_client.page(PageRequest("application/json", None, 1), fresh=True)
        if value >= 17:
            raise Violation("less than 17", str(value))

    with pytest.raises(Violation, match="got      17"):
        FailureSearch(run_context.target, seed=1, shrink=100).run(check, (), GeneratedInputs(st.integers(0, 1000), 50))
    spent = run_context.target.requests
    with pytest.raises(Violation):
        FailureSearch(run_context.target, seed=1, shrink=3).run(check, (), GeneratedInputs(st.integers(0, 1000), 50))
    assert run_context.target.requests - spent <= 50 + 3


def test_the_same_seed_draws_the_same_inputs(run_context: RunContext) -> None:
    generated: list[list[int]] = []
    for seed in (5, 5, 6):
        values: list[int] = []
        FailureSearch(run_context.target, seed, shrink=0).run(values.append, (), GeneratedInputs(st.integers(0, 10**9), 20))
        generated.append(values)
    assert generated[0] == generated[1] != generated[2]


# Hypothesis collects constants from loaded modules of the user, which would change the draws of a seed.
def test_what_is_drawn_does_not_depend_on_the_modules_that_are_loaded(run_context: RunContext, tmp_path: Path) -> None:
    def generated() -> list[int]:
        values: list[int] = []
        FailureSearch(run_context.target, 5, shrink=0).run(values.append, (), GeneratedInputs(st.integers(0, 10**9), 100))
        return values

    before = generated()
    path = tmp_path / "a_users_application.py"
    path.write_text(f"NUMBERS = [{', '.join(str(number) for number in range(5000, 9000, 7))}]\n")
    spec = importlib.util.spec_from_file_location("a_users_application", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["a_users_application"] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        assert generated() == before
    finally:
        del sys.modules["a_users_application"]


def test_an_answer_that_comes_again_is_read_once(run_context: RunContext) -> None:
    page_request = PageRequest("application/json", None, 3)
    first = run_context.page_client.page(page_request)
    again = run_context.page_client.page(page_request, fresh=True)
    assert again.response is not first.response
    assert again.reading is first.reading
    # The charset belongs to the key, because the same bytes decode differently.
    relabelled = replace(
        again.response, headers={**again.response.headers, "content-type": "application/json; charset=latin-1"}
    )
    assert run_context.page_client.judge(page_request, relabelled).reading is not first.reading
    longer = replace(again.response, body=again.response.body + b" ")
    assert run_context.page_client.judge(page_request, longer).reading is not first.reading


def test_a_spent_budget_ends_a_search_and_is_no_failure(run_context: RunContext) -> None:
    def check(value: int) -> None:
        raise BudgetSpent("spent")

    with pytest.raises(BudgetSpent):
        FailureSearch(run_context.target, seed=1, shrink=10).run(check, (), GeneratedInputs(st.integers(), 20))


def test_differences_that_are_gone_at_the_next_look_do_not_spend_the_budget(run_context: RunContext) -> None:
    page_request = PageRequest("application/json", None, 1)
    context, looks = RuleContext(run_context), itertools.count()

    # The difference alternates: found at first, gone in the repetition.
    def differs_at_first(reference: object, subject: object) -> Violation | None:
        return None if next(looks) % 2 else Violation("a", "b")

    assert not run_context.moving
    for _ in range(100):
        context.confirm(
            lambda fresh: [run_context.page_client.page(page_request, fresh=fresh)],
            lambda fresh: run_context.page_client.page(page_request, fresh=fresh),
            differs_at_first,
            entries=False,
        )
    assert run_context.moving
    assert context.observation_count
    assert context.unconfirmed
    # After `SETTLING` requests the feed counts as changing, and confirmation stops.
    assert SETTLING <= run_context.target.requests <= SETTLING + 4


class _Feed:
    """Returns prepared versions of a page, the next one for each fresh request."""

    def __init__(self, page: Page, tokens: list[str]) -> None:
        self.page = page
        self.tokens = tokens

    def __call__(self, fresh: bool) -> list[Page]:
        token = self.tokens.pop(0) if fresh and len(self.tokens) > 1 else self.tokens[0]
        value = {**self.page.value, "token": token}
        reading = type(self.page.reading)(value)
        return [Page(self.page.page_request, self.page.response, reading, self.page.contract)]


def _differs(reference: object, subject: Violation) -> Violation:
    return subject


def test_a_difference_counts_when_the_feed_stands_still(run_context: RunContext) -> None:
    page = run_context.page_client.page(PageRequest("application/json", None, 1))
    with pytest.raises(Violation, match="expected a"):
        confirm(_Feed(page, ["1"]), lambda _: Violation("a", "b"), _differs)


def test_a_difference_does_not_count_while_the_feed_moves(run_context: RunContext) -> None:
    page = run_context.page_client.page(PageRequest("application/json", None, 1))
    with pytest.raises(Inconclusive, match="changed during every attempt"):
        confirm(_Feed(page, [str(n) for n in range(20)]), lambda _: Violation("a", "b"), _differs, entries=False)


def test_a_difference_that_goes_away_when_the_feed_stands_still_is_none(run_context: RunContext) -> None:
    page = run_context.page_client.page(PageRequest("application/json", None, 1))
    found = [Violation("a", "b")]
    confirm(_Feed(page, ["1"]), lambda _: found.pop() if found else None, lambda _, subject: subject)
    assert not found


def test_a_walk_that_fails_shows_its_pages_as_a_table(run_context: RunContext) -> None:
    plan = TraversalPlan(0, (3, 5, 1), "application/json", run_context.contract.link_mode)
    table = traverse(run_context.page_client, run_context.baseline, plan, fresh=False).table().splitlines()
    assert table[0].split()[:4] == ["page", "cursor", "asked", "asked"]
    assert len(table) == len(plan.sizes) + 1
