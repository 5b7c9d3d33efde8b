# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""How answers are read: which base64 is taken, what is told of, and where the limits are."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from ._arguments import function, integer, kind
from ._base64 import Base64, lenient, strict, verbatim
from .errors import ParameterError

OnUnknown: TypeAlias = Callable[[str], None]
"""Told the path of each member, attribute or element that the contract does not know."""

MAX_BYTES = 512 * 1024 * 1024
MAX_DEPTH = 64
MAX_ATTRIBUTES = 256
MAX_MEMBERS = 1_000_000

_WORD = re.compile(r"[\w-]{1,80}")


@dataclass(frozen=True, slots=True)
class Limits:
    """What an answer may have at most; a value beyond is a DecodeError before it costs memory.

    ``max_bytes`` holds for the body, decompressed, and for its text in UTF-8. ``max_members`` counts members and items in JSON,
    elements and attributes in XML. ``max_depth`` of nested elements and ``max_attributes`` of one element are of XML alone.
    """

    max_bytes: int = MAX_BYTES
    max_depth: int = MAX_DEPTH
    max_attributes: int = MAX_ATTRIBUTES
    max_members: int = MAX_MEMBERS

    def __post_init__(self) -> None:
        for name, value in (
            ("max_bytes", self.max_bytes),
            ("max_depth", self.max_depth),
            ("max_attributes", self.max_attributes),
            ("max_members", self.max_members),
        ):
            integer(name, value, 1)


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class DecodeSettings:
    """How one answer is read. ``on_unknown`` is called while it is read, and may hear of an answer that is then refused."""

    base64: Base64 = strict
    limits: Limits = LIMITS
    on_unknown: OnUnknown | None = None

    @property
    def typed(self) -> bool:
        """Whether a typed decoder, which is strict and tells nothing, reads as this says."""
        return self.base64 is strict and self.on_unknown is None

    @property
    def lifts(self) -> bool:
        """Whether long values may be decoded apart from the document that they are in."""
        return self.base64 is not verbatim and self.on_unknown is None


def reading(
    *,
    verbatim_base64: bool,
    lenient_base64: bool,
    on_unknown: OnUnknown | None,
    max_bytes: int,
    max_members: int,
    max_depth: int = MAX_DEPTH,
    max_attributes: int = MAX_ATTRIBUTES,
) -> DecodeSettings:
    """Return how to read; ParameterError for what goes against itself, and for a limit that nothing keeps."""
    kind("verbatim_base64", verbatim_base64, bool, "True or False")
    kind("lenient_base64", lenient_base64, bool, "True or False")
    function("on_unknown", on_unknown)
    if verbatim_base64 and lenient_base64:
        raise ParameterError("lenient_base64", "cannot go with verbatim_base64, which leaves base64 undecoded")
    base64 = verbatim if verbatim_base64 else lenient if lenient_base64 else strict
    return DecodeSettings(base64, Limits(max_bytes, max_depth, max_attributes, max_members), on_unknown)


def below(path: str, name: str) -> str:
    """Return the path of a member with a name that a server chose."""
    return f"{path}.{name}" if _WORD.fullmatch(name) else f"{path}[{name[:80]!r}]"
