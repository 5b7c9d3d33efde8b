"""The contract of a run: the intermediate representation, prepared for sending requests and judging responses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Literal

from twinwire.errors import UsageError
from twinwire.ir import INT64_MAX, INT64_MIN, Contract, Field, Kind, Mode, ModelRef, Packed, Representation, unpack
from twinwire_conformance.decoding import DecodedResult, ResultDecoder, Undecodable
from twinwire_conformance.decoding.limits import check_weight
from twinwire_conformance.model import Request, Response
from twinwire_conformance.validation import Schemas

Format = Literal["json", "xml"]
MAX_UNREADABLE = 256
FORMATS: tuple[Format, ...] = ("json", "xml")
_SESSION = "twinwire"
# Bounded, because int() refuses texts of thousands of digits with an exception.
_DECIMAL = re.compile(r"-?[0-9]{1,20}")


@cache
def _packaged() -> Packed:
    return unpack((files("twinwire_conformance") / "data" / "contract.json").read_bytes())


def packaged_contract() -> Contract:
    """Return the contract that ships with the suite; ``twinwire generate`` checks it before writing it."""
    return _packaged().contract


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A valid request for one page, in the terms of the contract.

    Args:
        media_type: The media type to accept; empty where the caller sets the Accept header itself.
        cursor: The position to continue from; None for the beginning of the feed.
        limit: The page size; None for the default.
        mode: The content mode; None for the default.
        session: The session; None for the caller's.
    """

    media_type: str
    cursor: str | None = None
    limit: int | None = None
    mode: Mode | None = None
    session: str | None = None


