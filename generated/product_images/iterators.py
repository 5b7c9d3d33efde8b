# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""What the clients' methods that walk the feed return: iterators of lots and of entries.

With ``prefetch=1`` the next lot is loaded while the present one is handled. Whatever goes wrong with it is raised where the
lot would have been loaded. An iterator that has raised is finished: go on from its last token with a new one.
"""

# asyncio loads with the first lot that is loaded ahead by an asynchronous iterator: blocking programs need none of it.
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
    """Yields lot after lot; for one thread at a time. Close it, or drop it, to stop what is loaded ahead."""

    def __init__(self, pager: Pager[R], run: RunSync, prefetch: int = 0) -> None:
        self._pager = pager
        self._run = run
        self._prefetch = _checked(prefetch)
        self._ahead: Prefetch[Page[R]] | None = None
        self._finished = False

    def __next__(self) -> Page[R]:
        """Load the next lot, or take the one that was loaded ahead."""
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
        """End the walk; wait for the request that is under way ahead, if any, and drop its answer."""
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
        # Whoever drops the iterator does not wait: the thread ends by itself after the request that is under way.
        if getattr(self, "_ahead", None) is not None:
            self._ahead.stop()  # type: ignore[union-attr]


class _Place(Generic[R, E]):
    """Where a walk over entries stands: within a lot, or at its end."""

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
        # A lot's own token counts only when the lot is done: until then the lot has to be asked for again.
        self.token = self._page.resume_token if self._at == len(self._entries) else self._page.token
        return entry


class Entries(Iterator[E], Generic[R, E]):
    """Yields the entries of lot after lot; for one thread at a time. Close it, or drop it, as ``Pages``."""

    def __init__(self, pager: Pager[R], run: RunSync, prefetch: int = 0) -> None:
        self._pages = Pages(pager, run, prefetch)
        self._place: _Place[R, E] = _Place(pager.token, pager.entries)

    @property
    def resume_token(self) -> str | None:
        """The cursor to go on from once the entry that was yielded last has been handled; None asks from the beginning.

        Within a lot it is the one that the lot was asked with, so the lot's first entries come again; nothing is lost.
        """
        return self._place.token

    def __next__(self) -> E:
        """Return the next entry, and load the next lot for it where that is needed."""
        while (entry := self._place.step()) is None:
            self._place.enter(next(self._pages))
        return entry

    def close(self) -> None:
        """End the walk; wait for the request that is under way ahead, if any, and drop its answer."""
        self._pages.close()
        self._place = _Place(self._place.token, "")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class AsyncPages(AsyncIterator[Page[R]]):
    """Yields lot after lot; for one task at a time. Close it, or drop it, to stop what is loaded ahead."""

    def __init__(self, pager: Pager[R], run: RunAsync, prefetch: int = 0) -> None:
        self._pager = pager
        self._run = run
        self._prefetch = _checked(prefetch)
        self._ahead: asyncio.Task[Page[R]] | None = None
        self._finished = False

    async def __anext__(self) -> Page[R]:
        """Load the next lot, or take the one that was loaded ahead."""
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
        # Asked for its error here, so that asyncio does not report one of a walk that was dropped.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return task

    async def aclose(self) -> None:
        """End the walk, and the request that is under way ahead, if any."""
        self._finished = True
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead.cancel()
            import asyncio

            # Unlike awaiting it, this does not raise what the task raised.
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
            # The garbage collector may run in any thread.
            ahead.get_loop().call_soon_threadsafe(ahead.cancel)


class AsyncEntries(AsyncIterator[E], Generic[R, E]):
    """Yields the entries of lot after lot; for one task at a time. Close it, or drop it, as ``AsyncPages``."""

    def __init__(self, pager: Pager[R], run: RunAsync, prefetch: int = 0) -> None:
        self._pages = AsyncPages(pager, run, prefetch)
        self._place: _Place[R, E] = _Place(pager.token, pager.entries)

    @property
    def resume_token(self) -> str | None:
        """The cursor to go on from once the entry that was yielded last has been handled; None asks from the beginning.

        Within a lot it is the one that the lot was asked with, so the lot's first entries come again; nothing is lost.
        """
        return self._place.token

    async def __anext__(self) -> E:
        """Return the next entry, and load the next lot for it where that is needed."""
        while (entry := self._place.step()) is None:
            self._place.enter(await anext(self._pages))
        return entry

    async def aclose(self) -> None:
        """End the walk, and the request that is under way ahead, if any."""
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
