"""Conditions on contracts, and access to a result's members by role instead of by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from twinwire.ir import Contract, Kind, Mode, ModelRef, Parameter, Scalar
from twinwire_conformance.reference.pipeline import Exchange
from twinwire_conformance.reference.query import ParsedQuery, RefusedError, parse_query, understand

FAR = 1000
"""The rank from which a fault in a far page appears."""


def has_modes(contract: Contract) -> bool:
    """Return True if the items come in content modes."""
    return contract.feed.modes is not None


def has_remaining(contract: Contract) -> bool:
    """Return True if a response states the number of remaining entries."""
    return contract.feed.remaining is not None


def has_size(contract: Contract) -> bool:
    """Return True if a response states the number of its entries."""
    return contract.feed.limit.member is not None


def has_both_totals(contract: Contract) -> bool:
    """Return True if a response states both counts."""
    return has_remaining(contract) and has_size(contract)


def has_numeric_cursor(contract: Contract) -> bool:
    """Return True if cursors are numbers that are encoded as strings."""
    cursor = contract.feed.cursor
    return cursor.order == "numeric" and isinstance(cursor.member.type, Scalar) and cursor.member.type.kind is Kind.STRING


def has_small_default(contract: Contract) -> bool:
    """Return True if the default page size is below the maximum."""
    return contract.feed.limit.default < contract.feed.limit.maximum


def serves(limit: int) -> Callable[[Contract], bool]:
    """Return the condition that a page may hold this many entries."""
    return lambda contract: contract.feed.limit.maximum >= limit


def has_strings(contract: Contract) -> bool:
    """Return True if entries contain free text, and with it characters that are difficult to encode."""
    members = (member for model in contract.models.values() if model is not contract.feed.result for member in model.fields)
    return any(isinstance(member.type, Scalar) and member.type.kind is Kind.STRING for member in members)


def has_integer_key(contract: Contract) -> bool:
    """Return True if keys are integers."""
    return isinstance(contract.feed.key.type, Scalar) and contract.feed.key.type.kind is Kind.INTEGER


def has_binary_mode(contract: Contract) -> bool:
    """Return True if there is a binary mode."""
    return any(_kind(mode) is Kind.BINARY for mode in modes(contract))


def has_uri_mode(contract: Contract) -> bool:
    """Return True if there is a link mode."""
    return any(_kind(mode) is Kind.URI for mode in modes(contract))


def has_text_parameter(contract: Contract) -> bool:
    """Return True if a parameter takes text of limited length."""
    return any(each.type.max_length is not None for each in contract.operation.parameters)


def has_session(contract: Contract) -> bool:
    """Return True if requests may name a session."""
    return contract.feed.session is not None


def has_message(contract: Contract) -> bool:
    """Return True if a response has a message."""
    return contract.feed.outcome.message is not None


def has_warnings(contract: Contract) -> bool:
    """Return True if a response may have warnings, as XML elements."""
    warnings = contract.feed.outcome.warnings
    return warnings is not None and not warnings.xml.attribute


def has_version(contract: Contract) -> bool:
    """Return True if a response may state its version, as an optional scalar."""
    version = contract.feed.version
    return version is not None and not version.required and isinstance(version.type, Scalar)


def has_envelope(contract: Contract) -> bool:
    """Return True if input may be rejected with HTTP 200 and an error result."""
    return contract.feed.envelope


def has_other_mode(contract: Contract) -> bool:
    """Return True if there is a mode besides the default."""
    return len(modes(contract)) > 1


def has_file_names(contract: Contract) -> bool:
    """Return True if items have file names."""
    return contract.feed.modes is not None and contract.feed.modes.filename is not None


def has_positions(contract: Contract) -> bool:
    """Return True if items have positions."""
    return contract.feed.modes is not None and contract.feed.modes.position is not None


def starts_with(cursor: str) -> Callable[[Contract], bool]:
    """Return the condition that this value of the cursor parameter starts at the beginning."""
    return lambda contract: cursor in contract.feed.cursor.start


def has_many_types(contract: Contract) -> bool:
    """Return True if each representation has more than one media type that may be a Content-Type."""
    return all(len(each.labels) > 1 for each in contract.feed.representations)


def has_relabelled_type(contract: Contract) -> bool:
    """Return True if responses to some media type always carry another Content-Type."""
    return any(each.relabelled for each in contract.feed.representations)


def modes(contract: Contract) -> tuple[Mode, ...]:
    """Return the modes of a feed; empty if it has none."""
    return contract.feed.modes.choices if contract.feed.modes else ()


def is_empty(x: Exchange) -> bool:
    """Return True if the request is accepted and its page is empty."""
    return x.error is None and not x.page.places


def in_kind(x: Exchange, kind: Kind) -> bool:
    """Return True if the requested mode returns content of this kind."""
    return x.error is None and x.parsed_query.mode is not None and _kind(x.parsed_query.mode) is kind


def entries(x: Exchange, result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the entries of a result; an error result has none."""
    found: list[dict[str, Any]] = result.get(x.feed.entries.wire_name) or []
    return found


