"""Equivalence: one request, every representation, the same result."""

from __future__ import annotations

from dataclasses import replace

from twinwire_conformance.contract import Ask
from twinwire_conformance.model import Inconclusive, Skipped, Violation
from twinwire_conformance.oracle.examination import Trial
from twinwire_conformance.oracle.lots import Lot
from twinwire_conformance.reading import difference
from twinwire_conformance.rules.registry import must


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
    for ask in trial.exam.corpus("json"):
        if ask.mode is trial.terms.light_mode:
            _twins(trial, ask)


@must("TWIN-03", "likewise for the empty lot")
def both_representations_say_the_same_of_the_empty_lot(trial: Trial) -> None:
    """Compare the lot after the end in JSON and XML, in every mode."""
    end = trial.exam.survey.end
    if end is None:
        raise Inconclusive(trial.exam.survey.note or "the feed has no end that could be reached")
    for mode in trial.terms.modes:
        _twins(trial, Ask(trial.terms.canonical_type("json"), end.cursor, None, mode))


@must("TWIN-05", "all labels of one representation give the same result")
def all_labels_say_the_same(trial: Trial) -> None:
    """Compare the answers to all media types of a format: at the beginning and the end, and in every mode."""
    light, *others = trial.terms.modes
    points = [(cursor, light) for cursor in trial.exam.label_cursors]
    if not trial.exam.profile.thrifty:
        points += [(None, mode) for mode in others]
    for cursor, mode in dict.fromkeys(points):
        for item in trial.terms.feed.representations:
            asks = [Ask(name, cursor, trial.terms.size(2), mode) for name in item.media_types]
            trial.same(asks, _compare)


def _twins(trial: Trial, ask: Ask) -> None:
    trial.same([ask, replace(ask, media_type=trial.terms.canonical_type("xml"))], _compare)


def _compare(left: Lot, right: Lot) -> Violation | None:
    found = difference(left.value, right.value)
    if found is None:
        return None
    path, one, other = found
    expected = f"{one}, as in {left.ask.media_type}"
    return Violation(expected, f"{other} in {right.ask.media_type}", [left.answer, right.answer], path=path)
