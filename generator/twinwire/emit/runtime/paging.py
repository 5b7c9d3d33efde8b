"""Lot after lot, with the proof that each one is progress."""

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
    """One lot: its result, the cursor that it was asked with, and the cursor from which to go on once it is done.

    Cursors are texts, for keeping anywhere and passing back; None asks from the beginning. A last lot without a cursor of
    its own has the cursor that it was asked with, so that it comes again.
    """

    result: R
    token: str | None
    resume_token: str | None


class Pager(Generic[R]):
    """The state of one walk through the feed. Raises ParameterError at once when an argument breaks its constraint."""

    def __init__(self, core: Core[R], arguments: Mapping[str, object]) -> None:
        self._core = core
        self._arguments = dict(arguments)
        self._cursor = core.parameters[core.feed.cursor_parameter]
        self.entries: str = core.feed.entries
        self.done: bool = False
        self.token: str | None = self._cursor.text(arguments.get(self._cursor.name))
        self._progress = StallDetector(core.feed.start, self.token)
        core.request(self._arguments)

    def load(self) -> Flow[Page[R]]:
        """Load the next lot. Raises PaginationStalled when it is no progress."""
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
            # An empty lot moves nothing: what it says of a cursor cannot be later than what was asked with.
            return token if self.token is None else self.token
        if token is None and not remaining:
            # The last lot. To go on means to ask for it again, for nothing says what comes after it.
            self.done = True
            return self.token
        if token is None:
            raise DecodeError("a lot with entries has no cursor to go on from", path=f"$.{feed.cursor_wire}")
        self._progress.lot(token, entries, remaining)
        self.done = remaining == 0
        return token

    def _usable(self, token: Any) -> str | None:
        try:
            # A cursor that is a number in the result may be a text among the parameters.
            return self._cursor.text(token if token is None else str(token))
        except ParameterError as error:
            raise DecodeError(f"no cursor that can be asked with: {error}", path=f"$.{self._core.feed.cursor_wire}") from None
