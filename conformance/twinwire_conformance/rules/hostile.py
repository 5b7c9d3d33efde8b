"""Hostile input: no request of a client may break the server (HTTP-09)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from urllib.parse import urlencode

from twinwire_conformance.model import Answer, Params, Request, Unreachable, Violation
from twinwire_conformance.oracle.examination import Trial
from twinwire_conformance.oracle.explore import Drawn
from twinwire_conformance.oracle.lots import ENDED
from twinwire_conformance.rules.registry import must
from twinwire_conformance.strategies import hostile, hostile_params, malformed_queries

CHECKED = 12
"""The number of hostile requests after which an ordinary request checks that the server still works."""


@must("HTTP-09", "No input causes a 5xx, ends the connection without a response, or stops the server", last=True)
def no_input_breaks_the_server(trial: Trial) -> None:
    """Send out-of-range, mistyped, over-long, repeated, unknown, malformed and hostile input, in each representation."""
    profile = trial.exam.profile
    types = [trial.terms.canonical_type("json"), trial.terms.canonical_type("xml")]
    health = _Health(trial, every=CHECKED)

    def check(request: Request) -> None:
        answer = trial.lots.odd_answer(request)
        health.sent(answer)
        if answer.status >= 500:
            raise Violation("a status below 500 for any input", f"HTTP {answer.status}", [answer])
        trial.lots.well_formed(answer)
        trial.witness()

    # A quarter of the inputs is sent in both representations, and health checks need requests, too.
    most = min(profile.hostile, max(4, (trial.exam.room - 14) * 3 // 4))
    for request in _fixed(trial, types, most):
        check(request)
    health.check()

    def drawn(params: Params) -> None:
        check(trial.lots.altered(types[len(params) % 2], *params))

    trial.exam.explorer.run(drawn, (), Drawn(hostile(trial.terms), 0 if profile.thrifty else profile.hostile // 8))
    health.check()


def _fixed(trial: Trial, types: list[str], most: int) -> Iterator[Request]:
    """Yield the planned requests: hostile parameters in turn with malformed queries.

    Args:
        trial: The trial of the rule.
        types: The media types to request. The first quarter of the parameters is sent in all of them, the others in turn.
        most: The largest number of hostile parameters; a third as many malformed queries are added.
    """
    chosen = hostile_params(trial.terms)[:most]
    raw = malformed_queries(trial.terms)[: most // 3]
    both = len(chosen) // 4
    # A malformed query may be read as no parameters. Where that page would be huge, valid parameters for a small one precede.
    plain = not raw or bool(trial.exam.heavy.plain())
    small = "" if plain else urlencode(trial.lots.request(trial.terms.sample(types[0])).params) + "&"
    for index, (params, query) in enumerate(zip_longest(chosen, raw)):
        for accept in types if index < both else [types[index % len(types)]]:
            if params is not None:
                yield trial.lots.altered(accept, *params)
        if query is not None:
            yield Request(accept=types[index % len(types)], raw_query=small + query)


class _Health:
    """Monitors that the server still answers an ordinary request as it did before the hostile ones."""

    def __init__(self, trial: Trial, every: int) -> None:
        self.trial = trial
        self.every = every
        self.recent: list[Answer] = []
        self.problem_before = self._problem()

    def sent(self, answer: Answer) -> None:
        """Note a hostile exchange, and look at the server's health now and then."""
        self.recent.append(answer.shortened())
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
            self.trial.exam.target.pause(0.2)
            problem = self._problem()
        if problem:
            expected = f"a page for an ordinary request, as before these {len(self.recent)} inputs"
            raise Violation(expected, problem, self.recent[-6:])
        self.recent.clear()

    def _problem(self) -> str:
        request = self.trial.lots.request(self.trial.terms.sample(self.trial.lots.media_types[0]))
        try:
            answer = self.trial.lots.answer(request, fresh=True)
        except Unreachable as error:
            if error.kind not in ENDED:
                raise
            return error.message
        if answer.status != 200:
            return f"HTTP {answer.status}"
        return ""
