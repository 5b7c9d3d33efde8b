"""Traversals: parts of the feed in pages of planned sizes, each compared with the same part in the largest pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from twinwire_conformance.contract import PageRequest
from twinwire_conformance.findings import Violation
from twinwire_conformance.model import Response
from twinwire_conformance.oracle.baseline import Baseline, Start, take
from twinwire_conformance.oracle.page import Page
from twinwire_conformance.oracle.page_client import PageClient
from twinwire_conformance.strategies import MAX_STEPS, TraversalPlan, boundary_positions, boundary_sizes, spread

MAX_CELL = 40
LONGEST = 1100
"""The most entries of a fixed traversal, enough to cross the boundary of the largest page twice."""


@dataclass(frozen=True, slots=True)
class Traversal:
    """A traversal as it went.

    Args:
        start: The place where it began.
        pages: Its pages, in order.
        ended: Whether the last page was empty.
    """

    start: Start
    pages: tuple[Page, ...]
    ended: bool = False

    @property
    def responses(self) -> list[Response]:
        """The exchanges, in order."""
        return [page.response for page in self.pages]

    def table(self) -> str:
        """Return a small table of the requests and pages, for a failure message."""
        rows: list[tuple[str, ...]] = [
            ("page", "cursor asked", "asked", "entries", "first", "last", "cursor given", "remaining")
        ]
        for number, page in enumerate(self.pages, 1):
            ends = [str(page.keys[index]) for index in (0, -1)] if page.keys else ["-", "-"]
            cells = (
                number,
                page.page_request.cursor or "-",
                page.page_request.limit,
                page.size,
                *ends,
                page.cursor,
                page.remaining,
            )
            rows.append(tuple(str(cell)[:MAX_CELL] for cell in cells))
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


Property = Callable[[Sequence[Page], Traversal], Violation | None]
"""A check of a traversal. Its arguments are the baseline pages from the same start, and the traversal."""

SuccessiveCheck = Callable[[Page, Page], Violation | None]
"""A check of two pages, of which the second follows the first or both begin at the same cursor."""


def traverse(page_client: PageClient, baseline: Baseline, plan: TraversalPlan, fresh: bool) -> Traversal:
    """Make a traversal. It ends early where the feed ends.

    Args:
        page_client: Requests the pages.
        baseline: Supplies the starts.
        plan: The plan: start, page sizes, media type and content mode.
        fresh: Whether to request the pages again instead of using kept responses.

    Raises:
        NotServed: A page is not served.
    """
    start = baseline.starts[plan.start % len(baseline.starts)]
    taken: list[Page] = []
    cursor = start.cursor
    for limit in plan.sizes:
        page = page_client.page(PageRequest(plan.media_type, cursor, limit, plan.mode), fresh=fresh or plan.fresh)
        taken.append(page)
        if not page.size or page.cursor is None:
            break
        cursor = page.cursor
    return Traversal(start, tuple(taken), ended=not taken[-1].size)


def traverse_again(page_client: PageClient, traversal: Traversal) -> Traversal:
    """Make a traversal once more from the same start, with the same page sizes. Raises NotServed."""
    taken: list[Page] = []
    cursor = traversal.start.cursor
    for page in traversal.pages:
        taken.append(page_client.page(replace(page.page_request, cursor=cursor), fresh=True))
        if not taken[-1].size or taken[-1].cursor is None:
            break
        cursor = taken[-1].cursor
    return replace(traversal, pages=tuple(taken), ended=not taken[-1].size)


def last_two(judge: Property, reference: Sequence[Page], traversal: Traversal) -> list[Traversal]:
    """Return the two pages of a traversal between which it fails, as a traversal; nothing for a short one.

    Example: the pages 1 to 5 of a traversal fail from page 4 on; pages 3 and 4, from the cursor of page 3, are returned.
    """
    for number in range(2, len(traversal.pages)):
        if (
            judge(reference, replace(traversal, pages=traversal.pages[:number], ended=not traversal.pages[number - 1].size))
            is not None
        ):
            two = traversal.pages[number - 2 : number]
            return [Traversal(Start(two[0].page_request.cursor), two, ended=not two[-1].size)]
    return []


def largest_pages(page_client: PageClient, traversal: Traversal, fresh: bool) -> list[Page]:
    """Return the largest pages that a traversal is compared with, in the same representation.

    They hold at least one entry more than the traversal, which shows a traversal that ends too early.
    """
    need = sum(page.size for page in traversal.pages) + 1
    most = 40 + need // page_client.page_size
    return take(page_client, traversal.start, need, fresh, most=most, media_type=traversal.pages[0].page_request.media_type)


def successive(reference: Sequence[Page], traversal: Traversal) -> list[tuple[Page, Page]]:
    """Return the pairs of pages that follow each other, and the pair of first pages, which begin at the same cursor."""
    first = [(reference[0], traversal.pages[0])] if reference else []
    return [*first, *pairwise(traversal.pages)]


def fixed_traversals(
    page_client: PageClient, baseline: Baseline, most: int, seed: int, cuts: int, large: Sequence[PageRequest] = ()
) -> list[TraversalPlan]:
    """Return the fixed traversals of every run.

    They are the whole feed as far as it was read; pages that end exactly at the end, one entry before it and one after it;
    every boundary page size; page boundaries spread evenly over the feed; and page boundaries at every boundary position.

    Args:
        page_client: Requests the pages.
        baseline: The baseline traversal.
        most: The most pages of all traversals together.
        seed: Spreads the page boundaries.
        cuts: The number of page boundaries to spread.
        large: Requests for large pages in other content modes.
    """
    contract = page_client.contract
    json, xml = page_client.media_types
    top, mode = page_client.page_size, contract.link_mode
    # One page more than needed shows entries after a page that says that none remain.
    whole = TraversalPlan(0, (*(top,) * len(baseline.pages), page_client.size(1)), json, mode)
    first = TraversalPlan(0, tuple(map(page_client.size, (1, 2, 3))), json, mode)
    chosen = [first, whole]
    if baseline.tail is not None and baseline.tail.remaining:
        last, left = baseline.starts.index(baseline.tail), baseline.tail.remaining
        near = [size for size in (left, left - 1, left + 1) if 0 < size <= top]
        chosen += [TraversalPlan(last, (size, page_client.size(1)), json, mode) for size in near]
        chosen.append(TraversalPlan(last, (page_client.size(37), page_client.size(41), page_client.size(1)), xml, mode))
    # Large binary pages, each followed by a small one that shows whether the cursor was right.
    chosen += [
        TraversalPlan(0, (page_request.limit or top, page_client.size(1)), json, page_request.mode)
        for page_request in large
        if page_request.cursor is None
    ]
    sizes = [size for size in boundary_sizes(contract.feed.limit) if size <= top]
    chains = _chains(sizes, min(LONGEST, baseline.size or LONGEST))
    for index, chain in enumerate(chains):
        # Chains begin at different starts, so that a page size which fails only far into the feed is found as well.
        media_type = (json, xml)[index % 2]
        chosen.append(
            TraversalPlan(
                _roomy(baseline, index * len(baseline.starts) // len(chains), sum(chain)),
                (*chain, page_client.size(1)),
                media_type,
                mode,
            )
        )
    # These two request every page afresh and in sequence: kept responses would hide a server that keeps state.
    reach = baseline.reach
    chosen.append(TraversalPlan(0, _steps(page_client, spread(seed, reach, cuts)), xml, mode, fresh=True))
    positions = [position for position in boundary_positions(page_client.page_size) if position < reach]
    chosen.append(TraversalPlan(0, _steps(page_client, positions), json, mode, fresh=True))
    return _within(chosen, most)


def _steps(page_client: PageClient, positions: Sequence[int]) -> tuple[int, ...]:
    """Return the sizes of pages that end at the given positions of the feed, and of one page after the last.

    Example: positions 3, 4 and 700 with a largest page of 500 give the sizes 3, 1, 500, 196 and 2.
    """
    steps: list[int] = []
    at = 0
    for position in positions:
        while position - at > page_client.page_size:
            steps.append(page_client.page_size)
            at += page_client.page_size
        if position > at:
            steps.append(page_client.size(position - at))
            at = position
    return (*steps, page_client.size(2))


def _within(plans: Sequence[TraversalPlan], most: int) -> list[TraversalPlan]:
    """Return the first traversals, the last one shortened, that have at most this many pages together."""
    kept: list[TraversalPlan] = []
    for plan in plans:
        room = most - sum(len(each.sizes) for each in kept)
        if room < 2:
            break
        kept.append(replace(plan, sizes=plan.sizes[:room]))
    return kept


def _roomy(baseline: Baseline, index: int, need: int) -> int:
    """Return the start whose turn it is, or the beginning when fewer entries than needed are known to remain there."""
    turn = index % len(baseline.starts)
    remaining = baseline.starts[turn].remaining
    return turn if remaining is not None and remaining >= need else 0


def _chains(sizes: Sequence[int], room: int) -> list[list[int]]:
    """Pack page sizes into few traversals: each page also shows whether the cursor before it was right.

    Example: sizes 500, 400, 100 and 50 with room for 600 entries give (500, 100) and (400, 50).
    """
    chains: list[list[int]] = []
    for size in sorted(sizes, reverse=True):
        fitting = next((chain for chain in chains if sum(chain) + size <= room and len(chain) < MAX_STEPS), None)
        if fitting is None:
            chains.append([size])
        else:
            fitting.append(size)
    return chains
