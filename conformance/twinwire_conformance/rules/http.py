"""HTTP and content negotiation (HTTP-01 to HTTP-08 and HTTP-12)."""

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
    """Request pages from every known start, in every content mode and representation."""
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
    """Take every traversal. A page that is not served ends the traversal with NotServed, which fails this rule."""
    return None


@must("HTTP-02", "Each documented media type, requested alone, gets its representation with a matching Content-Type")
def each_media_type_gets_its_own(trial: Trial) -> None:
    """Request every media type at the beginning and near the end of the feed, and check the Content-Type and the body."""
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


@should("HTTP-03", "The Content-Type equals the media type requested, and a JSON body is not declared to be a form")
def each_label_is_the_type_asked_for(trial: Trial) -> None:
    """Compare each Content-Type with the media type that was requested.

    A media type that must not be the Content-Type by contract (a form, for JSON) may be answered with another one only.
    """
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
    """Send a request without an Accept header, and one with ``*/*``."""
    wanted = trial.lots.request(trial.terms.sample(""))
    for accept in (None, "*/*"):
        answer = trial.lots.answer(replace(wanted, accept=accept))
        _readable(trial, answer, f"a documented representation for {'no Accept' if accept is None else 'Accept: ' + accept}")


@should("HTTP-05", "The server honours the q-values of the Accept header")
def preferences_are_honoured(trial: Trial) -> None:
    """Prefer each representation to the other: by a larger q-value, by q=0 for the other, and over a wildcard.

    The preferred type comes last in the header, so that a server which takes the first one fails.
    """
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
        raise Violation(
            "a body whose length is stated in exactly one way (Content-Length or chunked)", answer.framing_defect, [answer]
        )
    if answer.unasked_coding:
        expected = "a body without a content coding, as none was offered"
        raise Violation(expected, f"Content-Encoding: {answer.unasked_coding}", [answer])
    return 1


@must(
    "HTTP-06",
    "Every body is complete and decodes: framing, content coding (only one that was offered) and charset",
    response=_framed_and_coded,
)
def bodies_decode_as_declared(trial: Trial) -> None:
    """Decode a body of each media type, then offer gzip and compare the page with the same page sent uncompressed.

    Small pages are requested, which few servers compress, and the largest, because compression goes wrong at buffer bounds.
    """
    for media_type in trial.terms.media_types:
        # HTTP-02 sends the same requests, so that this costs none.
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
    """Return the page for a request that offers gzip.

    Raises:
        Violation: It is not served, although the same request without the offer is.
    """
    request = replace(trial.lots.request(ask), headers=(("Accept-Encoding", "gzip"),))
    try:
        return trial.lots.judge(ask, trial.lots.odd_answer(request, fresh=fresh, own=True))
    except NotServed as error:
        trial.lots.lot(ask)
        raise Violation("the same page as without gzip", f"{error.got} with Accept-Encoding: gzip", error.answers) from error


def _compressed(trial: Trial) -> list[Ask]:
    json, xml = (trial.terms.canonical_type(format_) for format_ in FORMATS)
    if trial.exam.profile.thrifty:
        return [trial.terms.sample(json)]
    asks = [trial.terms.sample(json), trial.terms.sample(xml), largest(trial.lots, None, json), largest(trial.lots, None, xml)]
    if trial.exam.survey.end is not None:
        asks.append(Ask(json, trial.exam.survey.end.cursor, None, trial.terms.light_mode))
    # Binary content has the largest bodies. Those that are not huge are requested compressed, too.
    large = trial.exam.heavy.larger()
    return [*asks, *(replace(ask, media_type=media_type) for ask in large for media_type in (json, xml))]


@should.page("HTTP-07", "A JSON body does not begin with a byte order mark")
def json_has_no_byte_order_mark(lot: Lot) -> int:
    """Check the first bytes of every JSON page for the byte order marks of UTF-8 and UTF-16."""
    if lot.format != "json":
        return 0
    if lot.answer.body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise Violation("a body that begins with a JSON value (RFC 8259 section 8.1)", "a byte order mark", [lot.answer])
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


@must("HTTP-08", "An unsupported or malformed Accept header gets HTTP 406, 400 or a documented representation")
def an_unsupported_accept_is_answered_by_the_book(trial: Trial) -> None:
    """Request media types that no feed offers, and send Accept headers that break the grammar."""
    wanted = trial.lots.request(trial.terms.sample(""))
    allowed = (HTTPStatus.NOT_ACCEPTABLE, HTTPStatus.BAD_REQUEST)
    for accept in _UNSUPPORTED[: 1 if trial.exam.profile.thrifty else None]:
        with trial.part():
            answer = trial.lots.odd_answer(replace(wanted, accept=accept))
        if trial.blocked:
            return
        # 413, 414 and 431 reject a header for its length, which is legal for a long one.
        if answer.status in allowed or (len(accept) > 1000 and answer.status in (413, 414, 431)):
            trial.witness()
        else:
            shown = accept if len(accept) <= 60 else f"{accept[:60]}... ({len(accept)} characters)"
            _readable(trial, answer, f"a documented representation, HTTP 406 or 400, for Accept: {shown}")


_INVITING = ("max-age", "s-maxage", "public")


@should.response("HTTP-12", "A response that caches may store lists the request headers that it depends on in Vary")
def cacheable_responses_name_what_they_depend_on(answer: Answer) -> int:
    """Check the caching headers of every response.

    A response that says nothing about caching, or forbids it, passes. Example: ``Cache-Control: max-age=60`` needs
    ``Vary: Accept``, and ``Accept-Encoding`` as well when the body is compressed.
    """
    control = answer.headers.get("cache-control", "").lower()
    directives = [part.strip() for part in control.split(",")]
    if answer.status != 200 or any(name in directives for name in ("no-store", "private")):
        return 1
    lifetimes = [part for part in directives if part.partition("=")[0] in _INVITING and part not in ("max-age=0", "s-maxage=0")]
    validators = [name for name in ("expires", "last-modified", "etag") if answer.headers.get(name)]
    # A cache must revalidate a no-cache response with the server, which then sees the Accept header (RFC 9111).
    if "no-cache" in directives or not (lifetimes or validators):
        return 1
    vary = [part.strip().lower() for part in answer.headers.get("vary", "").split(",")]
    wanted = ["accept", *(["accept-encoding"] if answer.headers.get("content-encoding") else [])]
    missing = [name for name in wanted if name not in vary and "*" not in vary]
    if missing:
        reason = ", ".join([*lifetimes, *validators])
        raise Violation(
            f"Vary: {', '.join(wanted)} beside {reason}", f"Vary: {answer.headers.get('vary') or '(missing)'}", [answer]
        )
    return 1


def _readable(trial: Trial, answer: Answer, expected: str) -> None:
    if answer.status != 200:
        raise Violation(f"HTTP 200 and {expected}", _label(answer), [answer])
    try:
        trial.terms.read(answer)
    except Unreadable as error:
        if trial.lots.broken:
            # One representation is broken for ordinary requests as well; judge() names the rule that fails for it.
            with trial.part():
                trial.lots.judge(trial.terms.sample(""), answer)
            return
        raise Violation(expected, str(error), [answer]) from error
    trial.witness()


def _label(answer: Answer) -> str:
    return f"HTTP {answer.status} with the Content-Type {answer.headers.get('content-type', 'missing')!r}"
