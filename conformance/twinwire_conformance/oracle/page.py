"""A page of entries as received, with the members that rules compare."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from twinwire.ir import Mode
from twinwire_conformance.contract import ContractView, Format, PageRequest
from twinwire_conformance.decoding import DecodedResult
from twinwire_conformance.model import Response
from twinwire_conformance.oracle.page_content import Content, ContentHandle, PageFacts


@dataclass(frozen=True)
class Page:
    """One lot as it was answered. Members that are missing or mistyped are None here; schema rules name them.

    ``source`` is what the response says, or the way to it for a lot that is held without its content.
    """

    page_request: PageRequest
    response: Response
    source: DecodedResult | ContentHandle
    contract: ContractView
    volatile: frozenset[str] = frozenset()
    """The members that differ between equal requests, and are left out of comparisons."""

    @property
    def content(self) -> Content:
        """The decoded content; whoever goes through many pages must not hold those of all of them."""
        return self.source.content() if isinstance(self.source, ContentHandle) else self._content

    @cached_property
    def _content(self) -> Content:
        assert isinstance(self.source, DecodedResult)
        return Content(self.source, self.contract)

    @cached_property
    def _facts(self) -> PageFacts:
        return self.source.facts if isinstance(self.source, ContentHandle) else self._content.facts

    @property
    def reading(self) -> DecodedResult:
        """The body as the field plan sees it."""
        return self.content.reading

    @property
    def format(self) -> Format | None:
        """The representation that the Content-Type declares; None for any other Content-Type."""
        return self.contract.declared_format(self.response.media_type)

    @property
    def value(self) -> dict[str, Any]:
        """The decoded result, in a form that is the same for JSON and XML."""
        return self.reading.value

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The entries, in the order of the lot."""
        return self.content.entries

    @property
    def size(self) -> int:
        """The number of entries."""
        return self._facts.size

    @property
    def keys(self) -> list[Any]:
        """The value that identifies each entry."""
        return self.content.keys

    @property
    def collections(self) -> list[tuple[int, Mode, list[dict[str, Any]]]]:
        """The items of every entry that has some: the entry's index, the mode they belong to, and the items."""
        return self.content.collections

    @property
    def words(self) -> list[str]:
        """A short text for each entry: equal texts are equal entries."""
        return self.content.words

    @property
    def cursor(self) -> str | None:
        """The cursor with which to go on, in the text that is sent."""
        return self._facts.cursor

    @property
    def count(self) -> int | None:
        """How many entries the lot says it has."""
        return self._facts.count

    @property
    def remaining(self) -> int | None:
        """How many entries the lot says remain after it."""
        return self._facts.remaining

    @property
    def succeeded(self) -> bool:
        """Whether the result says that the request worked."""
        return self._facts.succeeded

    @property
    def compared(self) -> dict[str, Any]:
        """The part of the result that two pages of one request must share: all but the volatile members."""
        return {name: item for name, item in self.value.items() if name not in self.volatile}

    @property
    def signature(self) -> dict[str, Any]:
        """The part of the result in which equal pages agree: the compared part without the API version."""
        version = self.contract.feed.version
        return {name: item for name, item in self.compared.items() if version is None or name != version.wire_name}

    def only(self, keys: frozenset[str]) -> Page:
        """Return the page reduced to entries with the given keys, without cursor, count and remaining count."""
        feed = self.contract.feed
        # These members describe the whole page, not the entries that are left of it.
        told = {field.wire_name for field in (feed.cursor.member, feed.limit.member, feed.remaining) if field is not None}
        content = self.content
        value = {name: item for name, item in content.reading.value.items() if name not in told}
        kept = [entry for key, entry in zip(content.keys, content.entries, strict=True) if repr(key) in keys]
        return replace(self, source=DecodedResult({**value, feed.entries.wire_name: kept}))
