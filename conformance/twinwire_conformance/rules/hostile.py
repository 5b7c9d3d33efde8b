"""Hostile input: no request of a client may break the server (HTTP-09)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from urllib.parse import urlencode

from twinwire_conformance.findings import Unreachable, Violation
from twinwire_conformance.model import Params, Request, Response
from twinwire_conformance.oracle.failure_search import GeneratedInputs
from twinwire_conformance.oracle.page_client import ENDED
from twinwire_conformance.oracle.rule_context import RuleContext
from twinwire_conformance.rules.registry import must
from twinwire_conformance.strategies import hostile, hostile_params, malformed_queries

CHECKED = 12
"""The number of hostile requests after which an ordinary request checks that the server still works."""


@must("HTTP-09", "No input causes a 5xx, ends the connection without a response, or stops the server", last=True)
def no_input_breaks_the_server(context: RuleContext) -> None:
    """Send out-of-range, mistyped, over-long, repeated, unknown, malformed and hostile input, in each representation."""
    profile = context.run_context.profile
    types = [context.contract.canonical_type("json"), context.contract.canonical_type("xml")]
    health = _Health(context, every=CHECKED)

    def check(request: Request) -> None:
        response = context.page_client.odd_response(request)
        health.sent(response)
        if response.status >= 500:
            raise Violation("a status below 500 for any input", f"HTTP {response.status}", [response])
        context.page_client.well_formed(response)
        context.observe()

    # A quarter of the inputs is sent in both representations, and health checks need requests, too.
    most = min(profile.hostile, max(4, (context.run_context.room - 14) * 3 // 4))
    for request in _fixed(context, types, most):
        check(request)
    health.check()

    def generated(params: Params) -> None:
        check(context.page_client.altered(types[len(params) % 2], *params))

    context.run_context.failure_search.run(
        generated, (), GeneratedInputs(hostile(context.contract), 0 if profile.thrifty else profile.hostile // 8)
    )
    health.check()


def _fixed(context: RuleContext, types: list[str], most: int) -> Iterator[Request]:
    """Yield the planned requests: hostile parameters in turn with malformed queries.

    Args:
        context: The trial of the rule.
        types: The media types to request. The first quarter of the parameters is sent in all of them, the others in turn.
        most: The largest number of hostile parameters; a third as many malformed queries are added.
    """
    chosen = hostile_params(context.contract)[:most]
    raw = malformed_queries(context.contract)[: most // 3]
    both = len(chosen) // 4
    # A malformed query may be read as no parameters. Where that page would be huge, valid parameters for a small one precede.
    plain = not raw or bool(context.run_context.binary.plain())
    small = "" if plain else urlencode(context.page_client.request(context.contract.sample(types[0])).params) + "&"
    for index, (params, query) in enumerate(zip_longest(chosen, raw)):
        for accept in types if index < both else [types[index % len(types)]]:
            if params is not None:
                yield context.page_client.altered(accept, *params)
        if query is not None:
            yield Request(accept=types[index % len(types)], raw_query=small + query)


class _Health:
    """Monitors that the server still answers an ordinary request as it did before the hostile ones."""

    def __init__(self, context: RuleContext, every: int) -> None:
        self.context = context
        self.every = every
        self.recent: list[Response] = []
        self.problem_before = self._problem()

    def sent(self, response: Response) -> None:
        """Note a hostile exchange, and look at the server's health now and then."""
        self.recent.append(response.shortened())
        if len(self.recent) >= self.every:
            self.check()

    def check(self) -> None:
        """Raise Violation when an ordinary request fails that worked before the last hostile requests."""
        if not self.recent or self.problem_before:
            self.recent.clear()
            return
        problem = self._problem()
        if problem:
            # A worker that crashed is often replaced within a moment, which is not a stopped server.
            self.context.run_context.target.pause(0.2)
            problem = self._problem()
        if problem:
            expected = f"a page for an ordinary request, as before these {len(self.recent)} inputs"
            raise Violation(expected, problem, self.recent[-6:])
        self.recent.clear()

    def _problem(self) -> str:
        request = self.context.page_client.request(self.context.contract.sample(self.context.page_client.media_types[0]))
        try:
            response = self.context.page_client.response(request, fresh=True)
        except Unreachable as error:
            if error.kind not in ENDED:
                raise
            return error.message
        if response.status != 200:
            return f"HTTP {response.status}"
        return ""
