"""Parsing of a request: the query string is validated against the parameters of the contract."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from twinwire.ir import INT64_MAX, INT64_MIN, Contract, Cursor, Feed, Kind, Limit, Mode, Parameter, Scalar

# At most 40 digits: int() refuses strings of more than 4,300 digits, and longer numbers are out of any range anyway.
_INTEGER = re.compile(r"(-?)0*([0-9]{1,40})")
_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")
# The base64 form of eight bytes: eleven characters and one "=".
_OPAQUE = re.compile(r"[A-Za-z0-9+/]{11}=")


class RefusedError(Exception):
    """A request that is rejected with an HTTP status and a message.

    Args:
        message: The reason, as it appears in the error result.
        status: The HTTP status, 400 for bad input.
    """

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


@dataclass(slots=True)
class ParsedQuery:
    """The parameters of a valid request.

    Attributes:
        after: The decoded cursor; None starts at the beginning of the feed.
        limit: The page size.
        mode: The content mode; None if the contract has no modes.
        warnings: The warnings that the response carries.
    """

    after: int | None
    limit: int
    mode: Mode | None = None
    warnings: list[str] = field(default_factory=list)


def parse_query(query: bytes) -> dict[str, list[str]]:
    """Split a query string into its values by parameter name.

    Raises:
        RefusedError: A name or value is not UTF-8.
    """
    values: dict[str, list[str]] = {}
    for part in filter(None, query.split(b"&")):
        name, _, value = (unquote_to_bytes(piece.replace(b"+", b" ")) for piece in part.partition(b"="))
        try:
            values.setdefault(name.decode(), []).append(value.decode())
        except UnicodeDecodeError:
            raise RefusedError("the query string is not UTF-8") from None
    return values


def understand(contract: Contract, query: bytes, *, lower_limit: bool = False) -> ParsedQuery:
    """Validate a query string. Unknown parameters are ignored.

    Args:
        contract: The contract whose parameters apply.
        query: The raw query string, without the question mark.
        lower_limit: Lower a page size above the maximum, with a warning, instead of rejecting it.

    Raises:
        RefusedError: A known parameter is repeated, missing, mistyped or out of range.
    """
    feed, values = contract.feed, parse_query(query)
    # Every parameter is checked for repetition first, so that the message does not depend on the order in the query.
    given = {parameter.name: _single(parameter, values) for parameter in contract.operation.parameters}
    parsed_query = ParsedQuery(_after(feed, given), feed.limit.default)
    apart = {feed.cursor.parameter.name, feed.limit.parameter.name}
    for parameter in contract.operation.parameters:
        text = given[parameter.name]
        if text is not None and parameter.name not in apart:
            _check(parameter, text)
    _limit(feed.limit, given[feed.limit.parameter.name], parsed_query, lower_limit)
    if feed.modes:
        parsed_query.mode = _mode(feed, given[feed.modes.parameter.name], parsed_query)
    return parsed_query


def write_cursor(cursor: Cursor, token: int) -> str | int:
    """Encode a cursor as the feed hands it out: an integer, its decimal text, or opaque base64."""
    assert isinstance(cursor.member.type, Scalar)
    if cursor.member.type.kind is Kind.INTEGER:
        return token
    if _is_decimal(cursor):
        return str(token)
    # Standard base64 contains "+", "/" and "=", so a client that does not escape the cursor in a query is found out.
    return base64.b64encode(token.to_bytes(8, "big", signed=True)).decode("ascii")


def _is_decimal(cursor: Cursor) -> bool:
    return cursor.order == "numeric" or cursor.parameter.type.kind is Kind.INTEGER


def _single(parameter: Parameter, values: dict[str, list[str]]) -> str | None:
    given = values.get(parameter.name, [])
    if len(given) > 1:
        raise RefusedError(f"{parameter.name} is given more than once")
    text = given[0] if given else None
    if text == "" and parameter.empty_is_absent:
        text = None
    if text is None and parameter.required:
        raise RefusedError(f"{parameter.name} is missing")
    return text


def _after(feed: Feed, given: dict[str, str | None]) -> int | None:
    cursor = feed.cursor
    text = given[cursor.parameter.name]
    if text is None:
        return None
    if _is_decimal(cursor):
        if (number := _integer(text)) is not None:
            return _within(cursor.parameter, number)
    elif _OPAQUE.fullmatch(text):
        return int.from_bytes(base64.b64decode(text), "big", signed=True)
    if text in cursor.start:
        return None
    raise RefusedError(f"{cursor.parameter.name} was not issued by this feed")


# Read "-007" as -7 and "+7" or " 7" as None: int() alone would accept signs, spaces and digits of other scripts.
def _integer(text: str) -> int | None:
    match = _INTEGER.fullmatch(text)
    return int(match[1] + match[2]) if match else None


def _within(parameter: Parameter, number: int) -> int:
    scalar = parameter.type
    low = INT64_MIN if scalar.minimum is None else scalar.minimum
    high = INT64_MAX if scalar.maximum is None else scalar.maximum
    if not low <= number <= high:
        raise RefusedError(f"{parameter.name} must be from {low} to {high}, got {number}")
    return number


def _limit(limit: Limit, text: str | None, parsed_query: ParsedQuery, lower: bool) -> None:
    if text is None:
        return
    number = _integer(text)
    if number is None:
        raise RefusedError(f"{limit.parameter.name} must be an integer")
    if lower and number > limit.maximum:
        parsed_query.warnings.append(f"{limit.parameter.name} was lowered to {limit.maximum}")
        number = limit.maximum
    parsed_query.limit = _within(limit.parameter, number)


def _mode(feed: Feed, text: str | None, parsed_query: ParsedQuery) -> Mode:
    modes = feed.modes
    assert modes is not None
    if text is None:
        return modes.default
    for mode in modes.choices:
        if mode.value == text:
            return mode
    if text and not modes.unknown_ignored:
        raise RefusedError(f"{modes.parameter.name} has an unknown value")
    if text:
        parsed_query.warnings.append(f"{modes.parameter.name} was ignored: unknown value")
    return modes.default


def _check(parameter: Parameter, text: str) -> None:
    scalar, name = parameter.type, parameter.name
    if scalar.kind is Kind.INTEGER:
        number = _integer(text)
        if number is None:
            raise RefusedError(f"{name} must be an integer")
        _within(parameter, number)
    elif scalar.kind is Kind.NUMBER and not _NUMBER.fullmatch(text):
        raise RefusedError(f"{name} must be a number")
    elif scalar.kind is Kind.BOOLEAN and text not in ("true", "false"):
        raise RefusedError(f"{name} must be true or false")
    elif not (scalar.min_length or 0) <= len(text) <= (len(text) if scalar.max_length is None else scalar.max_length):
        raise RefusedError(f"{name} must have {scalar.min_length or 0} to {scalar.max_length} characters")
    elif (scalar.enum and text not in map(str, scalar.enum)) or (scalar.pattern and not re.search(scalar.pattern, text)):
        raise RefusedError(f"{name} has a value that is not allowed")
