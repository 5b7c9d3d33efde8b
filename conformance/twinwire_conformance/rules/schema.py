"""Schema: validity and meaning of the members of a result (SCHEMA-01 to SCHEMA-10)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from twinwire.ir import INT64_MAX, INT64_MIN, Kind
from twinwire_conformance.contract import FORMATS, Format, Terms, kind_of
from twinwire_conformance.model import Answer, Skipped, Violation
from twinwire_conformance.oracle.examination import Trial
from twinwire_conformance.oracle.lots import Lot
from twinwire_conformance.reading import Unreadable
from twinwire_conformance.reading.charsets import utf8_of_xml
from twinwire_conformance.rules.registry import must, should
from twinwire_conformance.strategies import echoed_inputs, some_bad_inputs

_LONGEST_PATH = 400
_DECIMAL = re.compile(r"-?[0-9]+")


@must.page("SCHEMA-01", "Every JSON result is valid against the generated JSON Schema")
def json_is_valid(lot: Lot) -> int:
    """Validate every JSON page. Members that the contract does not define are left out first; SCHEMA-09 names them."""
    return _valid_page(lot, "json")


@must.page("SCHEMA-02", "Every XML result is valid against the generated XSD")
def xml_is_valid(lot: Lot) -> int:
    """Validate every XML page, and check for the members of a success, which an XSD cannot require of successes only."""
    checked = _valid_page(lot, "xml")
    missing = _missing(lot) if checked else None
    if missing:
        raise Violation(
            f"the member {missing}, which every success has", "no such member", [lot.answer], path=f"/{lot.reading.known.tag}"
        )
    return checked


def _valid_page(lot: Lot, format_: Format) -> int:
    if lot.format != format_:
        return 0
    _valid(lot, format_)
    return 1


def _valid(lot: Lot, format_: Format) -> None:
    schemas = lot.terms.schemas
    # The body as received is valid for nearly every page, which saves building a second element tree.
    if format_ == "xml" and not lot.reading.odd and schemas.is_valid_xml(utf8_of_xml(lot.reading.body(), lot.answer.charset)):
        return
    known = lot.reading.known
    flaw = schemas.json_flaw(known) if format_ == "json" else schemas.xml_flaw(known)
    if flaw is not None:
        path, reason = flaw
        expected = "a value that the JSON Schema allows" if format_ == "json" else "a value that the XSD allows"
        raise Violation(expected, reason[:300], [lot.answer], path=path)


def _missing(lot: Lot) -> str | None:
    feed = lot.terms.feed
    # An empty page has no entries by nature, and may go without a cursor.
    optional = set() if lot.size else {feed.entries.wire, feed.cursor.member.wire}
    wanted = [field.wire for field in feed.success if field.wire not in optional]
    return next((name for name in wanted if lot.succeeded and name not in lot.value), None)


@must.page("SCHEMA-03", "The return code of a page is the success code")
def a_success_carries_the_success_code(lot: Lot) -> int:
    """Check the return code of every page."""
    outcome = lot.terms.feed.outcome
    if not lot.succeeded:
        got = repr(lot.value.get(outcome.code.wire))
        raise Violation(repr(outcome.success), got, [lot.answer], path=f"$.{outcome.code.wire}")
    return 1


def _has_count(terms: Terms) -> None:
    if terms.feed.limit.member is None:
        raise Skipped("the contract has no member for the number of entries")


@must.page("SCHEMA-04", "The count of a page is the number of its entries", need=_has_count)
def count_is_the_number_of_entries(lot: Lot) -> int:
    """Compare the count of every page with its entries."""
    member = lot.terms.feed.limit.member
    if member is not None and lot.succeeded and lot.count != lot.size:
        got = f"{lot.count} with {lot.size} entries"
        raise Violation(str(lot.size), got, [lot.answer], path=f"$.{member.wire}")
    return int(lot.succeeded)


def _has_remaining(terms: Terms) -> None:
    if terms.feed.remaining is None:
        raise Skipped("the contract has no member for the number of remaining entries")


@must.page("SCHEMA-05", "The number of remaining entries is not negative", need=_has_remaining)
def remaining_is_not_negative(lot: Lot) -> int:
    """Check the number of remaining entries of every page."""
    member = lot.terms.feed.remaining
    if member is not None and lot.succeeded and (lot.remaining is None or lot.remaining < 0):
        got = repr(lot.value.get(member.wire))
        raise Violation("a number of at least 0", got, [lot.answer], path=f"$.{member.wire}")
    return int(lot.succeeded)


@must.page("SCHEMA-06", "Every cursor in a response is a signed 64-bit integer in decimal text", every_result=True)
def cursors_have_their_form(lot: Lot) -> int:
    """Check the cursor of every result. An empty page or a rejection may have none."""
    feed = lot.terms.feed
    member = feed.cursor.member
    found = lot.value.get(member.wire)
    if found is None and (not lot.size or not lot.succeeded):
        return 0
    if found and not lot.size and found == lot.ask.cursor and found in feed.cursor.start:
        # An empty page may repeat the token that it was requested with, also one that means the beginning.
        return 1
    if not _well_formed(found, kind_of(member), numeric=feed.cursor.order == "numeric"):
        raise Violation(f"a {_form(lot.terms)}", repr(found), [lot.answer], path=f"$.{member.wire}")
    return 1


@should("SCHEMA-07", "The API version is present, not empty, and the same in every response")
def the_version_is_told(trial: Trial) -> None:
    """Compare the API version of every page of the corpus and of the baseline traversal."""
    member = trial.terms.feed.version
    if member is None:
        raise Skipped("the contract has no member for the version")
    first: Lot | None = None
    for lot in _some_pages(trial):
        found = lot.value.get(member.wire)
        if not isinstance(found, str) or not found.strip():
            raise Violation("a non-empty API version", repr(found), [lot.answer], path=f"$.{member.wire}")
        first = first or lot
        if found != first.value[member.wire]:
            expected = f"{first.value[member.wire]!r}, as in other responses"
            raise Violation(expected, repr(found), [first.answer, lot.answer], path=f"$.{member.wire}")
        trial.witness()


@must("SCHEMA-08", "An error result is a valid result in the representation requested, even when it quotes hostile input")
def rejections_are_valid(trial: Trial) -> None:
    """Send bad input in each representation, some of it full of markup and quotes, and validate each rejection."""
    chosen = some_bad_inputs(trial.terms, thrifty=trial.exam.profile.thrifty)
    for bad in [*chosen, *echoed_inputs(trial.terms)[: 0 if trial.exam.profile.thrifty else 4]]:
        for format_ in FORMATS:
            answer = trial.exam.bad(bad, trial.terms.canonical_type(format_))
            with trial.part():
                trial.witness(_rejection(trial, answer, format_, lowered=bad.excess))
    # Rejections are often written by another component than pages, which may compress them differently.
    for bad, format_ in zip(reversed(chosen), FORMATS, strict=False) if not trial.exam.profile.thrifty else ():
        request = trial.lots.altered(trial.terms.canonical_type(format_), (bad.parameter, bad.value))
        answer = trial.lots.odd_answer(replace(request, headers=(("Accept-Encoding", "gzip"),)))
        with trial.part():
            trial.witness(_rejection(trial, answer, format_, lowered=bad.excess))
    if not trial.witnesses and not trial.blocked:
        raise Skipped("no bad input was rejected by an error result")


def _rejection(trial: Trial, answer: Answer, format_: Format, *, lowered: bool) -> int:
    """Validate a rejection and return the number of observations: 1, or 0 when the response is not a rejection to validate.

    A 4xx may have any body, but a body whose Content-Type is that of a representation must be a valid result.
    """
    came = trial.terms.labelled(answer.media_type)
    if answer.status == 429 or not (answer.status == 200 or 400 <= answer.status < 500):
        return 0
    if answer.status != 200 and (came is None or not answer.body.strip()):
        return 0
    try:
        lot = Lot(trial.terms.sample(answer.request.accept or ""), answer, trial.terms.read(answer), trial.terms)
    except Unreadable as error:
        if answer.status == 200 and (lowered or trial.lots.broken):
            # The response may be a page. judge() names the rule that fails for a page that cannot be decoded.
            trial.lots.judge(trial.terms.sample(answer.request.accept or ""), answer)
        if error.foreign and answer.status != 200:
            # The contract does not specify the body of a 4xx; problem details or a framework's own JSON are allowed.
            return 1
        raise Violation(
            f"a rejection that is {(came or format_).upper()}, as its Content-Type says", str(error), [answer]
        ) from error
    code = trial.terms.feed.outcome.code.wire
    if lot.succeeded or (code not in lot.value and answer.status != 200):
        return 0
    if came != format_:
        raise Violation(f"a rejection in {format_.upper()}, as requested", f"Content-Type {answer.media_type}", [answer])
    if lot.size:
        raise Violation("no entries in a rejection", f"{lot.size} entries", [lot.answer])
    _valid(lot, format_)
    return 1


@should.page(
    "SCHEMA-09", "Responses hold no members, attributes, elements or text that the contract does not define", every_result=True
)
def nothing_is_unknown(lot: Lot) -> int:
    """Name the members, attributes, elements and text that the contract does not define."""
    if lot.reading.unknown:
        shown = ", ".join(list(dict.fromkeys(_general(path) for path in lot.reading.unknown))[:10])
        raise Violation("only content that the contract defines", shown, [lot.answer])
    return 1


@must.page("SCHEMA-10", "The member names of every JSON object are unique", every_result=True)
def member_names_are_unique(lot: Lot) -> int:
    """Look for repeated member names in every JSON result, also in rejections."""
    if lot.format != "json":
        return 0
    if lot.reading.repeated:
        shown = ", ".join(list(dict.fromkeys(map(_general, lot.reading.repeated)))[:10])
        expected = "each member name once in its object (RFC 8259, section 4)"
        raise Violation(expected, f"more than once: {shown}", [lot.answer])
    return 1


def _general(path: str) -> str:
    return re.sub(r"\[[0-9]+\]", "[*]", path[:_LONGEST_PATH])


def _form(terms: Terms) -> str:
    return "decimal signed 64-bit integer in text" if terms.feed.cursor.order == "numeric" else "cursor"


def _well_formed(found: object, kind: Kind | None, *, numeric: bool) -> bool:
    if kind is Kind.INTEGER:
        return isinstance(found, int) and not isinstance(found, bool)
    if not isinstance(found, str) or not found:
        return False
    if not numeric:
        return True
    return len(found) <= 20 and bool(_DECIMAL.fullmatch(found)) and INT64_MIN <= int(found) <= INT64_MAX


def _some_pages(trial: Trial) -> Iterator[Lot]:
    # Pages are yielded one at a time, so that two with huge images are never in memory together.
    for format_ in FORMATS:
        for ask in trial.exam.corpus(format_):
            with trial.part():
                yield trial.lots.read(ask)
    for ask in trial.exam.survey.asks:
        with trial.part():
            yield trial.lots.read(ask)
