"""One run of a mirror without network I/O: the changes that a page makes to the directory, in crash-safe order.

1. Files are written and synchronised.
2. The page's images and its cursor are stored in one transaction.
3. Files that are no longer listed are removed.

After a crash at any point, the next run requests the page whose cursor was not stored again, and finds its files current or
writes them again under the same names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .._plan import FeedPlan
from ..core import Core
from ..errors import ParameterError
from ..events import LOGGER
from ..paging import Page
from .address import UnobtainableError
from .disk import Disk, Draft
from .download import Fetched
from .manifest import Manifest
from .plan import Image, choose, images
from .record import Row
from .report import MirrorReport, printable

_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a run; see ``mirror``."""

    mode: str | None
    count: int | None
    arguments: Mapping[str, object]
    parallel: int
    max_image_bytes: int
    dry_run: bool
    progress: Callable[[MirrorReport], object] | None

    def __post_init__(self) -> None:
        for name in ("parallel", "max_image_bytes"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ParameterError(name, "must be an integer of at least 1", value, f"{value!r:.60}")


@dataclass(frozen=True, slots=True)
class Link:
    """An image to load. ``etag`` is the ETag of the stored file, None without one."""

    image: Image
    url: str
    etag: str | None


@dataclass(frozen=True, slots=True)
class Done:
    """A link that was loaded and placed; ``fetched`` is None when the stored file is still current."""

    fetched: Fetched | None
    sha256: str | None
    size: int | None


@dataclass(slots=True)
class FeedPage:
    """A page that is being stored. ``links`` are to be loaded; each outcome is put into ``outcomes``.

    ``token`` is None for a page that is requested again because some of its images could not be loaded. ``foreign`` are the
    paths of images that are taken by files which the mirror did not write.
    """

    asked: str | None
    token: str | None
    size: int
    remaining: int | None
    entries: dict[str, list[Image]]
    known: dict[str, dict[tuple[int, int], Row]]
    links: list[Link] = field(default_factory=list[Link])
    rows: list[Row] = field(default_factory=list[Row])
    placed: list[str] = field(default_factory=list[str])
    foreign: set[str] = field(default_factory=set[str])
    outcomes: list[tuple[Link, Done | UnobtainableError]] = field(default_factory=list[tuple[Link, Done | UnobtainableError]])

    def old(self, image: Image) -> Row | None:
        """Return the manifest's row of an image, None without one."""
        return self.known.get(image.entry, {}).get(image.place)

    def is_new(self, image: Image) -> bool:
        """Return True when the manifest has no file at the image's path."""
        old = self.old(image)
        return old is None or old.path != image.path or old.sha256 is None


@dataclass(frozen=True, slots=True)
class Again:
    """A page to request again: its arguments, and the entries with images that could not be loaded."""

    asked: str | None
    size: int
    arguments: dict[str, object]
    entries: list[str]


class Job:
    """A run in a directory. Raises MirrorError for an unusable directory, and ParameterError for wrong settings."""

    def __init__(self, core: Core[Any], disk: Disk, manifest: Manifest, settings: Settings) -> None:
        self.feed: FeedPlan = core.feed
        self.mode = choose(core.feed, settings.mode)
        self.disk = disk
        self.settings = settings
        self._redact = core.target.redact
        self._manifest = manifest
        self._found: set[tuple[str, str | None]] = set()
        self._open = manifest.pending()
        self._limit = core.parameters[core.feed.limit_parameter]
        self.report = MirrorReport(token=manifest.token, pending=manifest.count_pending())

    def arguments(self) -> dict[str, object]:
        """Return the arguments of the traversal, which continues from the stored cursor."""
        fixed = {self.feed.cursor_parameter: self._manifest.token, self.feed.limit_parameter: self.settings.count}
        return {**self._common(), **fixed}

    def again(self) -> Iterator[Again]:
        """Yield the pages to request again before the traversal. A page that had n entries is requested with page size n."""
        lots: dict[tuple[str | None, int], list[str]] = {}
        for asked, size, entry in self._open:
            lots.setdefault((asked, size), []).append(entry)
        for (asked, size), entries in lots.items():
            # The size may be out of range, because a server may send more entries than requested.
            count = min(max(size, self._limit.minimum or size), self._limit.maximum or max(size, 1))
            fixed = {self.feed.cursor_parameter: asked, self.feed.limit_parameter: count}
            yield Again(asked, size, {**self._common(), **fixed}, entries)

    def _common(self) -> dict[str, object]:
        mode = {self.feed.mode_parameter: self.mode.value} if self.feed.mode_parameter else {}
        return {**self.settings.arguments, **mode}

    def begin(self, page: Page[Any]) -> FeedPage:
        """Start storing a page: write its binary images, and list the links to load."""
        remaining = getattr(page.result, self.feed.remaining) if self.feed.remaining else None
        entries = getattr(page.result, self.feed.entries)
        return self._begin(images(self.feed, self.mode, entries), page.token, page.resume_token, len(entries), remaining)

    def begin_again(self, again: Again, result: Any) -> FeedPage:
        """Start storing a page that was requested again: only the entries with missing images are considered."""
        entries = getattr(result, self.feed.entries)
        listed = images(self.feed, self.mode, entries)
        wanted = {key: listed[key] for key in again.entries if key in listed}
        left = getattr(result, self.feed.remaining) if self.feed.remaining else None
        # If the page is shorter than before and entries remain, an entry missing from it may still be in the feed.
        certain = wanted if len(entries) >= again.size or left == 0 else again.entries
        self._found.update((key, again.asked) for key in certain)
        return self._begin(wanted, again.asked, None, again.size, None)

    def _begin(
        self, entries: dict[str, list[Image]], asked: str | None, token: str | None, size: int, remaining: int | None
    ) -> FeedPage:
        known = {entry: {row.place: row for row in rows} for entry, rows in self._manifest.rows(entries).items()}
        lot = FeedPage(asked, token, size, remaining, entries, known)
        self._announce(lot)
        for image in (image for listed in entries.values() for image in listed):
            if image.url is not None:
                self._link(lot, image, image.url)
            elif image.content:
                self._write(lot, image, image.content)
            else:
                self._fail(lot, image, "it has no bytes" if image.content is not None else "it has no content")
        return lot

    def _announce(self, lot: FeedPage) -> None:
        """Announce the files about to be written, except those that would replace a foreign file."""
        new = {image.path: image for listed in lot.entries.values() for image in listed if lot.is_new(image)}
        mine = self._manifest.announced(new)
        for path, image in new.items():
            old = lot.old(image)
            renamed = old is not None and old.sha256 is not None and self.disk.is_same(old.path, path)
            if path not in mine and not renamed and self.disk.occupied(path):
                lot.foreign.add(path)
        if not self.settings.dry_run:
            self._manifest.announce(path for path in new if path not in lot.foreign)

    def _write(self, lot: FeedPage, image: Image, content: bytes) -> None:
        size, sha256 = len(content), hashlib.sha256(content).hexdigest()
        if self.disk.current(image.path, size, sha256):
            self._keep(1)
        else:
            try:
                self._may_place(lot, image)
                if not self.settings.dry_run:
                    self._place(lot, image, content)
            except UnobtainableError as error:
                self._fail(lot, image, error.reason)
                return
            self._wrote(size)
        lot.rows.append(self._row(lot, image, sha256, size))

    @staticmethod
    def _may_place(lot: FeedPage, image: Image) -> None:
        if image.path in lot.foreign:
            raise UnobtainableError(f"{image.path!a} is a file that the mirror did not put there: move it away")

    def _place(self, lot: FeedPage, image: Image, content: bytes) -> None:
        draft = self.disk.draft()
        try:
            draft.write(content)
            self.disk.place(draft, image.path)
        finally:
            draft.discard()
        lot.placed.append(image.path)

    def _link(self, lot: FeedPage, image: Image, url: str) -> None:
        old = lot.old(image)
        there = old is not None and old.path == image.path and old.url == self._redact(url) and self._is_there(old)
        if there and old is not None and lot.token is None and old.problem is None:
            # This image is complete; the page was requested again for another image of its entry.
            lot.rows.append(old)
            self._keep(1)
            return
        lot.links.append(Link(image, url, old.etag if there and old is not None else None))

    def _is_there(self, row: Row) -> bool:
        return row.sha256 is not None and row.size is not None and self.disk.current(row.path, row.size, row.sha256)

    def suppose(self, lot: FeedPage) -> None:
        """Count the links of a page as loaded, in a dry run."""
        for link in lot.links:
            self._wrote(0)
            lot.rows.append(self._row(lot, link.image, None, None))

    def place(self, lot: FeedPage, link: Link, draft: Draft, fetched: Fetched | None) -> Done:
        """Move a loaded image to its path; callable from any thread. Raises UnobtainableError when the path is unusable."""
        old = lot.old(link.image)
        if fetched is None and old is not None:
            return Done(None, old.sha256, old.size)
        done = Done(fetched, draft.sha256, draft.size)
        if not self.disk.current(link.image.path, draft.size, draft.sha256):
            self._may_place(lot, link.image)
            self.disk.place(draft, link.image.path)
        return done

    def finish(self, lot: FeedPage) -> None:
        """Store a page whose links have been loaded, in one transaction; the next run continues after it."""
        for link, outcome in lot.outcomes:
            if isinstance(outcome, UnobtainableError):
                self._fail(lot, link.image, outcome.reason)
            else:
                self._loaded(lot, link, outcome)
        kept = {row.path for row in lot.rows}
        before = [row for rows in lot.known.values() for row in rows.values()]
        gone = [row.path for row in before if row.path not in kept and row.sha256 is not None]
        if not self.settings.dry_run:
            self.disk.settle(lot.placed)
            self._manifest.store(list(lot.entries), lot.rows, gone, lot.token)
            self._remove()
        pending = self.report.pending if self.settings.dry_run else self._manifest.count_pending()
        self.report = replace(
            self.report,
            lots=self.report.lots + 1,
            entries=self.report.entries + len(lot.entries),
            removed=self.report.removed + len(gone),
            pending=pending,
            token=lot.token if lot.token is not None else self.report.token,
            remaining=lot.remaining if lot.remaining is not None else self.report.remaining,
        )
        LOGGER.debug("mirrored %d entries, %d images; go on from %s", len(lot.entries), len(lot.rows), self.report.token)
        if self.settings.progress is not None:
            self.settings.progress(self.report)

    def _loaded(self, lot: FeedPage, link: Link, done: Done) -> None:
        if done.fetched is None:
            self._keep(1)
        else:
            self._wrote(done.size or 0)
        lot.placed.append(link.image.path)
        etag = link.etag if done.fetched is None else done.fetched.etag
        lot.rows.append(self._row(lot, link.image, done.sha256, done.size, etag))

    def _fail(self, lot: FeedPage, image: Image, reason: str) -> None:
        reason, where = printable(self._redact(reason)), f"image {image.position} of {image.entry!a}"
        LOGGER.info("%s: %s", where, reason)
        if len(self.report.problems) < _SHOWN:
            self.report = replace(self.report, problems=(*self.report.problems, f"{where}: {reason}"))
        old = lot.old(image)
        row = self._row(lot, image, None, None, problem=reason)
        if old is not None and old.sha256 is not None:
            # Keep the old file until its replacement can be loaded. Without the ETag it is loaded in full then.
            row = replace(row, path=old.path, sha256=old.sha256, size=old.size, etag=None)
        lot.rows.append(row)

    def _row(
        self,
        lot: FeedPage,
        image: Image,
        sha256: str | None,
        size: int | None,
        etag: str | None = None,
        problem: str | None = None,
    ) -> Row:
        old = lot.old(image)
        token = old.token if lot.token is None and old is not None else lot.token
        # A server may put the session into its links, and the manifest must not hold it.
        url = None if image.url is None else self._redact(image.url)
        identity = (image.entry, image.position, image.occurrence, image.filename, image.path)
        return Row(*identity, lot.asked, token, lot.size, url, etag, sha256, size, problem)

    def complete(self) -> MirrorReport:
        """Finish a traversal that reached the end of the feed, and return the report.

        An image that could not be loaded, and whose entry was neither on its former page nor on a later one, has left the feed.
        """
        if not self.settings.dry_run:
            for asked, _, entry in self._open:
                if (entry, asked) not in self._found:
                    self._manifest.withdraw(entry, asked)
            self.report = replace(self.report, pending=self._manifest.count_pending())
        return self.report

    def lost(self, again: Again) -> None:
        """Record that a page could not be requested again; its missing images stay pending."""
        self._found.update((entry, again.asked) for entry in again.entries)

    def _remove(self) -> None:
        paths = self._manifest.removals()
        for path, neighbour in paths:
            if neighbour is None or not self.disk.is_same(path, neighbour):
                self.disk.remove(path)
        if paths:
            self._manifest.removed()

    def _keep(self, count: int) -> None:
        self.report = replace(self.report, unchanged=self.report.unchanged + count)

    def _wrote(self, size: int) -> None:
        self.report = replace(self.report, written=self.report.written + 1, bytes=self.report.bytes + size)
