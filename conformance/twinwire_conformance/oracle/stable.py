"""Comparison on a changing feed: the entries that stayed the same around a response under test.

A modified entry gets a later token and moves to the end, a deleted one disappears, and an added one is new. An entry that is
the same, in the same relative order, before and after a response was in the feed all the time.
Source: the contract, "Live feeds".
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from twinwire_conformance.oracle.page import Page
from twinwire_conformance.oracle.traversals import Traversal

S = TypeVar("S")

Keys = frozenset[str]


def stable_keys(before: Sequence[Page], after: Sequence[Page]) -> Keys:
    """Return the keys of the entries that are the same, in the same order, in two series of the same pages.

    Pages of different kinds (JSON and XML, two content modes) list the same entries; a stable entry is stable in all of them.

    Args:
        before: The pages before the response under test.
        after: The same pages after it.
    """
    still, moved = set[str](), set[str]()
    for kind in {(page.page_request.media_type, page.page_request.mode) for page in before}:
        rows = [_rows(pages, kind) for pages in (before, after)]
        common = _common(*rows)
        still |= common
        moved |= {key for row in rows for key, _ in row} - common
        # An entry that occurs twice in one series was modified between two of its pages, and moved to the end.
        moved |= {key for row in rows for key, count in Counter(key for key, _ in row).items() if count > 1}
    return frozenset(still - moved)


def _rows(pages: Sequence[Page], kind: tuple[object, object]) -> list[tuple[str, str]]:
    chosen = [page for page in pages if (page.page_request.media_type, page.page_request.mode) == kind]
    return [(repr(key), words) for page in chosen for key, words in zip(page.keys, page.words, strict=True)]


def _common(before: Sequence[tuple[str, str]], after: Sequence[tuple[str, str]]) -> set[str]:
    """Return the keys of the longest common subsequence of two series of entries.

    Example: before a b c d, after a c d b (b was modified). The positions of a b c d in the second series are 0 3 1 2. Their
    longest increasing subsequence is 0 1 2, so that a c d are stable.
    """
    places: dict[tuple[str, str], int] = {}
    for index, row in enumerate(after):
        places.setdefault(row, index)
    rows = [(row[0], places[row]) for row in before if row in places]
    # Patience sorting: tops[n] is the smallest position that ends an increasing subsequence of n + 1 positions, ends[n] the
    # row it stands in, and previous links each row to the one before it, from which the subsequence is read backwards.
    tops: list[int] = []
    ends: list[int] = []
    previous: list[int | None] = []
    for index, (_, place) in enumerate(rows):
        at = bisect_left(tops, place)
        previous.append(ends[at - 1] if at else None)
        if at == len(tops):
            tops.append(place)
            ends.append(index)
        else:
            tops[at], ends[at] = place, index
    found: set[str] = set()
    index_: int | None = ends[-1] if ends else None
    while index_ is not None:
        found.add(rows[index_][0])
        index_ = previous[index_]
    return found


def only(value: S, keys: Keys) -> S:
    """Return a page, a traversal or a series of these, reduced to entries with the given keys, without cursor and counts."""
    if isinstance(value, Page):
        return value.only(keys)  # type: ignore[return-value]
    if isinstance(value, Traversal):
        return replace(value, pages=tuple(page.only(keys) for page in value.pages))
    if isinstance(value, (list, tuple)):
        return type(value)(only(each, keys) for each in value)
    return value
