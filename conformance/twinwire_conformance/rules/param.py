"""Parameters: bounds, defaults and bad values (PARAM-01 to PARAM-10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from twinwire.ir import Parameter
from twinwire_conformance.contract import FORMATS, Ask
from twinwire_conformance.model import Answer, Inconclusive, NotServed, Skipped, Violation
from twinwire_conformance.oracle.examination import Trial
from twinwire_conformance.oracle.lots import Lot
from twinwire_conformance.reading import Unreadable, difference
from twinwire_conformance.rules.registry import must, should
from twinwire_conformance.rules.twin import unlike
from twinwire_conformance.strategies import bad_inputs, free_texts


@must("PARAM-01", "Requests for the smallest and the largest page size are served")
def both_bounds_are_served(trial: Trial) -> None:
    """Request pages of the smallest and the largest size in each representation."""
    limit = trial.terms.feed.limit
    for format_ in FORMATS:
        for size in (limit.maximum, limit.minimum):
            if trial.exam.profile.thrifty and (format_, size) == ("xml", limit.minimum):
                continue
            ask = Ask(trial.terms.canonical_type(format_), None, size, trial.terms.light_mode)
            with trial.part():
                try:
                    trial.lots.lot(ask)
                except NotServed as error:
                    if error.owner != "HTTP-01" or trial.lots.broken:
                        raise
                    # HTTP-01 owns pages that are not served, but here the page size is the reason: this rule fails instead.
                    got = error.got
                    trial.lots.reassign(error, "PARAM-01")
                    expected = f"a page for {limit.parameter.name}={size}, which the contract allows"
                    raise Violation(expected, got, error.answers) from error
                trial.witness()


@must("PARAM-02", "A request without a page size gets the page of the default page size")
def a_missing_count_is_the_default(trial: Trial) -> None:
    """Compare pages without a page size with pages of the default size, at the beginning and in the middle of the feed."""
    limit = trial.terms.feed.limit
    starts = trial.exam.starts
    cursors = (None,) if trial.exam.profile.thrifty else dict.fromkeys((None, starts[len(starts) // 2].cursor))
    for cursor in cursors:
        for format_ in FORMATS[: 1 if trial.exam.profile.thrifty else None]:
            ask = Ask(trial.terms.canonical_type(format_), cursor, limit.default, trial.terms.light_mode)
            with trial.part():
                trial.same([ask, replace(ask, limit=None)], _equal(limit.parameter.name, limit.default))
    if limit.parameter.empty_is_absent and not trial.exam.profile.thrifty:
        _empty_as_absent(trial)


def _empty_as_absent(trial: Trial) -> None:
    """Compare the page for an empty page size with the one without. A rejection is allowed, because this is only a reading."""
    limit = trial.terms.feed.limit
    name = limit.parameter.name
    ask = Ask(trial.lots.media_types[0], None, None, trial.terms.light_mode)
    request = trial.lots.request(ask)
    empty = replace(request, params=(*request.params, (name, "")))
    with trial.part():
        answer = trial.lots.odd_answer(empty)
        if trial.terms.refuses(answer):
            return
        trial.confirm(
            lambda fresh: [trial.lots.lot(ask, fresh=fresh)],
            lambda fresh: trial.lots.judge(ask, trial.lots.odd_answer(empty, fresh=True) if fresh else answer),
            lambda lots, lot: unlike(lots[0], lot, f"without {name}", f"with an empty {name}"),
        )


def _equal(name: str, default: int) -> Callable[[Lot, Lot], Violation | None]:
    def judge(left: Lot, right: Lot) -> Violation | None:
        found = difference(left.signature, right.signature)
        if found is None:
            return None
        path, one, other = found
        return Violation(f"{one}, as with {name}={default}", f"{other} without {name}", [left.answer, right.answer], path=path)

    return judge


def _beyond_bounds(trial: Trial) -> None:
    """Count the entries of pages whose requested size is out of bounds and should have been rejected."""
    limit = trial.terms.feed.limit
    alone = (limit.maximum + 1, limit.minimum - 1, -1, 2**31, limit.maximum * 2, 2**32 + 1)
    # Given count=2&count=600, a server may check one value and use the other.
    pair = (limit.minimum + 1, limit.maximum + 100)
    sent: list[tuple[int, ...]] = [*((size,) for size in alone), pair, pair[::-1]]
    for sizes in sent[: 1 if trial.exam.profile.thrifty else None]:
        params = [(limit.parameter.name, str(size)) for size in sizes]
        answer = trial.lots.odd_answer(trial.lots.altered(trial.lots.media_types[0], *params))
        try:
            entries = Lot(Ask(""), answer, trial.terms.read(answer), trial.terms).entries
        except Unreadable:
            # A rejection need not be a readable result; PARAM-04 judges its form.
            continue
        # A server may ignore a bad page size and use the default; PARAM-04 remarks on that.
        most = limit.maximum if max(sizes) > limit.minimum else limit.default
        if len(entries) > most:
            shown = "&".join(f"{name}={value}" for name, value in params)
            expected = f"at most {most} entries for {shown}, or a rejection"
            raise Violation(expected, f"{len(entries)} entries", [answer])


@must.page(
    "PARAM-03", "A page never holds more entries than requested, nor more than the largest page size", also=_beyond_bounds
)
def a_page_never_holds_more_than_requested(lot: Lot) -> int:
    """Count the entries of every page, also of pages whose requested size is out of bounds."""
    asked = lot.ask.limit if lot.ask.limit is not None else lot.terms.feed.limit.default
    if lot.size > asked:
        raise Violation(f"at most the {asked} entries requested", f"{lot.size} entries", [lot.answer])
    return 1


@should.page("PARAM-10", "A page holds as many entries as requested while at least as many remain")
def a_page_holds_as_many_as_requested(lot: Lot) -> int:
    """Compare every page's entries with what was requested and with what it says to remain."""
    asked, held = lot.ask.limit if lot.ask.limit is not None else lot.terms.feed.limit.default, lot.size
    if lot.succeeded and held < asked and lot.remaining is not None and lot.remaining > 0:
        got = f"{held}, and {lot.remaining} remain"
        raise Violation(f"{min(asked, held + lot.remaining)} entries", got, [lot.answer])
    return 1


