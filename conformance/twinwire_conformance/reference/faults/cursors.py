"""Faults in the numeric order of cursors; the paging itself is correct."""

from __future__ import annotations

from collections.abc import Callable

from twinwire.ir import INT64_MAX
from twinwire_conformance.reference.faults.plan import FAR, has_numeric_cursor, token_at
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.pipeline import WINDOW, Exchange, ServedPage

_FACTOR = 0x9E3779B97F4A7C15
# An odd factor has an inverse modulo 2**64, so every cursor that is handed out can be decoded again.
_INVERSE = pow(_FACTOR, -1, 2**64)


def _token_fault(name: str, description: str, show: Callable[[int, ServedPage], int], read: Callable[[int], int]) -> None:
    """Register a fault that hands out encoded cursors. An unknown cursor leads to the end of the feed.

    Args:
        name: The id of the fault.
        description: One sentence for the tables.
        show: Encodes a cursor of the feed; it also gets the page.
        read: Decodes a cursor of a request.
    """

    def hook(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
        asked = x.parsed_query.after
        if asked:
            x.parsed_query.after = read(asked)
        known = not asked or token_at(x, x.start() - 1) == x.parsed_query.after
        page = proceed() if known else x.cut(x.snapshot.total, x.parsed_query.limit)
        page.token = show(page.token, page) if page.places and page.token is not None else asked
        return page

    fault(WINDOW, name, description, trips=("PAGE-08",), needs=has_numeric_cursor)(hook)


def _signed(number: int) -> int:
    return (number + 2**63) % 2**64 - 2**63


def _negative_when_far(token: int, page: ServedPage) -> int:
    return -token if page.start + len(page.places) > FAR else token


_token_fault("tokens-fall", "cursors decrease", lambda token, _lot: INT64_MAX - token, lambda token: INT64_MAX - token)
_token_fault(
    "tokens-hashed",
    "cursors are in no order",
    lambda token, _lot: _signed(token * _FACTOR),
    lambda token: _signed(token * _INVERSE),
)
_token_fault("tokens-turn-negative", "cursors after entry 1000 are negative", _negative_when_far, abs)
