"""The blocking mirror: pages are loaded by the client, links by a pool of threads."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

from .._deadline import watch
from .._prefetch import StoppedError
from .._sync import SyncClient, engine
from .._wire import Sleep
from ..errors import HTTPStatusError, ReturnCodeError
from ..iterators import Pages
from ..paging import Pager
from .address import UnobtainableError
from .body import Head
from .connections import Connections
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

T = TypeVar("T")


def mirror(
    client: SyncClient[Any],
    directory: str | Path,
    *,
    mode: str | None = None,
    count: int | None = None,
    arguments: Mapping[str, object] | None = None,
    prefetch: int = 0,
    parallel: int = 4,
    max_image_bytes: int = MAX_IMAGE_BYTES,
    allow_private: bool = False,
    timeout: float = 30.0,
    dry_run: bool = False,
    progress: Callable[[MirrorReport], object] | None = None,
    http_client: httpx.Client | None = None,
) -> MirrorReport:
    """Mirror the feed's images into a directory, continuing from the cursor that the last run stored.

    An image that cannot be loaded is listed in the report and tried again by the next run. The same holds for a response that
    is not an image, such as a log-in page, and for an image whose path is taken by a file of somebody else. ``mode`` is one of
    the feed's content modes, None for the default. ``count`` is the page size, and ``arguments`` are further arguments of the
    feed. Up to ``parallel`` threads load links, with at most ``max_image_bytes`` for each image. ``timeout`` is in seconds: the
    limit for each step of a request, and the time after which a response must average 1,024 bytes per second. One image may
    take ten minutes in all. Links must lead to public addresses unless ``allow_private`` is set; links of the feed's own origin
    may also lead to the address of the feed. ``http_client`` loads the links in place of the mirror's own client, without
    checks of addresses, and is not closed. ``dry_run`` reads the feed and changes nothing. ``progress`` is called after each
    page.

    Raises MirrorError for the directory and the disk, and the exceptions of ``iter_pages``. Files stored before an exception
    remain valid, and the next run continues from them.
    """
    inside = engine(client)
    settings = Settings(
        mode=mode,
        count=count,
        arguments=arguments or {},
        parallel=parallel,
        max_image_bytes=max_image_bytes,
        dry_run=dry_run,
        progress=progress,
    )
    with ExitStack() as stack:
        job = stack.enter_context(opened(inside.core, Path(directory), settings))
        connections = None if http_client is not None else Connections(inside.tls or httpx.create_ssl_context())
        http = http_client or stack.enter_context(httpx.Client(transport=connections, timeout=timeout))
        guarded = http_client is None and not allow_private
        how = rules(inside.core, max_image_bytes, timeout, guarded=guarded)
        loader = _BlockingLoader(http, connections, how, parallel)
        stack.enter_context(_noting(inside.http, how.reached))
        for again in job.again():
            try:
                result = inside.run(inside.core.load(inside.core.request(again.arguments)))
            except (ReturnCodeError, HTTPStatusError):
                job.lost(again)
                continue
            _take(job, job.begin_again(again, result), loader)
        with Pages(Pager(inside.core, job.arguments()), inside.run, prefetch) as pages:
            for page in pages:
                _take(job, job.begin(page), loader)
        return job.complete()


@contextmanager
def _noting(http: httpx.Client, reached: set[str]) -> Generator[None]:
    """Record the addresses at which a client reaches the feed."""

    def note(response: httpx.Response) -> None:
        note_peer(response, reached)

    hooks = http.event_hooks["response"]
    hooks.append(note)
    try:
        yield
    finally:
        hooks.remove(note)


def _take(job: Job, lot: FeedPage, loader: _BlockingLoader) -> None:
    if job.settings.dry_run:
        job.suppose(lot)
    else:
        loader.load(job, lot)
    job.finish(lot)


class _BlockingLoader:
    """Loader of the links of a page, several at a time."""

    def __init__(self, http: httpx.Client, connections: Connections | None, rules: Rules, parallel: int) -> None:
        self._http = http
        self._connections = connections
        self._rules = rules
        self._parallel = parallel
        self._stop = threading.Event()

    def load(self, job: Job, lot: FeedPage) -> None:
        """Load the links of a page and record each outcome. Raises MirrorError for a disk error."""
        if not lot.links:
            return
        with ThreadPoolExecutor(min(self._parallel, len(lot.links)), thread_name_prefix="feed-mirror") as pool:
            futures = [pool.submit(self._outcome, job, lot, link) for link in lot.links]
            try:
                lot.outcomes.extend((link, future.result()) for link, future in zip(lot.links, futures, strict=True))
            except BaseException:
                self._stop.set()
                for future in futures:
                    future.cancel()
                raise

    def _outcome(self, job: Job, lot: FeedPage, link: Link) -> Done | UnobtainableError:
        draft = job.disk.draft()
        try:
            return job.place(lot, link, draft, self._run(download(link.url, draft, self._rules, link.etag)))
        except UnobtainableError as error:
            return error
        finally:
            draft.discard()

    def _run(self, task: Task[T]) -> T:
        answer: FetchOutcome = None
        while True:
            if self._stop.is_set():
                raise StoppedError
            try:
                action = task.send(answer)
            except StopIteration as end:
                outcome: T = end.value
                return outcome
            answer = self._do(action)

    def _do(self, action: Action) -> FetchOutcome:
        if isinstance(action, Sleep):
            self._stop.wait(action.seconds)
            return None
        try:
            if isinstance(action, Resolve):
                return addresses(socket.getaddrinfo(action.host, action.port, type=socket.SOCK_STREAM))
            return self._get(action)
        except NOT_REACHED as error:
            return not_reached(error)

    def _get(self, action: Get) -> Head:
        def trace(event: str, info: Mapping[str, Any]) -> None:
            if event == CONNECTED:
                stream = info["return_value"]
                try:
                    action.admit(peer(stream))
                except UnobtainableError:
                    stream.close()
                    raise
            watch(event, info)

        request = self._http.build_request("GET", action.url, headers=action.headers, extensions={"trace": trace})
        pace = action.sink.pace
        request.extensions["timeout"] = pace.cut(request.extensions["timeout"])
        try:
            with pace.kept():
                if self._connections is not None:
                    return self._connections.get(self._http, request, action.sink)
                return self._receive(request, action)
        except httpx.TimeoutException:
            # The deadline may have shortened this timeout: then report the deadline, which is not retried.
            pace.check()
            raise

    def _receive(self, request: httpx.Request, action: Get) -> Head:
        with closing(self._http.send(request, stream=True, follow_redirects=False)) as response:
            if action.sink.opens(head := beginning(response)):
                if response.is_stream_consumed:
                    action.sink.write_decoded(response.content)
                else:
                    for chunk in response.iter_raw():
                        action.sink.write(chunk)
                action.sink.end()
            return head
