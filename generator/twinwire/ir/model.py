"""The intermediate representation: immutable values that describe a feed independently of the target language.

Contract -> Operation (parameters), Models (fields), Feed (paging and outcome), Errata. The field plan of a model, its
``fields`` in the order of the spec, drives the JSON codec, the XML codec, the XSD, the JSON Schema and the conformance kit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

# JSON Schema has no integer type of 64 bits, so the bounds are spelled out; in XSD they are those of xs:long.
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

    ``ecma_pattern`` is the pattern from the spec, and ``pattern`` is its translation for Python's ``re.search``. ``enum`` is
    empty if all values are allowed.
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
    """The type of a member whose value is another model. ``name`` is its key in ``Contract.models``."""

    name: str


@dataclass(frozen=True, slots=True)
class XmlShape:
    """The XML form of a member: an attribute or element with this name. ``wrapper`` names the element around a collection."""

    name: str
    attribute: bool = False
    wrapper: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A member of a model. ``wire`` is its JSON name; ``many`` makes it an ordered collection of ``type``.

    A field that is not required may be absent, null or empty, which all mean the same. A required field that is ``nullable``
    is always present in JSON and may be null there. XML has no null, so in XML the field may be absent. ``since`` is the
    version of the feed that introduced the field.
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
    """An object type of the result. ``xml_name`` is the name of its element at the root of an XML document."""

    name: str
    xml_name: str
    fields: tuple[Field, ...]
    description: str = ""

    def field(self, wire: str) -> Field:
        """Return the field with a wire name.

        Raises:
            KeyError: The model has no such field.
        """
        for found in self.fields:
            if found.wire == wire:
                return found
        raise KeyError(wire)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter. If ``empty_is_absent``, an empty value means the same as an absent parameter.

    ``example`` is a value from the spec as a request carries it, which the conformance kit sends if the parameter is required.
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
    """The operation that serves the feed. ``path`` begins with a slash and is appended to the base URL."""

    id: str
    path: str
    parameters: tuple[Parameter, ...]
    summary: str = ""
    description: str = ""

    def parameter(self, name: str) -> Parameter:
        """Return the parameter with a name.

        Raises:
            KeyError: The operation has no such parameter.
        """
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The position of the next page: sent as ``parameter``, received as ``member``.

    With the ``order`` numeric, later cursors are greater numbers; opaque cursors have no known order. ``start`` lists the
    values that request the first page, as an absent parameter does.
    """

    parameter: Parameter
    member: Field
    order: Literal["numeric", "opaque"]
    start: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """The page size: its bounds and default. If ``lowered``, a server may reduce a page size above the maximum and warn."""

    parameter: Parameter
    minimum: int
    maximum: int
    default: int
    member: Field | None = None
    lowered: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """The members that distinguish a successful result, whose ``code`` equals ``success``, from an error result."""

    code: Field
    success: int
    message: Field | None = None
    warnings: Field | None = None


@dataclass(frozen=True, slots=True)
class Mode:
    """A content mode: one form in which the feed delivers the content of an entry's items.

    ``value`` is sent in the parameter of the modes; None means that the parameter is absent. ``items`` is the path of fields
    from an entry to the collection that this mode fills, and ``content`` is the field of an item that has the content.
    """

    name: str
    value: str | None
    items: tuple[Field, ...]
    content: Field


@dataclass(frozen=True, slots=True)
class Modes:
    """The content modes of the feed. ``position`` and ``filename`` name members that items have in every mode."""

    parameter: Parameter
    choices: tuple[Mode, ...]
    unknown_ignored: bool = False
    position: str | None = None
    filename: str | None = None

    @property
    def default(self) -> Mode:
        """The mode of a request without the parameter."""
        return next(mode for mode in self.choices if mode.value is None)


@dataclass(frozen=True, slots=True)
class Representation:
    """A representation and its media types. A response to a ``relabelled`` one carries another of them as its Content-Type."""

    format: Literal["json", "xml"]
    media_types: tuple[str, ...]
    relabelled: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The media types that a response in this representation may have as its Content-Type."""
        return tuple(name for name in self.media_types if name not in self.relabelled)


@dataclass(frozen=True, slots=True)
class Feed:
    """The roles of parameters and members in paging.

    ``result`` is the root model, ``entries`` its field with the entries of the page, and ``entry`` their model, which ``key``
    identifies. ``success`` lists the fields that a successful result must have.
    """

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
    """True if a rejection may be an error result: HTTP 200 and a code that is not ``outcome.success``."""


@dataclass(frozen=True, slots=True)
class Erratum:
    """An error or ambiguity in the vendor's documentation (``page``), and its interpretation here (``reading``)."""

    id: str
    where: str
    page: str
    reading: str


@dataclass(frozen=True, slots=True)
class Origin:
    """The spec from which a contract was built; ``sha256`` is the hexadecimal digest of its file."""

    title: str
    version: str
    sha256: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Contract:
    """The whole content of a spec with all references resolved, except those between models (``ModelRef``)."""

    origin: Origin
    operation: Operation
    models: Mapping[str, Model]
    feed: Feed
    errata: tuple[Erratum, ...] = ()
    # Not a part of the contract itself: findings of the conformance kit cite these lines.
    lines: Mapping[str, int] = field(default_factory=dict)
    """Line numbers in the spec's file: of each parameter and member by its name, and of each erratum by its id."""

    def model(self, ref: ModelRef) -> Model:
        """Return the model that a field refers to."""
        return self.models[ref.name]
