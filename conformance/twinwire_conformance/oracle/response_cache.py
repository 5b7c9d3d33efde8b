"""A cache of reusable responses, with their bodies on disk."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Callable
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Final

from twinwire_conformance.findings import Inconclusive
from twinwire_conformance.model import Request, Response

if TYPE_CHECKING:
    from twinwire_conformance.oracle.page import Page

DISK_BYTES: Final = 1024 * 1024 * 1024

Place = tuple[int, int]
"""The offset of a body in the file, and its length in bytes."""


class ResponseCache:
    """The last response to each request, with the page decoded from it.

    Memory holds only the beginning of each body, which is the part shown in reports.
    """

    def __init__(self) -> None:
        self._answers: dict[Request, Response] = {}
        self._places: dict[Request, Place] = {}
        self._lots: dict[Request, Page] = {}
        self._disk = _BodySpool()

    def response(self, request: Request) -> Response | None:
        """Return the cached response to a request with its whole body; None without one."""
        found, place = self._answers.get(request), self._places.get(request)
        return None if found is None or place is None else replace(found, body=self._disk.read(place), full_bytes=0)

    def page(self, request: Request) -> Page | None:
        """Return the page decoded from the cached response to a request; None without one."""
        return self._lots.get(request)

    def keep(self, request: Request, response: Response) -> None:
        """Cache a response, and replace an earlier one to the same request. A cut response is not cached."""
        for kept in (self._answers, self._places, self._lots):
            kept.pop(request, None)
        place = None if response.cut else self._disk.write(response.body)
        if place is not None:
            self._places[request] = place
            self._answers[request] = response.shortened()

    def keep_page(self, request: Request, page: Page) -> None:
        """Cache the page decoded from a response, if the response itself is cached."""
        if request in self._answers:
            self._lots[request] = page

    def body(self, response: Response) -> Callable[[], bytes]:
        """Store the body of a response on disk, and return a function that loads it."""
        return _StoredBody(self._disk, self._disk.write(response.body))


class _StoredBody:
    """Loads a body from disk. Raises Inconclusive when there was no room to store it."""

    __slots__ = ("_disk", "_place")

    def __init__(self, disk: _BodySpool, place: Place | None) -> None:
        self._disk = disk
        self._place = place

    def __call__(self) -> bytes:
        if self._place is None:
            raise Inconclusive(
                f"the responses of this run have more than {DISK_BYTES // 1024**2} MB, and this one was not kept"
            )
        return self._disk.read(self._place)


class _BodySpool:
    """Bodies in an unnamed temporary file that disappears with the process. Equal bodies are stored once."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._size = 0
        self._known: dict[tuple[int, int], Place] = {}

    def write(self, body: bytes) -> Place | None:
        """Store a body and return its place, or None when the disk budget is exhausted."""
        known = self._known.get((len(body), hash(body)))
        if known is not None:
            return known
        if self._size + len(body) > DISK_BYTES:
            return None
        if self._file is None:
            # Unbuffered, because a buffer would hold another copy of the body in memory.
            self._file = tempfile.TemporaryFile(prefix="twinwire-", buffering=0)  # noqa: SIM115 - closed with this object
            weakref.finalize(self, self._file.close)
        self._file.seek(self._size)
        rest = memoryview(body)
        while rest:
            rest = rest[self._file.write(rest) :]
        place = self._known[len(body), hash(body)] = (self._size, len(body))
        self._size += len(body)
        return place

    def read(self, place: Place) -> bytes:
        """Return the body at a place."""
        assert self._file is not None
        self._file.seek(place[0])
        return self._file.read(place[1])
