# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""The images that a page lists for each entry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .._plan import FeedPlan, ModePlan
from ..errors import ParameterError
from .naming import file, folder


@dataclass(frozen=True, slots=True)
class Image:
    """An image as its entry lists it. ``content`` holds its bytes, or ``url`` their address; at least one of both is None.

    Entry, position and occurrence identify it; ``path`` is relative to the mirror's directory.
    """

    entry: str
    position: int
    occurrence: int
    filename: str
    path: str
    content: bytes | None
    url: str | None

    @property
    def place(self) -> tuple[int, int]:
        """Position and occurrence, which identify the image within its entry."""
        return self.position, self.occurrence


def choose(feed: FeedPlan, name: str | None) -> ModePlan:
    """Return the content mode with a name, None for the default. Raises ParameterError for an unknown name."""
    for mode in feed.modes:
        if mode.name == name or (name is None and mode.value is None):
            return mode
    raise ParameterError("mode", f"must be one of {', '.join(mode.name for mode in feed.modes)}", name, f"{name!r:.60}")


def images(feed: FeedPlan, mode: ModePlan, entries: Iterable[Any]) -> dict[str, list[Image]]:
    """Return the images of each entry by its key. The last of two entries with one key wins, as it does across pages."""
    keyed = {str(getattr(entry, feed.key)): entry for entry in entries}
    return {key: list(_images(key, mode, entry)) for key, entry in keyed.items()}


def _images(key: str, mode: ModePlan, entry: Any) -> Iterator[Image]:
    seen: Counter[int] = Counter()
    for number, item in enumerate(_items(mode, entry), 1):
        # A contract without a position member uses the order of the items.
        position = number if mode.position is None else getattr(item, mode.position)
        if position is None:
            position = number
        filename = "" if mode.filename is None else getattr(item, mode.filename) or ""
        content = getattr(item, mode.content)
        occurrence = seen[position]
        seen[position] += 1
        path = f"{folder(key)}/{file(position, occurrence, filename)}"
        yield Image(key, position, occurrence, filename, path, None if mode.link else content, content if mode.link else None)


def _items(mode: ModePlan, entry: Any) -> tuple[Any, ...]:
    holder = entry
    for step in mode.items:
        holder = getattr(holder, step)
        if holder is None:
            return ()
    items: tuple[Any, ...] = holder
    return items
