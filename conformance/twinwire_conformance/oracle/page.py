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
    """A page as received. Missing and mistyped members are None here, because schema rules report them.

    ``source`` is the decoded response, or a handle that decodes it on demand.
    """

    page_request: PageRequest
    response: Response
    source: DecodedResult | ContentHandle
    contract: ContractView
    volatile: frozenset[str] = frozenset()
    """The members that differ between equal requests, and are left out of comparisons."""

    @property
    def content(self) -> Content:
        """The decoded content. Code that visits many pages must not keep all of their contents."""
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
        """The entries, in the order of the page."""
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
        """The cursor of the next page, as sent in a request; None without a valid one."""
        return self._facts.cursor

    @property
    def count(self) -> int | None:
        """The number of entries that the page states."""
        return self._facts.count

    @property
    def remaining(self) -> int | None:
        """The number of entries that remain after this page, as it states."""
        return self._facts.remaining

    @property
    def succeeded(self) -> bool:
        """True when the return code reports success."""
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
        # These members describe the whole page and would be wrong for the reduced one.
        told = {field.wire_name for field in (feed.cursor.member, feed.limit.member, feed.remaining) if field is not None}
        content = self.content
        value = {name: item for name, item in content.reading.value.items() if name not in told}
        kept = [entry for key, entry in zip(content.keys, content.entries, strict=True) if repr(key) in keys]
        return replace(self, source=DecodedResult({**value, feed.entries.wire_name: kept}))
