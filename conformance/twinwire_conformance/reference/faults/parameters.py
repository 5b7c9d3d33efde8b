"""Faults of the parameters: how much is served."""

from __future__ import annotations

from collections.abc import Callable

from twinwire_conformance.reference.asking import Ask, RefusedError
from twinwire_conformance.reference.faults.plan import given, has_small_default, integer
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.pipeline import PARSE, WINDOW, Exchange, Lot


@fault(PARSE, "minimum-refused", "the least limit is refused", trips=("PARAM-01",))
def _minimum_refused(x: Exchange, proceed: Callable[[], Ask]) -> Ask:
    ask = proceed()
    if ask.limit == x.feed.limit.minimum:
        raise RefusedError("the limit is too small")
    return ask


@fault(PARSE, "maximum-refused", "the greatest limit is refused: less-than where less-or-equal is meant", trips=("PARAM-01",))
def _maximum_refused(x: Exchange, proceed: Callable[[], Ask]) -> Ask:
    ask = proceed()
    if ask.limit == x.feed.limit.maximum:
        raise RefusedError("the limit is too great")
    return ask


@fault(WINDOW, "maximum-500", "the greatest limit crashes the server", trips=("PARAM-01",))
def _maximum_500(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    if x.ask.limit == x.feed.limit.maximum:
        raise RefusedError("Index was outside the bounds of the array", status=500)
    return proceed()


@fault(PARSE, "default-half", "without a limit the lot is half of what is documented", trips=("PARAM-02",))
def _default_half(x: Exchange, proceed: Callable[[], Ask]) -> Ask:
    ask = proceed()
    if not given(x, x.feed.limit.parameter.name):
        ask.limit = max(1, x.feed.limit.default // 2)
    return ask


@fault(
    PARSE, "default-maximum", "without a limit the lot is as large as it may be", trips=("PARAM-02",), needs=has_small_default
)
def _default_maximum(x: Exchange, proceed: Callable[[], Ask]) -> Ask:
    ask = proceed()
    if not given(x, x.feed.limit.parameter.name):
        ask.limit = x.feed.limit.maximum
    return ask


@fault(PARSE, "default-off-by-one", "without a limit the lot has one entry too few", trips=("PARAM-02",))
def _default_off_by_one(x: Exchange, proceed: Callable[[], Ask]) -> Ask:
    ask = proceed()
    if not given(x, x.feed.limit.parameter.name):
        ask.limit = x.feed.limit.default - 1
    return ask


@fault(WINDOW, "one-too-many", "every lot has one entry more than asked for", trips=("PARAM-03",))
def _one_too_many(x: Exchange, _proceed: Callable[[], Lot]) -> Lot:
    return x.cut(x.start(), x.ask.limit + 1)


@fault(WINDOW, "limit-ignored", "every lot has the default size", trips=("PARAM-03",))
def _limit_ignored(x: Exchange, _proceed: Callable[[], Lot]) -> Lot:
    return x.cut(x.start(), x.feed.limit.default)


@fault(WINDOW, "one-gives-two", "a limit of 1 gives two entries", trips=("PARAM-03",))
def _one_gives_two(x: Exchange, _proceed: Callable[[], Lot]) -> Lot:
    return x.cut(x.start(), max(2, x.ask.limit))


@fault(WINDOW, "maximum-exceeded", "the greatest limit gives one entry more", trips=("PARAM-03",))
def _maximum_exceeded(x: Exchange, _proceed: Callable[[], Lot]) -> Lot:
    return x.cut(x.start(), x.ask.limit + (x.ask.limit == x.feed.limit.maximum))


@fault(PARSE, "over-maximum-served", "a limit over the greatest is served in full", trips=("PARAM-03",))
def _over_maximum_served(x: Exchange, proceed: Callable[[], Ask]) -> Ask:
    try:
        return proceed()
    except RefusedError:
        asked = integer(given(x, x.feed.limit.parameter.name))
        if asked is None or not x.feed.limit.maximum < asked <= 4 * x.feed.limit.maximum:
            raise
        return Ask(None, asked, x.feed.modes.default if x.feed.modes else None)
