"""Requests in the content modes with large content, where one entry can be megabytes.

No rule requests more binary content than these requests: a few entries where images are of the usual sizes, and the entry
with the fewest images of the first page where they are huge.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from twinwire.ir import Mode
from twinwire_conformance.contract import PageRequest
from twinwire_conformance.findings import NotServed
from twinwire_conformance.oracle.baseline import Baseline
from twinwire_conformance.oracle.memory import give_back_large_blocks
from twinwire_conformance.oracle.page_client import HUGE_BYTES, PageClient
from twinwire_conformance.oracle.unusual_entries import WIDTH, odd_cursor

FEW = 3
MANY = 50
MODERATE_BYTES = 1024 * 1024


class BinaryRequests:
    """The requests of one run in all content modes but the one with the smallest responses (see ``Terms.light_mode``).

    A feed without content modes has none.

    Args:
        page_client: Requests the pages.
        baseline: The baseline traversal.
        thrifty: Whether to begin at the first entry instead of searching for unusual entries.
    """

    def __init__(self, page_client: PageClient, baseline: Baseline, *, thrifty: bool = False) -> None:
        self._lots = page_client
        self._thrifty = thrifty
        self._survey = baseline
        self._terms = page_client.contract
        self._fitting: dict[PageRequest, bool] = {}

    @property
    def modes(self) -> list[Mode | None]:
        """The content modes with large content."""
        return self._terms.modes[1:]

    def first(self, media_type: str) -> list[PageRequest]:
        """Return a request for a few unusual entries in each mode, or for the entry with the fewest images if they are huge."""
        return [replace(self._first(mode), media_type=media_type) for mode in self.modes]

    def moderate(self, media_type: str) -> list[PageRequest]:
        """Return those of the first requests whose responses are not huge."""
        found = [page_request for page_request in map(self._first, self.modes) if self.fits(page_request)]
        return [replace(page_request, media_type=media_type) for page_request in found]

    def farther(self, media_type: str) -> list[PageRequest]:
        """Return requests at the end of the feed, and for more entries in its middle, whose responses are not huge."""
        starts = self._survey.starts
        last, middle = starts[-1].cursor, starts[len(starts) // 2].cursor
        page_requests = [self._ask(mode, last, FEW) for mode in self.modes]
        page_requests += [self._ask(mode, middle, self._many(mode)) for mode in self.modes]
        return [replace(page_request, media_type=media_type) for page_request in page_requests if self.fits(page_request)]

    def larger(self) -> list[PageRequest]:
        """Return a request in each mode for as many entries as give a large response that is not huge."""
        page_requests = []
        for mode in self.modes:
            # Half the limit, because later entries may be larger than the first ones.
            count = HUGE_BYTES // 2 // self._each(self._first(mode))
            if count >= FEW:
                page_requests.append(self._ask(mode, None, count))
        return [page_request for page_request in page_requests if self.fits(page_request)]

    def plain(self) -> list[PageRequest]:
        """Return the request without any parameter, or nothing when its response would be huge."""
        plain = PageRequest(self._lots.media_types[0])
        default = self._terms.feed.modes.default if self._terms.feed.modes is not None else None
        if default in self.modes:
            first = self._first(default)
            if not self.fits(first) or self._each(first) * self._terms.feed.limit.default > HUGE_BYTES:
                return []
        return [plain]

    def fits(self, page_request: PageRequest) -> bool:
        """Return whether the response to a request is not huge.

        The response is requested and kept. Reading stops once it is huge.
        """
        if page_request not in self._fitting:
            request = replace(self._lots.request(page_request), most=HUGE_BYTES)
            response = self._lots.response(request)
            # A kept response was read whole, so that its length decides.
            self._fitting[page_request] = not response.cut and len(response.body) <= HUGE_BYTES
        return self._fitting[page_request]

    @cached_property
    def odd(self) -> str | None:
        """The cursor before the entries that are unusual in most respects; None for the beginning."""
        return None if self._thrifty else odd_cursor(self._lots, self._survey)

    def _first(self, mode: Mode | None) -> PageRequest:
        few = self._ask(mode, self.odd, WIDTH)
        if self.fits(few):
            return few
        # Huge images follow, whose freed memory would otherwise stay with the process.
        give_back_large_blocks()
        return self._ask(mode, self._lean, 1)

    def _ask(self, mode: Mode | None, cursor: str | None, limit: int) -> PageRequest:
        return PageRequest(self._lots.media_types[0], cursor, self._lots.size(limit), mode)

    def _many(self, mode: Mode | None) -> int:
        """Return the number of entries that give a response of moderate size."""
        return min(MANY, MODERATE_BYTES // self._each(self._first(mode)))

    def _each(self, page_request: PageRequest) -> int:
        """Return the bytes per entry in the response to a request."""
        try:
            page = self._lots.read(page_request)
        except NotServed:
            # The rules that check this page fail for it; a guess is enough here.
            return MODERATE_BYTES // FEW
        return page.response.size // max(1, page.size) + 1

    @cached_property
    def _lean(self) -> str | None:
        """The cursor before the entry of the first page with the fewest images, according to the links."""
        link, entries = self._terms.link_mode, self._survey.pages[0].entries if self._survey.pages else []
        counts = [len(self._terms.items(entry, link)) if link is not None else 0 for entry in entries]
        filled = [(count, index) for index, count in enumerate(counts) if count]
        index = min(filled)[1] if filled else 0
        # The first entry needs no cursor, and a position that is not an allowed page size has none that one request returns.
        if not index or self._lots.size(index) != index:
            return None
        return self._lots.page(PageRequest(self._lots.media_types[0], None, index, link)).cursor
