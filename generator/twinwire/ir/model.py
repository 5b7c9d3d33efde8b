"""The intermediate representation: frozen values that say what a feed is, in no target language's words.

Contract -> Operation (parameters), Models (fields), Feed (paging and outcome), Errata. The field plan of a model, its
``fields`` in the order of the spec, drives the JSON codec, the XML codec, the XSD, the JSON Schema and the suite alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

INT64_MIN = -(2**63)
INT64_MAX = 2**63 - 1


class Kind(Enum):
    """The kinds of scalar that both representations can carry."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    BINARY = "binary"
    """Bytes, written as base64 text."""
    URI = "uri"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar and its constraints. Lengths count Unicode code points; bounds are inclusive.

    ``ecma_pattern`` is the pattern as the spec states it, and ``pattern`` its translation for ``re.search``.
    """

    kind: Kind
    minimum: int | None = None
    maximum: int | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    enum: tuple[str | int, ...] = ()
    ecma_pattern: str | None = None


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A member whose value is another model, by its name in ``Contract.models``."""

    name: str


@dataclass(frozen=True, slots=True)
class XmlShape:
    """How a member stands in XML: as attribute or element of this name; a collection possibly in a wrapper element."""

    name: str
    attribute: bool = False
    wrapper: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One member of a model. ``wire`` is its JSON name; ``many`` makes it an ordered collection of ``type``.

    A field that is not required may be absent, null or empty, which are the same thing. A required one that is ``nullable``
    is present in JSON and may be null there; XML writes nothing for null, so in XML it may be absent.
    """

    wire: str
    type: Scalar | ModelRef
    xml: XmlShape
    many: bool = False
    required: bool = False
    description: str = ""
    since: str | None = None
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """An object of the result, and the name of its element when it stands at the root of an XML document."""

    name: str
    xml_name: str
    fields: tuple[Field, ...]
    description: str = ""

    def field(self, wire: str) -> Field:
        """Return the field of this wire name; KeyError when there is none."""
        for found in self.fields:
            if found.wire == wire:
                return found
        raise KeyError(wire)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter. ``empty_is_absent`` says that an empty value means the same as leaving it out.

    ``example`` is a value that the spec gives, as it stands in a request: what a tester sends where the parameter is required.
    """

    name: str
    type: Scalar
    required: bool = False
    default: str | int | None = None
    empty_is_absent: bool = False
    description: str = ""
    since: str | None = None
    example: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """The one operation of the contract. ``path`` begins with a slash and is appended to the base URL."""

    id: str
    path: str
    parameters: tuple[Parameter, ...]
    summary: str = ""
    description: str = ""

    def parameter(self, name: str) -> Parameter:
        """Return the parameter of this name; KeyError when there is none."""
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next lot begins: sent as ``parameter``, received as ``member``.

    ``order`` says whether later cursors are numerically greater, or whether nothing is known of them. ``start`` lists
    the values that ask from the beginning, as leaving the parameter out does.
    """

    parameter: Parameter
    member: Field
    order: Literal["numeric", "opaque"]
    start: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """The most entries of a lot: its bounds, its default, and whether one that is too high may be lowered with a warning."""

    parameter: Parameter
    minimum: int
    maximum: int
    default: int
    member: Field | None = None
    lowered: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a result says whether it worked: ``code`` equals ``success`` or it is a refusal."""

    code: Field
    success: int
    message: Field | None = None
    warnings: Field | None = None


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to ask for the content of an entry's items.

    ``value`` is sent in the modes' parameter (None: it is left out). ``items`` leads from an entry to the collection
    that this mode fills, ``content`` is the member of an item that holds the content.
    """

    name: str
    value: str | None
    items: tuple[Field, ...]
    content: Field


@dataclass(frozen=True, slots=True)
class Modes:
    """The modes of the feed. ``position`` and ``filename`` are the members that items of every mode share."""

    parameter: Parameter
    choices: tuple[Mode, ...]
    unknown_ignored: bool = False
    position: str | None = None
    filename: str | None = None

    @property
    def default(self) -> Mode:
        """The mode that is in force when nothing is asked for."""
        return next(mode for mode in self.choices if mode.value is None)


@dataclass(frozen=True, slots=True)
class Representation:
    """A format and the media types that bring it. ``relabelled`` types are answered under another label of the format."""

    format: Literal["json", "xml"]
    media_types: tuple[str, ...]
    relabelled: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The media types with which an answer in this format may be labelled."""
        return tuple(name for name in self.media_types if name not in self.relabelled)


@dataclass(frozen=True, slots=True)
class Feed:
    """What paging needs to know. ``result`` is the root model, ``entries`` its member that holds the lot."""

    result: Model
    entries: Field
    entry: Model
    key: Field
    cursor: Cursor
    limit: Limit
    outcome: Outcome
    representations: tuple[Representation, ...]
    success: tuple[Field, ...] = ()
    remaining: Field | None = None
    version: Field | None = None
    session: Parameter | None = None
    modes: Modes | None = None
    envelope: bool = False
    """Whether input may be refused with HTTP 200 and a code that is not ``outcome.success``."""


@dataclass(frozen=True, slots=True)
class Erratum:
    """Something that the vendor's page gets wrong or leaves open, and how it is read here."""

    id: str
    where: str
    page: str
    reading: str


@dataclass(frozen=True, slots=True)
class Origin:
    """The spec that a contract was built from."""

    title: str
    version: str
    sha256: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Contract:
    """Everything that the spec says, resolved: no references remain but ``ModelRef``."""

    origin: Origin
    operation: Operation
    models: Mapping[str, Model]
    feed: Feed
    errata: tuple[Erratum, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict)
    """Locations in the spec's file: the line of each parameter and member by its name, and of each erratum by its id."""

    def model(self, ref: ModelRef) -> Model:
        """Return the model that a field refers to."""
        return self.models[ref.name]
