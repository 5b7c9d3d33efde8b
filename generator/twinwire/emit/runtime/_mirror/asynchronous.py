"""The asynchronous mirror: pages are loaded by the client, links by tasks, and disk operations run in threads."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Generator, Mapping
from contextlib import AsyncExitStack, aclosing, contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import httpx

from .._async import AsyncioClient, async_engine
from .._deadline import watch
from .._wire import Sleep
from ..errors import HTTPStatusError, ReturnCodeError
from ..iterators import AsyncPages
from ..paging import Pager
from .address import UnobtainableError
from .body import Head
from .download import Action, FetchOutcome, Get, Resolve, Rules, Task, download
from .http import (
    CONNECTED,
    MAX_IMAGE_BYTES,
    NOT_REACHED,
    addresses,
    beginning,
    not_reached,
    note_peer,
    peer,
    rules,
)
from .job import Done, FeedPage, Job, Link, Settings
from .opening import opened
from .report import MirrorReport

P = ParamSpec("P")
T = TypeVar("T")


async def mirror_async(
    client: AsyncioClient[Any],
    directory: str | Path,
    *,
    mode: str | None = None,
    count: int | None = None,
    arguments: Mapping[str, object] | None = None,
    prefetch: int = 0,
    parallel: int = 4,
    max_image_bytes: int = MAX_IMAGE_BYTES,
    allow_private: bool = False,
    timeout: float = 30.0,  # noqa: ASYNC109 - it is each request's
    dry_run: bool = False,
    progress: Callable[[MirrorReport], object] | None = None,
    http_client: httpx.AsyncClient | None = None,
) -> MirrorReport:
    """Mirror the feed's images into a directory, continuing from the cursor that the last run stored.

    An image that cannot be loaded is listed in the report and tried again by the next run. The same holds for a response that
    is not an image, such as a log-in page, and for an image whose path is taken by a file of somebody else. ``mode`` is one of
    the feed's content modes, None for the default. ``count`` is the page size, and ``arguments`` are further arguments of the
    feed. Up to ``parallel`` tasks load links, with at most ``max_image_bytes`` for each image. ``timeout`` is in seconds: the
    limit for each step of a request, and the time after which a response must average 1,024 bytes per second. One image may
    take ten minutes in all. Links must lead to public addresses unless ``allow_private`` is set; links of the feed's own origin
    may also lead to the address of the feed. ``http_client`` loads the links in place of the mirror's own client, without
    checks of addresses, and is not closed. ``dry_run`` reads the feed and changes nothing. ``progress`` is called after each
    page.

    Raises MirrorError for the directory and the disk, and the exceptions of ``iter_pages``. Files stored before an exception
    remain valid, and the next run continues from them.
    """
    inside = async_engine(client)
    settings = Settings(
        mode=mode,
        count=count,
        arguments=arguments or {},
        parallel=parallel,
        max_image_bytes=max_image_bytes,
        dry_run=dry_run,
        progress=progress,
    )
    async with AsyncExitStack() as stack:
        job = stack.enter_context(opened(inside.core, Path(directory), settings))
        http = http_client
        if http is None:
            own = httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(verify=inside.tls or True), timeout=timeout)
            http = await stack.enter_async_context(own)
        guarded = http_client is None and not allow_private
        how = rules(inside.core, max_image_bytes, timeout, guarded=guarded)
        loader = _AsyncLoader(http, how, parallel)
        stack.enter_context(_noting(inside.http, how.reached))
        for again in job.again():
            try:
                result = await inside.run(inside.core.load(inside.core.request(again.arguments)))
            except (ReturnCodeError, HTTPStatusError):
                job.lost(again)
                continue
            await _take(job, await _in_thread(job.begin_again, again, result), loader)
        async with AsyncPages(Pager(inside.core, job.arguments()), inside.run, prefetch) as pages:
            async for page in pages:
                await _take(job, await _in_thread(job.begin, page), loader)
        return await _in_thread(job.complete)


@contextmanager
def _noting(http: httpx.AsyncClient, reached: set[str]) -> Generator[None]:
    """Record the addresses at which a client reaches the feed."""

    async def note(response: httpx.Response) -> None:
        note_peer(response, reached)

    hooks = http.event_hooks["response"]
    hooks.append(note)
    try:
        yield
    finally:
        hooks.remove(note)


async def _in_thread(call: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Run a disk operation in a thread. A cancelled caller waits for its end, because the directory closes with the run."""
    task = asyncio.ensure_future(asyncio.to_thread(call, *arguments, **named))
    # Retrieve the exception here: asyncio would otherwise log "never retrieved" after a cancellation.
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


async def _take(job: Job, lot: FeedPage, loader: _AsyncLoader) -> None:
    if job.settings.dry_run:
        job.suppose(lot)
    else:
        await loader.load(job, lot)
    await _in_thread(job.finish, lot)


class _AsyncLoader:
    """Loader of the links of a page, several at a time."""

    def __init__(self, http: httpx.AsyncClient, rules: Rules, parallel: int) -> None:
        self._http = http
        self._rules = rules
        self._turns = asyncio.Semaphore(parallel)

    async def load(self, job: Job, lot: FeedPage) -> None:
        """Load the links of a page and record each outcome. Raises MirrorError for a disk error."""
        tasks = [asyncio.ensure_future(self._outcome(job, lot, link)) for link in lot.links]
        try:
            lot.outcomes.extend(zip(lot.links, await asyncio.gather(*tasks), strict=True))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _outcome(self, job: Job, lot: FeedPage, link: Link) -> Done | UnobtainableError:
        async with self._turns:
            draft = job.disk.draft()
            try:
                fetched = await self._run(download(link.url, draft, self._rules, link.etag))
                return await _in_thread(job.place, lot, link, draft, fetched)
            except UnobtainableError as error:
                return error
            finally:
                draft.discard()

    async def _run(self, task: Task[T]) -> T:
        answer: FetchOutcome = None
        while True:
            try:
                action = task.send(answer)
            except StopIteration as end:
                outcome: T = end.value
                return outcome
            answer = await self._do(action)

    async def _do(self, action: Action) -> FetchOutcome:
        if isinstance(action, Sleep):
            await asyncio.sleep(action.seconds)
            return None
        try:
            if isinstance(action, Resolve):
                loop = asyncio.get_running_loop()
                return addresses(await loop.getaddrinfo(action.host, action.port, type=socket.SOCK_STREAM))
            return await self._get(action)
        except NOT_REACHED as error:
            return not_reached(error)

    async def _get(self, action: Get) -> Head:
        async def trace(event: str, info: Mapping[str, Any]) -> None:
            if event == CONNECTED:
                stream = info["return_value"]
                try:
                    action.admit(peer(stream))
                except UnobtainableError:
                    await stream.aclose()
                    raise
            watch(event, info)

        request = self._http.build_request("GET", action.url, headers=action.headers, extensions={"trace": trace})
        pace = action.sink.pace
        request.extensions["timeout"] = pace.cut(request.extensions["timeout"])
        try:
            with pace.kept():
                return await self._receive(request, action)
        except httpx.TimeoutException:
            # The deadline may have shortened this timeout: then report the deadline, which is not retried.
            pace.check()
            raise

    async def _receive(self, request: httpx.Request, action: Get) -> Head:
        async with aclosing(await self._http.send(request, stream=True, follow_redirects=False)) as response:
            if action.sink.opens(head := beginning(response)):
                if response.is_stream_consumed:
                    action.sink.write_decoded(response.content)
                else:
                    async for chunk in response.aiter_raw():
                        action.sink.write(chunk)
                action.sink.end()
            return head
