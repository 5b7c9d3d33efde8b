"""Faults in the number of remaining entries that a response states."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from twinwire_conformance.reference.faults.plan import has_remaining
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.pipeline import WINDOW, Exchange, ServedPage

# Each of these faults requires the member that it falsifies.
_queue_fault = partial(fault, WINDOW, needs=has_remaining)


@_queue_fault("queue-is-total", "the remaining count is always the size of the feed", trips=("PAGE-05",))
def _queue_is_total(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    page.remaining = x.snapshot.total
    return page


@_queue_fault("queue-before-lot", "the remaining count includes the entries of the page", trips=("PAGE-05",))
def _queue_before_lot(_x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    page.remaining += len(page.places)
    return page


@_queue_fault("queue-doubled", "the remaining count is twice the number of entries", trips=("PAGE-05",))
def _queue_doubled(_x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    page.remaining *= 2
    return page


# Some search engines count hits up to a limit only.
@_queue_fault("queue-capped", "the remaining count is at most 999", trips=("PAGE-05",))
def _queue_capped(_x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    page.remaining = min(page.remaining, 999)
    return page


# Correct at the start and at the end, where simple tests look.
@_queue_fault("queue-one-short", "the remaining count is one too small while more than ten remain", trips=("PAGE-05",))
def _queue_one_short(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    page.remaining -= x.start() > 0 and page.remaining > 10
    return page


@_queue_fault("queue-in-pages", "the remaining count counts pages instead of entries", trips=("PAGE-05",))
def _queue_in_pages(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    page.remaining = -(-page.remaining // x.parsed_query.limit)
    return page


@_queue_fault("queue-wavers", "the remaining count of every second response is one too large", trips=("PAGE-04",))
def _queue_wavers(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    x.state["turn"] = not x.state.get("turn", False)
    page.remaining += not x.state["turn"]
    return page


@_queue_fault("queue-never-zero", "the remaining count of the last page is one", trips=("PAGE-06",))
def _queue_never_zero(_x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    page.remaining = max(1, page.remaining)
    return page


@_queue_fault("queue-zero-early", "the remaining count is zero as soon as the rest fits on one page", trips=("PAGE-06",))
def _queue_zero_early(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if page.remaining <= x.parsed_query.limit:
        page.remaining = 0
    return page


@_queue_fault("queue-after-full-end", "a full page that ends the feed has a remaining count of one", trips=("PAGE-06",))
def _queue_after_full_end(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if not page.remaining and len(page.places) == x.parsed_query.limit:
        page.remaining = 1
    return page


@_queue_fault("queue-in-empty-lot", "the remaining count of an empty page is not zero", trips=("PAGE-06",))
def _queue_in_empty_lot(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    page = proceed()
    if not page.places:
        page.remaining = x.parsed_query.limit
    return page
