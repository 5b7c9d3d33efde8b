"""HTTP and negotiation."""

from __future__ import annotations

from dataclasses import replace

from twinwire_conformance.contract import Ask
from twinwire_conformance.model import Answer, Params, Violation
from twinwire_conformance.oracle.examination import Trial
from twinwire_conformance.reading import Unreadable
from twinwire_conformance.rules.registry import must
from twinwire_conformance.strategies import hostile, hostile_params


@must("HTTP-01", "a valid request answers 200 and a success envelope", walks=True)
def valid_requests_succeed(trial: Trial) -> None:
    """Ask from every known start, in every mode and representation, and take every walk."""
    trial.lots.lot(Ask(trial.terms.canonical_type("json")))
    if trial.exam.survey.broken is not None:
        raise trial.exam.survey.broken
    for ask in [*trial.exam.corpus("json"), *trial.exam.corpus("xml")]:
        trial.lots.lot(ask)
        trial.witness()
    if not trial.exam.survey.empty:
        trial.walk(lambda _reference, _path: None)


@must("HTTP-02", "each documented media type, asked for alone, gets its own representation and label")
def each_media_type_gets_its_own(trial: Trial) -> None:
    """Ask for every media type at the beginning and near the end of the feed."""
    for cursor in trial.exam.label_cursors:
        for media_type in trial.terms.media_types:
            answer = trial.lots.answer(trial.lots.request(trial.terms.sample(media_type, cursor)))
            group = trial.terms.representation(trial.terms.format_of(media_type) or "json")
            if answer.media_type not in group.labels:
                raise Violation(f"one of {', '.join(group.labels)} for Accept: {media_type}", _label(answer), [answer])
            _readable(trial, answer, f"a body of the kind asked for with Accept: {media_type}")


@must("HTTP-04", "no Accept header, and */*, get a documented representation")
def no_preference_gets_a_documented_representation(trial: Trial) -> None:
    """Ask without an Accept header, and for anything."""
    wanted = trial.lots.request(trial.terms.sample(""))
    for accept in (None, "*/*"):
        answer = trial.lots.answer(replace(wanted, accept=accept))
        _readable(trial, answer, f"a documented representation for {'no Accept' if accept is None else 'Accept: ' + accept}")


@must("HTTP-09", "no input whatever gets a 5xx")
def no_input_breaks_the_server(trial: Trial) -> None:
    """Send out-of-range, mistyped, over-long, repeated, unknown and hostile parameters, in each representation in turn."""
    profile = trial.exam.profile
    types = [trial.terms.canonical_type("json"), trial.terms.canonical_type("xml")]

    def check(params: Params, media_type: str | None = None) -> None:
        for accept in types if media_type is None else [media_type]:
            request = trial.lots.altered(accept, *params)
            answer = trial.lots.answer(request)
            if answer.status >= 500:
                # A gateway may fail once; what the same input does twice is the input's doing.
                answer = trial.lots.answer(request, fresh=True)
            if answer.status >= 500:
                raise Violation("anything but a 5xx, whatever the input", _label(answer), [answer])
            trial.witness()

    chosen = hostile_params(trial.terms)[: profile.hostile]
    for index, params in enumerate(chosen):
        alone = profile.thrifty or index >= len(chosen) // 2
        check(params, types[index % len(types)] if alone else None)
    trial.exam.explorer.run(check, (), hostile(trial.terms), 0 if profile.thrifty else profile.hostile // 8)


def _readable(trial: Trial, answer: Answer, expected: str) -> None:
    if answer.status != 200:
        raise Violation(f"HTTP 200 and {expected}", _label(answer), [answer])
    try:
        trial.terms.read(answer)
    except Unreadable as error:
        raise Violation(expected, str(error), [answer]) from error
    trial.witness()


def _label(answer: Answer) -> str:
    return f"HTTP {answer.status} labelled {answer.headers.get('content-type', 'with nothing')!r}"
