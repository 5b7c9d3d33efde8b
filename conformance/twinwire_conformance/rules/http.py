"""HTTP and negotiation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus

from twinwire_conformance.contract import FORMATS, Ask
from twinwire_conformance.model import Answer, NotServed, Violation
from twinwire_conformance.oracle.examination import Trial
from twinwire_conformance.oracle.lots import Lot
from twinwire_conformance.oracle.survey import largest
from twinwire_conformance.oracle.walks import Path
from twinwire_conformance.reading import Unreadable
from twinwire_conformance.rules.registry import must, should
from twinwire_conformance.rules.twin import unlike


def _corpus_is_served(trial: Trial) -> None:
    """Request pages from every known start, in every mode and representation."""
    if trial.exam.survey.broken is not None:
        with trial.part():
            raise trial.exam.survey.broken
    for ask in [*trial.exam.heavy.plain(), *trial.exam.corpus("json"), *trial.exam.corpus("xml")]:
        with trial.part():
            trial.lots.lot(ask)
            trial.witness()


@must.traversal(
    "HTTP-01", "A valid request gets HTTP 200 and a result with the success code", also=_corpus_is_served, empty=True
)
def valid_requests_succeed(_reference: Sequence[Lot], _path: Path) -> Violation | None:
    """Take every traversal: a page that is not served ends it."""
    return None


@must("HTTP-02", "Each documented media type, requested alone, is answered in its own representation and Content-Type")
def each_media_type_gets_its_own(trial: Trial) -> None:
    """Request every media type at the beginning and near the end of the feed."""
    for cursor in trial.exam.label_cursors:
        for media_type in trial.terms.media_types:
            answer = trial.lots.answer(trial.lots.request(trial.terms.sample(media_type, cursor)))
            format_ = trial.terms.format_of(media_type) or "json"
            group = trial.terms.representation(format_)
            allowed = tuple(dict.fromkeys((*group.labels, *group.media_types)))
            if answer.status != 200 and not trial.lots.broken:
                raise Violation(f"HTTP 200 for Accept: {media_type}", _label(answer), [answer])
            if answer.media_type not in allowed:
                raise Violation(f"one of {', '.join(allowed)} for Accept: {media_type}", _label(answer), [answer])
            with trial.part():
                trial.lots.judge(trial.terms.sample(media_type, cursor), answer)
                trial.witness()


@should("HTTP-03", "The Content-Type is exactly the media type requested, and a JSON body is not labelled as a form")
def each_label_is_the_type_asked_for(trial: Trial) -> None:
    """Compare Content-Types with the types requested; a type that is answered under another label by contract is left out."""
    for media_type in trial.terms.media_types:
        answer = trial.lots.answer(trial.lots.request(trial.terms.sample(media_type)))
        group = trial.terms.representation(trial.terms.format_of(media_type) or "json")
        if media_type not in group.labels:
            if answer.media_type == media_type:
                raise Violation(f"one of {', '.join(group.labels)} for Accept: {media_type}", _label(answer), [answer])
        elif answer.media_type != media_type:
            raise Violation(f"the Content-Type {media_type}, as requested", _label(answer), [answer])
        trial.witness()


@must("HTTP-04", "A request without Accept, and one with */*, gets a documented representation")
def no_preference_gets_a_documented_representation(trial: Trial) -> None:
    """Request without an Accept header, and for anything."""
    wanted = trial.lots.request(trial.terms.sample(""))
    for accept in (None, "*/*"):
        answer = trial.lots.answer(replace(wanted, accept=accept))
        _readable(trial, answer, f"a documented representation for {'no Accept' if accept is None else 'Accept: ' + accept}")


@should("HTTP-05", "The q-values of Accept are honoured")
def preferences_are_honoured(trial: Trial) -> None:
    """Prefer each representation to the other, by weight, by exclusion, and against the order in which they are named."""
    json, xml = (trial.terms.canonical_type(format_) for format_ in FORMATS)
    wanted = trial.lots.request(trial.terms.sample(""))
    for preferred, other in ((json, xml), (xml, json)):
        ways = (f"{other};q=0.1, {preferred};q=0.9", f"{other};q=0, {preferred}", f"*/*;q=0.1, {preferred}")
        for accept in ways[: 1 if trial.exam.profile.thrifty else 3]:
            answer = trial.lots.answer(replace(wanted, accept=accept))
            if trial.terms.labelled(answer.media_type) != trial.terms.format_of(preferred):
                raise Violation(f"{preferred} for Accept: {accept}", _label(answer), [answer])
            trial.witness()


def _framed_and_coded(answer: Answer) -> int:
    if answer.framing_defect:
        raise Violation("a body whose length is stated in one way", answer.framing_defect, [answer])
    if answer.unasked_coding:
        expected = "a body without a content coding, as none was offered"
        raise Violation(expected, f"Content-Encoding: {answer.unasked_coding}", [answer])
    return 1


@must(
    "HTTP-06",
    "The body is complete and decodes: framing, content coding (only one that was offered) and charset",
    response=_framed_and_coded,
)
def bodies_decode_as_declared(trial: Trial) -> None:
    """Decode the body of each media type, then offer gzip and compare what comes with the same page sent plainly.

    Small pages, which few servers compress, and the largest, as compression goes wrong where a buffer is full.
    """
    for media_type in trial.terms.media_types:
        # HTTP-02 has requested them already.
        answer = trial.lots.answer(trial.lots.request(trial.terms.sample(media_type)))
        with trial.part():
            trial.lots.judge(trial.terms.sample(media_type), answer)
            trial.witness()
    for ask in _compressed(trial):
        with trial.part():
            trial.confirm(
                lambda fresh, ask=ask: [trial.lots.lot(ask, fresh=fresh)],  # type: ignore[misc]
                lambda fresh, ask=ask: _packed(trial, ask, fresh=fresh),  # type: ignore[misc]
                lambda lots, lot: unlike(lots[0], lot, "without gzip", "with gzip"),
            )
    trial.report_noted()


def _packed(trial: Trial, ask: Ask, *, fresh: bool) -> Lot:
    """Return the page for a request that offers gzip. Raises Violation when it is not served, as it is without the offer."""
    request = replace(trial.lots.request(ask), headers=(("Accept-Encoding", "gzip"),))
    try:
        return trial.lots.judge(ask, trial.lots.odd_answer(request, fresh=fresh, own=True))
    except NotServed as error:
        trial.lots.lot(ask)
        raise Violation("the page that comes without gzip", f"{error.got}, with gzip", error.answers) from error


def _compressed(trial: Trial) -> list[Ask]:
    json, xml = (trial.terms.canonical_type(format_) for format_ in FORMATS)
    if trial.exam.profile.thrifty:
        return [trial.terms.sample(json)]
    asks = [trial.terms.sample(json), trial.terms.sample(xml), largest(trial.lots, None, json), largest(trial.lots, None, xml)]
    if trial.exam.survey.end is not None:
        asks.append(Ask(json, trial.exam.survey.end.cursor, None, trial.terms.light_mode))
    # In the modes with large content, take the largest pages that are not huge.
    large = trial.exam.heavy.larger()
    return [*asks, *(replace(ask, media_type=media_type) for ask in large for media_type in (json, xml))]


@should.page("HTTP-07", "JSON has no byte order mark")
def json_has_no_byte_order_mark(lot: Lot) -> int:
    """Look at the first bytes of every JSON page."""
    if lot.format != "json":
        return 0
    if lot.answer.body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise Violation("a body that begins with its first value", "a byte order mark", [lot.answer])
    return 1


_UNSUPPORTED = (
    "image/png",
    "application/vnd.unheard-of+json",
    "video/*",
    "application/json;q=abc",
    "application/json;q=, application/xml;q=",
    "application/json,,application/xml,",
    ";q=1, /, */",
    "json",
    "application/json;q=0, application/xml;q=0, text/json;q=0, text/xml;q=0, */*;q=0",
    "text/html, " * 300 + "text/plain",
)


@must("HTTP-08", "An unsupported or malformed Accept is answered with 406, 400 or a documented representation")
def an_unsupported_accept_is_answered_by_the_book(trial: Trial) -> None:
    """Request types that no feed has, and send Accept headers that break the grammar."""
    wanted = trial.lots.request(trial.terms.sample(""))
    allowed = (HTTPStatus.NOT_ACCEPTABLE, HTTPStatus.BAD_REQUEST)
    for accept in _UNSUPPORTED[: 1 if trial.exam.profile.thrifty else None]:
        with trial.part():
            answer = trial.lots.odd_answer(replace(wanted, accept=accept))
        if trial.blocked:
            return
        # An over-long header may be refused as such.
        if answer.status in allowed or (len(accept) > 1000 and answer.status in (413, 414, 431)):
            trial.witness()
        else:
            shown = accept if len(accept) <= 60 else f"{accept[:60]}... ({len(accept)} characters)"
            _readable(trial, answer, f"a documented representation, HTTP 406 or 400, for Accept: {shown}")


_INVITING = ("max-age", "s-maxage", "public")


@should.response("HTTP-12", "A response that invites caches to store it names in Vary what it depends on")
def cacheable_responses_name_what_they_depend_on(answer: Answer) -> int:
    """Look at the caching headers of every response."""
    control = answer.headers.get("cache-control", "").lower()
    directives = [part.strip() for part in control.split(",")]
    if answer.status != 200 or any(name in directives for name in ("no-store", "private")):
        return 1
    lifetimes = [part for part in directives if part.partition("=")[0] in _INVITING and part not in ("max-age=0", "s-maxage=0")]
    validators = [name for name in ("expires", "last-modified", "etag") if answer.headers.get(name)]
    if "no-cache" in directives or not (lifetimes or validators):
        return 1
    vary = [part.strip().lower() for part in answer.headers.get("vary", "").split(",")]
    wanted = ["accept", *(["accept-encoding"] if answer.headers.get("content-encoding") else [])]
    missing = [name for name in wanted if name not in vary and "*" not in vary]
    if missing:
        reason = ", ".join([*lifetimes, *validators])
        raise Violation(
            f"Vary: {', '.join(wanted)} beside {reason}", f"Vary: {answer.headers.get('vary') or 'nothing'}", [answer]
        )
    return 1


def _readable(trial: Trial, answer: Answer, expected: str) -> None:
    if answer.status != 200:
        raise Violation(f"HTTP 200 and {expected}", _label(answer), [answer])
    try:
        trial.terms.read(answer)
    except Unreadable as error:
        if trial.lots.broken:
            # It is so for ordinary requests, too.
            with trial.part():
                trial.lots.judge(trial.terms.sample(""), answer)
            return
        raise Violation(expected, str(error), [answer]) from error
    trial.witness()


def _label(answer: Answer) -> str:
    return f"HTTP {answer.status} labelled {answer.headers.get('content-type', 'with nothing')!r}"
