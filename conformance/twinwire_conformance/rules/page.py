"""Paging: properties of every traversal of a feed that does not change (PAGE-01 to PAGE-06, PAGE-08 and PAGE-11)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, islice, pairwise
from typing import Any

from twinwire_conformance.contract import FORMATS, ContractView, PageRequest
from twinwire_conformance.decoding import difference, format_value
from twinwire_conformance.findings import Skipped, Violation
from twinwire_conformance.oracle.baseline import Start, largest, take
from twinwire_conformance.oracle.page import Page
from twinwire_conformance.oracle.rule_context import RuleContext
from twinwire_conformance.oracle.stable import stable_keys
from twinwire_conformance.oracle.traversals import Traversal
from twinwire_conformance.rules.registry import must, should
from twinwire_conformance.strategies import boundary_sizes


@must.traversal("PAGE-01", "Every page with entries has a new cursor: a traversal never returns to an earlier one")
def cursors_make_progress(_: Sequence[Page], traversal: Traversal) -> Violation | None:
    """Check that every page with entries has a cursor, and that no cursor of a traversal occurs twice."""
    seen: dict[str | None, int] = {traversal.start.cursor: 0}
    for number, page in enumerate(traversal.pages, 1):
        if not page.size:
            return None
        if page.cursor is None:
            return _violation("a cursor on every page with entries", f"none with page {number}", traversal)
        if page.cursor in seen:
            where = f"page {seen[page.cursor]}" if seen[page.cursor] else "the start"
            return _violation(
                "a cursor that the traversal has not had yet",
                f"{page.cursor} of page {number}, the cursor of {where}",
                traversal,
            )
        seen[page.cursor] = number
    return None


@must.traversal("PAGE-02", "A traversal never returns the same entry twice")
def nothing_comes_twice(_: Sequence[Page], traversal: Traversal) -> Violation | None:
    """Check that no entry occurs twice in a traversal."""
    seen: dict[str, int] = {}
    for number, page in enumerate(traversal.pages, 1):
        for key in page.keys:
            word = repr(key)
            if word in seen:
                return _violation(
                    "every entry at most once in a traversal",
                    f"{format_value(key)} on pages {seen[word]} and {number}",
                    traversal,
                )
            seen[word] = number
    return None


@must.traversal("PAGE-03", "Every sequence of page sizes returns the same entries in the same order")
def every_cutting_gives_the_same_sequence(reference: Sequence[Page], traversal: Traversal) -> Violation | None:
    """Compare the entries of every traversal with the same stretch in the largest pages, in the same representation."""
    key, other_mode = (
        traversal.pages[0].contract.feed.key.wire_name,
        bool(reference) and reference[0].page_request.mode is not traversal.pages[0].page_request.mode,
    )
    expected, came = (sum(page.size for page in pages) for pages in (reference, traversal.pages))

    def shape(entry: dict[str, Any]) -> dict[str, Any]:
        # Entries of two content modes have different members, so that only their keys can be compared.
        return {key: entry.get(key)} if other_mode else entry

    pairs = zip(_entries(reference), _entries(traversal.pages), strict=False)
    for index, ((_, wanted_word, wanted_entry), (number, word, entry)) in enumerate(pairs):
        found = word != wanted_word and difference(shape(wanted_entry), shape(entry), f"entry {index + 1}")
        if found:
            where, wanted, got = found
            return _violation(
                f"{wanted} at {where} of the traversal, as in the largest pages", f"{got} on page {number}", traversal
            )
    if came > expected:
        if not _ended(reference):
            # The traversal went farther than the pages it is compared with, so the rest cannot be checked.
            return None
        numbers = (number for number, page in enumerate(traversal.pages, 1) for _ in range(page.size))
        page = next(islice(numbers, expected, None))
        return _violation(f"{expected} entries, as in the largest pages", f"one more, on page {page}", traversal)
    if traversal.ended and came < expected:
        return _violation(f"{expected} entries, as in the largest pages", f"an empty page after {came}", traversal)
    return None


def _entries(pages: Sequence[Page]) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield the number of the page, the word and the value of each entry, with the content of one page at a time."""
    for number, page in enumerate(pages, 1):
        content = page.content
        for word, entry in zip(content.words, content.entries, strict=True):
            yield number, word, entry


def _ended(pages: Sequence[Page]) -> bool:
    return not pages or not pages[-1].size or pages[-1].remaining == 0 or pages[-1].cursor is None


