"""Variants in the feed: other sizes, other cursors, and entries that change during the run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from twinwire.ir import INT64_MAX, INT64_MIN
from twinwire_conformance.reference.feed import FeedLog
from twinwire_conformance.reference.pipeline import PARSE, Exchange
from twinwire_conformance.reference.query import ParsedQuery
from twinwire_conformance.reference.variants.variant import GREEN_OR_OPEN, OPEN, SIZE, Variant, VariantOverride


def _zero_begins(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    # With negative cursors, 0 lies past the end; but the contract defines 0 as the beginning of the feed.
    parsed_query = proceed()
    if parsed_query.after == 0 and "0" in x.feed.cursor.start:
        parsed_query.after = None
    return parsed_query


VARIANTS = (
    Variant("empty-feed", "the feed has no entries", OPEN, size=lambda _contract: 0),
    Variant("one-entry", "the feed has one entry", GREEN_OR_OPEN, size=lambda _contract: 1),
    Variant("one-default-lot", "the feed is one page of the default size", size=lambda contract: contract.feed.limit.default),
    Variant("one-largest-lot", "the feed is one page of the maximum size", size=lambda contract: contract.feed.limit.maximum),
    Variant(
        "one-over",
        "the feed is one entry longer than the maximum page size",
        size=lambda contract: contract.feed.limit.maximum + 1,
    ),
    Variant(
        "two-largest-lots", "the feed is two pages of the maximum size", size=lambda contract: 2 * contract.feed.limit.maximum
    ),
    Variant("large-feed", "the feed has a million entries", size=lambda _contract: 10**6),
    Variant("live", "twenty entries per second are modified", GREEN_OR_OPEN, live=20),
    Variant("moves-often", "one entry is modified per five requests", GREEN_OR_OPEN, per_request=1 / 5),
    Variant("moves-rarely", "one entry is modified per sixty requests", GREEN_OR_OPEN, per_request=1 / 60),
    Variant(
        "tokens-to-the-limit",
        "cursors are consecutive integers that end at the largest 64-bit integer",
        log=partial(FeedLog, origin=INT64_MAX - SIZE + 1, gap=1),
    ),
    Variant("tokens-sparse", "cursors are far apart", log=partial(FeedLog, origin=1, gap=2**52)),
    Variant(
        "tokens-negative",
        "cursors are negative and far apart",
        override=VariantOverride(PARSE, _zero_begins),
        log=partial(FeedLog, origin=INT64_MIN, gap=2**52),
    ),
)
