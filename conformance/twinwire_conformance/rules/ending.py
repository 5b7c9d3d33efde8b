"""Paging: the end of the feed (PAGE-07)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from twinwire.ir import INT64_MAX
from twinwire_conformance.contract import PageRequest
from twinwire_conformance.findings import Inconclusive, Violation
from twinwire_conformance.oracle.page import Page
from twinwire_conformance.oracle.rule_context import RuleContext
from twinwire_conformance.rules.registry import must


@must("PAGE-07", "The last cursor, and any later one, returns an empty page, any number of times")
def after_the_end_comes_nothing(context: RuleContext) -> None:
    """Request with the last cursor and with later ones, and expect an empty page each time.

    The last cursor is taken after the largest pages, and after a last page that was exactly full: a server that infers the end
    from a short page fails there.
    """
    context.run_context.baseline.need()
    json, xml = context.page_client.media_types
    # The corpus contains the same requests, so that their kept responses are used again.
    at_end = [PageRequest(json, None, None, context.contract.link_mode)]
    if not context.run_context.profile.thrifty:
        at_end.append(PageRequest(xml, None, None, context.contract.link_mode))
        at_end.append(PageRequest(json, None, context.page_client.page_size, context.contract.link_mode))
    for page_request in at_end:
        _nothing_after(context, lambda last, _: last.cursor, page_request)
    _nothing_after(context, partial(_exactly_full, context), at_end[0])
    if context.contract.feed.cursor.order == "numeric" and context.run_context.baseline.ascending:
        for later in _LATER[-1:] if context.run_context.profile.thrifty else _LATER:
            _nothing_after(context, partial(_later, context, later=later), context.contract.sample(json))
    _does_not_lead_back(context, at_end[0])


_LATER: tuple[Callable[[int], int], ...] = (
    lambda last: last + 1,
    # A server that keeps the low 32 bits of a token reads this one as 1: the beginning of the feed.
    lambda last: (((last >> 32) + 1) << 32) + 1,
    # A server that compares tokens as text takes 1000 for earlier than 999.
    lambda last: 10 ** len(str(abs(last))),
    lambda _: INT64_MAX,
)
"""Functions from the last token to tokens that are later than it."""


def _later(context: RuleContext, last: Page, _: bool, later: Callable[[int], int]) -> str:
    try:
        value = min(INT64_MAX, later(int(last.cursor or "")))
    except ValueError as error:
        reason = f"the last token {last.cursor!r} is not a number, so that no later token can be derived from it"
        raise Inconclusive(reason, [last.response]) from error
    # 0 means the beginning by contract, so that a last token of -1 needs another successor.
    return str(value + 1 if str(value) in context.contract.feed.cursor.start else value)


def _exactly_full(context: RuleContext, last: Page, fresh: bool) -> str | None:
    """Return the cursor of a last page that holds exactly as many entries as were requested."""
    full = replace(last.page_request, limit=context.page_client.size(last.size))
    page = context.page_client.page(full, fresh=fresh)
    # A server that returns short pages needs more of them to reach the end. Eight bound the requests.
    for _ in range(8):
        if page.cursor in (None, last.cursor, full.cursor) or not page.size or page.remaining == 0:
            break
        full = replace(full, cursor=page.cursor)
        page = context.page_client.page(full, fresh=fresh)
    return page.cursor if page.size and page.remaining in (0, None) else last.cursor


def _nothing_after(context: RuleContext, cursor: Callable[[Page, bool], str | None], page_request: PageRequest) -> None:
    def subject(fresh: bool) -> Page:
        last = context.ending(False)[-1]
        return context.page_client.page(replace(page_request, cursor=cursor(last, fresh)), fresh=fresh)

    def judge(ending: Sequence[Page], page: Page) -> Violation | None:
        if not page.size:
            return None
        expected = f"an empty page after {ending[-1].cursor}, with which the feed ends"
        return Violation(
            expected, f"{page.size} entries after {page.page_request.cursor}", [ending[-1].response, page.response]
        )

    with context.part():
        context.confirm(context.ending, subject, judge, entries=False)


def _does_not_lead_back(context: RuleContext, page_request: PageRequest) -> None:
    """Follow the cursor of an empty page twice: it must return an empty page again, not the beginning of the feed."""

    def subject(fresh: bool) -> list[Page]:
        last = context.ending(False)[-1]
        page = context.page_client.page(replace(page_request, cursor=last.cursor), fresh=fresh)
        pages = [page]
        for _ in range(2):
            if page.size or page.cursor is None:
                break
            page = context.page_client.page(replace(page_request, cursor=page.cursor), fresh=True)
            pages.append(page)
        return pages

    def judge(_: Sequence[Page], pages: Sequence[Page]) -> Violation | None:
        if pages[0].size or not pages[-1].size:
            return None
        expected = f"an empty page with the cursor {pages[-1].page_request.cursor} that an empty page carries"
        return Violation(expected, f"{pages[-1].size} entries", [page.response for page in pages])

    with context.part():
        context.confirm(context.ending, subject, judge, entries=False)