@must("PAGE-04", "The same cursor and page size return the same page, any number of times")
def a_page_can_be_repeated(context: RuleContext) -> None:
    """Repeat the requests of the corpus, and requests of boundary page sizes from every start."""
    # The representations take turns, which halves the requests.
    page_requests = [
        one if index % 2 else other
        for index, (one, other) in enumerate(zip(*map(context.run_context.corpus, FORMATS), strict=True))
    ]
    thrifty = context.run_context.profile.thrifty
    # Small pages come first: on a changing feed, few entries are the likeliest to stay the same between two requests.
    _repeat(context, context.contract.sample(context.page_client.media_types[0]))
    if thrifty:
        return
    # A replica that lags behind lacks the last entries. Repeated requests for their page reach each replica in turn.
    _in_a_row(context, largest(context.page_client, context.run_context.starts[-1].cursor))
    sizes = [size for size in boundary_sizes(context.contract.feed.limit) if size <= context.page_client.page_size]
    starts = context.run_context.baseline.starts
    for index, start in enumerate(dict.fromkeys((starts[0], starts[len(starts) // 2], starts[-1]))):
        media_type = context.page_client.media_types[index % 2]
        page_requests.append(PageRequest(media_type, start.cursor, sizes[(index + 2) % len(sizes)], context.contract.link_mode))
    for page_request in page_requests:
        _repeat(context, page_request)


REPLICAS = 7
"""The number of repeated requests for the page with the last entries, enough for a round-robin over seven replicas."""


def _unequal(first: Sequence[Page], again: Page) -> Violation | None:
    found = difference(first[0].signature, again.signature)
    if found is None:
        return None
    path, one, other = found
    return Violation(one, f"{other} when requested again", [first[0].response, again.response], path=path)


def _repeat(context: RuleContext, page_request: PageRequest) -> None:
    with context.part():
        # A kept response may be older than a change of the feed.
        first = context.page_client.page(page_request, fresh=context.run_context.moving)
        again = context.page_client.page(page_request, fresh=True)
        found = _unequal([first], again)
        if found is not None:
            third = context.page_client.page(page_request, fresh=True)
            if _came_back(first, again, third) is not None:
                raise found
            if third.words == again.words and _still_there(context, page_request, first, again):
                raise found
            context.confirm(
                lambda fresh: [context.page_client.page(page_request, fresh=fresh)],
                lambda _: context.page_client.page(page_request, fresh=True),
                _unequal,
            )
        context.observe()


def _in_a_row(context: RuleContext, page_request: PageRequest) -> None:
    """Request a page so often that each of several replicas answers, and look for entries that disappear and reappear."""
    with context.part():
        pages = [
            context.page_client.page(page_request, fresh=context.run_context.moving),
            *(context.page_client.page(page_request, fresh=True) for _ in range(REPLICAS)),
        ]
        for first, again, third in combinations(pages, 3):
            found = _came_back(first, again, third)
            if found is not None:
                raise found
        context.observe()


def _came_back(first: Page, again: Page, third: Page) -> Violation | None:
    """Return the violation of a page between two equal pages, or None.

    Example: the pages are a b c, a b, a b c. A deleted entry does not come back and a modified one moves to the end, so c was
    in the feed all the time, and the second page lacks it. This counts even when the server does not repeat it.
    """
    if first.words != third.words:
        return None
    still = stable_keys([first], [third])
    return _unequal([first], again) if _unequal([first.only(still)], again.only(still)) is not None else None


def _still_there(context: RuleContext, page_request: PageRequest, first: Page, again: Page) -> bool:
    """Return whether a page of another size contains the entries that a repeated page lacks: they are still in the feed."""
    size = context.page_client.size((page_request.limit or context.contract.feed.limit.default) + 1)
    missing = {repr(key) for key in first.keys} - {repr(key) for key in again.keys}
    if not missing or page_request.limit is None or size == page_request.limit:
        return False
    other = context.page_client.page(replace(page_request, limit=size), fresh=True)
    return missing <= {repr(key) for key in other.keys}


def _has_remaining(contract: ContractView) -> None:
    if contract.feed.remaining is None:
        raise Skipped("the contract has no member for the number of remaining entries")


MANY_PAGES = 6
"""The number of pages from which a feed is not requested whole again: its first and last pages show whether it changed."""


def _whole(context: RuleContext) -> None:
    """Compare the size of the feed according to its first page (entries + remaining) with the entries of all pages."""
    known = context.run_context.baseline
    if not known.complete or known.empty:
        return

    def judge(begun: Sequence[Page], rest: Sequence[Page]) -> Violation | None:
        pages = [*begun, *rest]
        # Kept pages may come from several traversals. Where one does not follow the other, entries are missing between them.
        if any(left.cursor != right.page_request.cursor for left, right in pairwise(pages)):
            return None
        # An entry that was modified during the traversal occurs twice, at its old and its new place.
        size = len({repr(key) for page in pages for key in page.keys})
        first = begun[0]
        if first.remaining is None or first.remaining + first.size == size:
            return None
        told = f"{first.size} + {first.remaining}"
        return Violation(f"the feed's {size} entries on the first page and after it", told, [first.response])

    first, *page_requests = known.page_requests
    many = len(page_requests) >= MANY_PAGES

    def beginning(fresh: bool) -> list[Page]:
        if not many:
            return [context.page_client.page(first, fresh=fresh)]
        ends = (0, len(page_requests) - 1, len(page_requests))
        return [
            context.page_client.page(page_request, fresh=fresh and index in ends)
            for index, page_request in enumerate(known.page_requests)
        ]

    def others(fresh: bool) -> list[Page]:
        begun = context.page_client.page(first)
        if many or begun.cursor is None or begun.remaining == 0 or not begun.size:
            return []
        # Where the feed changed, pages from the known cursors no longer follow each other; new cursors are used.
        return take(context.page_client, Start(begun.cursor), 10**9, fresh, most=len(page_requests) + 4)

    with context.part():
        context.confirm(beginning, others, judge, entries=False)


@must.successive(
    "PAGE-05",
    "The number of remaining entries decreases by the entries of each page, and is right on the first page",
    need=_has_remaining,
    also=_whole,
)
def what_remains_is_told_truly(left: Page, right: Page) -> Violation | None:
    """Follow the number of remaining entries over every traversal, and compare it with the size of a feed that was read whole.

    Example: a page says that 10 entries remain and the next page holds 3, so that one must say 7. Two pages of 5 and 3 entries
    from one cursor must have the same sum: with 10 remaining after the larger page, 12 remain after the smaller one.
    """
    traversal = Traversal(Start(left.page_request.cursor), (left, right))
    if left.remaining is None or right.remaining is None:
        which = "first" if left.remaining is None else "second"
        return _violation("a number of remaining entries on every page", f"none on the {which} page", traversal)
    if left.page_request.cursor == right.page_request.cursor:
        total = left.remaining + left.size
        told = right.remaining + right.size
        if told != total:
            expected = f"{total - right.size} remaining, as {left.size} + {left.remaining} on a larger page"
            return _violation(expected, str(right.remaining), traversal)
        return None
    expected_left = left.remaining - right.size
    if right.remaining != expected_left:
        return _violation(f"{expected_left} remaining after the second page", str(right.remaining), traversal)
    return None


@must.successive("PAGE-06", "The number of remaining entries is 0 exactly when the next page is empty", need=_has_remaining)
def the_end_is_told_truly(left: Page, right: Page) -> Violation | None:
    """Compare the number of remaining entries of each page with the page that follows it."""
    traversal = Traversal(Start(left.page_request.cursor), (left, right))
    for number, page in enumerate((left, right), 1):
        if not page.size and page.remaining:
            return _violation(f"nothing to remain after the empty page {number}", str(page.remaining), traversal)
    if left.page_request.cursor == right.page_request.cursor:
        return None
    if left.remaining == 0 and right.size:
        got = f"{right.size} entries after it"
        return _violation("an empty page after one with nothing remaining", got, traversal)
    if left.remaining and not right.size:
        return _violation(f"entries, as {left.remaining} remain after the first page", "an empty page", traversal)
    return None


def _has_order(contract: ContractView) -> None:
    if contract.feed.cursor.order != "numeric":
        raise Skipped("the cursors of the contract have no order")


@should.traversal("PAGE-08", "The cursors of a traversal increase numerically", need=_has_order)
def cursors_grow(_: Sequence[Page], traversal: Traversal) -> Violation | None:
    """Compare the cursors of every traversal as numbers."""
    cursors = [traversal.start.cursor, *(page.cursor for page in traversal.pages if page.size)]
    for number, (one, other) in enumerate(pairwise(cursors), 1):
        if one is None or other is None:
            continue
        try:
            grows = int(one) < int(other)
        except ValueError:
            return _violation("a numeric cursor", f"{other!r} on page {number}", traversal)
        if not grows:
            return _violation(f"a cursor greater than {one}", f"{other} on page {number}", traversal)
    return None


@must("PAGE-11", "Every start value (no cursor, an empty one, 0) begins at the same first entry")
def the_beginning_is_complete(context: RuleContext) -> None:
    """Compare the first entry of a request without a cursor with that of each cursor that means the beginning by contract."""
    if not context.contract.feed.cursor.start:
        raise Skipped("the contract has no cursor that means the beginning")
    page_request = context.contract.sample(context.page_client.media_types[0])
    name = context.contract.feed.cursor.parameter.name

    def judge(pages: Sequence[Page], other: Page) -> Violation | None:
        first, second = pages[0].keys[:1], other.keys[:1]
        if first == second:
            return None
        got = f"{_first_of(other)} with {name}={other.page_request.cursor}, {_first_of(pages[0])} without {name}"
        return Violation("the same first entry whatever the start value", got, [pages[0].response, other.response])

    for cursor in context.contract.feed.cursor.start[: 1 if context.run_context.profile.thrifty else None]:
        with context.part():
            response = context.page_client.response(context.page_client.request(replace(page_request, cursor=cursor)))
            if context.contract.is_rejection(response):
                # A rejected start value hides no entries; PARAM-09 remarks on it.
                context.observe()
                continue
            context.confirm(
                lambda fresh: [context.page_client.page(page_request, fresh=fresh)],
                lambda fresh, cursor=cursor: context.page_client.page(replace(page_request, cursor=cursor), fresh=fresh),  # type: ignore[misc]
                judge,
                entries=False,
            )


def _first_of(page: Page) -> str:
    return f"entry {format_value(page.keys[0])}" if page.keys else "an empty page"


def _violation(expected: str, got: str, traversal: Traversal) -> Violation:
    return Violation(expected, got, traversal.responses, table=traversal.table())
