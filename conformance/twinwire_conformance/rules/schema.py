"""Schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from twinwire.ir import INT64_MAX, INT64_MIN, Kind
from twinwire_conformance.contract import FORMATS, Ask, Format, kind_of
from twinwire_conformance.model import Skipped, Unreachable, Violation
from twinwire_conformance.oracle.examination import Trial
from twinwire_conformance.oracle.lots import Lot
from twinwire_conformance.rules.registry import must, should
from twinwire_conformance.strategies import bad_inputs

_LONGEST_PATH = 400
_DECIMAL = re.compile(r"-?[0-9]+")


@must("SCHEMA-01", "JSON is valid against the generated JSON Schema")
def json_is_valid(trial: Trial) -> None:
    """Validate JSON answers; what the contract does not know is left out first."""
    for lot in _lots(trial, "json"):
        _valid(trial, lot, "json")
        trial.witness()


@must("SCHEMA-02", "XML is valid against the generated XSD")
def xml_is_valid(trial: Trial) -> None:
    """Validate XML answers, and look for the members of a success, which an XSD cannot require only of successes."""
    for lot in _lots(trial, "xml"):
        _valid(trial, lot, "xml")
        missing = _missing(lot)
        if missing:
            raise Violation(f"{missing}, which every success has", "nothing", [lot.answer], path=f"/{lot.reading.known.tag}")
        trial.witness()


def _valid(trial: Trial, lot: Lot, format_: Format) -> None:
    schemas, known = trial.terms.schemas, lot.reading.known
    flaw = schemas.json_flaw(known) if format_ == "json" else schemas.xml_flaw(known)
    if flaw is not None:
        path, reason = flaw
        expected = "what the JSON Schema allows" if format_ == "json" else "what the XSD allows"
        raise Violation(expected, reason[:300], [lot.answer], path=path)


def _missing(lot: Lot) -> str | None:
    feed = lot.terms.feed
    # An empty lot has no entries by nature, and may go without a cursor.
    optional = set() if lot.entries else {feed.entries.wire, feed.cursor.member.wire}
    wanted = [field.wire for field in feed.success if field.wire not in optional]
    return next((name for name in wanted if lot.succeeded and name not in lot.value), None)


@must("SCHEMA-03", "the return code of a success is the success code")
def a_success_carries_the_success_code(trial: Trial) -> None:
    """Look at the code of answers to valid requests."""
    outcome = trial.terms.feed.outcome
    for lot in _every_lot(trial):
        if not lot.succeeded:
            got = repr(lot.value.get(outcome.code.wire))
            raise Violation(repr(outcome.success), got, [lot.answer], path=f"$.{outcome.code.wire}")
        trial.witness()


@must("SCHEMA-04", "count is the number of entries")
def count_is_the_number_of_entries(trial: Trial) -> None:
    """Count the entries of every lot of the corpus and of the survey."""
    member = trial.terms.feed.limit.member
    if member is None:
        raise Skipped("the contract has no member for the number of entries")
    for lot in _every_lot(trial):
        if lot.count != len(lot.entries):
            got = f"{lot.count} with {len(lot.entries)} entries"
            raise Violation(str(len(lot.entries)), got, [lot.answer], path=f"$.{member.wire}")
        trial.witness()


@must("SCHEMA-05", "the number of remaining entries is not negative")
def remaining_is_not_negative(trial: Trial) -> None:
    """Look at the remaining number of every lot of the corpus and of the survey."""
    member = trial.terms.feed.remaining
    if member is None:
        raise Skipped("the contract has no member for the number of remaining entries")
    for lot in _every_lot(trial):
        if lot.remaining is None or lot.remaining < 0:
            got = repr(lot.value.get(member.wire))
            raise Violation("a number from 0", got, [lot.answer], path=f"$.{member.wire}")
        trial.witness()


@must("SCHEMA-06", "the token is a decimal signed 64-bit integer in text")
def cursors_have_their_form(trial: Trial) -> None:
    """Look at the cursor of every lot of the corpus and of the survey, and of rejections; an empty lot may go without."""
    feed = trial.terms.feed
    member = feed.cursor.member
    for lot in chain(_every_lot(trial), _rejections(trial, "json"), _rejections(trial, "xml")):
        found = lot.value.get(member.wire)
        if found is None and not lot.entries:
            continue
        if not _well_formed(found, kind_of(member), numeric=feed.cursor.order == "numeric"):
            raise Violation(f"a {_form(trial)}", repr(found), [lot.answer], path=f"$.{member.wire}")
        trial.witness()


@should("SCHEMA-07", "the version is there, not empty, and the same in every answer")
def the_version_is_told(trial: Trial) -> None:
    """Compare the version of every lot of the corpus and of the survey."""
    member = trial.terms.feed.version
    if member is None:
        raise Skipped("the contract has no member for the version")
    first: Lot | None = None
    for lot in _every_lot(trial):
        found = lot.value.get(member.wire)
        if not isinstance(found, str) or not found.strip():
            raise Violation("a version", repr(found), [lot.answer], path=f"$.{member.wire}")
        first = first or lot
        if found != first.value[member.wire]:
            expected = f"{first.value[member.wire]!r}, as in other answers"
            raise Violation(expected, repr(found), [first.answer, lot.answer], path=f"$.{member.wire}")
        trial.witness()


@must("SCHEMA-08", "a refusal by envelope is a valid envelope in the representation asked for")
def refusing_envelopes_are_valid(trial: Trial) -> None:
    """Send bad input in each representation; hold what comes with HTTP 200 to the schema of the one asked for."""
    for bad in bad_inputs(trial.terms)[: 2 if trial.exam.profile.thrifty else 8]:
        for format_ in FORMATS:
            answer = trial.exam.bad(bad, trial.terms.canonical_type(format_))
            if answer.status != 200:
                continue
            lot = trial.lots.judge(trial.terms.sample(answer.request.accept or ""), answer)
            if lot.succeeded:
                continue
            _envelope(trial, lot, format_)
            trial.witness()
    if not trial.witnesses:
        raise Skipped("no bad input was refused by an envelope with HTTP 200")


def _envelope(trial: Trial, lot: Lot, format_: Format) -> None:
    if lot.entries:
        raise Violation("no entries in a refusal", f"{len(lot.entries)} entries", [lot.answer])
    _valid(trial, lot, format_)


def _rejections(trial: Trial, format_: Format) -> Iterator[Lot]:
    """Yield the answers to bad input, which SCHEMA-08 asks for as well, as far as they are error results."""
    for bad in bad_inputs(trial.terms)[: 2 if trial.exam.profile.thrifty else 8]:
        try:
            answer = trial.exam.bad(bad, trial.terms.canonical_type(format_))
        except Unreachable:
            # No answer is nothing to judge here; HTTP-09 does.
            continue
        value = trial.terms.envelope(answer) if answer.status < 500 else None
        if value is not None and trial.terms.feed.outcome.code.wire in value:
            yield Lot(Ask(answer.request.accept or ""), answer, trial.terms.read(answer), trial.terms)


@should("SCHEMA-09", "nothing beyond the contract")
def nothing_is_unknown(trial: Trial) -> None:
    """Name the members, attributes and elements that the contract does not know."""
    for lot in _every_lot(trial):
        if lot.reading.unknown:
            shown = ", ".join(list(dict.fromkeys(_general(path) for path in lot.reading.unknown))[:10])
            raise Violation("only what the contract knows", shown, [lot.answer])
        trial.witness()


@must("SCHEMA-10", "JSON objects have unique member names")
def member_names_are_unique(trial: Trial) -> None:
    """Look for repeated member names in every JSON answer of the corpus and of the survey, and in rejections."""
    for lot in chain(_lots(trial, "json"), _surveyed(trial), _rejections(trial, "json")):
        if lot.reading.repeated:
            shown = ", ".join(list(dict.fromkeys(map(_general, lot.reading.repeated)))[:10])
            expected = "each member name once in its object (RFC 8259, section 4)"
            raise Violation(expected, f"more than once: {shown}", [lot.answer])
        trial.witness()


def _general(path: str) -> str:
    return re.sub(r"\[[0-9]+\]", "[*]", path[:_LONGEST_PATH])


def _form(trial: Trial) -> str:
    return "decimal signed 64-bit integer in text" if trial.terms.feed.cursor.order == "numeric" else "cursor"


def _well_formed(found: object, kind: Kind | None, *, numeric: bool) -> bool:
    if kind is Kind.INTEGER:
        return isinstance(found, int) and not isinstance(found, bool)
    if not isinstance(found, str) or not found:
        return False
    if not numeric:
        return True
    return len(found) <= 20 and bool(_DECIMAL.fullmatch(found)) and INT64_MIN <= int(found) <= INT64_MAX


# One after another: of lots with huge images no two are needed at once.
def _lots(trial: Trial, format_: Format) -> Iterator[Lot]:
    return (trial.lots.read(ask) for ask in trial.exam.corpus(format_))


def _every_lot(trial: Trial) -> Iterator[Lot]:
    yield from _lots(trial, "json")
    yield from _lots(trial, "xml")
    yield from _surveyed(trial)


def _surveyed(trial: Trial) -> Iterator[Lot]:
    return (trial.lots.read(ask) for ask in trial.exam.survey.asks)
