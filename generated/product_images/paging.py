# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Pagination: load page after page, and check that each one makes progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ._stall_detector import StallDetector
from ._wire import Flow
from .core import Core
from .errors import DecodeError, ParameterError

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """One page: its result, the cursor of its request, and the cursor from which to continue once it is handled.

    Cursors are strings, so that a program can store them and pass them back; None starts from the beginning. A last page
    without a cursor has the cursor of its own request as ``resume_token``, so that continuing loads it again.
    """

    result: R
    token: str | None
    resume_token: str | None


class Pager(Generic[R]):
    """The state of one traversal of the feed.

    Raises:
        ParameterError: An argument breaks its constraint; raised at once, before any request.
    """

    def __init__(self, core: Core[R], arguments: Mapping[str, object]) -> None:
        self._core = core
        self._arguments = dict(arguments)
        self._cursor = core.parameters[core.feed.cursor_parameter]
        self.entries: str = core.feed.entries
        self.done: bool = False
        self.token: str | None = self._cursor.text(arguments.get(self._cursor.name))
        self._progress = StallDetector(core.feed.start, self.token)
        # Check all arguments now: an iterator would raise only at its first page.
        core.request(self._arguments)

    def load(self) -> Flow[Page[R]]:
        """Load the next page.

        Raises:
            PaginationStalled: The page makes no progress.
            DecodeError: A page with entries and entries remaining has no usable cursor.
        """
        arguments = {**self._arguments, self._cursor.name: self.token}
        result = yield from self._core.load(self._core.request(arguments))
        asked, self.token = self.token, self._next(result)
        return Page(result, asked, self.token)

    def _next(self, result: R) -> str | None:
        feed = self._core.feed
        remaining = getattr(result, feed.remaining) if feed.remaining is not None else None
        token = self._usable(getattr(result, feed.cursor))
        entries = len(getattr(result, feed.entries))
        if not entries:
            self._progress.empty(self.token, remaining)
            self.done = True
            # An empty page moves nothing, so its cursor cannot be later than the one of the request.
            return token if self.token is None else self.token
        if token is None and not remaining:
            # The last page. Only its own cursor is known, so continuing later means to load it again.
            self.done = True
            return self.token
        if token is None:
            raise DecodeError("a lot with entries has no cursor to go on from", path=f"$.{feed.cursor_wire}")
        self._progress.lot(token, entries, remaining)
        self.done = remaining == 0
        return token

    def _usable(self, token: Any) -> str | None:
        try:
            # A contract may declare the cursor as an integer in the result and as a string among the parameters.
            return self._cursor.text(token if token is None else str(token))
        except ParameterError as error:
            raise DecodeError(f"no cursor that can be asked with: {error}", path=f"$.{self._core.feed.cursor_wire}") from None
