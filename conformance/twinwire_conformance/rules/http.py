"""HTTP and negotiation."""

from __future__ import annotations

from dataclasses import replace

from twinwire_conformance.contract import FORMATS
from twinwire_conformance.model import Answer, Params, Violation
from twinwire_conformance.oracle.examination import Trial
from twinwire_conformance.oracle.explore import Drawn
from twinwire_conformance.oracle.survey import largest
from twinwire_conformance.reading import Unreadable
from twinwire_conformance.rules.registry import must, should
from twinwire_conformance.rules.twin import unlike
from twinwire_conformance.strategies import hostile, hostile_params


@must("HTTP-01", "a valid request answers 200 and a success envelope", walks=True)
def valid_requests_succeed(trial: Trial) -> None:
    """Ask from every known start, in every mode and representation, and take every walk."""
    if trial.exam.survey.broken is not None:
        raise trial.exam.survey.broken
    for ask in [*trial.exam.heavy.plain(), *trial.exam.corpus("json"), *trial.exam.corpus("xml")]:
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


@should("HTTP-03", "the label is exactly the type asked for")
def each_label_is_the_type_asked_for(trial: Trial) -> None:
    """Compare labels with the types asked for; a type that is answered under another label by contract is left out."""
    for media_type in trial.terms.labels:
        answer = trial.lots.answer(trial.lots.request(trial.terms.sample(media_type)))
        if answer.media_type != media_type:
            raise Violation(f"the label {media_type}, as asked for", _label(answer), [answer])
        trial.witness()


@must("HTTP-04", "no Accept header, and */*, get a documented representation")
def no_preference_gets_a_documented_representation(trial: Trial) -> None:
    """Ask without an Accept header, and for anything."""
    wanted = trial.lots.request(trial.terms.sample(""))
    for accept in (None, "*/*"):
        answer = trial.lots.answer(replace(wanted, accept=accept))
        _readable(trial, answer, f"a documented representation for {'no Accept' if accept is None else 'Accept: ' + accept}")


@should("HTTP-05", "q-values are honoured")
def preferences_are_honoured(trial: Trial) -> None:
    """Prefer each format to the other, by weight, by exclusion, and against the order in which they are named."""
    json, xml = (trial.terms.canonical_type(format_) for format_ in FORMATS)
    wanted = trial.lots.request(trial.terms.sample(""))
    for preferred, other in ((json, xml), (xml, json)):
        ways = (f"{other};q=0.1, {preferred};q=0.9", f"{other};q=0, {preferred}", f"*/*;q=0.1, {preferred}")
        for accept in ways[: 1 if trial.exam.profile.thrifty else 3]:
            answer = trial.lots.answer(replace(wanted, accept=accept))
            if trial.terms.labelled(answer.media_type) != trial.terms.format_of(preferred):
                raise Violation(f"{preferred} for Accept: {accept}", _label(answer), [answer])
            trial.witness()


@must("HTTP-06", "the body decodes in its declared charset, and under gzip when that was offered")
def bodies_decode_as_declared(trial: Trial) -> None:
    """Decode what each format declares, then offer gzip and compare what comes with the same lot sent plainly."""
    for media_type in trial.terms.media_types:
        # HTTP-02 has asked for them already.
        answer = trial.lots.answer(trial.lots.request(trial.terms.sample(media_type)))
        _readable(trial, answer, "a body that decodes in its declared charset")
    json, xml = (trial.terms.canonical_type(format_) for format_ in FORMATS)
    # A large lot too: compression goes wrong where a buffer is full.
    asks = [trial.terms.sample(json), largest(trial.terms, None), trial.terms.sample(xml)]
    for ask in asks[: 1 if trial.exam.profile.thrifty else 3]:
        packed = replace(trial.lots.request(ask), headers=(("Accept-Encoding", "gzip"),))
        trial.confirm(
            lambda fresh, ask=ask: [trial.lots.lot(ask, fresh=fresh)],  # type: ignore[misc]
            lambda fresh, ask=ask, packed=packed: trial.lots.judge(ask, trial.lots.answer(packed, fresh=fresh)),  # type: ignore[misc]
            lambda lots, lot: unlike(lots[0], lot, "without gzip", "with gzip"),
        )


@should("HTTP-07", "no byte order mark in JSON")
def json_has_no_byte_order_mark(trial: Trial) -> None:
    """Look at the first bytes of the corpus in JSON, and of a sample in each media type of JSON."""
    samples = [trial.terms.sample(media_type) for media_type in trial.terms.representation("json").media_types]
    for lot in (trial.lots.read(ask) for ask in [*trial.exam.corpus("json"), *samples]):
        if lot.answer.body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
            raise Violation("a body that begins with its first value", "a byte order mark", [lot.answer])
        trial.witness()


@must("HTTP-08", "an unsupported Accept is answered 406 or with a documented representation")
def an_unsupported_accept_is_answered_by_the_book(trial: Trial) -> None:
    """Ask for types that no feed has."""
    wanted = trial.lots.request(trial.terms.sample(""))
    unsupported = ("image/png", "application/vnd.unheard-of+json", "video/*")
    for accept in unsupported[: 1 if trial.exam.profile.thrifty else 3]:
        answer = trial.lots.answer(replace(wanted, accept=accept))
        if answer.status == 406:
            trial.witness()
        else:
            _readable(trial, answer, f"a documented representation, or HTTP 406, for Accept: {accept}")


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
        # The first half in both representations, the rest in each in turn.
        check(params, None if index < len(chosen) // 2 else types[index % len(types)])
    drawn = Drawn(hostile(trial.terms), 0 if profile.thrifty else profile.hostile // 8)
    trial.exam.explorer.run(check, (), drawn)


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
