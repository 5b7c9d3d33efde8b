"""Paging: properties of every traversal of a feed that does not change (PAGE-01 to PAGE-06, PAGE-08 and PAGE-11)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, islice, pairwise
from typing import Any

from twinwire_conformance.contract import FORMATS, Ask, Terms
from twinwire_conformance.model import Skipped, Violation
from twinwire_conformance.oracle.examination import Trial
from twinwire_conformance.oracle.lots import Lot
from twinwire_conformance.oracle.stable import stable_keys
from twinwire_conformance.oracle.survey import Start, largest, take
from twinwire_conformance.oracle.walks import Path
from twinwire_conformance.reading import difference, shown
from twinwire_conformance.rules.registry import must, should
from twinwire_conformance.strategies import boundary_sizes


@must.traversal("PAGE-01", "Every page with entries has a new cursor: a traversal never returns to an earlier one")
def cursors_make_progress(_: Sequence[Lot], path: Path) -> Violation | None:
    """Check that every page with entries has a cursor, and that no cursor of a traversal occurs twice."""
    seen: dict[str | None, int] = {path.start.cursor: 0}
    for number, lot in enumerate(path.lots, 1):
        if not lot.size:
            return None
        if lot.cursor is None:
            return _violation("a cursor on every page with entries", f"none with page {number}", path)
        if lot.cursor in seen:
            where = f"page {seen[lot.cursor]}" if seen[lot.cursor] else "the start"
            return _violation(
                "a cursor that the traversal has not had yet", f"{lot.cursor} of page {number}, the cursor of {where}", path
            )
        seen[lot.cursor] = number
    return None


@must.traversal("PAGE-02", "A traversal never returns the same entry twice")
def nothing_comes_twice(_: Sequence[Lot], path: Path) -> Violation | None:
    """Check that no entry occurs twice in a traversal."""
    seen: dict[str, int] = {}
    for number, lot in enumerate(path.lots, 1):
        for key in lot.keys:
            word = repr(key)
            if word in seen:
                return _violation(
                    "every entry at most once in a traversal", f"{shown(key)} on pages {seen[word]} and {number}", path
                )
            seen[word] = number
    return None


@must.traversal("PAGE-03", "Every sequence of page sizes returns the same entries in the same order")
def every_cutting_gives_the_same_sequence(reference: Sequence[Lot], path: Path) -> Violation | None:
    """Compare the entries of every traversal with the same stretch in the largest pages, in the same representation."""
    key, other_mode = path.lots[0].terms.feed.key.wire, bool(reference) and reference[0].ask.mode is not path.lots[0].ask.mode
    expected, came = (sum(lot.size for lot in lots) for lots in (reference, path.lots))

    def shape(entry: dict[str, Any]) -> dict[str, Any]:
        # Entries of two content modes have different members, so that only their keys can be compared.
        return {key: entry.get(key)} if other_mode else entry

    pairs = zip(_entries(reference), _entries(path.lots), strict=False)
    for index, ((_, wanted_word, wanted_entry), (number, word, entry)) in enumerate(pairs):
        found = word != wanted_word and difference(shape(wanted_entry), shape(entry), f"entry {index + 1}")
        if found:
            where, wanted, got = found
            return _violation(f"{wanted} at {where} of the traversal, as in the largest pages", f"{got} on page {number}", path)
    if came > expected:
        if not _ended(reference):
            # The traversal went farther than the pages it is compared with, so the rest cannot be checked.
            return None
        numbers = (number for number, lot in enumerate(path.lots, 1) for _ in range(lot.size))
        page = next(islice(numbers, expected, None))
        return _violation(f"{expected} entries, as in the largest pages", f"one more, on page {page}", path)
    if path.ended and came < expected:
        return _violation(f"{expected} entries, as in the largest pages", f"an empty page after {came}", path)
    return None


def _entries(lots: Sequence[Lot]) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield the number of the page, the word and the value of each entry, with the content of one page at a time."""
    for number, lot in enumerate(lots, 1):
        content = lot.content
        for word, entry in zip(content.words, content.entries, strict=True):
            yield number, word, entry


def _ended(lots: Sequence[Lot]) -> bool:
    return not lots or not lots[-1].size or lots[-1].remaining == 0 or lots[-1].cursor is None


