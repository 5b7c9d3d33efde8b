"""Parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from twinwire_conformance.contract import FORMATS, Ask
from twinwire_conformance.model import Violation
from twinwire_conformance.oracle.examination import Trial
from twinwire_conformance.oracle.lots import Lot
from twinwire_conformance.oracle.walks import Path
from twinwire_conformance.reading import Unreadable, difference
from twinwire_conformance.rules.registry import must


@must("PARAM-01", "the smallest and the largest count are served")
def both_bounds_are_served(trial: Trial) -> None:
    """Ask for lots of both bounds, in each representation."""
    limit = trial.terms.feed.limit
    for format_ in FORMATS:
        for size in (limit.minimum, limit.maximum):
            trial.lots.lot(Ask(trial.terms.canonical_type(format_), None, size, trial.terms.light_mode))
            trial.witness()


@must("PARAM-02", "count left out equals the default count")
def a_missing_count_is_the_default(trial: Trial) -> None:
    """Compare lots without a count with lots of the default count, at the beginning and farther on."""
    limit = trial.terms.feed.limit
    starts = trial.exam.starts
    cursors = (None,) if trial.exam.profile.thrifty else dict.fromkeys((None, starts[len(starts) // 2].cursor))
    for cursor in cursors:
        for format_ in FORMATS:
            ask = Ask(trial.terms.canonical_type(format_), cursor, limit.default, trial.terms.light_mode)
            trial.same([ask, replace(ask, limit=None)], _equal(limit.parameter.name, limit.default))


def _equal(name: str, default: int) -> Callable[[Lot, Lot], Violation | None]:
    def judge(left: Lot, right: Lot) -> Violation | None:
        found = difference(left.signature, right.signature)
        if found is None:
            return None
        path, one, other = found
        return Violation(f"{one}, as with {name}={default}", f"{other} without {name}", [left.answer, right.answer], path=path)

    return judge


@must("PARAM-03", "never more entries than the greatest count, nor than asked for", walks=True)
def a_lot_never_holds_more_than_asked_for(trial: Trial) -> None:
    """Count the entries of every lot of the walks, and of a count beyond the bound where one is served."""
    trial.walk(_bounded)
    limit = trial.terms.feed.limit
    for size in (limit.maximum + 1, limit.maximum * 2)[: 1 if trial.exam.profile.thrifty else 2]:
        over = (limit.parameter.name, str(size))
        answer = trial.lots.answer(trial.lots.altered(trial.terms.canonical_type("json"), over))
        try:
            entries = Lot(Ask(""), answer, trial.terms.read(answer), trial.terms).entries
        except Unreadable:
            # A refusal need not be readable; PARAM-04 judges what it looks like.
            continue
        if len(entries) > limit.maximum:
            raise Violation(f"at most {limit.maximum} entries, or a refusal", f"{len(entries)} entries", [answer])


def _bounded(_: Sequence[Lot], path: Path) -> Violation | None:
    for lot in path.lots:
        asked = lot.ask.limit
        if asked is not None and len(lot.entries) > asked:
            return Violation(f"at most the {asked} entries asked for", f"{len(lot.entries)} entries", [lot.answer])
    return None
