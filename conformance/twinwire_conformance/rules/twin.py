"""Equivalence: one request, every representation, the same result."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from twinwire_conformance.contract import FORMATS, Ask
from twinwire_conformance.model import Answer, Inconclusive, Skipped, Violation
from twinwire_conformance.oracle.examination import Trial
from twinwire_conformance.oracle.lots import Lot
from twinwire_conformance.reading import difference
from twinwire_conformance.rules.registry import must
from twinwire_conformance.strategies import bad_inputs


@must("TWIN-01", "one request, each representation: the same result, member by member")
def both_representations_say_the_same(trial: Trial) -> None:
    """Compare the corpus of the modes that are not light, or of a feed without modes, in JSON and XML."""
    for ask in trial.exam.corpus("json"):
        if trial.terms.feed.modes is None or ask.mode is not trial.terms.light_mode:
            _twins(trial, ask)


@must("TWIN-02", "likewise in the mode with links")
def both_representations_say_the_same_of_links(trial: Trial) -> None:
    """Compare the corpus of the light mode in JSON and XML."""
    if trial.terms.feed.modes is None:
        raise Skipped("the contract has no modes")
    # A small lot first: where a feed moves, it is the one that stands still for long enough.
    for ask in (trial.terms.sample(trial.terms.canonical_type("json")), *trial.exam.corpus("json")):
        if ask.mode is trial.terms.light_mode:
            _twins(trial, ask)


@must("TWIN-03", "likewise for the empty lot")
def both_representations_say_the_same_of_the_empty_lot(trial: Trial) -> None:
    """Compare the lot after the end in JSON and XML, in every mode."""
    end = trial.exam.survey.end
    if end is None:
        raise Inconclusive(trial.exam.survey.note or "the feed has no end that could be reached")
    light, *others = trial.terms.modes
    json = trial.terms.canonical_type("json")
    _twins(trial, Ask(json, end.cursor, None, light))
    for mode in others if not trial.exam.profile.thrifty else ():
        # A small lot, for a feed that moves may have got something to bring there.
        _twins(trial, Ask(json, end.cursor, trial.terms.size(1), mode))


@must("TWIN-05", "all labels of one representation give the same result")
def all_labels_say_the_same(trial: Trial) -> None:
    """Compare the answers to all media types of a format: at the beginning and the end, and in every mode."""
    if all(len(item.media_types) == 1 for item in trial.terms.feed.representations):
        raise Skipped("each representation has one media type only")
    asks = [trial.terms.sample("", cursor) for cursor in trial.exam.label_cursors]
    if not trial.exam.profile.thrifty:
        asks += trial.exam.heavy.first("")
    for ask in asks:
        for item in trial.terms.feed.representations:
            trial.same([replace(ask, media_type=name) for name in item.media_types], compare)


@must("TWIN-04", "likewise for refusals: the return code, the message, and the HTTP status")
def both_representations_refuse_the_same(trial: Trial) -> None:
    """Send bad input in JSON and XML and compare how it is refused."""
    for bad in bad_inputs(trial.terms)[: 2 if trial.exam.profile.thrifty else 8]:
        trial.exam.twin(bad)
        left, right = (trial.exam.bad(bad, trial.terms.canonical_type(format_)) for format_ in FORMATS)
        if left.status != right.status:
            expected = f"HTTP {left.status}, as in {left.request.accept}"
            raise Violation(expected, f"HTTP {right.status} in {right.request.accept}", [left, right])
        envelopes = [trial.terms.envelope(answer) for answer in (left, right)]
        if left.status == 200 and (envelopes[0] is None) != (envelopes[1] is None):
            words = ["a result" if envelope is None else "a refusal" for envelope in envelopes]
            expected = f"{words[0]}, as in {left.request.accept}"
            raise Violation(expected, f"{words[1]} in {right.request.accept}", [left, right])
        outcome = trial.terms.feed.outcome
        names = [field.wire for field in (outcome.code, outcome.message) if field is not None]
        if envelopes[0] is not None and envelopes[1] is not None:
            _alike(names, envelopes[0], envelopes[1], [left, right])
        trial.witness()


def _alike(names: list[str], left: dict[str, Any], right: dict[str, Any], answers: list[Answer]) -> None:
    found = difference({name: left.get(name) for name in names}, {name: right.get(name) for name in names})
    if found is not None:
        path, one, other = found
        expected = f"{one}, as in {answers[0].request.accept}"
        raise Violation(expected, f"{other} in {answers[1].request.accept}", answers, path=path)


def _twins(trial: Trial, ask: Ask) -> None:
    trial.same([ask, replace(ask, media_type=trial.terms.canonical_type("xml"))], compare)


def compare(left: Lot, right: Lot) -> Violation | None:
    """Compare two lots of one request in two media types."""
    return unlike(left, right, f"in {left.ask.media_type}", f"in {right.ask.media_type}")


def unlike(left: Lot, right: Lot, one_way: str, other_way: str) -> Violation | None:
    """Return the violation that the first difference of two results is, or None when they are equal."""
    found = difference(left.value, right.value)
    if found is None:
        return None
    path, one, other = found
    return Violation(f"{one}, as {one_way}", f"{other} {other_way}", [left.answer, right.answer], path=path)
