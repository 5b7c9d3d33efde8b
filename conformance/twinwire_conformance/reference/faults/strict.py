"""Faults of strictness: valid input is rejected or misunderstood."""

from __future__ import annotations

from collections.abc import Callable

from twinwire.ir import Contract
from twinwire_conformance.reference.asking import Ask, RefusedError, parse_query
from twinwire_conformance.reference.faults.plan import (
    FAR,
    has_numeric_cursor,
    has_other_mode,
    has_text_parameter,
    starts_with,
    texts,
)
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.pipeline import PARSE, WINDOW, Exchange, Lot

_KNOWN_TOKENS = 3


def _text_fault(name: str, description: str, allowed: Callable[[str, int, int], bool]) -> None:
    """Register a fault that rejects texts.

    Args:
        name: The id of the fault.
        description: One sentence for the tables.
        allowed: Gets a text, its minimum and its maximum length; returns False to reject it.
    """

    def hook(x: Exchange, proceed: Callable[[], Ask]) -> Ask:
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
def _mode_unknown_refused(x: Exchange, proceed: Callable[[], Ask]) -> Ask:
    modes = x.feed.modes
    for parameter, text in texts(x):
        if modes and parameter == modes.parameter and text and text not in {mode.value for mode in modes.choices}:
            raise RefusedError(f"{parameter.name} is unknown")
    return proceed()


@fault(WINDOW, "last-token-refused", "the cursor of the last page is rejected", trips=("PARAM-08",))
def _last_token_refused(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    if x.ask.after is not None and x.start() >= x.snapshot.total:
        raise RefusedError("the token is unknown")
    return proceed()


@fault(WINDOW, "far-token-refused", "a cursor after entry 1000 is rejected", trips=("PARAM-08",))
def _far_token_refused(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    if x.start() > FAR:
        raise RefusedError("the token is unknown")
    return proceed()


@fault(PARSE, "large-token-refused", "a cursor above 2**53 is rejected", trips=("PARAM-08",), needs=has_numeric_cursor)
def _large_token_refused(_x: Exchange, proceed: Callable[[], Ask]) -> Ask:
    ask = proceed()
    if ask.after is not None and ask.after > 2**53:
        raise RefusedError("the token is too great")
    return ask


@fault(WINDOW, "token-once", "a cursor that was used before is rejected", trips=("PARAM-08",))
def _token_once(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    used = x.state.setdefault("used", set())
    if x.ask.after is not None and x.ask.after in used:
        raise RefusedError("the token was used before")
    used.add(x.ask.after)
    return proceed()


@fault(WINDOW, "token-expires", "only the last three cursors that were handed out are accepted", trips=("PARAM-08",))
def _token_expires(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    known: list[int] = x.state.setdefault("known", [])
    if x.ask.after and x.ask.after not in known:
        raise RefusedError("the token has expired")
    lot = proceed()
    if lot.token is not None and lot.token not in known:
        known[:] = [*known, lot.token][-_KNOWN_TOKENS:]
    return lot


@fault(
    WINDOW,
    "token-of-other-mode-refused",
    "a cursor that was handed out in one mode is rejected in another",
    trips=("PARAM-08", "HTTP-01"),
    needs=has_other_mode,
)
def _token_of_other_mode_refused(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    given: dict[int, set[str]] = x.state.setdefault("given", {})
    mode = x.ask.mode.name if x.ask.mode else ""
    if x.ask.after in given and mode not in given[x.ask.after]:
        raise RefusedError("the token is of another mode")
    lot = proceed()
    if lot.token is not None and lot.places:
        given.setdefault(lot.token, set()).add(mode)
    return lot


def _starting(x: Exchange) -> str | None:
    """Return the cursor parameter's decoded value, or None if it is absent."""
    return next(iter(parse_query(x.query).get(x.feed.cursor.parameter.name, ())), None)


@fault(PARSE, "token-zero-refused", "the cursor 0 is rejected", trips=("PARAM-09",), needs=starts_with("0"))
def _token_zero_refused(x: Exchange, proceed: Callable[[], Ask]) -> Ask:
    if _starting(x) == "0":
        raise RefusedError("the token is unknown")
    return proceed()


@fault(PARSE, "token-empty-refused", "an empty cursor is rejected", trips=("PARAM-09",), needs=starts_with(""))
def _token_empty_refused(x: Exchange, proceed: Callable[[], Ask]) -> Ask:
    if _starting(x) == "":
        raise RefusedError("the token is no integer")
    return proceed()


@fault(WINDOW, "token-zero-skips", "the cursor 0 skips the first entry", trips=("PARAM-09",), needs=starts_with("0"))
def _token_zero_skips(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    return x.cut(1, x.ask.limit) if _starting(x) == "0" and x.snapshot.total else proceed()


@fault(WINDOW, "token-zero-ends", "the cursor 0 gives an empty page", trips=("PARAM-09",), needs=starts_with("0"))
def _token_zero_ends(x: Exchange, proceed: Callable[[], Lot]) -> Lot:
    return x.cut(x.snapshot.total, x.ask.limit) if _starting(x) == "0" else proceed()