@should("PARAM-04", "A page size that is out of range or not an integer is rejected, or lowered with a warning")
def bad_counts_are_refused(trial: Trial) -> None:
    """Send page sizes that break the constraint. One over the maximum may be lowered with a warning instead of rejected."""
    _refusals(trial, "limit")


@must("PARAM-05", "Text parameters of the smallest and the largest allowed length are accepted, whatever their characters")
def texts_of_any_length_allowed_are_accepted(trial: Trial) -> None:
    """Send every text parameter at both bounds of its length.

    The texts are plain ASCII, accented letters, characters beyond the basic multilingual plane, punctuation, text that looks
    like an attack, and control characters.
    """
    texts = free_texts(trial.terms)
    if not texts:
        raise Skipped("the contract does not limit the length of any text parameter")
    for values in (_short, _long, _wide, _astral, _marks, _suspicious, _controls)[: 2 if trial.exam.profile.thrifty else None]:
        params = [(parameter.name, values(parameter)) for parameter in texts]
        # XML needs more characters escaped than JSON, and cannot represent most control characters at all.
        media_type = trial.lots.media_types[values in (_marks, _suspicious, _controls)]
        # All parameters together cost one request. Only when that is rejected, each is sent alone to find the cause.
        if not _accepts(trial, media_type, params):
            for param in params:
                _accepted(trial, media_type, *param)
        trial.witness(len(params))


def _short(parameter: Parameter) -> str:
    return "x" * (parameter.type.min_length or 0)


def _long(parameter: Parameter) -> str:
    return "x" * (parameter.type.max_length or 0)


def _wide(parameter: Parameter) -> str:
    return "\u00e9" * (parameter.type.max_length or 0)


def _astral(parameter: Parameter) -> str:
    # Each character is two UTF-16 units (.NET, Java) and four bytes in UTF-8: servers that count either reject them.
    return "\U0001f600" * (parameter.type.max_length or 0)


