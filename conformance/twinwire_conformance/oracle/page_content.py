"""Contents of pages, decoded on demand and cached in bounded memory.

A decoded page takes several times the memory of its body. The oracle holds hundreds of pages, and rules use most of them once.
Contents that do not fit into the cache are dropped, and decoded again from the body when needed.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from typing import Any, Final

from twinwire.ir import Mode
from twinwire_conformance.contract import ContractView, integer
from twinwire_conformance.decoding import DecodedResult

SHELF_BYTES: Final = 16 * 1024 * 1024
"""The estimated memory of cached contents, in bytes."""
LONGEST_CURSOR: Final = 8192
"""The longest cursor that is followed, in characters. Common servers limit the whole URL to 8 KB."""
_LONGEST_WORD: Final = 128
_SHOWN: Final = 40

Identity = tuple[object, ...]
"""The identity of a content. Bodies with the same identity have the same content."""


class Content:
    """The decoded content of one page, with values derived from it."""

    def __init__(self, reading: DecodedResult, contract: ContractView) -> None:
        self.reading = reading
        self.contract = contract

    @cached_property
    def entries(self) -> list[dict[str, Any]]:
        """The entries, in the order of the page."""
        found = self.reading.value.get(self.contract.feed.entries.wire_name, [])
        return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []

    @cached_property
    def keys(self) -> list[Any]:
        """The value that identifies each entry. A long value is replaced by a short text."""
        return [_key(entry.get(self.contract.feed.key.wire_name)) for entry in self.entries]

    @cached_property
    def collections(self) -> list[tuple[int, Mode, list[dict[str, Any]]]]:
        """The items of every entry that has some: the entry's index, the mode they belong to, and the items."""
        modes = () if self.contract.feed.modes is None else self.contract.feed.modes.choices
        found = ((index, mode, self.contract.items(entry, mode)) for mode in modes for index, entry in enumerate(self.entries))
        return [each for each in found if each[2]]

    @cached_property
    def words(self) -> list[str]:
        """A short text for each entry: equal texts are equal entries."""
        return [_word(entry) for entry in self.entries]

    @property
    def facts(self) -> PageFacts:
        """The small part of the content that always stays in memory."""
        return PageFacts(self.reading.value, len(self.entries), self.contract)


class PageFacts:
    """The members of a page that control a traversal, None where they are missing or mistyped.

    ``size`` is the actual number of entries, ``count`` the number that the page states.
    """

    __slots__ = ("count", "cursor", "remaining", "size", "succeeded")

    def __init__(self, value: dict[str, Any], size: int, contract: ContractView) -> None:
        feed = contract.feed
        found = value.get(feed.cursor.member.wire_name)
        is_cursor = isinstance(found, (str, int)) and not isinstance(found, bool) and found != ""
        text = str(found) if is_cursor else None
        self.cursor = text if text is not None and len(text) <= LONGEST_CURSOR else None
        self.count = None if feed.limit.member is None else integer(value.get(feed.limit.member.wire_name))
        self.remaining = None if feed.remaining is None else integer(value.get(feed.remaining.wire_name))
        self.succeeded = integer(value.get(feed.outcome.code.wire_name)) == feed.outcome.success
        self.size = size


class ContentCache:
    """The most recently used contents that fit into ``SHELF_BYTES``. Equal bodies share one content."""

    def __init__(self) -> None:
        self._contents: OrderedDict[Identity, tuple[Content, int]] = OrderedDict()
        self._weight = 0

    def get(self, identity: Identity, weight: int, make: Callable[[], Content]) -> Content:
        """Return the content with an identity.

        Args:
            identity: The identity of the content.
            weight: Its estimated memory in bytes.
            make: Decodes the content when it is not cached.
        """
        found = self._contents.get(identity)
        if found is not None:
            self._contents.move_to_end(identity)
            return found[0]
        # Old contents are dropped before the new one is decoded, so that both are not in memory at the same time.
        self._make_room(weight)
        content = make()
        self._contents[identity] = (content, weight)
        self._weight += weight
        return content

    def _make_room(self, weight: int) -> None:
        while self._contents and self._weight + weight > SHELF_BYTES:
            _, (_, freed) = self._contents.popitem(last=False)
            self._weight -= freed


class ContentHandle:
    """A handle to the content of one page, which comes from the cache or is decoded again from the body."""

    __slots__ = ("_body", "_content_cache", "_read", "_weight", "facts", "identity")

    def __init__(
        self,
        content_cache: ContentCache,
        identity: Identity,
        weight: int,
        read: Callable[[bytes], Content],
        body: Callable[[], bytes],
    ) -> None:
        self._content_cache = content_cache
        self.identity = identity
        self._weight = weight
        self._read = read
        self._body = body
        self.facts: PageFacts

    def begin(self, body: bytes) -> None:
        """Decode a body that is at hand and keep its facts. Raises Undecodable."""
        self.facts = self._content(lambda: body).facts

    def content(self) -> Content:
        """Return the content. Raises Inconclusive when the body was not kept."""
        return self._content(self._body)

    def _content(self, body: Callable[[], bytes]) -> Content:
        def make() -> Content:
            content = self._read(body())
            # The decoded result must not keep the body in memory, because the handle can fetch it from disk.
            content.reading.body = self._body
            return content

        return self._content_cache.get(self.identity, self._weight, make)


def _key(value: Any) -> Any:
    if value is None or isinstance(value, (int, float)) or (isinstance(value, str) and len(value) <= _LONGEST_WORD):
        return value
    text = _word(value)
    return f"{value[:_SHOWN]}… ({text})" if isinstance(value, str) else text


def _word(entry: Any) -> str:
    text = repr(entry)
    if len(text) <= _LONGEST_WORD:
        return text
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