def items(x: Exchange, entry: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the items that an entry lists in the requested mode."""
    holder: Any = entry
    for step in x.parsed_query.mode.items if x.parsed_query.mode else ():
        holder = holder.get(step.wire_name) or {}
    return holder if isinstance(holder, list) else []


def all_items(x: Exchange, result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the items of every entry."""
    for entry in entries(x, result):
        yield from items(x, entry)


def map_content(x: Exchange, result: dict[str, Any], kind: Kind, change: Callable[[str], str | None]) -> dict[str, Any]:
    """Change the content of every item in a result if the requested mode returns content of this kind.

    Args:
        x: The exchange.
        result: The result; its items are changed in place.
        kind: The kind of content to change.
        change: Maps a content to its replacement.

    Returns:
        The same result.
    """
    if in_kind(x, kind) and x.parsed_query.mode:
        for item in all_items(x, result):
            item[x.parsed_query.mode.content.wire_name] = change(item[x.parsed_query.mode.content.wire_name])
    return result


def map_scalars(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return a copy of nested plain values with every scalar changed."""
    if isinstance(value, dict):
        return {name: map_scalars(inner, change) for name, inner in value.items()}
    if isinstance(value, list):
        return [map_scalars(inner, change) for inner in value]
    return change(value)


def map_text(x: Exchange, change: Callable[[str], str]) -> None:
    """Change every string in the entries of an exchange's result."""
    wire_name = x.feed.entries.wire_name
    if wire_name in x.result:
        changed = map_scalars(x.result[wire_name], lambda value: change(value) if isinstance(value, str) else value)
        x.result = {**x.result, wire_name: changed}


def given(x: Exchange, name: str) -> str:
    """Return the first value of a query parameter as it stands in the request, not decoded; empty if it is absent."""
    for part in x.query.split(b"&"):
        key, _, value = part.partition(b"=")
        if key == name.encode():
            return value.decode("latin-1")
    return ""


def texts(x: Exchange) -> Iterator[tuple[Parameter, str]]:
    """Yield the text parameters of limited length that the request contains, with their decoded values."""
    try:
        values = parse_query(x.query)
    except RefusedError:
        # The server itself rejects a query that cannot be decoded.
        return
    for parameter in x.contract.operation.parameters:
        # An opaque cursor may have a maximum length too, but its faults are separate ones.
        if parameter.type.max_length is not None and parameter != x.feed.cursor.parameter:
            for text in values.get(parameter.name, ()):
                yield parameter, text


def understand_with(x: Exchange, parameter: Parameter, text: str | None) -> ParsedQuery:
    """Parse a request with another value for one parameter.

    Args:
        x: The exchange.
        parameter: The parameter to replace.
        text: The decoded value; None removes the parameter.

    Raises:
        RefusedError: The changed request is not valid either.
    """
    name = parameter.name.encode()
    parts = [part for part in x.query.split(b"&") if part.partition(b"=")[0] != name]
    if text is not None:
        parts.append(name + b"=" + quote(text, safe="").encode())
    return understand(x.contract, b"&".join(parts), lower_limit=x.lower_limit)


def token_at(x: Exchange, rank: int) -> int | None:
    """Return the cursor of the entry at a rank, or None when the rank is past the end."""
    return next((place.token for place in x.snapshot.places(rank, rank + 1)), None)


def integer(text: str) -> int | None:
    """Parse a decimal integer of fewer than 40 characters, or return None."""
    return int(text) if text.lstrip("-").isascii() and text.lstrip("-").isdigit() and len(text) < 40 else None


def _kind(mode: Mode) -> Kind | None:
    content = mode.content.type
    return None if isinstance(content, ModelRef) else content.kind
