"""Paging: interleaved traversals (PAGE-09) and concurrent requests (PAGE-10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from twinwire_conformance.contract import PageRequest
from twinwire_conformance.findings import Inconclusive, NotServed, Skipped, Violation
from twinwire_conformance.model import Response
from twinwire_conformance.oracle.baseline import Start, take
from twinwire_conformance.oracle.page import Page
from twinwire_conformance.oracle.page_client import PageClient
from twinwire_conformance.oracle.rule_context import RuleContext
from twinwire_conformance.oracle.traversals import Traversal
from twinwire_conformance.rules.page import every_cutting_gives_the_same_sequence
from twinwire_conformance.rules.registry import must
from twinwire_conformance.rules.twin import unlike

_NAMES = ("1", "2")
# Session and page size of each step. Session 1 is ahead at first with the same page size; later the sizes differ.
# A server that keeps one position for all sessions returns the second page of session 1 to session 2.
_PLAN = (("1", 3), ("1", 3), ("2", 3), ("1", 3), ("2", 3), ("2", 5), ("1", 3), ("2", 5))
_SHORT = (("1", 3), ("1", 3), ("2", 3), ("1", 3))


@must("PAGE-09", "Traversals interleaved under different sessions do not disturb each other")
def sessions_do_not_disturb_each_other(context: RuleContext) -> None:
    """Interleave two traversals of different pages under two sessions, and compare each with the same traversal alone."""
    if context.contract.feed.session is None:
        raise Skipped("the contract has no sessions")
    context.run_context.baseline.need()
    plan = [(name, context.page_client.size(size)) for name, size in (_SHORT if context.run_context.profile.thrifty else _PLAN)]

    def alone(fresh: bool) -> list[Page]:
        need = max(sum(size for each, size in plan if each == name) for name in _NAMES)
        if not fresh:
            return take(context.page_client, context.run_context.starts[0], need, fresh)
        # Request no more than needed: the fewer entries are compared, the likelier none of them changed meanwhile.
        page_request = PageRequest(
            context.page_client.media_types[0], None, context.page_client.size(need), context.contract.link_mode
        )
        return [context.page_client.page(page_request, fresh=fresh)]

    def together(_: bool) -> list[Traversal]:
        taken: dict[str, list[Page]] = {name: [] for name in _NAMES}
        for name, size in plan:
            _step(context, taken[name], size, f"twinwire-{name}")
        # A server that keeps its position by session goes on here instead of beginning again.
        again: list[Page] = []
        _step(context, again, plan[0][1], f"twinwire-{plan[0][0]}")
        return [_path(each) for each in (*taken.values(), again)]

    try:
        context.confirm(alone, together, _undisturbed)
    except NotServed:
        raise
    except Violation as found:
        raise _unless_alone_too(context, found, plan, alone) from None


def _unless_alone_too(
    context: RuleContext, found: Violation, plan: Sequence[tuple[str, int]], alone: Callable[[bool], list[Page]]
) -> Violation:
    """Return the violation, or one of PAGE-03 when the same traversals also fail without interleaving."""
    traversals = []
    for name in _NAMES:
        taken: list[Page] = []
        for size in (size for each, size in plan if each == name):
            _step(context, taken, size, None)
        traversals.append(_path(taken))
    again = _undisturbed(alone(True), traversals)
    if again is None:
        return found
    return NotServed(
        "PAGE-03",
        "traversals that are correct without interleaving",
        "the same traversals fail without interleaving, too",
        again.responses,
    )


def _path(taken: Sequence[Page]) -> Traversal:
    return Traversal(Start(None), tuple(taken), ended=bool(taken) and not taken[-1].size)


def _step(context: RuleContext, taken: list[Page], size: int, session: str | None) -> None:
    if taken and (not taken[-1].size or taken[-1].cursor is None):
        return
    cursor = taken[-1].cursor if taken else None
    page_request = PageRequest(context.page_client.media_types[0], cursor, size, context.contract.link_mode, session)
    response: Response = context.page_client.response(context.page_client.request(page_request), fresh=True)
    if session is not None and context.page_client.session is not None and context.contract.is_rejection(response):
        raise Inconclusive(
            "the session given by --session is accepted, and the sessions of this rule are not: it needs two", [response]
        )
    page = context.page_client.judge(page_request, response)
    if not page.succeeded:
        raise Violation("a page under any session", "a rejection", [page.response])
    taken.append(page)


def _undisturbed(alone: Sequence[Page], traversals: Sequence[Traversal]) -> Violation | None:
    for traversal in traversals:
        found = every_cutting_gives_the_same_sequence(alone, traversal)
        if found is not None:
            return found
    return None


@must("PAGE-10", "Concurrent requests get the same pages as requests that are sent alone")
def concurrent_requests_get_what_they_get_alone(context: RuleContext) -> None:
    """Send concurrent requests, and compare each page with the same page requested alone.

    The requests differ in start, page size, representation and content mode.
    """
    page_requests = _crowd(context)
    # A race condition shows only now and then, so that requests are sent several times. On a changing feed once is enough:
    # each difference takes many requests to confirm there.
    for _ in range(1 if context.run_context.moving else context.run_context.profile.crowds):
        crowd = _ConcurrentBatch(context.page_client, page_requests)
        for index in range(len(page_requests)):
            with context.part():
                try:
                    context.confirm(partial(crowd.alone, index), partial(crowd.together, index), _unmixed)
                except NotServed:
                    raise
                except Violation as found:
                    raise _unless_unstable(context, page_requests[index], found) from None


def _unless_unstable(context: RuleContext, page_request: PageRequest, found: Violation) -> Violation:
    """Return the violation, or one of PAGE-04 when the same request sent alone also returns different pages."""
    pages = [context.page_client.page(page_request, fresh=True) for _ in range(4)]
    again = next((each for each in (_unmixed([pages[0]], page) for page in pages[1:]) if each is not None), None)
    if again is None or context.run_context.moving:
        return found
    return NotServed(
        "PAGE-04",
        "pages that are repeatable without concurrent requests",
        "different pages for the same request sent alone",
        again.responses,
    )


def _unmixed(alone: Sequence[Page], together: Page) -> Violation | None:
    return unlike(alone[0], together, "alone", "among concurrent requests")


class _ConcurrentBatch:
    """A group of concurrent requests. The first look at each of them uses the responses of one sending."""

    def __init__(self, page_client: PageClient, page_requests: Sequence[PageRequest]) -> None:
        self.page_client = page_client
        self.page_requests = page_requests
        for page_request in page_requests:
            # Request each page alone first, to distinguish a feed that changed from requests that disturb each other.
            with suppress(NotServed):
                page_client.page(page_request)
        self.first = self._send()

    def alone(self, index: int, fresh: bool) -> list[Page]:
        return [self.page_client.page(self.page_requests[index], fresh=fresh)]

    def together(self, index: int, fresh: bool) -> Page:
        """Return the page for one of the concurrent requests.

        Args:
            index: The place of the request in the group.
            fresh: Whether to send the whole group again.

        Raises:
            Violation: The page is not served, although it is when requested alone.
        """
        response = (self._send() if fresh else self.first)[index]
        try:
            return self.page_client.judge(self.page_requests[index], response)
        except NotServed as error:
            self.page_client.page(self.page_requests[index])
            raise Violation(
                "the page that this request gets alone", f"{error.got} among concurrent requests", error.responses
            ) from error

    def _send(self) -> list[Response]:
        return self.page_client.target.send_together(
            [self.page_client.request(page_request) for page_request in self.page_requests]
        )


def _crowd(context: RuleContext) -> list[PageRequest]:
    json, xml = context.page_client.media_types
    if context.run_context.profile.thrifty:
        # Other rules request the same pages, so that only the concurrent requests themselves cost anything.
        others = context.run_context.binary.moderate(xml)[:1] or [context.contract.sample(xml)]
        return [context.contract.sample(json), *others]
    starts = list(dict.fromkeys(start.cursor for start in context.run_context.starts))
    sizes = [context.page_client.size(number) for number in (2, 3, 50, 7)]
    page_requests = [
        PageRequest(
            (json, xml)[index % 2], starts[index % len(starts)], sizes[index // 2 % len(sizes)], context.contract.link_mode
        )
        for index in range(8)
    ]
    # Binary pages take longest. Sent among and after the others, they overlap with both quick and slow responses.
    binary = context.run_context.binary.moderate(json)
    return [*page_requests[:3], *binary, *page_requests[3:], *binary]
