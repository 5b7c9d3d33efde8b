"""The feed's arithmetic, compared with a model that moves the entries one by one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from twinwire_conformance.reference.feed import FeedLog, Place

sizes = st.integers(0, 80)
ticks = st.integers(0, 300)
seeds = st.integers(0, 2**32)


def walked(feed: FeedLog, ticks: int) -> list[Place]:
    """Return the order after a number of ticks by moving entries one at a time, as a model of the arithmetic."""
    places = [Place(index, feed.token(index)) for index in range(feed.size)]
    for tick in range(1, ticks + 1 if feed.size else 0):
        moved = tick * feed.stride % feed.size
        places = [place for place in places if place.index != moved]
        places.append(Place(moved, feed.token(feed.size + tick)))
    return places


@given(st.integers(0, 10**12), seeds)
def test_token_and_position_are_inverse(position: int, seed: int) -> None:
    feed = FeedLog(1, seed)
    token = feed.token(position)
    assert feed.positions_up_to(token) == position + 1
    assert feed.positions_up_to(token - 1) == position
    assert token < feed.token(position + 1)


@given(seeds)
def test_tokens_are_sparse_and_irregular_and_fit_64_bits(seed: int) -> None:
    feed = FeedLog(10**9, seed)
    gaps = {feed.token(position + 1) - feed.token(position) for position in range(50)}
    assert len(gaps) > 40
    # Above 2**53 a cursor that passes through a double loses digits; above 2**63 - 1 it is not a bigint.
    assert 2**53 < feed.token(0) < feed.token(10**9) < 2**63


@given(sizes, ticks, seeds)
def test_arithmetic_gives_the_order_that_moving_entries_gives(size: int, ticks: int, seed: int) -> None:
    feed = FeedLog(size, seed)
    assert list(feed.at(ticks).places(0, size + 5)) == walked(feed, ticks)


@given(sizes, ticks, st.lists(st.integers(1, 40), min_size=1))
def test_lots_of_any_sizes_partition_the_feed(size: int, ticks: int, counts: list[int]) -> None:
    snapshot = FeedLog(size).at(ticks)
    whole = list(snapshot.places(0, size))
    taken: list[Place] = []
    turn = 0
    while len(taken) < size:
        start = snapshot.rank_after(taken[-1].token) if taken else 0
        page = list(snapshot.places(start, start + counts[turn % len(counts)]))
        assert page
        taken += page
        turn += 1
    assert taken == whole


@given(st.integers(0, 60), ticks, st.integers(-(2**63), 2**63 - 1), st.integers(-2, 2))
def test_any_integer_is_a_token_and_means_what_is_later(size: int, ticks: int, anywhere: int, nearby: int) -> None:
    feed = FeedLog(size)
    snapshot = feed.at(ticks)
    places = list(snapshot.places(0, size))
    # Cursors at and next to those of entries, where off-by-one errors show.
    tokens = [anywhere, *(place.token + nearby for place in places[anywhere % max(1, size) :][:1])]
    for token in (*tokens, feed.token(anywhere % (size + ticks + 2)) + nearby):
        assert snapshot.rank_after(token) == sum(place.token <= token for place in places)


def test_a_change_moves_one_entry_to_the_end_with_a_later_token() -> None:
    feed = FeedLog(10)
    before, after = (list(feed.at(tick).places(0, 10)) for tick in (3, 4))
    moved = after[-1]
    assert moved.token > max(place.token for place in before)
    assert [place for place in before if place.index != moved.index] == after[:-1]


def test_every_entry_is_changed_once_in_a_round() -> None:
    for size in (1, 2, 3, 12, 100, 1200):
        feed = FeedLog(size)
        assert sorted(place.index for place in feed.at(size).places(0, size)) == list(range(size))
        assert sorted(tick * feed.stride % size for tick in range(size)) == list(range(size))
