"""The terms that a target is held to: the IR, made ready for sending requests and judging answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Literal

from twinwire.errors import UsageError
from twinwire.ir import INT64_MAX, INT64_MIN, Contract, Field, Kind, Mode, ModelRef, Packed, Representation, unpack
from twinwire_conformance.model import Answer, Request
from twinwire_conformance.reading import Reader, Reading, Unreadable
from twinwire_conformance.reading.limits import check_weight
from twinwire_conformance.validation import Schemas

Format = Literal["json", "xml"]
MAX_UNREADABLE = 256
FORMATS: tuple[Format, ...] = ("json", "xml")
_SESSION = "twinwire"
_DECIMAL = re.compile(r"-?[0-9]{1,20}")


@cache
def _packaged() -> Packed:
    return unpack((files("twinwire_conformance") / "data" / "contract.json").read_bytes())


def packaged_contract() -> Contract:
    """Return the contract that ships with the suite; it was checked when ``twinwire generate`` put it there."""
    return _packaged().contract


@dataclass(frozen=True, slots=True)
class Ask:
    """A valid request for one lot, in the contract's terms.

    ``cursor`` None asks from the beginning, ``limit`` None leaves it to the default, ``mode`` None is the default mode.
    """

    media_type: str
    cursor: str | None = None
    limit: int | None = None
    mode: Mode | None = None
    session: str | None = None


class Terms:
    """The parts of a contract that the rules use, by role and never by a member's name.

    Raises UsageError for a required parameter whose value is unknown.
    """

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.feed = contract.feed
        self.operation = contract.operation
        self._reader = Reader(contract)
        self._unreadable: dict[tuple[object, ...], Unreadable] = {}
        self._required = {item.name: item.example for item in contract.operation.parameters if item.required}
        session = self.feed.session
        if session is not None and session.required and session.example is None and session.type.pattern is None:
            # Any text identifies a session.
            self._required[session.name] = _SESSION.ljust(session.type.min_length or 0, "-")[: session.type.max_length]
        for name, example in self._required.items():
            # The caller may still give the session.
            if example is None and (session is None or name != session.name):
                raise _missing(name)

    @property
    def media_types(self) -> tuple[str, ...]:
        """Every documented media type, JSON first."""
        return tuple(name for item in self.feed.representations for name in item.media_types)

    def representation(self, format_: Format) -> Representation:
        """Return the representation of a format."""
        return next(item for item in self.feed.representations if item.format == format_)

    def canonical_type(self, format_: Format) -> str:
        """Return the media type with which a format is asked for when any will do."""
        return self.representation(format_).labels[0]

    def format_of(self, media_type: str) -> Format | None:
        """Return the format that a documented media type brings, or None."""
        return next((item.format for item in self.feed.representations if media_type in item.media_types), None)

    def labelled(self, media_type: str) -> Format | None:
        """Return the format that a response with this Content-Type is in, or None.

        Every documented media type may be the label of its format; HTTP-03 remarks on those that are not meant as one.
        """
        return self.format_of(media_type)

    @cached_property
    def light_mode(self) -> Mode | None:
        """The mode whose answers are smallest: links, where the feed has them. None is the default mode."""
        if self.feed.modes is None:
            return None
        links = [mode for mode in self.feed.modes.choices if kind_of(mode.content) is Kind.URI]
        return links[0] if links else self.feed.modes.default

    @property
    def modes(self) -> list[Mode | None]:
        """Every mode, the light one first; a feed without modes has one, None."""
        if self.feed.modes is None:
            return [None]
        others = [mode for mode in self.feed.modes.choices if mode is not self.light_mode]
        return [self.light_mode, *others]

    def params(self, ask: Ask) -> dict[str, str]:
        """Return the query parameters of an ask by name, in the order of the operation.

        A required parameter without a role in the feed gets the value that the spec gives for it. Raises UsageError when there
        is none.
        """
        feed = self.feed
        values = {name: example for name, example in self._required.items() if example is not None}
        if ask.cursor is not None:
            values[feed.cursor.parameter.name] = ask.cursor
        if ask.limit is not None:
            values[feed.limit.parameter.name] = str(ask.limit)
        if ask.mode is not None and ask.mode.value is not None and feed.modes is not None:
            values[feed.modes.parameter.name] = ask.mode.value
        if ask.session is not None and feed.session is not None:
            values[feed.session.name] = ask.session
        elif feed.session is not None and feed.session.name in self._required.keys() - values.keys():
            raise _missing(feed.session.name, " or give --session")
        return {item.name: values[item.name] for item in self.operation.parameters if item.name in values}

    def request(self, ask: Ask) -> Request:
        """Return the request for an ask."""
        return Request(tuple(self.params(ask).items()), ask.media_type)

    def read(self, answer: Answer) -> Reading:
        """Read an answer by its label. Raises Unreadable when the label is no documented one or the body not its kind."""
        if answer.flaw:
            raise Unreadable(answer.flaw)
        format_ = self.labelled(answer.media_type)
        if format_ is None:
            label = answer.media_type or "no media type"
            raise Unreadable(f"the Content-Type is {label!r}; documented are {', '.join(self.media_types)}")
        read = self._reader.json if format_ == "json" else self._reader.xml
        # Many rules meet the same broken body; it is parsed once. A target without one pays nothing for that.
        known = self._unreadable.get(identity(answer)) if self._unreadable else None
        if known is not None:
            raise Unreadable(str(known), coding=known.coding, foreign=known.foreign)
        try:
            check_weight(answer.body, is_json=format_ == "json")
            return read(answer.body, answer.charset)
        except Unreadable as error:
            if len(self._unreadable) >= MAX_UNREADABLE:
                self._unreadable.clear()
            # A copy: the traceback of the error holds the body.
            self._unreadable[identity(answer)] = Unreadable(str(error), coding=error.coding, foreign=error.foreign)
            raise

    def size(self, wanted: int) -> int:
        """Return the allowed size of a lot that is nearest to a wanted one."""
        return max(self.feed.limit.minimum, min(self.feed.limit.maximum, wanted))

    def sample(self, media_type: str, cursor: str | None = None) -> Ask:
        """Return the ask for a lot of two entries; one size, so that rules share the answers."""
        return Ask(media_type, cursor, self.size(2), self.light_mode)

    def refuses(self, answer: Answer) -> bool:
        """Say whether an answer refuses its request: by a 4xx but 429, or by an envelope without entries."""
        if 400 <= answer.status < 500:
            return answer.status != 429
        envelope = self.envelope(answer) if answer.status == 200 else None
        return envelope is not None and not envelope.get(self.feed.entries.wire)

    def envelope(self, answer: Answer) -> dict[str, Any] | None:
        """Return the result with which an answer says that its request did not work, or None when it is no such thing."""
        try:
            value = self.read(answer).value
        except Unreadable:
            return None
        return value if integer(value.get(self.feed.outcome.code.wire)) != self.feed.outcome.success else None

    @cached_property
    def schemas(self) -> Schemas:
        """The schemas that are generated from the contract."""
        packed = _packaged()
        return Schemas(self.contract, packed.schemas if packed.contract is self.contract else None)

    def items(self, entry: dict[str, Any], mode: Mode) -> list[dict[str, Any]]:
        """Return the items that an entry holds in the collection of a mode; what is mistyped yields none."""
        nodes = [entry]
        for step in mode.items:
            found: list[dict[str, Any]] = []
            for node in nodes:
                item = node.get(step.wire)
                if isinstance(item, dict):
                    found.append(item)
                elif isinstance(item, list):
                    found += [part for part in item if isinstance(part, dict)]
            nodes = found
        return nodes


def identity(answer: Answer) -> tuple[object, ...]:
    """Return what two answers have in common that read the same, without keeping a body."""
    return answer.media_type, answer.charset, len(answer.body), hash(answer.body), answer.flaw


def _missing(name: str, otherwise: str = "") -> UsageError:
    return UsageError(
        f"the spec requires the parameter {name!r} and gives no value to send for it",
        f"add an example to the parameter{otherwise}",
    )


def integer(value: object) -> int | None:
    """Return a 64-bit integer, also one that is written in text, which the schema rules name; None for anything else."""
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        value = int(value)
    fits = isinstance(value, int) and not isinstance(value, bool) and INT64_MIN <= value <= INT64_MAX
    return value if fits else None  # type: ignore[return-value]


def kind_of(field: Field) -> Kind | None:
    """Return the kind of a scalar field, or None for a model."""
    return None if isinstance(field.type, ModelRef) else field.type.kind
