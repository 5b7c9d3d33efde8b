"""Settings of a decoder: the accepted base64 form, the hook for unknown members, and the limits."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from ._arguments import function, integer, kind
from ._base64 import Base64, lenient, strict, verbatim
from .errors import ParameterError

OnUnknown: TypeAlias = Callable[[str], None]
"""Hook that receives the path of each member, attribute or element unknown to the contract."""

MAX_BYTES = 512 * 1024 * 1024
MAX_DEPTH = 64
MAX_ATTRIBUTES = 256
MAX_MEMBERS = 1_000_000

# The server chooses the names: anything but a short word is quoted, so that a path stays readable and unambiguous.
_WORD = re.compile(r"[\w-]{1,80}")


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds for a response. Exceeding one raises DecodeError before memory is allocated for the excess.

    ``max_bytes`` applies to the decompressed body and to its text in UTF-8. ``max_members`` counts members and items in JSON,
    elements and attributes in XML. ``max_depth`` (nested elements) and ``max_attributes`` (of one element) apply to XML only.
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
    """The settings for decoding one response.

    ``on_unknown`` is called during decoding, so it may report members of a response that is then rejected.
    """

    base64: Base64 = strict
    limits: Limits = LIMITS
    on_unknown: OnUnknown | None = None

    @property
    def typed(self) -> bool:
        """True when a typed decoder is sufficient: it accepts strict base64 only and cannot report unknown members."""
        return self.base64 is strict and self.on_unknown is None

    @property
    def lifts(self) -> bool:
        """True when long base64 values may be cut out of the document and decoded separately."""
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
    """Return the decode settings for a client's or a decode function's arguments.

    Raises:
        ParameterError: Both base64 options are set, or a limit is not a positive integer.
    """
    kind("verbatim_base64", verbatim_base64, bool, "True or False")
    kind("lenient_base64", lenient_base64, bool, "True or False")
    function("on_unknown", on_unknown)
    if verbatim_base64 and lenient_base64:
        raise ParameterError("lenient_base64", "cannot go with verbatim_base64, which leaves base64 undecoded")
    base64 = verbatim if verbatim_base64 else lenient if lenient_base64 else strict
    return DecodeSettings(base64, Limits(max_bytes, max_depth, max_attributes, max_members), on_unknown)


def below(path: str, name: str) -> str:
    """Return the path of a member below a path; an unusual name is quoted and cut to 80 characters."""
    return f"{path}.{name}" if _WORD.fullmatch(name) else f"{path}[{name[:80]!r}]"
