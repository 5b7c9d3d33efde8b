"""What the tables of this package are made of: the field plan of the models, and what paging needs to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["string", "integer", "number", "boolean", "binary", "uri", "model"]
Representation: TypeAlias = Literal["json", "xml"]

INT64_MIN = -(2**63)
INT64_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a model: ``name`` in Python, ``wire`` in JSON, ``xml`` as attribute or element in XML.

    ``many`` makes it a collection, in a ``wrapper`` element or not; ``shape`` is there when its kind is model. A required one
    that is ``nullable`` is there in JSON and may be null; in XML it is null when it is not there.
    """

    name: str
    wire: str
    kind: Kind
    xml: str
    attribute: bool = False
    wrapper: str | None = None
    many: bool = False
    required: bool = False
    nullable: bool = False
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str | int, ...] = ()
    shape: ResultShape | None = None


@dataclass(frozen=True, slots=True)
class ResultShape:
    """The members of a model, in the contract's order, and its element's name as the root of an XML document."""

    element: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class ModePlan:
    """A way to ask for what the entries hold: ``value`` is sent in the feed's ``mode_parameter``, None leaves it out.

    ``items`` are the attributes that lead from an entry to its items; ``content`` is the attribute of an item that holds its
    bytes, or with ``link`` the URL to load them from. ``position`` and ``filename`` are attributes too, None where the
    contract has none.
    """

    name: str
    value: str | None
    items: tuple[str, ...]
    content: str
    link: bool
    position: str | None = None
    filename: str | None = None


@dataclass(frozen=True, slots=True)
class FeedPlan:
    """The names of what paging reads: attributes of the result, and wire names of the parameters.

    ``success`` is the value of ``code`` with which a request worked, and ``complete`` lists the members that are then
    there: attribute and wire name. ``start`` lists the cursors that ask from the beginning. ``media_types`` leads from
    a label to its representation, ``accept`` from a representation to the label to ask for. ``key`` is the attribute that
    identifies an entry; ``modes`` are those that bring content.
    """

    path: str
    entries: str
    key: str
    cursor: str
    cursor_wire: str
    cursor_parameter: str
    limit_parameter: str
    session_parameter: str | None
    start: tuple[str, ...]
    remaining: str | None
    code: str
    success: int | str
    message: str | None
    warnings: str | None
    complete: Mapping[str, str]
    media_types: Mapping[str, Representation]
    accept: Mapping[Representation, str]
    mode_parameter: str | None = None
    modes: tuple[ModePlan, ...] = ()