@must("PAGE-04", "The same cursor and page size return the same page, any number of times")
def a_page_can_be_repeated(trial: Trial) -> None:
    """Repeat the requests of the corpus, and requests of boundary page sizes from every start."""
    # The representations take turns, which halves the requests.
    asks = [
        one if index % 2 else other for index, (one, other) in enumerate(zip(*map(trial.exam.corpus, FORMATS), strict=True))
    ]
    thrifty = trial.exam.profile.thrifty
    # Small pages come first: on a changing feed, few entries are the likeliest to stay the same between two requests.
    _repeat(trial, trial.terms.sample(trial.lots.media_types[0]))
    if thrifty:
        return
    # A replica that lags behind lacks the last entries. Repeated requests for their page reach each replica in turn.
    _in_a_row(trial, largest(trial.lots, trial.exam.starts[-1].cursor))
    sizes = [size for size in boundary_sizes(trial.terms.feed.limit) if size <= trial.lots.page_size]
    starts = trial.exam.survey.starts
    for index, start in enumerate(dict.fromkeys((starts[0], starts[len(starts) // 2], starts[-1]))):
        media_type = trial.lots.media_types[index % 2]
        asks.append(Ask(media_type, start.cursor, sizes[(index + 2) % len(sizes)], trial.terms.light_mode))
    for ask in asks:
        _repeat(trial, ask)


REPLICAS = 7
"""The number of repeated requests for the page with the last entries, enough for a round-robin over seven replicas."""


def _unequal(first: Sequence[Lot], again: Lot) -> Violation | None:
    found = difference(first[0].signature, again.signature)
    if found is None:
        return None
    path, one, other = found
    return Violation(one, f"{other} when requested again", [first[0].answer, again.answer], path=path)


def _repeat(trial: Trial, ask: Ask) -> None:
    with trial.part():
        # A kept response may be older than a change of the feed.
        first = trial.lots.lot(ask, fresh=trial.exam.moving)
        again = trial.lots.lot(ask, fresh=True)
        found = _unequal([first], again)
        if found is not None:
            third = trial.lots.lot(ask, fresh=True)
            if _came_back(first, again, third) is not None:
                raise found
            if third.words == again.words and _still_there(trial, ask, first, again):
                raise found
            trial.confirm(lambda fresh: [trial.lots.lot(ask, fresh=fresh)], lambda _: trial.lots.lot(ask, fresh=True), _unequal)
        trial.witness()


def _in_a_row(trial: Trial, ask: Ask) -> None:
    """Request a page so often that each of several replicas answers, and look for entries that disappear and reappear."""
    with trial.part():
        pages = [trial.lots.lot(ask, fresh=trial.exam.moving), *(trial.lots.lot(ask, fresh=True) for _ in range(REPLICAS))]
        for first, again, third in combinations(pages, 3):
            found = _came_back(first, again, third)
            if found is not None:
                raise found
        trial.witness()


def _came_back(first: Lot, again: Lot, third: Lot) -> Violation | None:
    """Return the violation of a page between two equal pages, or None.

    Example: the pages are a b c, a b, a b c. A deleted entry does not come back and a modified one moves to the end, so c was
    in the feed all the time, and the second page lacks it. This counts even when the server does not repeat it.
    """
    if first.words != third.words:
        return None
    still = stable_keys([first], [third])
    return _unequal([first], again) if _unequal([first.only(still)], again.only(still)) is not None else None


def _still_there(trial: Trial, ask: Ask, first: Lot, again: Lot) -> bool:
    """Return whether a page of another size contains the entries that a repeated page lacks: they are still in the feed."""
    size = trial.lots.size((ask.limit or trial.terms.feed.limit.default) + 1)
    missing = {repr(key) for key in first.keys} - {repr(key) for key in again.keys}
    if not missing or ask.limit is None or size == ask.limit:
        return False
    other = trial.lots.lot(replace(ask, limit=size), fresh=True)
    return missing <= {repr(key) for key in other.keys}


def _has_remaining(terms: Terms) -> None:
    if terms.feed.remaining is None:
        raise Skipped("the contract has no member for the number of remaining entries")


MANY_PAGES = 6
"""The number of pages from which a feed is not requested whole again: its first and last pages show whether it changed."""


def _whole(trial: Trial) -> None:
    """Compare the size of the feed according to its first page (entries + remaining) with the entries of all pages."""
    known = trial.exam.survey
    if not known.complete or known.empty:
        return

    def judge(begun: Sequence[Lot], rest: Sequence[Lot]) -> Violation | None:
        pages = [*begun, *rest]
        # Kept pages may come from several traversals. Where one does not follow the other, entries are missing between them.
        if any(left.cursor != right.ask.cursor for left, right in pairwise(pages)):
            return None
        # An entry that was modified during the traversal occurs twice, at its old and its new place.
        size = len({repr(key) for lot in pages for key in lot.keys})
        first = begun[0]
        if first.remaining is None or first.remaining + first.size == size:
            return None
        told = f"{first.size} + {first.remaining}"
        return Violation(f"the feed's {size} entries on the first page and after it", told, [first.answer])

    first, *asks = known.asks
    many = len(asks) >= MANY_PAGES

    def beginning(fresh: bool) -> list[Lot]:
        if not many:
            return [trial.lots.lot(first, fresh=fresh)]
        ends = (0, len(asks) - 1, len(asks))
        return [trial.lots.lot(ask, fresh=fresh and index in ends) for index, ask in enumerate(known.asks)]

    def others(fresh: bool) -> list[Lot]:
        begun = trial.lots.lot(first)
        if many or begun.cursor is None or begun.remaining == 0 or not begun.size:
            return []
        # Where the feed changed, pages from the known cursors no longer follow each other; new cursors are used.
        return take(trial.lots, Start(begun.cursor), 10**9, fresh, most=len(asks) + 4)

    with trial.part():
        trial.confirm(beginning, others, judge, entries=False)


@must.successive(
    "PAGE-05",
    "The number of remaining entries decreases by the entries of each page, and is right on the first page",
    need=_has_remaining,
    also=_whole,
)
def what_remains_is_told_truly(left: Lot, right: Lot) -> Violation | None:
    """Follow the number of remaining entries over every traversal, and compare it with the size of a feed that was read whole.

    Example: a page says that 10 entries remain and the next page holds 3, so that one must say 7. Two pages of 5 and 3 entries
    from one cursor must have the same sum: with 10 remaining after the larger page, 12 remain after the smaller one.
    """
    path = Path(Start(left.ask.cursor), (left, right))
    if left.remaining is None or right.remaining is None:
        which = "first" if left.remaining is None else "second"
        return _violation("a number of remaining entries on every page", f"none on the {which} page", path)
    if left.ask.cursor == right.ask.cursor:
        total = left.remaining + left.size
        told = right.remaining + right.size
        if told != total:
            expected = f"{total - right.size} remaining, as {left.size} + {left.remaining} on a larger page"
            return _violation(expected, str(right.remaining), path)
        return None
    expected_left = left.remaining - right.size
    if right.remaining != expected_left:
        return _violation(f"{expected_left} remaining after the second page", str(right.remaining), path)
    return None


@must.successive("PAGE-06", "The number of remaining entries is 0 exactly when the next page is empty", need=_has_remaining)
def the_end_is_told_truly(left: Lot, right: Lot) -> Violation | None:
    """Compare the number of remaining entries of each page with the page that follows it."""
    path = Path(Start(left.ask.cursor), (left, right))
    for number, lot in enumerate((left, right), 1):
        if not lot.size and lot.remaining:
            return _violation(f"nothing to remain after the empty page {number}", str(lot.remaining), path)
    if left.ask.cursor == right.ask.cursor:
        return None
    if left.remaining == 0 and right.size:
        got = f"{right.size} entries after it"
        return _violation("an empty page after one with nothing remaining", got, path)
    if left.remaining and not right.size:
        return _violation(f"entries, as {left.remaining} remain after the first page", "an empty page", path)
    return None


def _has_order(terms: Terms) -> None:
    if terms.feed.cursor.order != "numeric":
        raise Skipped("the cursors of the contract have no order")


@should.traversal("PAGE-08", "The cursors of a traversal increase numerically", need=_has_order)
def cursors_grow(_: Sequence[Lot], path: Path) -> Violation | None:
    """Compare the cursors of every traversal as numbers."""
    cursors = [path.start.cursor, *(lot.cursor for lot in path.lots if lot.size)]
    for number, (one, other) in enumerate(pairwise(cursors), 1):
        if one is None or other is None:
            continue
        try:
            grows = int(one) < int(other)
        except ValueError:
            return _violation("a numeric cursor", f"{other!r} on page {number}", path)
        if not grows:
            return _violation(f"a cursor greater than {one}", f"{other} on page {number}", path)
    return None


@must("PAGE-11", "Every start value (no cursor, an empty one, 0) begins at the same first entry")
def the_beginning_is_complete(trial: Trial) -> None:
    """Compare the first entry of a request without a cursor with that of each cursor that means the beginning by contract."""
    if not trial.terms.feed.cursor.start:
        raise Skipped("the contract has no cursor that means the beginning")
    ask = trial.terms.sample(trial.lots.media_types[0])
    name = trial.terms.feed.cursor.parameter.name

    def judge(lots: Sequence[Lot], other: Lot) -> Violation | None:
        first, second = lots[0].keys[:1], other.keys[:1]
        if first == second:
            return None
        got = f"{_first_of(other)} with {name}={other.ask.cursor}, {_first_of(lots[0])} without {name}"
        return Violation("the same first entry whatever the start value", got, [lots[0].answer, other.answer])

    for cursor in trial.terms.feed.cursor.start[: 1 if trial.exam.profile.thrifty else None]:
        with trial.part():
            answer = trial.lots.answer(trial.lots.request(replace(ask, cursor=cursor)))
            if trial.terms.refuses(answer):
                # A rejected start value hides no entries; PARAM-09 remarks on it.
                trial.witness()
                continue
            trial.confirm(
                lambda fresh: [trial.lots.lot(ask, fresh=fresh)],
                lambda fresh, cursor=cursor: trial.lots.lot(replace(ask, cursor=cursor), fresh=fresh),  # type: ignore[misc]
                judge,
                entries=False,
            )


def _first_of(lot: Lot) -> str:
    return f"entry {shown(lot.keys[0])}" if lot.keys else "an empty page"


def _violation(expected: str, got: str, path: Path) -> Violation:
    return Violation(expected, got, path.answers, table=path.table())
