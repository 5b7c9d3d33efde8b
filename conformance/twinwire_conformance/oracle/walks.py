"""Traversals: parts of the feed in pages of planned sizes, each compared with the same part in the largest pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from twinwire_conformance.contract import Ask
from twinwire_conformance.model import Answer, Violation
from twinwire_conformance.oracle.lots import Lot, Lots
from twinwire_conformance.oracle.survey import Start, Survey, take
from twinwire_conformance.strategies import MAX_STEPS, Walk, boundary_positions, boundary_sizes, spread

MAX_CELL = 40
LONGEST = 1100
"""The most entries of a fixed traversal, enough to cross the boundary of the largest page twice."""


@dataclass(frozen=True, slots=True)
class Path:
    """A traversal as it went.

    Args:
        start: The place where it began.
        lots: Its pages, in order.
        ended: Whether the last page was empty.
    """

    start: Start
    lots: tuple[Lot, ...]
    ended: bool = False

    @property
    def answers(self) -> list[Answer]:
        """The exchanges, in order."""
        return [lot.answer for lot in self.lots]

    def table(self) -> str:
        """Return a small table of the requests and pages, for a failure message."""
        rows: list[tuple[str, ...]] = [
            ("page", "cursor asked", "asked", "entries", "first", "last", "cursor given", "remaining")
        ]
        for number, lot in enumerate(self.lots, 1):
            ends = [str(lot.keys[index]) for index in (0, -1)] if lot.keys else ["-", "-"]
            cells = (number, lot.ask.cursor or "-", lot.ask.limit, lot.size, *ends, lot.cursor, lot.remaining)
            rows.append(tuple(str(cell)[:MAX_CELL] for cell in cells))
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


Property = Callable[[Sequence[Lot], Path], Violation | None]
"""A check of a traversal. Its arguments are the baseline pages from the same start, and the traversal."""

SuccessiveCheck = Callable[[Lot, Lot], Violation | None]
"""A check of two pages, of which the second follows the first or both begin at the same cursor."""


def go(lots: Lots, survey: Survey, walk: Walk, fresh: bool) -> Path:
    """Make a traversal. It ends early where the feed ends.

    Args:
        lots: Requests the pages.
        survey: Supplies the starts.
        walk: The plan: start, page sizes, media type and content mode.
        fresh: Whether to request the pages again instead of using kept responses.

    Raises:
        NotServed: A page is not served.
    """
    start = survey.starts[walk.start % len(survey.starts)]
    taken: list[Lot] = []
    cursor = start.cursor
    for limit in walk.sizes:
        lot = lots.lot(Ask(walk.media_type, cursor, limit, walk.mode), fresh=fresh or walk.fresh)
        taken.append(lot)
        if not lot.size or lot.cursor is None:
            break
        cursor = lot.cursor
    return Path(start, tuple(taken), ended=not taken[-1].size)


def again(lots: Lots, path: Path) -> Path:
    """Make a traversal once more from the same start, with the same page sizes. Raises NotServed."""
    taken: list[Lot] = []
    cursor = path.start.cursor
    for lot in path.lots:
        taken.append(lots.lot(replace(lot.ask, cursor=cursor), fresh=True))
        if not taken[-1].size or taken[-1].cursor is None:
            break
        cursor = taken[-1].cursor
    return replace(path, lots=tuple(taken), ended=not taken[-1].size)


def last_two(judge: Property, reference: Sequence[Lot], path: Path) -> list[Path]:
    """Return the two pages of a traversal between which it fails, as a traversal; nothing for a short one.

    Example: the pages 1 to 5 of a traversal fail from page 4 on; pages 3 and 4, from the cursor of page 3, are returned.
    """
    for number in range(2, len(path.lots)):
        if judge(reference, replace(path, lots=path.lots[:number], ended=not path.lots[number - 1].size)) is not None:
            two = path.lots[number - 2 : number]
            return [Path(Start(two[0].ask.cursor), two, ended=not two[-1].size)]
    return []


def reference(lots: Lots, path: Path, fresh: bool) -> list[Lot]:
    """Return the largest pages that a traversal is compared with, in the same representation.

    They hold at least one entry more than the traversal, which shows a traversal that ends too early.
    """
    need = sum(lot.size for lot in path.lots) + 1
    most = 40 + need // lots.page_size
    return take(lots, path.start, need, fresh, most=most, media_type=path.lots[0].ask.media_type)


def successive(reference: Sequence[Lot], path: Path) -> list[tuple[Lot, Lot]]:
    """Return the pairs of pages that follow each other, and the pair of first pages, which begin at the same cursor."""
    first = [(reference[0], path.lots[0])] if reference else []
    return [*first, *pairwise(path.lots)]


def standing(lots: Lots, survey: Survey, most: int, seed: int, cuts: int, large: Sequence[Ask] = ()) -> list[Walk]:
    """Return the fixed traversals of every run.

    They are the whole feed as far as it was read; pages that end exactly at the end, one entry before it and one after it;
    every boundary page size; page boundaries spread evenly over the feed; and page boundaries at every boundary position.

    Args:
        lots: Requests the pages.
        survey: The baseline traversal.
        most: The most pages of all traversals together.
        seed: Spreads the page boundaries.
        cuts: The number of page boundaries to spread.
        large: Requests for large pages in other content modes.
    """
    terms = lots.terms
    json, xml = lots.media_types
    top, mode = lots.page_size, terms.light_mode
    # One page more than needed shows entries after a page that says that none remain.
    whole = Walk(0, (*(top,) * len(survey.lots), lots.size(1)), json, mode)
    first = Walk(0, tuple(map(lots.size, (1, 2, 3))), json, mode)
    chosen = [first, whole]
    if survey.tail is not None and survey.tail.remaining:
        last, left = survey.starts.index(survey.tail), survey.tail.remaining
        near = [size for size in (left, left - 1, left + 1) if 0 < size <= top]
        chosen += [Walk(last, (size, lots.size(1)), json, mode) for size in near]
        chosen.append(Walk(last, (lots.size(37), lots.size(41), lots.size(1)), xml, mode))
    # Large binary pages, each followed by a small one that shows whether the cursor was right.
    chosen += [Walk(0, (ask.limit or top, lots.size(1)), json, ask.mode) for ask in large if ask.cursor is None]
    sizes = [size for size in boundary_sizes(terms.feed.limit) if size <= top]
    chains = _chains(sizes, min(LONGEST, survey.size or LONGEST))
    for index, chain in enumerate(chains):
        # Chains begin at different starts, so that a page size which fails only far into the feed is found as well.
        media_type = (json, xml)[index % 2]
        chosen.append(
            Walk(
                _roomy(survey, index * len(survey.starts) // len(chains), sum(chain)),
                (*chain, lots.size(1)),
                media_type,
                mode,
            )
        )
    # These two request every page afresh and in sequence: kept responses would hide a server that keeps state.
    reach = survey.reach
    chosen.append(Walk(0, _steps(lots, spread(seed, reach, cuts)), xml, mode, fresh=True))
    positions = [position for position in boundary_positions(lots.page_size) if position < reach]
    chosen.append(Walk(0, _steps(lots, positions), json, mode, fresh=True))
    return _within(chosen, most)


def _steps(lots: Lots, positions: Sequence[int]) -> tuple[int, ...]:
    """Return the sizes of pages that end at the given positions of the feed, and of one page after the last.

    Example: positions 3, 4 and 700 with a largest page of 500 give the sizes 3, 1, 500, 196 and 2.
    """
    steps: list[int] = []
    at = 0
    for position in positions:
        while position - at > lots.page_size:
            steps.append(lots.page_size)
            at += lots.page_size
        if position > at:
            steps.append(lots.size(position - at))
            at = position
    return (*steps, lots.size(2))


def _within(walks: Sequence[Walk], most: int) -> list[Walk]:
    """Return the first traversals, the last one shortened, that have at most this many pages together."""
    kept: list[Walk] = []
    for walk in walks:
        room = most - sum(len(each.sizes) for each in kept)
        if room < 2:
            break
        kept.append(replace(walk, sizes=walk.sizes[:room]))
    return kept


def _roomy(survey: Survey, index: int, need: int) -> int:
    """Return the start whose turn it is, or the beginning when fewer entries than needed are known to remain there."""
    turn = index % len(survey.starts)
    remaining = survey.starts[turn].remaining
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