class ContractView:
    """The parts of a contract that the rules use, by role and not by name.

    Raises:
        UsageError: A parameter is required, and the spec has no value to send for it.
    """

    def __init__(self, contract: Contract) -> None:
        self.ir = contract
        self.feed = contract.feed
        self.operation = contract.operation
        self._reader = ResultDecoder(contract)
        self._unreadable: dict[tuple[object, ...], Undecodable] = {}
        self._required = {item.name: item.example for item in contract.operation.parameters if item.required}
        session = self.feed.session
        if session is not None and session.required and session.example is None and session.type.pattern is None:
            # A session without a pattern may be any text, so that one can be made up.
            self._required[session.name] = _SESSION.ljust(session.type.min_length or 0, "-")[: session.type.max_length]
        for name, example in self._required.items():
            # A missing session is an error only when a request is made: the caller may give one with --session.
            if example is None and (session is None or name != session.name):
                raise _missing(name)

    @property
    def media_types(self) -> tuple[str, ...]:
        """Every documented media type, those of JSON first."""
        return tuple(name for item in self.feed.representations for name in item.media_types)

    def representation(self, format_: Format) -> Representation:
        """Return the representation of a format."""
        return next(item for item in self.feed.representations if item.format == format_)

    def canonical_type(self, format_: Format) -> str:
        """Return the media type to request a representation with when any of its media types will do."""
        return self.representation(format_).labels[0]

    def format_of(self, media_type: str) -> Format | None:
        """Return the representation that a request for a media type gets; None for an undocumented one."""
        return next((item.format for item in self.feed.representations if media_type in item.media_types), None)

    def declared_format(self, media_type: str) -> Format | None:
        """Return the representation that a Content-Type declares, or None.

        Every documented media type is accepted; HTTP-03 remarks on those that are only meant for requests.
        """
        return self.format_of(media_type)

    @cached_property
    def link_mode(self) -> Mode | None:
        """The content mode with the smallest responses: links where the feed has them. None without content modes."""
        if self.feed.modes is None:
            return None
        links = [mode for mode in self.feed.modes.choices if kind_of(mode.content) is Kind.URI]
        return links[0] if links else self.feed.modes.default

    @property
    def modes(self) -> list[Mode | None]:
        """Every content mode, the one with the smallest responses first; a list of None when the feed has no content modes."""
        if self.feed.modes is None:
            return [None]
        others = [mode for mode in self.feed.modes.choices if mode is not self.link_mode]
        return [self.link_mode, *others]

    def params(self, page_request: PageRequest) -> dict[str, str]:
        """Return the query parameters of a page request by name, in the order of the operation.

        A required parameter without a role in the feed gets the example in the spec.

        Raises:
            UsageError: The session is required, and neither the request nor the spec has one.
        """
        feed = self.feed
        values = {name: example for name, example in self._required.items() if example is not None}
        if page_request.cursor is not None:
            values[feed.cursor.parameter.name] = page_request.cursor
        if page_request.limit is not None:
            values[feed.limit.parameter.name] = str(page_request.limit)
        if page_request.mode is not None and page_request.mode.value is not None and feed.modes is not None:
            values[feed.modes.parameter.name] = page_request.mode.value
        if page_request.session is not None and feed.session is not None:
            values[feed.session.name] = page_request.session
        elif feed.session is not None and feed.session.name in self._required.keys() - values.keys():
            raise _missing(feed.session.name, " or give --session")
        return {item.name: values[item.name] for item in self.operation.parameters if item.name in values}

    def request(self, page_request: PageRequest) -> Request:
        """Return the HTTP request for a page request."""
        return Request(tuple(self.params(page_request).items()), page_request.media_type)

    def read(self, response: Response) -> DecodedResult:
        """Decode a response according to its Content-Type.

        Raises:
            Undecodable: The Content-Type is not documented, or the body does not match it.
        """
        if response.flaw:
            raise Undecodable(response.flaw)
        format_ = self.declared_format(response.media_type)
        if format_ is None:
            label = response.media_type or "no media type"
            raise Undecodable(f"the Content-Type is {label!r}; documented are {', '.join(self.media_types)}")
        read = self._reader.json if format_ == "json" else self._reader.xml
        # Many rules meet the same broken body; it is parsed once. A target without one pays nothing for that.
        known = self._unreadable.get(identity(response)) if self._unreadable else None
        if known is not None:
            raise Undecodable(str(known), coding=known.coding, foreign=known.foreign)
        try:
            check_weight(response.body, is_json=format_ == "json")
            return read(response.body, response.charset)
        except Undecodable as error:
            if len(self._unreadable) >= MAX_UNREADABLE:
                self._unreadable.clear()
            # A copy: the traceback of the error holds the body.
            self._unreadable[identity(response)] = Undecodable(str(error), coding=error.coding, foreign=error.foreign)
            raise

    def size(self, wanted: int) -> int:
        """Return the allowed page size nearest to a wanted one."""
        return max(self.feed.limit.minimum, min(self.feed.limit.maximum, wanted))

    def sample(self, media_type: str, cursor: str | None = None) -> PageRequest:
        """Return the request for a page of two entries. All rules use this size, so that they share the responses."""
        return PageRequest(media_type, cursor, self.size(2), self.link_mode)

    def is_rejection(self, response: Response) -> bool:
        """Return whether a response rejects its request: a 4xx other than 429, or an error result without entries."""
        if 400 <= response.status < 500:
            return response.status != 429
        envelope = self.envelope(response) if response.status == 200 else None
        return envelope is not None and not envelope.get(self.feed.entries.wire_name)

    def envelope(self, response: Response) -> dict[str, Any] | None:
        """Return the error result in a response; None when the response is a success or not a result."""
        try:
            value = self.read(response).value
        except Undecodable:
            return None
        return value if integer(value.get(self.feed.outcome.code.wire_name)) != self.feed.outcome.success else None

    @cached_property
    def schemas(self) -> Schemas:
        """The schemas that are generated from the contract."""
        packed = _packaged()
        return Schemas(self.ir, packed.schemas if packed.contract is self.ir else None)

    def items(self, entry: dict[str, Any], mode: Mode) -> list[dict[str, Any]]:
        """Return the images that an entry holds for a content mode; a mistyped collection counts as empty."""
        nodes = [entry]
        for step in mode.items:
            found: list[dict[str, Any]] = []
            for node in nodes:
                item = node.get(step.wire_name)
                if isinstance(item, dict):
                    found.append(item)
                elif isinstance(item, list):
                    found += [part for part in item if isinstance(part, dict)]
            nodes = found
        return nodes


def identity(response: Response) -> tuple[object, ...]:
    """Return what two answers have in common that read the same, without keeping a body."""
    return response.media_type, response.charset, len(response.body), hash(response.body), response.flaw


def _missing(name: str, otherwise: str = "") -> UsageError:
    return UsageError(
        f"the spec requires the parameter {name!r} and gives no value to send for it",
        f"add an example to the parameter{otherwise}",
    )


def integer(value: object) -> int | None:
    """Return a signed 64-bit integer, or None for anything else.

    An integer in text counts as well: the schema rules fail for its type, and the other rules can still judge its value.
    """
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        value = int(value)
    fits = isinstance(value, int) and not isinstance(value, bool) and INT64_MIN <= value <= INT64_MAX
    return value if fits else None  # type: ignore[return-value]


def kind_of(field: Field) -> Kind | None:
    """Return the kind of a scalar field; None for a field that holds a model."""
    return None if isinstance(field.type, ModelRef) else field.type.kind
