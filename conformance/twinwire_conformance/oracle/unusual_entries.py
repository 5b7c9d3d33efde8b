"""Unusual entries: those on which codecs, serializers and clients differ, found in the baseline traversal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from twinwire_conformance.contract import PageRequest
from twinwire_conformance.findings import NotServed
from twinwire_conformance.oracle.baseline import Baseline
from twinwire_conformance.oracle.page_client import PageClient

WIDTH = 6
"""The number of entries on a page that compares media types, clients or variants of a request."""
# JavaScript and other readers of JSON into doubles lose precision beyond this.
_LARGE = 2**53


def odd_cursor(page_client: PageClient, baseline: Baseline) -> str | None:
    """Return the cursor before the few entries that are unusual in most respects; None for the beginning.

    This costs one request, unless the first entries are as good.
    """
    if not baseline.pages or not baseline.pages[0].size:
        return None
    traits = [frozenset(_traits(entry, page_client)) for entry in baseline.pages[0].entries]
    place = _best(traits)
    # The cursor after the first `place` entries comes from a page of that size, if the contract allows it.
    if place == 0 or page_client.size(place) != place:
        return None
    try:
        return page_client.page(PageRequest(page_client.media_types[0], None, place, page_client.contract.link_mode)).cursor
    except NotServed:
        return None


def _best(traits: Sequence[frozenset[str]]) -> int:
    """Return the position of the ``WIDTH`` entries that have most traits between them.

    Example, for a width of 2: the traits are {}, {&}, {&, <}, {-1}; the windows have 1, 2 and 3 traits, so position 2 is best.
    """
    best, most = 0, -1
    for place in range(max(1, len(traits) - WIDTH + 1)):
        score = len(frozenset().union(*traits[place : place + WIDTH]))
        if score > most:
            best, most = place, score
    return best


def _traits(entry: dict[str, Any], page_client: PageClient) -> Iterator[str]:
    """Yield the respects in which an entry is unusual."""
    link = page_client.contract.link_mode
    if link is not None:
        items = len(page_client.contract.items(entry, link))
        yield "no items" if not items else f"{min(items, 4)} items"
    for value in _scalars(entry):
        if isinstance(value, int) and not isinstance(value, bool):
            if abs(value) > _LARGE:
                yield "a large number"
            elif value < 0:
                yield "a negative number"
        elif isinstance(value, str):
            yield from _text_traits(value)


def _text_traits(text: str) -> Iterator[str]:
    if not text:
        yield "an empty text"
    elif not text.isascii():
        yield "beyond the basic plane" if any(ord(char) > 0xFFFF for char in text) else "beyond ASCII"
        if any("\u0300" <= char <= "\u036f" for char in text):
            yield "a combining character"
    for char in "<&\"'%+\\":
        if char in text:
            yield f"the character {char}"
    if "  " in text or text != text.strip():
        yield "white space"


def _scalars(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _scalars(each)
    elif isinstance(value, list):
        for each in value:
            yield from _scalars(each)
    else:
        yield value
