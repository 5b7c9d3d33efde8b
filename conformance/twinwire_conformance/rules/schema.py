"""Schema."""

from __future__ import annotations

import re

from twinwire.ir import INT64_MAX, INT64_MIN, Kind
from twinwire_conformance.contract import Format, kind_of
from twinwire_conformance.model import Skipped, Violation
from twinwire_conformance.oracle.examination import Trial
from twinwire_conformance.oracle.lots import Lot
from twinwire_conformance.rules.registry import must

_DECIMAL = re.compile(r"-?[0-9]+")


@must("SCHEMA-01", "JSON is valid against the generated JSON Schema")
def json_is_valid(trial: Trial) -> None:
    """Validate JSON answers; what the contract does not know is left out first."""
    for lot in _lots(trial, "json"):
        error = next(iter(sorted(trial.terms.json_validator.iter_errors(lot.reading.known), key=lambda e: e.json_path)), None)
        if error is not None:
            raise Violation("a value that the JSON Schema allows", error.message[:300], [lot.answer], path=error.json_path)
        trial.witness()


@must("SCHEMA-02", "XML is valid against the generated XSD")
def xml_is_valid(trial: Trial) -> None:
    """Validate XML answers, and look for the members of a success, which an XSD cannot require only of successes."""
    for lot in _lots(trial, "xml"):
        error = next(trial.terms.xml_validator.iter_errors(lot.reading.known), None)
        if error is not None:
            raise Violation("what the XSD allows", str(error.reason)[:300], [lot.answer], path=error.path or "/")
        missing = _missing(lot)
        if missing:
            raise Violation(f"{missing}, which every success has", "nothing", [lot.answer], path=f"/{lot.reading.known.tag}")
        trial.witness()


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
    """Look at the cursor of every lot of the corpus and of the survey; an empty lot may go without."""
    feed = trial.terms.feed
    member = feed.cursor.member
    for lot in _every_lot(trial):
        found = lot.value.get(member.wire)
        if found is None and not lot.entries:
            continue
        if not _well_formed(found, kind_of(member), numeric=feed.cursor.order == "numeric"):
            raise Violation(f"a {_form(trial)}", repr(found), [lot.answer], path=f"$.{member.wire}")
        trial.witness()


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


def _lots(trial: Trial, format_: Format) -> list[Lot]:
    return [trial.lots.read(ask) for ask in trial.exam.corpus(format_)]


def _every_lot(trial: Trial) -> list[Lot]:
    return [*_lots(trial, "json"), *_lots(trial, "xml"), *(trial.lots.read(ask) for ask in trial.exam.survey.asks)]
