"""A run: every rule on trial against one target, and the report of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from twinwire import __version__
from twinwire.errors import printable
from twinwire_conformance.contract import FORMATS, Terms
from twinwire_conformance.model import (
    Evidence,
    Finding,
    Inconclusive,
    Level,
    Outcome,
    Report,
    Result,
    Skipped,
    Unreachable,
    Violation,
    verdict,
)
from twinwire_conformance.oracle.examination import Examination, Trial
from twinwire_conformance.profiles import Profile
from twinwire_conformance.rules import Rule
from twinwire_conformance.target import Target

MAX_EVIDENCE = 8
MAX_SILENT = 3
"""A target that has stopped answering is not asked again for every rule that is left."""

Listener = Callable[[Rule, Result | None], None]
"""Told of each rule when it begins (no result yet) and when it has ended."""


@dataclass(slots=True)
class Run:
    """Rules on trial against one target. ``examine`` decides one of them; ``report`` says what has been decided."""

    exam: Examination
    results: dict[str, Result]
    started: float
    note: str = ""
    silent: int = 0
    """How many rules in a row ended because no answer came."""
    absent: str = ""
    """What came instead when the target has no feed at all; empty otherwise."""

    def examine(self, rule: Rule) -> Result:
        """Decide one rule. Every finding becomes a result; nothing that a target answers raises."""
        trial = Trial(self.exam)
        try:
            rule.check(trial)
        except Violation as error:
            result = self._result(rule, Outcome.FAIL, trial, error)
            self.silent = 0
        except Skipped as error:
            result = self._result(rule, Outcome.SKIP, trial, error)
        except Unreachable as error:
            result = self._result(rule, Outcome.INCONCLUSIVE, trial, error)
            self.silent += 1
        except Inconclusive as error:
            result = self._result(rule, Outcome.INCONCLUSIVE, trial, error)
        except Exception as error:
            # A fault of ours must not lose the run, and is never green.
            self.note = f"the suite itself failed in {rule.id}; please report it"
            unexpected = Inconclusive(f"internal error: {type(error).__name__}: {error}")
            result = self._result(rule, Outcome.INCONCLUSIVE, trial, unexpected)
        else:
            nothing = [] if trial.witnesses else [Inconclusive("nothing was there to be observed")]
            self.silent = 0
            doubt = next(iter([*trial.unconfirmed, *nothing]), None)
            result = self._result(rule, Outcome.INCONCLUSIVE if doubt else Outcome.PASS, trial, doubt)
        self.results[rule.id] = result
        return result

    def seek(self) -> Finding | None:
        """Look for a feed at the target, in any format; return what came instead when there is none."""
        first: Finding | None = None
        for format_ in FORMATS:
            try:
                self.exam.lots.read(self.exam.terms.sample(self.exam.terms.canonical_type(format_)))
            except Finding as error:
                first = first or error
            else:
                return None
        return first

    def give_up(self, rules: Sequence[Rule], found: Finding) -> None:
        """Leave every rule undecided, but for those that say how a valid request is answered, if it was at all."""
        # Lines after this one show the place.
        lines = found.message.splitlines()
        line = next((line for line in lines if line.startswith("got ")), lines[-1])
        got = " ".join(line.removeprefix("got").split())
        where = f"{self.exam.target.base_url}{self.exam.target.path}"
        self.absent = self.note = self._shown(f"no feed at {where}: {got}")
        for rule in rules:
            # What answers otherwise than a feed breaks these two; of the others nothing is known.
            if rule.id in ("HTTP-01", "HTTP-02") and isinstance(found, Violation):
                self.examine(rule)
            else:
                self.leave(rule, Outcome.INCONCLUSIVE, self.absent)

    def leave(self, rule: Rule, outcome: Outcome, reason: str) -> None:
        """Record a rule that was not tried."""
        self.results[rule.id] = Result(rule.id, rule.level, rule.title, outcome, message=reason)

    def _result(self, rule: Rule, outcome: Outcome, trial: Trial, finding: Finding | None) -> Result:
        target = self.exam.target
        message = self._shown(finding.message) if finding else ""
        answers = finding.answers[:MAX_EVIDENCE] if finding else ()
        evidence: tuple[Evidence, ...] = tuple(target.evidence(answer) for answer in answers)
        return Result(rule.id, rule.level, rule.title, outcome, trial.witnesses, message, evidence)

    def _shown(self, message: str) -> str:
        # It quotes what the target said, which must neither hold a secret nor steer the terminal that it is read in.
        return printable(self.exam.target.redact(message), keep="\n")

    def report(self) -> Report:
        """Return the report of what has been decided so far."""
        origin = self.exam.terms.contract.origin
        results = tuple(self.results.values())
        return Report(
            verdict=verdict(results),
            target=self.exam.target.redact(self.exam.target.base_url),
            spec={"title": origin.title, "version": origin.version, "sha256": origin.sha256},
            kit=__version__,
            profile=self.exam.profile.name,
            seed=self.exam.seed,
            started=datetime.fromtimestamp(self.started, UTC).isoformat(timespec="seconds"),
            seconds=round(time.time() - self.started, 3),
            requests=self.exam.target.requests,
            results=results,
            note=self.note,
        )


def begin(terms: Terms, target: Target, profile: Profile, seed: int, session: str | None = None) -> Run:
    """Begin a run; no request is sent yet."""
    return Run(Examination(terms, target, profile, seed, session), {}, time.time())


def certify(run: Run, rules: Sequence[Rule], chosen: Sequence[Rule], listen: Listener = lambda _rule, _result: None) -> Report:
    """Try the chosen rules and report on all. What an interrupt leaves untried is inconclusive.

    MUST comes before SHOULD, and what asks little before what walks the feed, so that a small budget decides the most.
    """
    order = sorted(chosen, key=lambda rule: (rule.level is not Level.MUST, rule.walks))
    if len(chosen) < len(rules):
        run.note = f"only {len(chosen)} of {len(rules)} rules were selected: this is no full certification"
    try:
        absent = run.seek()
        if absent is not None:
            run.give_up(chosen, absent)
            order = []
        for rule in order:
            if run.silent == MAX_SILENT:
                run.note = f"the target stopped answering: {MAX_SILENT} rules in a row got no answer"
                run.leave(rule, Outcome.INCONCLUSIVE, "the target had stopped answering before this rule")
                continue
            listen(rule, None)
            listen(rule, run.examine(rule))
    except KeyboardInterrupt:
        run.note = "interrupted"
        for rule in chosen:
            if rule.id not in run.results:
                run.leave(rule, Outcome.INCONCLUSIVE, "the run was interrupted before this rule")
    for rule in rules:
        if rule not in chosen:
            run.leave(rule, Outcome.SKIP, "not selected")
    position = {rule.id: index for index, rule in enumerate(rules)}
    run.results = dict(sorted(run.results.items(), key=lambda item: position[item[0]]))
    return run.report()
