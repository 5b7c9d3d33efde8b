"""Parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from twinwire.ir import Parameter
from twinwire_conformance.contract import FORMATS, Ask
from twinwire_conformance.model import Answer, Inconclusive, Skipped, Violation
from twinwire_conformance.oracle.examination import Trial
from twinwire_conformance.oracle.lots import Lot
from twinwire_conformance.oracle.walks import Path, of_walks
from twinwire_conformance.reading import Unreadable, difference
from twinwire_conformance.rules.registry import must, should
from twinwire_conformance.rules.twin import unlike
from twinwire_conformance.strategies import bad_inputs, free_texts


@must("PARAM-01", "the smallest and the largest count are served")
def both_bounds_are_served(trial: Trial) -> None:
    """Ask for lots of both bounds, in each representation."""
    limit = trial.terms.feed.limit
    for format_ in FORMATS:
        for size in (limit.maximum, limit.minimum):
            if trial.exam.profile.thrifty and (format_, size) == ("xml", limit.minimum):
                continue
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


@of_walks
def _bounded(_: Sequence[Lot], path: Path) -> Violation | None:
    for lot in path.lots:
        asked = lot.ask.limit
        if asked is not None and len(lot.entries) > asked:
            return Violation(f"at most the {asked} entries asked for", f"{len(lot.entries)} entries", [lot.answer])
    return None


@should("PARAM-04", "a count out of range, or no integer, is refused, or lowered with a warning")
def bad_counts_are_refused(trial: Trial) -> None:
    """Send counts that break the constraint; one over the greatest may be lowered with a warning instead."""
    _refusals(trial, "limit")


@must("PARAM-05", "texts of the least and the greatest length are accepted")
def texts_of_any_length_allowed_are_accepted(trial: Trial) -> None:
    """Send every text parameter at both its bounds, in letters of one byte and of two."""
    texts = free_texts(trial.terms)
    if not texts:
        raise Skipped("the contract limits the length of no text")
    for values in (_short, _long, _wide)[: 2 if trial.exam.profile.thrifty else 3]:
        params = [(parameter.name, values(parameter)) for parameter in texts]
        # Together they cost one request; one by one only when that is refused, to tell which.
        if not _accepts(trial, params):
            for param in params:
                _accepted(trial, *param)
        trial.witness(len(params))


def _short(parameter: Parameter) -> str:
    return "x" * (parameter.type.min_length or 0)


def _long(parameter: Parameter) -> str:
    return "x" * (parameter.type.max_length or 0)


def _wide(parameter: Parameter) -> str:
    return "\u00e9" * (parameter.type.max_length or 0)


def _ask_with(trial: Trial, params: Sequence[tuple[str, str]]) -> Answer:
    return trial.lots.answer(trial.lots.altered(trial.terms.canonical_type("json"), *params))


def _accepts(trial: Trial, params: Sequence[tuple[str, str]]) -> bool:
    answer = _ask_with(trial, params)
    return answer.status == 200 and trial.terms.envelope(answer) is None


def _accepted(trial: Trial, name: str, value: str) -> None:
    if _accepts(trial, [(name, value)]):
        return
    answer = _ask_with(trial, [(name, value)])
    session = trial.terms.feed.session
    if session is not None and name == session.name and trial.lots.session is not None:
        # The caller named a session, so this target may know no other.
        raise Inconclusive("a session was given, and the target accepts no other", [answer])
    trial.lots.judge(trial.terms.sample(trial.terms.canonical_type("json")), answer)
    raise Violation(f"{name} of {len(value)} characters to be accepted", "a refusal", [answer])


@should("PARAM-06", "texts over the greatest length are refused")
def long_texts_are_refused(trial: Trial) -> None:
    """Send every text parameter one character too long."""
    _refusals(trial, "length")


@should("PARAM-07", "a token that is no bigint is refused")
def bad_tokens_are_refused(trial: Trial) -> None:
    """Send cursors that break the type of their parameter."""
    _refusals(trial, "cursor")


def _refusals(trial: Trial, constraint: str) -> None:
    chosen = [bad for bad in bad_inputs(trial.terms) if bad.constraint == constraint]
    if not chosen:
        raise Skipped("the contract has no such constraint")
    for bad in chosen[: 1 if trial.exam.profile.thrifty else 8]:
        trial.exam.twin(bad)
        answer = trial.exam.bad(bad, trial.terms.canonical_type("json"))
        if not trial.terms.refuses(answer) and not (bad.excess and _lowered(trial, answer)):
            got = f"HTTP {answer.status} and no refusal"
            raise Violation(f"a refusal of {bad.parameter}={bad.value[:40]}", got, [answer])
        trial.witness()


def _lowered(trial: Trial, answer: Answer) -> bool:
    warnings = trial.terms.feed.outcome.warnings
    if not trial.terms.feed.limit.lowered or warnings is None or answer.status != 200:
        return False
    return bool(trial.terms.read(answer).value.get(warnings.wire))


@must("PARAM-08", "every token that the feed gave out is accepted")
def given_tokens_are_accepted(trial: Trial) -> None:
    """Go on from every cursor of the survey and the corpus."""
    asks = [*trial.exam.survey.asks, *trial.exam.corpus("json"), *trial.exam.corpus("xml")]
    found = (trial.lots.read(ask).cursor for ask in asks)
    cursors = list(dict.fromkeys(cursor for cursor in found if cursor is not None))
    for cursor in cursors[: 1 if trial.exam.profile.thrifty else 12]:
        trial.lots.lot(trial.terms.sample(trial.terms.canonical_type("json"), cursor))
        trial.witness()


@should("PARAM-09", "a token that means the beginning equals no token")
def start_tokens_are_the_beginning(trial: Trial) -> None:
    """Compare the first lot with those of the cursors that the contract reads as the beginning."""
    if not trial.terms.feed.cursor.start:
        raise Skipped("the contract has no cursor that means the beginning")
    for format_ in FORMATS:
        ask = trial.terms.sample(trial.terms.canonical_type(format_))
        for cursor in trial.terms.feed.cursor.start:
            name = trial.terms.feed.cursor.parameter.name
            trial.same([ask, replace(ask, cursor=cursor)], partial(_same_start, name))
        if trial.exam.profile.thrifty:
            break


def _same_start(name: str, left: Lot, right: Lot) -> Violation | None:
    # An empty feed may repeat the cursor that was asked with.
    return unlike(left, right, f"without {name}", f"with {name}={right.ask.cursor}") if left.entries else None
