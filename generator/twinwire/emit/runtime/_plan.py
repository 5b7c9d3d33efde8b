"""Types of the generated tables: the fields of the models, and the names that paging needs."""

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

    ``many`` makes it a collection, with or without a ``wrapper`` element; ``shape`` is set when its kind is model. A member
    that is required and ``nullable`` is always present in JSON and may be null; in XML an absent one is null.
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
    """A content mode: binary, or with ``link`` a URL for each item.

    ``value`` is sent in the feed's ``mode_parameter``; None omits the parameter. ``items`` are the attributes that lead from
    an entry to its items. ``content`` is the attribute of an item with its bytes, or with ``link`` the URL of the bytes.
    ``position`` and ``filename`` are attributes too, None where the contract has none.
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
    """The names that paging needs: attributes of the result, and wire names of the parameters.

    ``success`` is the value of ``code`` in a successful result, and ``complete`` maps the attributes that such a result must
    have to their wire names. ``start`` lists the cursors that stand for the beginning. ``media_types`` maps a media type to
    its representation, ``accept`` a representation to the media type to request. ``key`` is the attribute that identifies an
    entry; ``modes`` are the content modes.
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
