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
from twinwire_conformance.contract import Ask, Terms, packaged_contract
from twinwire_conformance.model import BudgetSpent, Inconclusive, Violation
from twinwire_conformance.oracle.confirm import confirm
from twinwire_conformance.oracle.examination import SETTLING, Examination, Trial
from twinwire_conformance.oracle.explore import Drawn, Explorer
from twinwire_conformance.oracle.lots import Lot
from twinwire_conformance.oracle.survey import survey, take
from twinwire_conformance.oracle.walks import go, standing
from twinwire_conformance.profiles import PROFILES
from twinwire_conformance.strategies import Walk, boundary_sizes, hostile_params, spread
from twinwire_conformance.target import Manners, Target

STANDARD = PROFILES["standard"]


@pytest.fixture(scope="module")
def terms() -> Terms:
    return Terms(packaged_contract())


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(ImagesServer, products=730) as base:
        yield base


@pytest.fixture
def exam(terms: Terms, url: str) -> Iterator[Examination]:
    with Target(url, terms.operation.path, Manners(max_requests=300)) as target:
        yield Examination(terms, target, STANDARD, seed=1)


def test_the_survey_of_a_small_feed_is_whole(exam: Examination) -> None:
    found = survey(exam.lots, STANDARD)
    assert found.complete
    # Two pages of at most 500, then the empty page at the end.
    assert [len(lot.entries) for lot in found.lots] == [500, 230]
    assert [start.remaining for start in found.starts] == [None, 230, 223]
    assert found.end is not None
    assert exam.target.requests == 3


def test_the_end_of_a_large_feed_is_found_without_draining_it(terms: Terms) -> None:
    with (
        running(ImagesServer, products=30_000) as base,
        Target(base, terms.operation.path, Manners(max_requests=100)) as target,
    ):
        found = survey(Examination(terms, target, STANDARD, seed=1).lots, STANDARD)
        assert not found.complete
        assert found.tail is not None
        assert found.tail.remaining is not None
        assert found.tail.remaining <= terms.feed.limit.maximum
        assert found.end is not None
        assert target.requests <= 30


def test_lots_are_asked_for_once_unless_fresh_ones_are_wanted(exam: Examination) -> None:
    ask = Ask("application/json", None, 3)
    first = exam.lots.lot(ask)
    assert exam.lots.lot(ask) is first
    assert exam.target.requests == 1
    assert exam.lots.lot(ask, fresh=True) is not first
    assert exam.target.requests == 2


def test_a_walk_holds_the_entries_of_the_largest_lots(exam: Examination) -> None:
    found = exam.survey
    for walk in standing(exam.lots, found, most=60, seed=1, cuts=10):
        path = go(exam.lots, found, walk, fresh=False)
        entries = [entry for lot in path.lots for entry in lot.entries]
        reference = [entry for lot in take(exam.lots, path.start, len(entries), False) for entry in lot.entries]
        assert entries == reference[: len(entries)]


def test_the_standing_walks_try_every_boundary_size_and_end_at_the_end(exam: Examination) -> None:
    found = exam.survey
    walks = standing(exam.lots, found, most=1000, seed=1, cuts=10)
    sizes = {size for walk in walks for size in walk.sizes}
    assert sizes >= set(boundary_sizes(exam.terms.feed.limit))
    assert walks[2].sizes == (230, 1)


def test_pages_begin_at_every_boundary_position_of_the_feed(exam: Examination) -> None:
    walks = standing(exam.lots, exam.survey, most=1000, seed=1, cuts=0)
    # Boundary positions: 1 to 4, powers of two and the maximum page size, with their neighbours.
    begun = {sum(walk.sizes[:number]) for walk in walks if walk.start == 0 for number in range(len(walk.sizes) + 1)}
    assert begun >= {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 127, 128, 129, 499, 500, 501, 511, 512, 513}


@pytest.mark.parametrize("seed", [1, 77, 4242])
def test_page_boundaries_are_spread_so_that_no_long_stretch_is_without_one(seed: int) -> None:
    places = spread(seed, 1200, 40)
    assert len(places) >= 38
    # Three times the average distance.
    gaps = [other - one for one, other in itertools.pairwise([0, *places, 1200])]
    assert max(gaps) <= 3 * 1200 / 40


def test_boundary_sizes_hold_the_bounds_and_the_neighbours_of_powers_of_two(terms: Terms) -> None:
    sizes = boundary_sizes(terms.feed.limit)
    assert sizes[:3] == [1, 500, 100]
    assert {2, 3, 127, 128, 129, 255, 256, 257, 499, 99, 101} <= set(sizes)
    assert all(1 <= size <= 500 for size in sizes)


def test_hostile_queries_reach_every_parameter_early(terms: Terms) -> None:
    names = {name for params in hostile_params(terms)[:8] for name, _ in params}
    assert names >= {parameter.name for parameter in terms.operation.parameters}
    values = {value for params in hostile_params(terms) for _, value in params}
    assert {str(INT64_MAX + 1), "501", "0", "\x00"} <= values


def test_a_failure_is_made_small_within_its_budget(exam: Examination) -> None:
    def check(value: int) -> None:
        exam.lots.lot(Ask("application/json", None, 1), fresh=True)
        if value >= 17:
            raise Violation("less than 17", str(value))

    with pytest.raises(Violation, match="got      17"):
        Explorer(exam.target, seed=1, shrink=100).run(check, (), Drawn(st.integers(0, 1000), 50))
    spent = exam.target.requests
    with pytest.raises(Violation):
        Explorer(exam.target, seed=1, shrink=3).run(check, (), Drawn(st.integers(0, 1000), 50))
    assert exam.target.requests - spent <= 50 + 3


