"""Copies of the ledger's server with one defect each. `violates` names the rules that the defect breaks."""

from __future__ import annotations

from typing import Any

from ledger_server import JSON_TYPES, XML_TYPE, LedgerServer, Members


class SkipsAPostingBetweenLots(LedgerServer):
    violates = ("PAGE-03", "PAGE-05")

    def first_index(self, after: str) -> int:
        index = super().first_index(after)
        return min(index + 1, len(self.feed)) if index else 0


class RepeatsTheLastPosting(LedgerServer):
    violates = ("PAGE-01", "PAGE-02", "PAGE-03", "PAGE-05")

    def first_index(self, after: str) -> int:
        index = super().first_index(after)
        return index - 1 if 0 < index < len(self.feed) else index


class BeginsAnewAfterTheEnd(LedgerServer):
    violates = ("PAGE-06", "PAGE-07")

    def first_index(self, after: str) -> int:
        # The index after the last posting becomes 0, so the end leads back to the beginning.
        return super().first_index(after) % max(1, len(self.feed))


class LeavesItselfOutOfWhatIsPending(LedgerServer):
    violates = ("PAGE-05", "PAGE-06")

    def pending_after(self, index: int) -> int:
        return max(0, super().pending_after(index) - 1)


class CountsSharesForPostings(LedgerServer):
    violates = ("SCHEMA-04",)

    def held(self, lot: list[Members]) -> int:
        return sum(len(posting["shares"]) for posting in lot)


class CallsSuccessZero(LedgerServer):
    violates = ("HTTP-01", "SCHEMA-03")

    def success(self) -> int:
        return 0


class TakesOneHundredForTheDefault(LedgerServer):
    violates = ("PARAM-02",)

    def default_size(self) -> int:
        return 100


class StopsAtOneHundredAndNinetyNine(LedgerServer):
    violates = ("HTTP-01", "PARAM-01")

    def greatest_size(self) -> int:
        return 199


class WritesBooleansInCapitals(LedgerServer):
    violates = ("SCHEMA-02", "TWIN-01")

    def write_value(self, value: Any) -> str:
        # Python writes True, XML Schema true.
        return str(value) if isinstance(value, bool) else super().write_value(value)


class LeavesPostingsUnwrapped(LedgerServer):
    violates = ("SCHEMA-04", "TWIN-01")

    def write_postings(self, elements: list[str]) -> str:
        return "".join(elements)


class LosesTheOrderOfShares(LedgerServer):
    violates = ("TWIN-01",)

    def write_posting(self, posting: Members) -> str:
        return super().write_posting({**posting, "shares": posting["shares"][::-1]})


class AnswersItsOwnTypeWithXml(LedgerServer):
    violates = ("HTTP-02", "TWIN-05")

    def negotiate(self, accept: str) -> str | None:
        media_type = super().negotiate(accept)
        return XML_TYPE if media_type == JSON_TYPES[1] else media_type


BROKEN: tuple[type[LedgerServer], ...] = (
    SkipsAPostingBetweenLots,
    RepeatsTheLastPosting,
    BeginsAnewAfterTheEnd,
    LeavesItselfOutOfWhatIsPending,
    CountsSharesForPostings,
    CallsSuccessZero,
    TakesOneHundredForTheDefault,
    StopsAtOneHundredAndNinetyNine,
    WritesBooleansInCapitals,
    LeavesPostingsUnwrapped,
    LosesTheOrderOfShares,
    AnswersItsOwnTypeWithXml,
)
