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
"""The most entries of a fixed traversal: enough to cross the boundary of the largest page twice."""


@dataclass(frozen=True, slots=True)
class Path:
    """A traversal as it went: where it began and its pages. ``ended`` says that the last of them was empty."""

    start: Start
    lots: tuple[Lot, ...]
    ended: bool = False

    @property
    def answers(self) -> list[Answer]:
        """The exchanges, in order."""
        return [lot.answer for lot in self.lots]

    def table(self) -> str:
        """Show the pages as a small table of requests and responses."""
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
"""The check of a traversal; its arguments are the baseline pages from the same start, and the traversal."""

SuccessiveCheck = Callable[[Lot, Lot], Violation | None]
"""The check of two pages, of which the second follows the first or both are from the same cursor."""


def go(lots: Lots, survey: Survey, walk: Walk, fresh: bool) -> Path:
    """Take a traversal. It ends early where the feed ends. Raises NotServed when a page is not served."""
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
    """Take a traversal once more, with the same page sizes, from where it began. Raises NotServed."""
    taken: list[Lot] = []
    cursor = path.start.cursor
    for lot in path.lots:
        taken.append(lots.lot(replace(lot.ask, cursor=cursor), fresh=True))
        if not taken[-1].size or taken[-1].cursor is None:
            break
        cursor = taken[-1].cursor
    return replace(path, lots=tuple(taken), ended=not taken[-1].size)


def last_two(judge: Property, reference: Sequence[Lot], path: Path) -> list[Path]:
    """Return the two pages of a traversal between which something goes wrong, as a traversal; nothing for a short one."""
    for number in range(2, len(path.lots)):
        if judge(reference, replace(path, lots=path.lots[:number], ended=not path.lots[number - 1].size)) is not None:
            two = path.lots[number - 2 : number]
            return [Path(Start(two[0].ask.cursor), two, ended=not two[-1].size)]
    return []


def reference(lots: Lots, path: Path, fresh: bool) -> list[Lot]:
    """Return the largest pages that a traversal is compared with, in its representation: its entries and one more.

    That one more shows a traversal that ends too early.
    """
    need = sum(lot.size for lot in path.lots) + 1
    most = 40 + need // lots.page_size
    return take(lots, path.start, need, fresh, most=most, media_type=path.lots[0].ask.media_type)


def successive(reference: Sequence[Lot], path: Path) -> list[tuple[Lot, Lot]]:
    """Return the pairs of pages that follow each other, and the first pages of both, which have the same cursor."""
    first = [(reference[0], path.lots[0])] if reference else []
    return [*first, *pairwise(path.lots)]


def standing(lots: Lots, survey: Survey, most: int, seed: int, cuts: int, large: Sequence[Ask] = ()) -> list[Walk]:
    """Return the traversals that every run takes, before any are drawn.

    The whole of what was surveyed; pages that end exactly at the end, one entry before and one after it; every boundary size;
    ``cuts`` page boundaries that are spread evenly over the feed; then pages that begin at every boundary position.
    ``large`` are requests for large pages in other modes. ``most`` limits the number of pages.
    """
    terms = lots.terms
    json, xml = lots.media_types
    top, mode = lots.page_size, terms.light_mode
    # And one page more: the end may not be where the last page says that nothing remains.
    whole = Walk(0, (*(top,) * len(survey.lots), lots.size(1)), json, mode)
    first = Walk(0, tuple(map(lots.size, (1, 2, 3))), json, mode)
    chosen = [first, whole]
    if survey.tail is not None and survey.tail.remaining:
        last, left = survey.starts.index(survey.tail), survey.tail.remaining
        near = [size for size in (left, left - 1, left + 1) if 0 < size <= top]
        chosen += [Walk(last, (size, lots.size(1)), json, mode) for size in near]
        chosen.append(Walk(last, (lots.size(37), lots.size(41), lots.size(1)), xml, mode))
    # Large responses of the other modes, and what follows them.
    chosen += [Walk(0, (ask.limit or top, lots.size(1)), json, ask.mode) for ask in large if ask.cursor is None]
    sizes = [size for size in boundary_sizes(terms.feed.limit) if size <= top]
    chains = _chains(sizes, min(LONGEST, survey.size or LONGEST))
    for index, chain in enumerate(chains):
        # Chains take turns over the starts, so that a size which fails only far into the feed is met there too.
        media_type = (json, xml)[index % 2]
        chosen.append(
            Walk(
                _roomy(survey, index * len(survey.starts) // len(chains), sum(chain)),
                (*chain, lots.size(1)),
                media_type,
                mode,
            )
        )
    reach = survey.reach
    chosen.append(Walk(0, _steps(lots, spread(seed, reach, cuts)), xml, mode, fresh=True))
    positions = [position for position in boundary_positions(lots.page_size) if position < reach]
    chosen.append(Walk(0, _steps(lots, positions), json, mode, fresh=True))
    return _within(chosen, most)


def _steps(lots: Lots, positions: Sequence[int]) -> tuple[int, ...]:
    """Return the sizes of the pages that end at these positions of the feed, and of one page after the last."""
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
    kept: list[Walk] = []
    for walk in walks:
        room = most - sum(len(each.sizes) for each in kept)
        if room < 2:
            break
        kept.append(replace(walk, sizes=walk.sizes[:room]))
    return kept


def _roomy(survey: Survey, index: int, need: int) -> int:
    """Return the start of an index's turn, or the beginning when not enough entries remain there to fill the pages."""
    turn = index % len(survey.starts)
    remaining = survey.starts[turn].remaining
    return turn if remaining is not None and remaining >= need else 0


def _chains(sizes: Sequence[int], room: int) -> list[list[int]]:
    """Pack sizes into as few traversals as hold them: a page that follows shows whether the cursor before it was right."""
    chains: list[list[int]] = []
    for size in sorted(sizes, reverse=True):
        fitting = next((chain for chain in chains if sum(chain) + size <= room and len(chain) < MAX_STEPS), None)
        if fitting is None:
            chains.append([size])
        else:
            fitting.append(size)
    return chains