def test_the_same_seed_draws_the_same_inputs(exam: Examination) -> None:
    drawn: list[list[int]] = []
    for seed in (5, 5, 6):
        values: list[int] = []
        Explorer(exam.target, seed, shrink=0).run(values.append, (), Drawn(st.integers(0, 10**9), 20))
        drawn.append(values)
    assert drawn[0] == drawn[1] != drawn[2]


# Hypothesis collects constants from loaded modules of the user, which would change the draws of a seed.
def test_what_is_drawn_does_not_depend_on_the_modules_that_are_loaded(exam: Examination, tmp_path: Path) -> None:
    def drawn() -> list[int]:
        values: list[int] = []
        Explorer(exam.target, 5, shrink=0).run(values.append, (), Drawn(st.integers(0, 10**9), 100))
        return values

    before = drawn()
    path = tmp_path / "a_users_application.py"
    path.write_text(f"NUMBERS = [{', '.join(str(number) for number in range(5000, 9000, 7))}]\n")
    spec = importlib.util.spec_from_file_location("a_users_application", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["a_users_application"] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        assert drawn() == before
    finally:
        del sys.modules["a_users_application"]


def test_an_answer_that_comes_again_is_read_once(exam: Examination) -> None:
    ask = Ask("application/json", None, 3)
    first = exam.lots.lot(ask)
    again = exam.lots.lot(ask, fresh=True)
    assert again.answer is not first.answer
    assert again.reading is first.reading
    # The charset belongs to the key, because the same bytes decode differently.
    relabelled = replace(again.answer, headers={**again.answer.headers, "content-type": "application/json; charset=latin-1"})
    assert exam.lots.judge(ask, relabelled).reading is not first.reading
    longer = replace(again.answer, body=again.answer.body + b" ")
    assert exam.lots.judge(ask, longer).reading is not first.reading


def test_a_spent_budget_ends_a_search_and_is_no_failure(exam: Examination) -> None:
    def check(value: int) -> None:
        raise BudgetSpent("spent")

    with pytest.raises(BudgetSpent):
        Explorer(exam.target, seed=1, shrink=10).run(check, (), Drawn(st.integers(), 20))


def test_differences_that_are_gone_at_the_next_look_do_not_spend_the_budget(exam: Examination) -> None:
    ask = Ask("application/json", None, 1)
    trial, looks = Trial(exam), itertools.count()

    # The difference alternates: found at first, gone in the repetition.
    def differs_at_first(reference: object, subject: object) -> Violation | None:
        return None if next(looks) % 2 else Violation("a", "b")

    assert not exam.moving
    for _ in range(100):
        trial.confirm(
            lambda fresh: [exam.lots.lot(ask, fresh=fresh)],
            lambda fresh: exam.lots.lot(ask, fresh=fresh),
            differs_at_first,
            entries=False,
        )
    assert exam.moving
    assert trial.witnesses
    assert trial.unconfirmed
    # After `SETTLING` requests the feed counts as changing, and confirmation stops.
    assert SETTLING <= exam.target.requests <= SETTLING + 4


class _Feed:
    """Returns prepared versions of a page, the next one for each fresh request."""

    def __init__(self, lot: Lot, tokens: list[str]) -> None:
        self.lot = lot
        self.tokens = tokens

    def __call__(self, fresh: bool) -> list[Lot]:
        token = self.tokens.pop(0) if fresh and len(self.tokens) > 1 else self.tokens[0]
        value = {**self.lot.value, "token": token}
        reading = type(self.lot.reading)(value)
        return [Lot(self.lot.ask, self.lot.answer, reading, self.lot.terms)]


def _differs(reference: object, subject: Violation) -> Violation:
    return subject


def test_a_difference_counts_when_the_feed_stands_still(exam: Examination) -> None:
    lot = exam.lots.lot(Ask("application/json", None, 1))
    with pytest.raises(Violation, match="expected a"):
        confirm(_Feed(lot, ["1"]), lambda _: Violation("a", "b"), _differs)


def test_a_difference_does_not_count_while_the_feed_moves(exam: Examination) -> None:
    lot = exam.lots.lot(Ask("application/json", None, 1))
    with pytest.raises(Inconclusive, match="changed during every attempt"):
        confirm(_Feed(lot, [str(n) for n in range(20)]), lambda _: Violation("a", "b"), _differs, entries=False)


def test_a_difference_that_goes_away_when_the_feed_stands_still_is_none(exam: Examination) -> None:
    lot = exam.lots.lot(Ask("application/json", None, 1))
    found = [Violation("a", "b")]
    confirm(_Feed(lot, ["1"]), lambda _: found.pop() if found else None, lambda _, subject: subject)
    assert not found


def test_a_walk_that_fails_shows_its_pages_as_a_table(exam: Examination) -> None:
    walk = Walk(0, (3, 5, 1), "application/json", exam.terms.light_mode)
    table = go(exam.lots, exam.survey, walk, fresh=False).table().splitlines()
    assert table[0].split()[:4] == ["page", "cursor", "asked", "asked"]
    assert len(table) == len(walk.sizes) + 1
