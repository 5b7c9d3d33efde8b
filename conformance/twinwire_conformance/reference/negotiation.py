"""Content negotiation: the representation that an Accept header prefers (RFC 9110, section 12.5.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from twinwire.ir import Representation

_QUALITY = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")


@dataclass(frozen=True, slots=True)
class Negotiated:
    """The representation of the response and the documented media type that selected it."""

    representation: Representation
    media_type: str

    @property
    def label(self) -> str:
        """The media type for the response's Content-Type.

        It is the requested one, unless the contract says that responses to that type always carry another one.
        """
        labels = self.representation.labels
        return self.media_type if self.media_type in labels else labels[0]


@dataclass(frozen=True, slots=True)
class _Range:
    pattern: str
    quality: float
    place: int

    def specificity(self, media_type: str) -> int:
        """Return how specifically this range matches a media type: 3 exactly, 2 by main type, 1 as `*/*`, 0 not at all."""
        main = media_type.partition("/")[0]
        return {media_type: 3, f"{main}/*": 2, "*/*": 1}.get(self.pattern, 0)


def negotiate(representations: tuple[Representation, ...], accept: str) -> Negotiated | None:
    """Return the documented media type that an Accept header prefers.

    Args:
        representations: The documented representations, in order of preference.
        accept: The header's value. Empty, blank or absent prefers the first documented type.

    Returns:
        The choice, or None if the header accepts none of the types.
    """
    documented = [Negotiated(each, media_type) for each in representations for media_type in each.media_types]
    if not accept.strip():
        return documented[0]
    ranges = _ranges(accept)
    best: tuple[float, int, int] | None = None
    chosen = None
    for choice in documented:
        # Quality decides, then specificity, then the order in the header: "*/*, text/xml" selects text/xml.
        weight = _weight(ranges, choice.media_type)
        if weight and (best is None or weight > best):
            best, chosen = weight, choice
    return chosen


def _weight(ranges: list[_Range], media_type: str) -> tuple[float, int, int] | None:
    # RFC 9110: the most specific range gives the quality, so "text/*, text/xml;q=0" excludes text/xml.
    matching = [(each.specificity(media_type), -each.place, each.quality) for each in ranges]
    specificity, place, quality = max(matching, default=(0, 0, 0.0))
    return (quality, specificity, place) if specificity and quality else None


def _ranges(accept: str) -> list[_Range]:
    ranges = []
    for place, part in enumerate(accept.lower().split(",")):
        pattern, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((item[2:].strip() for item in parameters if item.startswith("q=")), "1")
        # A range with a malformed quality is dropped; the contract allows any documented representation or 406 (HTTP-08).
        if _QUALITY.fullmatch(quality):
            ranges.append(_Range(pattern, float(quality), place))
    return ranges