def _marks(parameter: Parameter) -> str:
    most = parameter.type.max_length or 0
    return ("'\"\\%&<>;+=#?/{}[]()|^~`$*!@,.:-_ --" * (most // 30 + 1))[:most]


def _suspicious(parameter: Parameter) -> str:
    # Web application firewalls reject such texts as attacks; the contract has no exception for them.
    return "<script>alert(1)</script>' OR '1'='1'; DROP TABLE x;-- ../../etc/passwd ${jndi:ldap://x}"[
        : parameter.type.max_length
    ]


def _controls(parameter: Parameter) -> str:
    return ("\x01\x08\t\r\n\x1b\x7f\x85\u2028\ufeff" * 10)[: parameter.type.max_length]


def _ask_with(trial: Trial, media_type: str, params: Sequence[tuple[str, str]]) -> Answer:
    return trial.lots.odd_answer(trial.lots.altered(media_type, *params))


def _accepts(trial: Trial, media_type: str, params: Sequence[tuple[str, str]]) -> bool:
    answer = _ask_with(trial, media_type, params)
    with trial.part():
        trial.lots.well_formed(answer)
    return answer.status == 200 and trial.terms.envelope(answer) is None


def _accepted(trial: Trial, media_type: str, name: str, value: str) -> None:
    if _accepts(trial, media_type, [(name, value)]):
        return
    answer = _ask_with(trial, media_type, [(name, value)])
    session = trial.terms.feed.session
    if session is not None and name == session.name and trial.lots.session is not None:
        # With --session the target may know that session only.
        raise Inconclusive(
            "the session given by --session is accepted, and other sessions are not: their lengths cannot be tried", [answer]
        )
    if not trial.terms.refuses(answer):
        trial.lots.judge(trial.terms.sample(media_type), answer)
    shown = f"{name} of {len(value)} characters" + (f" such as {value[:12]!r}" if value else "")
    raise Violation(f"a page for {shown}", f"HTTP {answer.status} and a rejection", [answer])


@should("PARAM-06", "A text parameter that exceeds its largest allowed length is rejected")
def long_texts_are_refused(trial: Trial) -> None:
    """Send every text parameter with one character more than allowed."""
    _refusals(trial, "length")


@should("PARAM-07", "A cursor that is not a signed 64-bit integer (bigint) is rejected")
def bad_tokens_are_refused(trial: Trial) -> None:
    """Send cursors that are not of the type of their parameter."""
    _refusals(trial, "cursor")


def _refusals(trial: Trial, constraint: str) -> None:
    chosen = [bad for bad in bad_inputs(trial.terms) if bad.constraint == constraint]
    if not chosen:
        raise Skipped("the contract has no such constraint")
    for bad in chosen[: 1 if trial.exam.profile.thrifty else 10]:
        trial.exam.twin(bad)
        answer = trial.exam.bad(bad, trial.lots.media_types[0])
        if not trial.terms.refuses(answer) and not (bad.excess and _lowered(trial, answer)):
            got = f"HTTP {answer.status} and no rejection"
            raise Violation(f"a rejection of {bad.parameter}={bad.value[:40]}", got, [answer])
        trial.witness()


def _lowered(trial: Trial, answer: Answer) -> bool:
    warnings = trial.terms.feed.outcome.warnings
    if not trial.terms.feed.limit.lowered or warnings is None or answer.status != 200:
        return False
    try:
        return bool(trial.terms.read(answer).value.get(warnings.wire))
    except Unreadable:
        return False


@must("PARAM-08", "Every cursor that the feed has returned is accepted")
def given_tokens_are_accepted(trial: Trial) -> None:
    """Request the next page with the cursors of the baseline traversal and the corpus."""
    asks = [*trial.exam.survey.asks[:4], *trial.exam.survey.asks[-2:], *trial.exam.corpus()]
    if not trial.exam.profile.thrifty:
        asks += trial.exam.corpus("xml")
    cursors: dict[str, None] = {}
    for ask in asks:
        with trial.part():
            cursor = trial.lots.read(ask).cursor
            if cursor is not None:
                cursors[cursor] = None
    for cursor in list(cursors)[: 1 if trial.exam.profile.thrifty else 4]:
        with trial.part():
            try:
                trial.lots.lot(trial.terms.sample(trial.lots.media_types[0], cursor))
            except NotServed as error:
                if error.owner != "HTTP-01" or trial.lots.broken:
                    raise
                # HTTP-01 owns pages that are not served, but here the cursor is the reason: this rule fails instead.
                trial.lots.reassign(error, "PARAM-08")
                raise Violation(f"a page for the cursor {cursor}, which the feed returned", error.got, error.answers) from error
            trial.witness()


@should("PARAM-09", "A request with token=0 or an empty token equals one without a token (a reading: erratum token-start)")
def start_tokens_are_the_beginning(trial: Trial) -> None:
    """Compare the first page with the pages of the cursors that mean the beginning by contract."""
    if not trial.terms.feed.cursor.start:
        raise Skipped("the contract has no cursor that means the beginning")
    for format_ in FORMATS:
        ask = trial.terms.sample(trial.terms.canonical_type(format_))
        for cursor in trial.terms.feed.cursor.start:
            name = trial.terms.feed.cursor.parameter.name
            answer = trial.lots.odd_answer(trial.lots.request(replace(ask, cursor=cursor)))
            if trial.terms.refuses(answer):
                expected = f"the page without {name} for {name}={cursor}, as erratum token-start reads it"
                raise Violation(expected, f"HTTP {answer.status} and a rejection", [answer])
            trial.same([ask, replace(ask, cursor=cursor)], partial(_same_start, name))
        if trial.exam.profile.thrifty:
            break


def _same_start(name: str, left: Lot, right: Lot) -> Violation | None:
    # An empty feed may repeat the cursor that was asked with.
    return unlike(left, right, f"without {name}", f"with {name}={right.ask.cursor}") if left.size else None
