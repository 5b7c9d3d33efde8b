"""Faults in paging: the entries on a page and the cursor that it hands out."""

from __future__ import annotations

from collections.abc import Callable

from twinwire_conformance.reference.asking import Ask
from twinwire_conformance.reference.faults.plan import FAR, has_integer_key, has_numeric_cursor, serves, token_at
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.faults.schema import Result
from twinwire_conformance.reference.pipeline import PARSE, RESULT, WINDOW, Exchange, Lot


@fault(PARSE, "token-ignored", "every request is answered from the beginning", trips=("PAGE-01",))
def _token_ignored(_x: Exchange, proceed: Callable[[], Ask]) -> Ask:
    ask = proceed()
    ask.after = None
    return ask


@fault(WINDOW, "token-stuck", "every page hands out the cursor of the first page", trips=("PAGE-01",))
def _token_stuck(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    lot = proceed()
    if lot.places:
        lot.token = token_at(x, min(x.ask.limit, x.snapshot.total) - 1)
    return lot


@fault(WINDOW, "token-cycle", "the third page leads back to the second: A, B, A, B", trips=("PAGE-01",))
def _token_cycle(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    lot = proceed()
    if lot.start >= 2 * x.ask.limit and lot.places:
        lot.token = token_at(x, x.ask.limit - 1)
    return lot


@fault(WINDOW, "token-returns", "a page that starts past entry 1000 leads back to the second", trips=("PAGE-02",))
def _token_returns(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    lot = proceed()
    if lot.start > FAR and lot.places:
        lot.token = token_at(x, x.ask.limit - 1)
    return lot


# Cursors exceed 2**53, so 32 bits or a double cannot hold them.
@fault(WINDOW, "token-int32", "cursors are cut to 32 bits", trips=("PAGE-01",), needs=has_numeric_cursor)
def _token_int32(_x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    lot = proceed()
    if lot.token is not None:
        lot.token = (lot.token + 2**31) % 2**32 - 2**31
    return lot


@fault(RESULT, "token-lost", "the cursor is absent if less than a full page remains", trips=("PAGE-01",))
def _token_lost(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if 0 < x.lot.remaining < x.ask.limit:
        del result[x.feed.cursor.member.wire]
    return result


# "Greater or equal" instead of "greater" in the query.
@fault(WINDOW, "boundary-twice", "a page begins with the last entry of the page before", trips=("PAGE-02",))
def _boundary_twice(_x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    lot = proceed()
    if lot.remaining and len(lot.places) > 1:
        lot.token = lot.places[-2].token
    return lot


@fault(WINDOW, "token-double", "cursors above 2**53 are rounded to doubles", trips=("PAGE-02",), needs=has_numeric_cursor)
def _token_double(_x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    lot = proceed()
    if lot.token is not None and lot.places:
        lot.token = int(float(lot.token))
    return lot


@fault(
    WINDOW,
    "repeat-at-128",
    "a page of exactly 128 entries ends with its first entry again",
    trips=("PAGE-02",),
    needs=serves(128),
)
def _repeat_at_128(_x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    lot = proceed()
    if len(lot.places) == 128:
        lot.places[-1] = lot.places[0]
    return lot


@fault(
    WINDOW,
    "repeat-within",
    "an entry in the middle of a page of more than 250 is repeated",
    trips=("PAGE-02",),
    needs=serves(251),
)
def _repeat_within(_x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    lot = proceed()
    if len(lot.places) > 250:
        lot.places[126] = lot.places[125]
    return lot


@fault(WINDOW, "first-again", "the first entry of the feed is repeated at its end", trips=("PAGE-02",))
def _first_again(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    lot = proceed()
    if lot.start and lot.places and not lot.remaining:
        lot.places[-1:] = x.snapshot.places(0, 1)
    return lot


@fault(WINDOW, "boundary-lost", "the entry after a page is skipped", trips=("PAGE-03",))
def _boundary_lost(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    lot = proceed()
    if lot.remaining > 1:
        lot.token = token_at(x, lot.start + len(lot.places))
    return lot


# Time stamps with a coarse resolution.
@fault(
    WINDOW,
    "key-not-unique",
    "eight entries share a cursor, and those of the eight after a page end are lost",
    trips=("PAGE-03",),
)
def _key_not_unique(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    lot = proceed()
    if lot.places:
        group = (lot.start + len(lot.places) - 1) // 8
        lot.token = token_at(x, min(8 * group + 7, x.snapshot.total - 1))
    return lot


# A database may choose another index for a large LIMIT if ORDER BY is missing.
@fault(WINDOW, "order-by-key", "a page of more than 250 entries is ordered by key", trips=("PAGE-03",), needs=has_integer_key)
def _order_by_key(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    lot = proceed()
    if len(lot.places) > 250:
        lot.places.sort(key=lambda place: x.contents.key(place.index))
    return lot


@fault(WINDOW, "order-backwards", "a page size below ten gives the page in reverse order", trips=("PAGE-03",))
def _order_backwards(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    lot = proceed()
    if x.ask.limit < 10:
        lot.places.reverse()
    return lot


def _without_first(x: Exchange) -> Lot:
    return x.cut(x.start() + 1, x.ask.limit)


@fault(WINDOW, "lost-after-127", "a page that starts after entry 127 lacks its first entry", trips=("PAGE-03",))
def _lost_after_127(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    return _without_first(x) if 127 < x.start() < x.snapshot.total - 1 else proceed()


@fault(WINDOW, "lost-after-1000", "a page that starts after entry 1000 lacks its first entry", trips=("PAGE-03",))
def _lost_after_1000(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    return _without_first(x) if FAR < x.start() < x.snapshot.total - 1 else proceed()


@fault(
    WINDOW,
    "lost-at-maximum",
    "a page of the maximum size lacks its last entry, and its cursor points after it",
    trips=("PAGE-03",),
)
def _lost_at_maximum(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    lot = proceed()
    if len(lot.places) == x.feed.limit.maximum:
        lot.places.pop()
    return lot


@fault(WINDOW, "lost-at-64", "a page size of 64 gives a page without its first entry", trips=("PAGE-03",), needs=serves(64))
def _lost_at_64(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    lot = proceed()
    if x.ask.limit == 64 and lot.places:
        lot.places.pop(0)
    return lot


@fault(WINDOW, "last-full-lot-short", "a full page that ends the feed lacks its last entry", trips=("PAGE-03",))
def _last_full_lot_short(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    lot = proceed()
    if not lot.remaining and len(lot.places) == x.ask.limit and lot.start:
        lot.places.pop()
    return lot


@fault(
    WINDOW,
    "large-keys-lost",
    "entries with a key above 2**53 are missing unless the page size is 1",
    trips=("PAGE-05",),
    needs=has_integer_key,
)
def _large_keys_lost(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    lot = proceed()
    if x.ask.limit > 1:
        lot.places = [place for place in lot.places if int(x.contents.key(place.index)) <= 2**53]
    return lot


# A load balancer alternates between a primary and a replica.
@fault(
    WINDOW, "stale-replica", "every second response comes from a replica that lacks the last three entries", trips=("PAGE-04",)
)
def _stale_replica(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    x.state["turn"] = not x.state.get("turn", False)
    if x.state["turn"]:
        return proceed()
    total = max(0, x.snapshot.total - 3)
    lot = x.cut(x.start(), max(0, min(x.ask.limit, total - x.start())))
    lot.remaining = max(0, lot.remaining - 3)
    return lot


@fault(WINDOW, "token-used-up", "a cursor that was just used gives the page after the one it gave", trips=("PAGE-04",))
def _token_used_up(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    used = (x.ask.after, x.ask.limit)
    again = x.state.get("used") == used
    x.state["used"] = None if again else used
    return x.cut(min(x.start() + x.ask.limit, x.snapshot.total), x.ask.limit) if again else proceed()


@fault(WINDOW, "order-wavers", "every second response is in reverse order", trips=("PAGE-04",))
def _order_wavers(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    lot = proceed()
    x.state["turn"] = not x.state.get("turn", False)
    if not x.state["turn"]:
        lot.places.reverse()
    return lot


@fault(WINDOW, "past-end-restarts", "the last cursor leads to the beginning again", trips=("PAGE-07",))
def _past_end_restarts(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    return proceed() if x.start() < x.snapshot.total else x.cut(0, x.ask.limit)


@fault(WINDOW, "past-end-repeats", "the last cursor gives the last page again", trips=("PAGE-07",))
def _past_end_repeats(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    return proceed() if x.start() < x.snapshot.total else x.cut(max(0, x.snapshot.total - x.ask.limit), x.ask.limit)


@fault(WINDOW, "full-end-restarts", "after a full last page the feed begins again", trips=("PAGE-07",))
def _full_end_restarts(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    ends = x.start() >= x.snapshot.total and x.snapshot.total % x.ask.limit == 0
    return x.cut(0, x.ask.limit) if ends else proceed()


@fault(WINDOW, "unknown-token-restarts", "a cursor that was never handed out gives the first page", trips=("PAGE-07",))
def _unknown_token_restarts(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    start = x.start()
    known = x.ask.after is None or (start and token_at(x, start - 1) == x.ask.after)
    return proceed() if known else x.cut(0, x.ask.limit)


# The query adds 1 to the cursor, which overflows at 2**63 - 1.
@fault(
    WINDOW,
    "greatest-token-wraps",
    "the largest 64-bit cursor wraps around to the beginning",
    trips=("PAGE-07",),
    needs=has_numeric_cursor,
)
def _greatest_token_wraps(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    return x.cut(0, x.ask.limit) if x.ask.after == 2**63 - 1 else proceed()
