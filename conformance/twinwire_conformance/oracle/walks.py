"""Walks: passes over part of the feed in lots of drawn sizes, each held against the same part in the largest lots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from twinwire_conformance.contract import Ask, Terms
from twinwire_conformance.model import Answer, Violation
from twinwire_conformance.oracle.lots import Lot, Lots
from twinwire_conformance.oracle.survey import Start, Survey, take
from twinwire_conformance.strategies import MAX_STEPS, Step, Walk, boundary_sizes

MAX_CELL = 40
LONGEST = 1100
"""The most entries of a standing walk: enough to cross the boundary of the largest lot twice."""


@dataclass(frozen=True, slots=True)
class Path:
    """A walk as it went: where it began and its lots. The lot after the last step is not part of it."""

    start: Start
    lots: tuple[Lot, ...]

    @property
    def answers(self) -> list[Answer]:
        """The exchanges, in order."""
        return [lot.answer for lot in self.lots]

    def table(self) -> str:
        """Show the lots as a small table: what was asked and what came."""
        rows: list[tuple[str, ...]] = [
            ("lot", "cursor asked", "asked", "entries", "first", "last", "cursor given", "remaining")
        ]
        for number, lot in enumerate(self.lots, 1):
            ends = [str(lot.keys[index]) for index in (0, -1)] if lot.keys else ["-", "-"]
            cells = (number, lot.ask.cursor or "-", lot.ask.limit, len(lot.entries), *ends, lot.cursor, lot.remaining)
            rows.append(tuple(str(cell)[:MAX_CELL] for cell in cells))
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


Property = Callable[[Sequence[Lot], Path], Violation | None]
"""What a rule says of a walk: the reference lots from the same start, and the walk."""

PROPERTIES: list[Property] = []


def of_walks(judge: Property) -> Property:
    """Register a property of walks. Each walk is held to all of them at once, while its lots are at hand."""
    PROPERTIES.append(judge)
    return judge


def go(lots: Lots, survey: Survey, walk: Walk, fresh: bool) -> Path:
    """Take a walk. It ends early where the feed ends. Raises Violation when a lot is not served."""
    start = survey.starts[walk.start % len(survey.starts)]
    taken: list[Lot] = []
    cursor = start.cursor
    for step in walk.steps:
        lot = lots.lot(Ask(step.media_type, cursor, step.limit, walk.mode), fresh=fresh)
        taken.append(lot)
        if not lot.entries or lot.cursor is None:
            break
        cursor = lot.cursor
    return Path(start, tuple(taken))


def reference(lots: Lots, path: Path, fresh: bool) -> list[Lot]:
    """Return the lots of the largest size that a walk is held against: its entries and one more.

    A walk that ends too early is told by that one.
    """
    need = sum(len(lot.entries) for lot in path.lots) + 1
    return take(lots, path.start, need, fresh, most=40 + need // lots.terms.feed.limit.maximum)


def standing(lots: Lots, survey: Survey, most: int) -> list[Walk]:
    """Return the walks that every run takes, before any are drawn: the whole of what was surveyed, then every
    boundary size.

    Where the end is known, lots that end exactly there, one entry before and one after it come first.
    """
    terms = lots.terms
    json, xml = terms.canonical_type("json"), terms.canonical_type("xml")
    top = terms.feed.limit.maximum
    chosen = [
        _walk(terms, 0, *((top, json) for _ in survey.lots)),
        _walk(terms, 0, (1, json), (2, json), (3, xml)),
    ]
    if survey.tail is not None and survey.tail.remaining:
        last, left = survey.starts.index(survey.tail), survey.tail.remaining
        near = [size for size in (left, left - 1, left + 1) if 0 < size <= top]
        chosen += [_walk(terms, last, (size, json), (1, json)) for size in near]
    sizes = boundary_sizes(terms.feed.limit)
    for index, chain in enumerate(_chains(sizes, min(LONGEST, survey.size or LONGEST))):
        # Chains take turns over the starts, so that a size which fails only far into the feed is met there too.
        steps = [(size, (json, xml)[index % 2]) for size in chain]
        chosen.append(_walk(terms, _roomy(survey, index, sum(chain)), *steps, (1, json)))
    return chosen[:most]


def _roomy(survey: Survey, index: int, need: int) -> int:
    """Return the start of an index's turn, or the beginning when not enough entries remain there to fill the lots."""
    turn = index % len(survey.starts)
    remaining = survey.starts[turn].remaining
    return turn if remaining is not None and remaining >= need else 0


def _chains(sizes: Sequence[int], room: int) -> list[list[int]]:
    """Pack sizes into as few walks as hold them: a lot that follows shows whether the cursor before it was right."""
    chains: list[list[int]] = []
    for size in sorted(sizes, reverse=True):
        fitting = next((chain for chain in chains if sum(chain) + size <= room and len(chain) < MAX_STEPS), None)
        if fitting is None:
            chains.append([size])
        else:
            fitting.append(size)
    return chains


def _walk(terms: Terms, start: int, *steps: tuple[int, str]) -> Walk:
    return Walk(start, tuple(Step(terms.size(limit), media_type) for limit, media_type in steps), terms.light_mode)
