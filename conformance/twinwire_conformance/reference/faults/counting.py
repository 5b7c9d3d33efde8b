"""Faults at certain page sizes, positions and counter limits, and of entries that share a cursor."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from twinwire_conformance.reference.faults.plan import has_remaining, serves, token_at
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.faults.schema import Result
from twinwire_conformance.reference.pipeline import RESULT, WINDOW, Exchange, ServedPage
from twinwire_conformance.reference.query import RefusedError

_WINDOW = 10_000
_loss_fault = partial(fault, WINDOW, trips=("PAGE-03",))


def _ends_at(page: ServedPage) -> int:
    return page.start + len(page.places) - 1


# A time stamp as cursor is not unique: rows that one transaction writes share it.
@_loss_fault("shared-cursor-lost", "four entries of the feed share a cursor, and those after a page end between them are lost")
def _shared_cursor_lost(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if page.places and 611 <= _ends_at(page) < 614:
        page.token = token_at(x, min(614, x.snapshot.total - 1))
    return page


@fault(
    WINDOW,
    "shared-cursor-again",
    "three entries of the feed share a cursor, and a page that ends within them is followed by all three",
    trips=("PAGE-01", "PAGE-02"),
)
def _shared_cursor_again(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if page.places and 701 <= _ends_at(page) < 704:
        page.token = token_at(x, 700)
    return page


@_loss_fault("lost-at-250", "a page of exactly 250 entries lacks its last, and its cursor points after it", needs=serves(250))
def _lost_at_250(_x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if len(page.places) == 250:
        page.places.pop()
    return page


# A size without any significance, which no list of boundary values contains.
@_loss_fault("lost-at-97", "a page of exactly 97 entries lacks its fiftieth", needs=serves(97))
def _lost_at_97(_x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if len(page.places) == 97:
        del page.places[49]
    return page


@fault(WINDOW, "twice-at-256", "the last entry of a page of exactly 256 begins the next", trips=("PAGE-02",), needs=serves(256))
def _twice_at_256(_x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if len(page.places) == 256 and page.remaining:
        page.token = page.places[-2].token
    return page


# 300 % 256 = 44 and 256 % 256 = 0.
@fault(
    WINDOW,
    "limit-one-byte",
    "the page size is stored in one byte: 300 gives 44 entries and 256 none",
    trips=("PARAM-10",),
    needs=serves(256),
)
def _limit_one_byte(x: Exchange, _proceed: Callable[[], ServedPage]) -> ServedPage:
    return x.cut(x.start(), x.parsed_query.limit % 256)


@_loss_fault("lost-first-at-1000", "the entry at position 1,000 is lost if it is the first of a page")
def _lost_first_at_1000(_x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if page.start == 1000 and len(page.places) > 1:
        page.places.pop(0)
    return page


@_loss_fault("lost-last-at-1023", "the entry at position 1,023 is lost if it is the last of a page of several")
def _lost_last_at_1023(_x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if _ends_at(page) == 1022 and len(page.places) > 1:
        page.places.pop()
    return page


@_loss_fault("lost-where-divides", "if the page size divides the feed's size, the second page lacks its first entry")
def _lost_where_divides(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if x.snapshot.total % x.parsed_query.limit == 0 and page.start == x.parsed_query.limit and len(page.places) > 1:
        page.places.pop(0)
    return page


@fault(RESULT, "token-null-full-end", "a full page that ends the feed has no cursor", trips=("PAGE-01", "PAGE-07", "SCHEMA-01"))
def _token_null_full_end(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if len(x.page.places) == x.parsed_query.limit and not x.page.remaining:
        result[x.feed.cursor.member.wire_name] = None
    return result


# Elasticsearch does not serve entries past index.max_result_window, 10,000 by default; the message is its own.
@fault(
    WINDOW,
    "window-10000-500",
    "entries past position 10,000 get 500: the result window is too large",
    trips=("HTTP-01", "HTTP-09"),
    products=12_000,
)
def _window_10000_500(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    if x.start() + x.parsed_query.limit > _WINDOW and x.start() < x.snapshot.total:
        raise RefusedError("Result window is too large, from + size must be less than or equal to: [10000]", status=500)
    return proceed()


@fault(
    WINDOW,
    "window-10000-empty",
    "past position 10,000 the feed seems to end",
    trips=("PAGE-05", "PAGE-06"),
    products=12_000,
)
def _window_10000_empty(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if page.start >= _WINDOW:
        page = x.cut(x.snapshot.total, x.parsed_query.limit)
    return page


@fault(
    WINDOW,
    "queue-16-bits",
    "the remaining count is stored in 16 bits",
    trips=("PAGE-05",),
    needs=has_remaining,
    products=70_000,
)
def _queue_16_bits(_x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    page.remaining %= 2**16
    return page


# 32,767 is the largest signed 16-bit integer.
@fault(
    WINDOW,
    "position-16-bits",
    "a page past position 32,767 starts at the beginning: positions are stored in 16 bits",
    trips=("PAGE-01", "PAGE-02"),
    products=40_000,
)
def _position_16_bits(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    return x.cut(0, x.parsed_query.limit) if 2**15 <= x.start() < x.snapshot.total else proceed()


@fault(
    WINDOW,
    "far-page-unsorted",
    "past position 5,000 a page of more than 100 entries is not sorted",
    trips=("PAGE-03",),
    products=6_000,
    needs=serves(101),
)
def _far_page_unsorted(_x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if page.start > 5_000 and len(page.places) > 100:
        page.places[10:90] = page.places[89:9:-1]
    return page


@fault(WINDOW, "pages-capped", "a page holds at most 200 entries", trips=("PARAM-10",), needs=serves(201))
def _pages_capped(x: Exchange, _proceed: Callable[[], ServedPage]) -> ServedPage:
    return x.cut(x.start(), min(x.parsed_query.limit, 200))


@fault(WINDOW, "far-pages-halved", "past entry 700 a page holds half as many entries as requested", trips=("PARAM-10",))
def _far_pages_halved(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    start = x.start()
    return x.cut(start, max(1, x.parsed_query.limit // 2)) if 700 < start < x.snapshot.total else proceed()
