"""Paging: the end of the feed (PAGE-07)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from twinwire.ir import INT64_MAX
from twinwire_conformance.contract import Ask
from twinwire_conformance.model import Inconclusive, Violation
from twinwire_conformance.oracle.examination import Trial
from twinwire_conformance.oracle.lots import Lot
from twinwire_conformance.rules.registry import must


@must("PAGE-07", "The last cursor, and any later one, returns an empty page, any number of times")
def after_the_end_comes_nothing(trial: Trial) -> None:
    """Request with the last cursor and with later ones, and expect an empty page each time.

    The last cursor is taken after the largest pages, and after a last page that was exactly full: a server that infers the end
    from a short page fails there.
    """
    trial.exam.survey.need()
    json, xml = trial.lots.media_types
    # The corpus contains the same requests, so that their kept responses are used again.
    at_end = [Ask(json, None, None, trial.terms.light_mode)]
    if not trial.exam.profile.thrifty:
        at_end.append(Ask(xml, None, None, trial.terms.light_mode))
        at_end.append(Ask(json, None, trial.lots.page_size, trial.terms.light_mode))
    for ask in at_end:
        _nothing_after(trial, lambda last, _: last.cursor, ask)
    _nothing_after(trial, partial(_exactly_full, trial), at_end[0])
    if trial.terms.feed.cursor.order == "numeric" and trial.exam.survey.ascending:
        for later in _LATER[-1:] if trial.exam.profile.thrifty else _LATER:
            _nothing_after(trial, partial(_later, trial, later=later), trial.terms.sample(json))
    _does_not_lead_back(trial, at_end[0])


_LATER: tuple[Callable[[int], int], ...] = (
    lambda last: last + 1,
    # A server that keeps the low 32 bits of a token reads this one as 1: the beginning of the feed.
    lambda last: (((last >> 32) + 1) << 32) + 1,
    # A server that compares tokens as text takes 1000 for earlier than 999.
    lambda last: 10 ** len(str(abs(last))),
    lambda _: INT64_MAX,
)
"""Functions from the last token to tokens that are later than it."""


def _later(trial: Trial, last: Lot, _: bool, later: Callable[[int], int]) -> str:
    try:
        value = min(INT64_MAX, later(int(last.cursor or "")))
    except ValueError as error:
        reason = f"the last token {last.cursor!r} is not a number, so that no later token can be derived from it"
        raise Inconclusive(reason, [last.answer]) from error
    # 0 means the beginning by contract, so that a last token of -1 needs another successor.
    return str(value + 1 if str(value) in trial.terms.feed.cursor.start else value)


def _exactly_full(trial: Trial, last: Lot, fresh: bool) -> str | None:
    """Return the cursor of a last page that holds exactly as many entries as were requested."""
    full = replace(last.ask, limit=trial.lots.size(last.size))
    lot = trial.lots.lot(full, fresh=fresh)
    # A server that returns short pages needs more of them to reach the end. Eight bound the requests.
    for _ in range(8):
        if lot.cursor in (None, last.cursor, full.cursor) or not lot.size or lot.remaining == 0:
            break
        full = replace(full, cursor=lot.cursor)
        lot = trial.lots.lot(full, fresh=fresh)
    return lot.cursor if lot.size and lot.remaining in (0, None) else last.cursor


def _nothing_after(trial: Trial, cursor: Callable[[Lot, bool], str | None], ask: Ask) -> None:
    def subject(fresh: bool) -> Lot:
        last = trial.ending(False)[-1]
        return trial.lots.lot(replace(ask, cursor=cursor(last, fresh)), fresh=fresh)

    def judge(ending: Sequence[Lot], lot: Lot) -> Violation | None:
        if not lot.size:
            return None
        expected = f"an empty page after {ending[-1].cursor}, with which the feed ends"
        return Violation(expected, f"{lot.size} entries after {lot.ask.cursor}", [ending[-1].answer, lot.answer])

    with trial.part():
        trial.confirm(trial.ending, subject, judge, entries=False)


def _does_not_lead_back(trial: Trial, ask: Ask) -> None:
    """Follow the cursor of an empty page twice: it must return an empty page again, not the beginning of the feed."""

    def subject(fresh: bool) -> list[Lot]:
        last = trial.ending(False)[-1]
        lot = trial.lots.lot(replace(ask, cursor=last.cursor), fresh=fresh)
        pages = [lot]
        for _ in range(2):
            if lot.size or lot.cursor is None:
                break
            lot = trial.lots.lot(replace(ask, cursor=lot.cursor), fresh=True)
            pages.append(lot)
        return pages

    def judge(_: Sequence[Lot], pages: Sequence[Lot]) -> Violation | None:
        if pages[0].size or not pages[-1].size:
            return None
        expected = f"an empty page with the cursor {pages[-1].ask.cursor} that an empty page carries"
        return Violation(expected, f"{pages[-1].size} entries", [page.answer for page in pages])

    with trial.part():
        trial.confirm(trial.ending, subject, judge, entries=False)
