"""Faults of traversals: empty pages that lead back, different starts, cursors that rewind, wrong remaining counts."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate

from twinwire.ir import INT64_MIN
from twinwire_conformance.reference.faults.plan import (
    entries,
    has_modes,
    has_numeric_cursor,
    has_other_mode,
    has_remaining,
    has_size,
    items,
    token_at,
)
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.faults.schema import Result
from twinwire_conformance.reference.pipeline import RESULT, WINDOW, Exchange, ServedPage
from twinwire_conformance.reference.query import RefusedError

_SHIFT = 2**62
_DELETED = range(640, 680)
_STALE_SECONDS = 0.2


@fault(WINDOW, "empty-page-leads-back", "the cursor of an empty page leads to the last entry again", trips=("PAGE-07",))
def _empty_page_leads_back(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if not page.places and x.snapshot.total > 1:
        page.token = token_at(x, x.snapshot.total - 2)
    return page


@fault(
    WINDOW,
    "empty-page-leads-to-start",
    "the cursor of an empty page is 0, which leads to the beginning",
    trips=("PAGE-07",),
    needs=has_numeric_cursor,
)
def _empty_page_leads_to_start(_x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if not page.places:
        page.token = 0
    return page


@fault(WINDOW, "empty-page-leads-back-later", "the cursor of a second empty page leads back", trips=("PAGE-07",))
def _empty_page_leads_back_later(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if not page.places:
        # The first empty page hands out a larger cursor; the empty page of that one leads back to the last three entries.
        last = token_at(x, x.snapshot.total - 1) or 0
        later = x.parsed_query.after is not None and x.parsed_query.after > last
        page.token = token_at(x, max(0, x.snapshot.total - 4)) if later else last + 1
    return page


@fault(WINDOW, "start-absent-skips", "without a cursor the feed begins with its second entry", trips=("PAGE-11",))
def _start_absent_skips(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    name = x.feed.cursor.parameter.name.encode()
    absent = not any(part.partition(b"=")[0] == name for part in x.query.split(b"&"))
    return x.cut(1, x.parsed_query.limit) if absent and x.snapshot.total else proceed()


@fault(WINDOW, "start-empty-skips", "after an empty cursor the feed begins with its third entry", trips=("PAGE-11",))
def _start_empty_skips(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    name = x.feed.cursor.parameter.name.encode()
    empty = any(part in (name, name + b"=") for part in x.query.split(b"&"))
    return x.cut(2, x.parsed_query.limit) if empty and x.snapshot.total > 1 else proceed()


@fault(WINDOW, "token-rewinds", "a page that begins past entry 550 leads back by fifty entries", trips=("PAGE-01", "PAGE-02"))
def _token_rewinds(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if 550 <= page.start < 600 and len(page.places) > 1:
        page.token = token_at(x, max(0, page.start + len(page.places) - 1 - 50))
    return page


@fault(
    WINDOW,
    "queue-of-items",
    "the remaining count counts images instead of entries",
    trips=("PAGE-05",),
    needs=lambda contract: has_remaining(contract) and has_modes(contract),
)
def _queue_of_items(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if "items before" not in x.state:
        counts = (len(items(x, x.contents.entry(index, x.parsed_query.mode))) for index in range(x.snapshot.total))
        x.state["items before"] = list(accumulate(counts, initial=0))
    before = x.state["items before"]
    page.remaining = before[-1] - before[page.start + len(page.places)]
    return page


@fault(
    WINDOW,
    "queue-stale",
    "the remaining count is kept from an earlier response for 0.2 seconds",
    trips=("PAGE-04", "PAGE-05"),
    needs=has_remaining,
)
def _queue_stale(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    since, kept = x.state.get("queue", (float("-inf"), 0))
    if x.now - since < _STALE_SECONDS:
        page.remaining = kept
    else:
        x.state["queue"] = (x.now, page.remaining)
    return page


@fault(
    WINDOW,
    "tokens-negative-refused",
    "cursors are negative, and negative cursors are rejected",
    trips=("PARAM-08",),
    needs=has_numeric_cursor,
)
def _tokens_negative_refused(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    if x.parsed_query.after is not None and INT64_MIN < x.parsed_query.after < 0:
        raise RefusedError("the token must not be negative")
    page = proceed()
    if page.places and page.token is not None:
        page.token -= _SHIFT
    return page


@fault(
    WINDOW,
    "order-by-limit-parity",
    "the order of five entries with one time stamp depends on whether the page size is even",
    trips=("PAGE-03",),
)
def _order_by_limit_parity(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    first, stop = 433 - page.start, 438 - page.start
    if x.parsed_query.limit % 2 and first >= 0 and stop <= len(page.places):
        page.places[first:stop] = page.places[first:stop][::-1]
        # The cursor still points after all of them, so no entry is lost or repeated.
        page.token = token_at(x, _end(page))
    return page


@fault(
    WINDOW,
    "order-by-turn",
    "two entries with one time stamp change places with every other request",
    trips=("PAGE-04", "PAGE-03"),
)
def _order_by_turn(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    first = 345 - page.start
    if 0 <= first < len(page.places) - 1:
        x.state["turn"] = not x.state.get("turn", False)
        if not x.state["turn"]:
            page.places[first : first + 2] = page.places[first : first + 2][::-1]
            page.token = token_at(x, _end(page))
    return page


def _end(page: ServedPage) -> int:
    return page.start + len(page.places) - 1


# Deleted rows are filtered out after LIMIT was applied.
@fault(
    WINDOW,
    "deleted-empty-page",
    "forty deleted entries count towards the page size: a page within them is empty while others remain",
    trips=("PAGE-06", "PAGE-03"),
    needs=has_remaining,
)
def _deleted_empty_page(_x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    page.remaining -= len(range(max(_DELETED.start, _end(page) + 1), min(_DELETED.stop, _end(page) + 1 + page.remaining)))
    page.places = [place for place in page.places if place.index not in _DELETED]
    return page


@fault(
    RESULT,
    "size-xml-full",
    "the entry count of a page that is not the last is one too large in XML",
    trips=("SCHEMA-04", "TWIN-01"),
    needs=has_size,
)
def _size_xml_full(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if x.is_xml and x.page.remaining and x.feed.limit.member:
        result[x.feed.limit.member.wire_name] += 1
    return result


@fault(
    RESULT,
    "size-xml-far-page",
    "the entry count of a page past entry 900 is the requested page size in XML",
    trips=("SCHEMA-04", "TWIN-01"),
    needs=has_size,
)
def _size_xml_far_page(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if x.is_xml and x.page.start > 900 and x.page.places and x.feed.limit.member:
        result[x.feed.limit.member.wire_name] = x.parsed_query.limit
    return result


@fault(
    RESULT,
    "bare-entries-lost-link-mode",
    "entries without images are dropped from pages in all modes but the default",
    trips=("IMAGE-06", "PAGE-03", "PAGE-05"),
    needs=has_other_mode,
)
def _bare_entries_lost_link_mode(x: Exchange, proceed: Callable[[], Result]) -> Result:
    result = proceed()
    if x.feed.modes and x.parsed_query.mode != x.feed.modes.default:
        result[x.feed.entries.wire_name] = kept = [entry for entry in entries(x, result) if items(x, entry)]
        if x.feed.limit.member:
            result[x.feed.limit.member.wire_name] = len(kept)
    return result
