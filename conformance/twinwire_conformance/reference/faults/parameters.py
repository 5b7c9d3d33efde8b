"""Faults in the page size: its default, its minimum and its maximum."""

from __future__ import annotations

from collections.abc import Callable

from twinwire_conformance.reference.faults.plan import given, has_small_default, integer
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.pipeline import PARSE, WINDOW, Exchange, ServedPage
from twinwire_conformance.reference.query import ParsedQuery, RefusedError


@fault(PARSE, "minimum-refused", "the smallest page size is rejected", trips=("PARAM-01",))
def _minimum_refused(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    parsed_query = proceed()
    if parsed_query.limit == x.feed.limit.minimum:
        raise RefusedError("the limit is too small")
    return parsed_query


@fault(PARSE, "maximum-refused", "the maximum page size is rejected: less-than instead of less-or-equal", trips=("PARAM-01",))
def _maximum_refused(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    parsed_query = proceed()
    if parsed_query.limit == x.feed.limit.maximum:
        raise RefusedError("the limit is too great")
    return parsed_query


# The fixed size of an array is one too small.
@fault(WINDOW, "maximum-500", "the maximum page size crashes the server", trips=("PARAM-01",))
def _maximum_500(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    if x.parsed_query.limit == x.feed.limit.maximum:
        raise RefusedError("Index was outside the bounds of the array", status=500)
    return proceed()


@fault(PARSE, "default-half", "the default page size is half of the documented one", trips=("PARAM-02",))
def _default_half(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    parsed_query = proceed()
    if not given(x, x.feed.limit.parameter.name):
        parsed_query.limit = max(1, x.feed.limit.default // 2)
    return parsed_query


@fault(PARSE, "default-maximum", "the default page size is the maximum", trips=("PARAM-02",), needs=has_small_default)
def _default_maximum(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    parsed_query = proceed()
    if not given(x, x.feed.limit.parameter.name):
        parsed_query.limit = x.feed.limit.maximum
    return parsed_query


@fault(PARSE, "default-off-by-one", "the default page size is one too small", trips=("PARAM-02",))
def _default_off_by_one(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    parsed_query = proceed()
    if not given(x, x.feed.limit.parameter.name):
        parsed_query.limit = x.feed.limit.default - 1
    return parsed_query


@fault(WINDOW, "one-too-many", "every page has one entry more than requested", trips=("PARAM-03",))
def _one_too_many(x: Exchange, _proceed: Callable[[], ServedPage]) -> ServedPage:
    return x.cut(x.start(), x.parsed_query.limit + 1)


@fault(WINDOW, "limit-ignored", "every page has the default size", trips=("PARAM-03",))
def _limit_ignored(x: Exchange, _proceed: Callable[[], ServedPage]) -> ServedPage:
    return x.cut(x.start(), x.feed.limit.default)


@fault(WINDOW, "one-gives-two", "a page size of 1 gives two entries", trips=("PARAM-03",))
def _one_gives_two(x: Exchange, _proceed: Callable[[], ServedPage]) -> ServedPage:
    return x.cut(x.start(), max(2, x.parsed_query.limit))


@fault(WINDOW, "maximum-exceeded", "the maximum page size gives one entry more", trips=("PARAM-03",))
def _maximum_exceeded(x: Exchange, _proceed: Callable[[], ServedPage]) -> ServedPage:
    return x.cut(x.start(), x.parsed_query.limit + (x.parsed_query.limit == x.feed.limit.maximum))


# Up to four times the maximum, so that a run's hostile page sizes do not build the whole feed in memory.
@fault(PARSE, "over-maximum-served", "a page size above the maximum is served in full", trips=("PARAM-03",))
def _over_maximum_served(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    try:
        return proceed()
    except RefusedError:
        asked = integer(given(x, x.feed.limit.parameter.name))
        if asked is None or not x.feed.limit.maximum < asked <= 4 * x.feed.limit.maximum:
            raise
        return ParsedQuery(None, asked, x.feed.modes.default if x.feed.modes else None)
