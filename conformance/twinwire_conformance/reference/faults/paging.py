"""Faults in paging: the entries on a page and the cursor that it hands out."""

from __future__ import annotations

from collections.abc import Callable

from twinwire_conformance.reference.faults.plan import FAR, has_integer_key, has_numeric_cursor, serves, token_at
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.faults.schema import Result
from twinwire_conformance.reference.pipeline import PARSE, RESULT, WINDOW, Exchange, ServedPage
from twinwire_conformance.reference.query import ParsedQuery


@fault(PARSE, "token-ignored", "every request is answered from the beginning", trips=("PAGE-01",))
def _token_ignored(_x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    parsed_query = proceed()
    parsed_query.after = None
    return parsed_query


@fault(WINDOW, "token-stuck", "every page hands out the cursor of the first page", trips=("PAGE-01",))
def _token_stuck(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if page.places:
        page.token = token_at(x, min(x.parsed_query.limit, x.snapshot.total) - 1)
    return page


@fault(WINDOW, "token-cycle", "the third page leads back to the second: A, B, A, B", trips=("PAGE-01",))
def _token_cycle(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if page.start >= 2 * x.parsed_query.limit and page.places:
        page.token = token_at(x, x.parsed_query.limit - 1)
    return page


@fault(WINDOW, "token-returns", "a page that starts past entry 1000 leads back to the second", trips=("PAGE-02",))
def _token_returns(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if page.start > FAR and page.places:
        page.token = token_at(x, x.parsed_query.limit - 1)
    return page


# Cursors exceed 2**53, so 32 bits or a double cannot hold them.
@fault(WINDOW, "token-int32", "cursors are cut to 32 bits", trips=("PAGE-01",), needs=has_numeric_cursor)
def _token_int32(_x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if page.token is not None:
        page.token = (page.token + 2**31) % 2**32 - 2**31
    return page


@fault(RESULT, "token-lost", "the cursor is absent if less than a full page remains", trips=("PAGE-01",))
def _token_lost(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if 0 < x.page.remaining < x.parsed_query.limit:
        del result[x.feed.cursor.member.wire_name]
    return result


# "Greater or equal" instead of "greater" in the query.
@fault(WINDOW, "boundary-twice", "a page begins with the last entry of the page before", trips=("PAGE-02",))
def _boundary_twice(_x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if page.remaining and len(page.places) > 1:
        page.token = page.places[-2].token
    return page


@fault(WINDOW, "token-double", "cursors above 2**53 are rounded to doubles", trips=("PAGE-02",), needs=has_numeric_cursor)
def _token_double(_x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if page.token is not None and page.places:
        page.token = int(float(page.token))
    return page


@fault(
    WINDOW,
    "repeat-at-128",
    "a page of exactly 128 entries ends with its first entry again",
    trips=("PAGE-02",),
    needs=serves(128),
)
def _repeat_at_128(_x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if len(page.places) == 128:
        page.places[-1] = page.places[0]
    return page


@fault(
    WINDOW,
    "repeat-within",
    "an entry in the middle of a page of more than 250 is repeated",
    trips=("PAGE-02",),
    needs=serves(251),
)
def _repeat_within(_x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if len(page.places) > 250:
        page.places[126] = page.places[125]
    return page


@fault(WINDOW, "first-again", "the first entry of the feed is repeated at its end", trips=("PAGE-02",))
def _first_again(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if page.start and page.places and not page.remaining:
        page.places[-1:] = x.snapshot.places(0, 1)
    return page


@fault(WINDOW, "boundary-lost", "the entry after a page is skipped", trips=("PAGE-03",))
def _boundary_lost(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if page.remaining > 1:
        page.token = token_at(x, page.start + len(page.places))
    return page


# Time stamps with a coarse resolution.
@fault(
    WINDOW,
    "key-not-unique",
    "eight entries share a cursor, and those of the eight after a page end are lost",
    trips=("PAGE-03",),
)
def _key_not_unique(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if page.places:
        group = (page.start + len(page.places) - 1) // 8
        page.token = token_at(x, min(8 * group + 7, x.snapshot.total - 1))
    return page


# A database may choose another index for a large LIMIT if ORDER BY is missing.
@fault(WINDOW, "order-by-key", "a page of more than 250 entries is ordered by key", trips=("PAGE-03",), needs=has_integer_key)
def _order_by_key(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if len(page.places) > 250:
        page.places.sort(key=lambda place: x.contents.key(place.index))
    return page


@fault(WINDOW, "order-backwards", "a page size below ten gives the page in reverse order", trips=("PAGE-03",))
def _order_backwards(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if x.parsed_query.limit < 10:
        page.places.reverse()
    return page


def _without_first(x: Exchange) -> ServedPage:
    return x.cut(x.start() + 1, x.parsed_query.limit)


@fault(WINDOW, "lost-after-127", "a page that starts after entry 127 lacks its first entry", trips=("PAGE-03",))
def _lost_after_127(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    return _without_first(x) if 127 < x.start() < x.snapshot.total - 1 else proceed()


@fault(WINDOW, "lost-after-1000", "a page that starts after entry 1000 lacks its first entry", trips=("PAGE-03",))
def _lost_after_1000(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    return _without_first(x) if FAR < x.start() < x.snapshot.total - 1 else proceed()


@fault(
    WINDOW,
    "lost-at-maximum",
    "a page of the maximum size lacks its last entry, and its cursor points after it",
    trips=("PAGE-03",),
)
def _lost_at_maximum(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if len(page.places) == x.feed.limit.maximum:
        page.places.pop()
    return page


@fault(WINDOW, "lost-at-64", "a page size of 64 gives a page without its first entry", trips=("PAGE-03",), needs=serves(64))
def _lost_at_64(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if x.parsed_query.limit == 64 and page.places:
        page.places.pop(0)
    return page


@fault(WINDOW, "last-full-lot-short", "a full page that ends the feed lacks its last entry", trips=("PAGE-03",))
def _last_full_lot_short(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if not page.remaining and len(page.places) == x.parsed_query.limit and page.start:
        page.places.pop()
    return page


@fault(
    WINDOW,
    "large-keys-lost",
    "entries with a key above 2**53 are missing unless the page size is 1",
    trips=("PAGE-05",),
    needs=has_integer_key,
)
def _large_keys_lost(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if x.parsed_query.limit > 1:
        page.places = [place for place in page.places if int(x.contents.key(place.index)) <= 2**53]
    return page


# A load balancer alternates between a primary and a replica.
@fault(
    WINDOW, "stale-replica", "every second response comes from a replica that lacks the last three entries", trips=("PAGE-04",)
)
def _stale_replica(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    x.state["turn"] = not x.state.get("turn", False)
    if x.state["turn"]:
        return proceed()
    total = max(0, x.snapshot.total - 3)
    page = x.cut(x.start(), max(0, min(x.parsed_query.limit, total - x.start())))
    page.remaining = max(0, page.remaining - 3)
    return page


@fault(WINDOW, "token-used-up", "a cursor that was just used gives the page after the one it gave", trips=("PAGE-04",))
def _token_used_up(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    used = (x.parsed_query.after, x.parsed_query.limit)
    again = x.state.get("used") == used
    x.state["used"] = None if again else used
    return x.cut(min(x.start() + x.parsed_query.limit, x.snapshot.total), x.parsed_query.limit) if again else proceed()


@fault(WINDOW, "order-wavers", "every second response is in reverse order", trips=("PAGE-04",))
def _order_wavers(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    x.state["turn"] = not x.state.get("turn", False)
    if not x.state["turn"]:
        page.places.reverse()
    return page


@fault(WINDOW, "past-end-restarts", "the last cursor leads to the beginning again", trips=("PAGE-07",))
def _past_end_restarts(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    return proceed() if x.start() < x.snapshot.total else x.cut(0, x.parsed_query.limit)


@fault(WINDOW, "past-end-repeats", "the last cursor gives the last page again", trips=("PAGE-07",))
def _past_end_repeats(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    return (
        proceed()
        if x.start() < x.snapshot.total
        else x.cut(max(0, x.snapshot.total - x.parsed_query.limit), x.parsed_query.limit)
    )


@fault(WINDOW, "full-end-restarts", "after a full last page the feed begins again", trips=("PAGE-07",))
def _full_end_restarts(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    ends = x.start() >= x.snapshot.total and x.snapshot.total % x.parsed_query.limit == 0
    return x.cut(0, x.parsed_query.limit) if ends else proceed()


@fault(WINDOW, "unknown-token-restarts", "a cursor that was never handed out gives the first page", trips=("PAGE-07",))
def _unknown_token_restarts(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    start = x.start()
    known = x.parsed_query.after is None or (start and token_at(x, start - 1) == x.parsed_query.after)
    return proceed() if known else x.cut(0, x.parsed_query.limit)


# The query adds 1 to the cursor, which overflows at 2**63 - 1.
@fault(
    WINDOW,
    "greatest-token-wraps",
    "the largest 64-bit cursor wraps around to the beginning",
    trips=("PAGE-07",),
    needs=has_numeric_cursor,
)
def _greatest_token_wraps(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    return x.cut(0, x.parsed_query.limit) if x.parsed_query.after == 2**63 - 1 else proceed()
