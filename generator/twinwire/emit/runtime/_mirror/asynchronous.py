"""The asynchronous shell over a run: lots come through the client, links through tasks, and the disk has its own threads."""

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
    """Bring the feed's images to a directory, or bring a directory up to date, from where the last run left the feed.

    ``mode`` is one of the feed's modes, None the default; ``count`` the most entries of a lot; ``arguments`` are others of the
    feed's. Links are loaded by up to ``parallel`` tasks, with at most ``max_image_bytes`` each. ``timeout`` is in seconds:
    for each step of a request, and for an answer that brings less than 1,024 bytes a second; an image has ten minutes in all.
    Links lead to public addresses only, unless ``allow_private``; those of the feed's own origin also to where the feed was
    reached. A ``http_client`` that is handed in loads the links instead, connects where it likes, and is not closed.
    ``dry_run`` asks the feed, and changes nothing. ``progress`` is called after each lot.

    An image that cannot be had is noted in the report, and tried again by the next run; so is what is not an image, such as a
    log-in page, and an image at whose place a file lies that the mirror did not put there. Raises MirrorError for the
    directory and the disk, and what ``iter_pages`` raises; nothing that was stored is lost then, and the next run goes on.
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
    """Note the addresses at which a client reaches the feed."""

    async def note(response: httpx.Response) -> None:
        note_peer(response, reached)

    hooks = http.event_hooks["response"]
    hooks.append(note)
    try:
        yield
    finally:
        hooks.remove(note)


async def _in_thread(call: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Call from a thread what uses the disk. Who is cancelled meanwhile waits for it: the directory closes with the run."""
    task = asyncio.ensure_future(asyncio.to_thread(call, *arguments, **named))
    # Asked for its error here, so that asyncio does not report one when nobody waits any more.
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
    """Loads the links of a lot, several at a time."""

    def __init__(self, http: httpx.AsyncClient, rules: Rules, parallel: int) -> None:
        self._http = http
        self._rules = rules
        self._turns = asyncio.Semaphore(parallel)

    async def load(self, job: Job, lot: FeedPage) -> None:
        """Load the links of a lot, and note what came of each. Raises MirrorError when the disk refuses."""
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
            # A timeout that was cut is the deadline's.
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
