"""Contents: what pages say, decoded when it is asked for, and only as many at a time as fit in bounded memory.

A page in memory takes several times its bytes. The oracle holds hundreds of pages, most of which no rule looks at again:
they let go of their content, which is decoded once more from the body when it is needed.
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
"""The estimated memory of the contents that are kept decoded."""
LONGEST_CURSOR: Final = 8192
"""The longest cursor that is followed, in characters: no server takes a longer URL."""
_LONGEST_WORD: Final = 128
_SHOWN: Final = 40

Identity = tuple[object, ...]
"""What tells contents apart: bodies with the same identity say the same."""


class Content:
    """The decoded content of one page, and what is derived from it."""

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
        """The value that identifies each entry, or a short text that stands for one that is long."""
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
        """The small part of the content that is never let go."""
        return PageFacts(self.reading.value, len(self.entries), self.contract)


class PageFacts:
    """The members of a page that tell how the feed goes on, None where they are missing or mistyped.

    ``size`` is the number of entries that the page has, ``count`` the number that it states.
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
    """The contents that were used last, as many as fit. The same body is decoded once for all requests that got it."""

    def __init__(self) -> None:
        self._contents: OrderedDict[Identity, tuple[Content, int]] = OrderedDict()
        self._weight = 0

    def get(self, identity: Identity, weight: int, make: Callable[[], Content]) -> Content:
        """Return the content with an identity; ``make`` decodes it when it is not here."""
        found = self._contents.get(identity)
        if found is not None:
            self._contents.move_to_end(identity)
            return found[0]
        # What is to go goes first, so that both are not in memory at the same time.
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
    """The way to the content of one page: on the shelf, or from its body once more."""

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
        """Take the facts from a body that is at hand. Raises Unreadable."""
        self.facts = self._content(lambda: body).facts

    def content(self) -> Content:
        """Return the content. Raises Inconclusive when the body is no longer kept."""
        return self._content(self._body)

    def _content(self, body: Callable[[], bytes]) -> Content:
        def make() -> Content:
            content = self._read(body())
            # Which no longer holds the body itself.
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
