"""Kept responses: those that a rule may use again, their bodies on disk."""

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
"""Where a body begins on disk, and how many bytes it has."""


class ResponseCache:
    """The last response to each request, and the page that was made of it.

    In memory is only the beginning of a body, which is what is shown of it.
    """

    def __init__(self) -> None:
        self._answers: dict[Request, Response] = {}
        self._places: dict[Request, Place] = {}
        self._lots: dict[Request, Page] = {}
        self._disk = _BodySpool()

    def response(self, request: Request) -> Response | None:
        """Return the response to a request with its whole body, None when none was kept."""
        found, place = self._answers.get(request), self._places.get(request)
        return None if found is None or place is None else replace(found, body=self._disk.read(place), full_bytes=0)

    def page(self, request: Request) -> Page | None:
        """Return the page that was made of the response to a request, None when none was kept."""
        return self._lots.get(request)

    def keep(self, request: Request, response: Response) -> None:
        """Keep a response in place of an earlier one to the same request. One that was cut is not kept."""
        for kept in (self._answers, self._places, self._lots):
            kept.pop(request, None)
        place = None if response.cut else self._disk.write(response.body)
        if place is not None:
            self._places[request] = place
            self._answers[request] = response.shortened()

    def keep_page(self, request: Request, page: Page) -> None:
        """Keep the page that was made of the response to a request, if that is kept."""
        if request in self._answers:
            self._lots[request] = page

    def body(self, response: Response) -> Callable[[], bytes]:
        """Put the body of a response on disk, and return what brings it from there."""
        return _StoredBody(self._disk, self._disk.write(response.body))


class _StoredBody:
    """Brings a body from its place on disk. Raises Inconclusive when there was no room for it."""

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
    """Bodies on disk, in a file without a name that goes with the process; equal ones once."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._size = 0
        self._known: dict[tuple[int, int], Place] = {}

    def write(self, body: bytes) -> Place | None:
        """Add a body and return its place, None when there is no room."""
        known = self._known.get((len(body), hash(body)))
        if known is not None:
            return known
        if self._size + len(body) > DISK_BYTES:
            return None
        if self._file is None:
            # Without a buffer, in which a body would be held once more.
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
