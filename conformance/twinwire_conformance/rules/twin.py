"""Equivalence: the same request returns the same result in JSON and XML (TWIN-01 to TWIN-05)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from twinwire_conformance.contract import FORMATS, Ask, Terms
from twinwire_conformance.model import Answer, Inconclusive, Skipped, Violation
from twinwire_conformance.oracle.examination import Trial
from twinwire_conformance.oracle.lots import Lot
from twinwire_conformance.reading import Unreadable, difference
from twinwire_conformance.rules.registry import must
from twinwire_conformance.strategies import echoed_inputs, lenient_inputs, some_bad_inputs


@must.pair(
    "TWIN-01", "The same request gives the same result in JSON and XML, member by member, in binary mode", "binary twins"
)
def both_representations_say_the_same(left: Lot, right: Lot) -> Violation | None:
    """Compare pages with binary content, or pages of a feed without content modes, in JSON and XML."""
    return compare(left, right)


def _has_modes(terms: Terms) -> None:
    if terms.feed.modes is None:
        raise Skipped("the contract has no content modes")


@must.pair(
    "TWIN-02",
    "The same request gives the same result in JSON and XML, member by member, in link mode",
    "link twins",
    need=_has_modes,
)
def both_representations_say_the_same_of_links(left: Lot, right: Lot) -> Violation | None:
    """Compare pages with links in JSON and XML."""
    return compare(left, right)


@must("TWIN-03", "The empty page after the end of the feed is the same in JSON and XML")
def both_representations_say_the_same_of_the_empty_page(trial: Trial) -> None:
    """Compare the empty page after the end in JSON and XML, in every content mode."""
    end = trial.exam.survey.end
    if end is None:
        trial.exam.survey.need()
        raise Inconclusive(trial.exam.survey.end_note or "the end of the feed was not reached")
    light, *others = trial.terms.modes
    json = trial.terms.canonical_type("json")
    _twins(trial, Ask(json, end.cursor, None, light))
    for mode in others if not trial.exam.profile.thrifty else ():
        # On a changing feed the page may have entries by now; one entry keeps binary content small.
        _twins(trial, Ask(json, end.cursor, trial.lots.size(1), mode))


@must("TWIN-05", "All media types of one representation give the same result")
def all_labels_say_the_same(trial: Trial) -> None:
    """Compare the results of all media types of a representation: at the beginning, at the end, and for unusual entries."""
    if all(len(item.media_types) == 1 for item in trial.terms.feed.representations):
        raise Skipped("each representation has one media type only")
    asks = [trial.terms.sample("", cursor) for cursor in trial.exam.label_cursors]
    if not trial.exam.profile.thrifty:
        asks = [Ask("", None, None, trial.terms.light_mode), *asks[1:], *trial.exam.heavy.first("")]
    for ask in asks:
        for item in trial.terms.feed.representations:
            trial.same([replace(ask, media_type=name) for name in item.media_types], compare)


@must("TWIN-04", "JSON and XML reject or adjust the same request with the same code, message, warnings and HTTP status")
def both_representations_refuse_the_same(trial: Trial) -> None:
    """Send bad and unusual input in JSON and XML, and compare the rejections, adjustments and warnings."""
    bad = some_bad_inputs(trial.terms, thrifty=trial.exam.profile.thrifty)
    for each in bad:
        with trial.part():
            trial.exam.twin(each)
            _alike(trial, *(trial.exam.bad(each, trial.terms.canonical_type(format_)) for format_ in FORMATS))
    for each in echoed_inputs(trial.terms)[: 0 if trial.exam.profile.thrifty else 4]:
        with trial.part():
            _alike(trial, *(trial.exam.bad(each, trial.terms.canonical_type(format_)) for format_ in FORMATS))
    for param in lenient_inputs(trial.terms)[: 0 if trial.exam.profile.thrifty else 2]:
        requests = [trial.lots.altered(trial.terms.canonical_type(format_), param) for format_ in FORMATS]
        with trial.part():
            _alike(trial, *(trial.lots.odd_answer(request) for request in requests))


def _alike(trial: Trial, left: Answer, right: Answer) -> None:
    if left.status != right.status:
        expected = f"HTTP {left.status}, as in {left.request.accept}"
        raise Violation(expected, f"HTTP {right.status} in {right.request.accept}", [left, right])
    if left.cut or right.cut:
        # Only the beginning of large content was read, so that the outcome of the request is not known.
        trial.witness()
        return
    for answer in (left, right):
        if answer.status == 200:
            trial.lots.judge(trial.terms.sample(answer.request.accept or ""), answer)
    results = [_result(trial, answer) for answer in (left, right)]
    if results[0] is None or results[1] is None:
        if left.status == 200 and (results[0] is None) != (results[1] is None):
            words = ["no readable result" if result is None else "a result" for result in results]
            expected = f"{words[0]}, as in {left.request.accept}"
            raise Violation(expected, f"{words[1]} in {right.request.accept}", [left, right])
        trial.witness()
        return
    outcome = trial.terms.feed.outcome
    names = [field.wire for field in (outcome.code, outcome.message, outcome.warnings) if field is not None]
    names = [name for name in names if name not in trial.lots.volatile]
    chosen: list[dict[str, Any]] = [{name: result.get(name) for name in names} for result in results if result is not None]
    found = difference(chosen[0], chosen[1])
    if found is not None:
        path, one, other = found
        expected = f"{one}, as in {left.request.accept}"
        raise Violation(expected, f"{other} in {right.request.accept}", [left, right], path=path)
    trial.witness()


def _result(trial: Trial, answer: Answer) -> dict[str, Any] | None:
    """Return the result in a response, success or not; None when the response does not hold one."""
    try:
        value = trial.terms.read(answer).value
    except Unreadable:
        return None
    return value if trial.terms.feed.outcome.code.wire in value else None


def _twins(trial: Trial, ask: Ask) -> None:
    trial.same([ask, replace(ask, media_type=trial.terms.canonical_type("xml"))], compare)


def compare(left: Lot, right: Lot) -> Violation | None:
    """Return the first difference between the pages of one request in two media types as a violation, or None."""
    return unlike(left, right, f"in {left.ask.media_type}", f"in {right.ask.media_type}")


def unlike(left: Lot, right: Lot, one_way: str, other_way: str) -> Violation | None:
    """Return the first difference between two results as a violation, or None when they are equal.

    Args:
        left: The expected page.
        right: The page under test.
        one_way: The words that describe how the first was requested, such as "in application/json".
        other_way: The same for the second.
    """
    found = difference(left.compared, right.compared)
    if found is None:
        return None
    path, one, other = found
    return Violation(f"{one}, as {one_way}", f"{other} {other_way}", [left.answer, right.answer], path=path)
