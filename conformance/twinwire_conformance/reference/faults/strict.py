"""Faults of strictness: valid input is rejected or misunderstood."""

from __future__ import annotations

from collections.abc import Callable

from twinwire.ir import Contract
from twinwire_conformance.reference.faults.plan import (
    FAR,
    has_numeric_cursor,
    has_other_mode,
    has_text_parameter,
    starts_with,
    texts,
)
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.pipeline import PARSE, WINDOW, Exchange, ServedPage
from twinwire_conformance.reference.query import ParsedQuery, RefusedError, parse_query

_KNOWN_TOKENS = 3


def _text_fault(name: str, description: str, allowed: Callable[[str, int, int], bool]) -> None:
    """Register a fault that rejects texts.

    Args:
        name: The id of the fault.
        description: One sentence for the tables.
        allowed: Gets a text, its minimum and its maximum length; returns False to reject it.
    """

    def hook(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
        for parameter, text in texts(x):
            if not allowed(text, parameter.type.min_length or 0, parameter.type.max_length or 0):
                raise RefusedError(f"{parameter.name} is not allowed")
        return proceed()

    fault(PARSE, name, description, trips=("PARAM-05",), needs=has_text_parameter)(hook)


_text_fault("text-maximum-refused", "a text of the maximum length is rejected", lambda text, _low, high: len(text) != high)
_text_fault("text-minimum-refused", "a text of the minimum length is rejected", lambda text, low, _high: len(text) != low)
_text_fault(
    "text-bytes-counted", "the length of a text is counted in bytes", lambda text, _low, high: len(text.encode()) <= high
)
_text_fault("text-ascii-only", "a text with non-ASCII characters is rejected", lambda text, _low, _high: text.isascii())


def _ignores_unknown_modes(contract: Contract) -> bool:
    return contract.feed.modes is not None and contract.feed.modes.unknown_ignored


@fault(PARSE, "mode-unknown-refused", "an unknown mode is rejected", trips=("PARAM-05",), needs=_ignores_unknown_modes)
def _mode_unknown_refused(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    modes = x.feed.modes
    for parameter, text in texts(x):
        if modes and parameter == modes.parameter and text and text not in {mode.value for mode in modes.choices}:
            raise RefusedError(f"{parameter.name} is unknown")
    return proceed()


@fault(WINDOW, "last-token-refused", "the cursor of the last page is rejected", trips=("PARAM-08",))
def _last_token_refused(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    if x.parsed_query.after is not None and x.start() >= x.snapshot.total:
        raise RefusedError("the token is unknown")
    return proceed()


@fault(WINDOW, "far-token-refused", "a cursor after entry 1000 is rejected", trips=("PARAM-08",))
def _far_token_refused(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    if x.start() > FAR:
        raise RefusedError("the token is unknown")
    return proceed()


@fault(PARSE, "large-token-refused", "a cursor above 2**53 is rejected", trips=("PARAM-08",), needs=has_numeric_cursor)
def _large_token_refused(_x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    parsed_query = proceed()
    if parsed_query.after is not None and parsed_query.after > 2**53:
        raise RefusedError("the token is too great")
    return parsed_query


@fault(WINDOW, "token-once", "a cursor that was used before is rejected", trips=("PARAM-08",))
def _token_once(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    used = x.state.setdefault("used", set())
    if x.parsed_query.after is not None and x.parsed_query.after in used:
        raise RefusedError("the token was used before")
    used.add(x.parsed_query.after)
    return proceed()


@fault(WINDOW, "token-expires", "only the last three cursors that were handed out are accepted", trips=("PARAM-08",))
def _token_expires(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    known: list[int] = x.state.setdefault("known", [])
    if x.parsed_query.after and x.parsed_query.after not in known:
        raise RefusedError("the token has expired")
    page = proceed()
    if page.token is not None and page.token not in known:
        known[:] = [*known, page.token][-_KNOWN_TOKENS:]
    return page


@fault(
    WINDOW,
    "token-of-other-mode-refused",
    "a cursor that was handed out in one mode is rejected in another",
    trips=("PARAM-08", "HTTP-01"),
    needs=has_other_mode,
)
def _token_of_other_mode_refused(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    given: dict[int, set[str]] = x.state.setdefault("given", {})
    mode = x.parsed_query.mode.name if x.parsed_query.mode else ""
    if x.parsed_query.after in given and mode not in given[x.parsed_query.after]:
        raise RefusedError("the token is of another mode")
    page = proceed()
    if page.token is not None and page.places:
        given.setdefault(page.token, set()).add(mode)
    return page


def _starting(x: Exchange) -> str | None:
    """Return the cursor parameter's decoded value, or None if it is absent."""
    return next(iter(parse_query(x.query).get(x.feed.cursor.parameter.name, ())), None)


@fault(PARSE, "token-zero-refused", "the cursor 0 is rejected", trips=("PARAM-09",), needs=starts_with("0"))
def _token_zero_refused(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    if _starting(x) == "0":
        raise RefusedError("the token is unknown")
    return proceed()


@fault(PARSE, "token-empty-refused", "an empty cursor is rejected", trips=("PARAM-09",), needs=starts_with(""))
def _token_empty_refused(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    if _starting(x) == "":
        raise RefusedError("the token is no integer")
    return proceed()


@fault(WINDOW, "token-zero-skips", "the cursor 0 skips the first entry", trips=("PARAM-09",), needs=starts_with("0"))
def _token_zero_skips(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    return x.cut(1, x.parsed_query.limit) if _starting(x) == "0" and x.snapshot.total else proceed()


@fault(WINDOW, "token-zero-ends", "the cursor 0 gives an empty page", trips=("PARAM-09",), needs=starts_with("0"))
def _token_zero_ends(x: Exchange, proceed: Callable[[], ServedPage]) -> ServedPage:
    return x.cut(x.snapshot.total, x.parsed_query.limit) if _starting(x) == "0" else proceed()
