"""Faults of leniency: input that should be rejected is served."""

from __future__ import annotations

from collections.abc import Callable

from twinwire.ir import INT64_MAX, INT64_MIN, Contract, Cursor, Limit, Parameter
from twinwire_conformance.reference.faults.plan import (
    given,
    has_modes,
    has_numeric_cursor,
    has_session,
    has_text_parameter,
    integer,
    texts,
    understand_with,
)
from twinwire_conformance.reference.faults.registry import Condition, always, fault
from twinwire_conformance.reference.pipeline import PARSE, Exchange
from twinwire_conformance.reference.query import ParsedQuery, RefusedError


def _refuses_zero(contract: Contract) -> bool:
    return contract.feed.limit.minimum > 0


def _limit_fault(name: str, description: str, read: Callable[[Limit, str], str | None], needs: Condition = always) -> None:
    """Register a fault that parses the page size in another way. None counts as absent."""

    def hook(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
        text = given(x, x.feed.limit.parameter.name)
        return understand_with(x, x.feed.limit.parameter, read(x.feed.limit, text)) if text else proceed()

    fault(PARSE, name, description, trips=("PARAM-04",), needs=needs)(hook)


def _lowered(limit: Limit, text: str) -> str:
    return str(min(integer(text) or 0, limit.maximum)) if integer(text) else text


def _exponent(_limit: Limit, text: str) -> str:
    mantissa, _, power = text.partition("e")
    return mantissa + "0" * int(power) if mantissa.isdigit() and power.isdigit() and len(power) == 1 else text


_limit_fault(
    "limit-zero-default",
    "a page size of 0 gives the default page size",
    lambda _limit, text: None if integer(text) == 0 else text,
    _refuses_zero,
)
_limit_fault(
    "limit-text-default",
    "a page size that is not an integer gives the default page size",
    lambda _limit, text: None if integer(text) is None else text,
)
_limit_fault("limit-sign-dropped", "a negative page size loses its sign", lambda _limit, text: text.removeprefix("-"))
_limit_fault(
    "limit-fraction-cut", "a page size with a fraction is truncated to an integer", lambda _limit, text: text.partition(".")[0]
)
# JavaScript's Number("1e2") is 100.
_limit_fault("limit-exponent-read", "a page size in scientific notation is served", _exponent)
_limit_fault("limit-lowered-silently", "a page size above the maximum is lowered without a warning", _lowered)


@fault(PARSE, "text-cut", "an over-long text is truncated", trips=("PARAM-06",), needs=has_text_parameter)
def _text_cut(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    for parameter, text in texts(x):
        if len(text) > (parameter.type.max_length or 0):
            return _cut(x, parameter, text)
    return proceed()


@fault(PARSE, "text-one-over", "a text may be one character too long", trips=("PARAM-06",), needs=has_text_parameter)
def _text_one_over(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    for parameter, text in texts(x):
        if len(text) == (parameter.type.max_length or 0) + 1:
            return _cut(x, parameter, text)
    return proceed()


@fault(PARSE, "session-any-length", "a session may have any length", trips=("PARAM-06",), needs=has_session)
def _session_any_length(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    return _any_length(x, x.feed.session, proceed)


@fault(PARSE, "mode-any-length", "the mode parameter may have any length", trips=("PARAM-06",), needs=has_modes)
def _mode_any_length(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    return _any_length(x, x.feed.modes.parameter if x.feed.modes else None, proceed)


def _any_length(x: Exchange, one: Parameter | None, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    for parameter, text in texts(x):
        if parameter == one:
            return _cut(x, parameter, text)
    return proceed()


def _cut(x: Exchange, parameter: Parameter, text: str) -> ParsedQuery:
    return understand_with(x, parameter, text[: parameter.type.max_length])


def _token_fault(name: str, description: str, read: Callable[[str], str]) -> None:
    """Register a fault that parses a numeric cursor in another way."""

    def hook(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
        cursor: Cursor = x.feed.cursor
        text = given(x, cursor.parameter.name)
        return understand_with(x, cursor.parameter, read(text)) if text else proceed()

    fault(PARSE, name, description, trips=("PARAM-07",), needs=has_numeric_cursor)(hook)


def _wrapped(text: str) -> str:
    number = integer(text)
    return text if number is None else str((number + 2**63) % 2**64 - 2**63)


def _clamped(text: str) -> str:
    number = integer(text)
    return text if number is None else str(max(INT64_MIN, min(INT64_MAX, number)))


def _from_hexadecimal(text: str) -> str:
    digits = text.removeprefix("0x")
    return str(int(digits, 16)) if digits != text and digits.isalnum() and digits.isdigit() else text


# As unchecked 64-bit arithmetic in C# or Java does.
_token_fault("token-wraps", "a cursor beyond 64 bits wraps around", _wrapped)
_token_fault("token-clamped", "a cursor beyond 64 bits is replaced by the nearest 64-bit integer", _clamped)
_token_fault("token-fraction-cut", "a cursor with a fraction is truncated to an integer", lambda text: text.partition(".")[0])
_token_fault("token-hexadecimal-read", "a cursor in hexadecimal is served", _from_hexadecimal)


@fault(PARSE, "token-unread-restarts", "an invalid cursor counts as absent", trips=("PARAM-07",))
def _token_unread_restarts(x: Exchange, proceed: Callable[[], ParsedQuery]) -> ParsedQuery:
    try:
        return proceed()
    except RefusedError:
        return understand_with(x, x.feed.cursor.parameter, None)
