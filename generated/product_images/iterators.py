# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Iterators over the pages and over the entries of a feed, blocking and asynchronous.

With ``prefetch=1`` the next page is loaded while the program handles the current one. An error of that load is raised when the
program asks for the page. An iterator that has raised is finished: continue from its last cursor with a new one.
"""

# asyncio is imported with the first prefetch of an asynchronous iterator, so that blocking programs do not pay for it.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from ._arguments import integer
from ._prefetch import Prefetch, RunAsync, RunSync
from .paging import Page, Pager

if TYPE_CHECKING:
    import asyncio

R = TypeVar("R")
E = TypeVar("E")


class Pages(Iterator[Page[R]]):
    """Iterator over pages, for one thread at a time. Close or drop it to stop the prefetch."""

    def __init__(self, pager: Pager[R], run: RunSync, prefetch: int = 0) -> None:
        self._pager = pager
        self._run = run
        self._prefetch = _checked(prefetch)
        self._ahead: Prefetch[Page[R]] | None = None
        self._finished = False

    def __next__(self) -> Page[R]:
        """Return the next page, loaded now or by the prefetch."""
        if self._finished or (self._ahead is None and self._pager.done):
            raise StopIteration
        try:
            page = self._ahead.result() if self._ahead is not None else self._run(self._pager.load())
        except BaseException:
            self.close()
            raise
        self._ahead = Prefetch(self._run, self._pager.load()) if self._prefetch and not self._pager.done else None
        return page

    def close(self) -> None:
        """End the traversal; wait for a running prefetch and discard its response."""
        self._finished = True
        if self._ahead is not None:
            self._ahead.stop()
            self._ahead.join()
            self._ahead = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        # A finalizer must not block, so the thread is not joined: it ends by itself after the request in progress.
        if getattr(self, "_ahead", None) is not None:
            self._ahead.stop()  # type: ignore[union-attr]


class _Place(Generic[R, E]):
    """The position of a traversal: an entry within a page, or the end of the page.

    Example: page ``(A, B)`` requested with cursor ``c1``, followed by ``c2``. After A the token is ``c1``, after B ``c2``.
    """

    def __init__(self, token: str | None, entries: str) -> None:
        self._name = entries
        self.token = token
        self._page: Page[R] | None = None
        self._entries: tuple[E, ...] = ()
        self._at = 0

    def enter(self, page: Page[R]) -> None:
        self._page, self._entries, self._at = page, getattr(page.result, self._name), 0
        if not self._entries:
            self.token = page.resume_token

    def step(self) -> E | None:
        if self._page is None or self._at == len(self._entries):
            return None
        entry = self._entries[self._at]
        self._at += 1
        # Within a page, resuming must load the same page again; the next cursor is safe only after its last entry.
        self.token = self._page.resume_token if self._at == len(self._entries) else self._page.token
        return entry


class Entries(Iterator[E], Generic[R, E]):
    """Iterator over the entries of all pages, for one thread at a time. Close or drop it as ``Pages``."""

    def __init__(self, pager: Pager[R], run: RunSync, prefetch: int = 0) -> None:
        self._pages = Pages(pager, run, prefetch)
        self._place: _Place[R, E] = _Place(pager.token, pager.entries)

    @property
    def resume_token(self) -> str | None:
        """The cursor to continue from once the last yielded entry is handled; None starts from the beginning.

        Within a page it is the cursor of that page's request: its first entries are then delivered twice, and none is lost.
        """
        return self._place.token

    def __next__(self) -> E:
        """Return the next entry, and load the next page when the current one is used up."""
        while (entry := self._place.step()) is None:
            self._place.enter(next(self._pages))
        return entry

    def close(self) -> None:
        """End the traversal; wait for a running prefetch and discard its response."""
        self._pages.close()
        self._place = _Place(self._place.token, "")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class AsyncPages(AsyncIterator[Page[R]]):
    """Asynchronous iterator over pages, for one task at a time. Close or drop it to stop the prefetch."""

    def __init__(self, pager: Pager[R], run: RunAsync, prefetch: int = 0) -> None:
        self._pager = pager
        self._run = run
        self._prefetch = _checked(prefetch)
        self._ahead: asyncio.Task[Page[R]] | None = None
        self._finished = False

    async def __anext__(self) -> Page[R]:
        """Return the next page, loaded now or by the prefetch."""
        if self._finished or (self._ahead is None and self._pager.done):
            raise StopAsyncIteration
        try:
            page = await (self._ahead if self._ahead is not None else self._run(self._pager.load()))
        except BaseException:
            await self.aclose()
            raise
        self._ahead = self._start() if self._prefetch and not self._pager.done else None
        return page

    def _start(self) -> asyncio.Task[Page[R]]:
        import asyncio

        task: asyncio.Task[Page[R]] = asyncio.get_running_loop().create_task(self._run(self._pager.load()))
        # Retrieve the exception here: asyncio would otherwise log "never retrieved" for an iterator that was dropped.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return task

    async def aclose(self) -> None:
        """End the traversal, and cancel a running prefetch."""
        self._finished = True
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead.cancel()
            import asyncio

            # Unlike awaiting the task, wait() does not raise its exception.
            await asyncio.wait([ahead])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __del__(self) -> None:
        ahead: asyncio.Task[Any] | None = getattr(self, "_ahead", None)
        if ahead is not None and not ahead.done() and not ahead.get_loop().is_closed():
            # The garbage collector may run in any thread, and Task.cancel is not thread-safe.
            ahead.get_loop().call_soon_threadsafe(ahead.cancel)


class AsyncEntries(AsyncIterator[E], Generic[R, E]):
    """Asynchronous iterator over the entries of all pages, for one task at a time. Close or drop it as ``AsyncPages``."""

    def __init__(self, pager: Pager[R], run: RunAsync, prefetch: int = 0) -> None:
        self._pages = AsyncPages(pager, run, prefetch)
        self._place: _Place[R, E] = _Place(pager.token, pager.entries)

    @property
    def resume_token(self) -> str | None:
        """The cursor to continue from once the last yielded entry is handled; None starts from the beginning.

        Within a page it is the cursor of that page's request: its first entries are then delivered twice, and none is lost.
        """
        return self._place.token

    async def __anext__(self) -> E:
        """Return the next entry, and load the next page when the current one is used up."""
        while (entry := self._place.step()) is None:
            self._place.enter(await anext(self._pages))
        return entry

    async def aclose(self) -> None:
        """End the traversal, and cancel a running prefetch."""
        await self._pages.aclose()
        self._place = _Place(self._place.token, "")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _checked(prefetch: int) -> int:
    integer("prefetch", prefetch, 0, 1)
    return prefetch
