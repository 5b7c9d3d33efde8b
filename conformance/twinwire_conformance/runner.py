"""A run: every rule on trial against one target, and the report of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType

from twinwire import __version__
from twinwire.errors import printable
from twinwire_conformance.basis import basis, place
from twinwire_conformance.causes import group, subject
from twinwire_conformance.contract import Terms
from twinwire_conformance.interrupts import Interrupts
from twinwire_conformance.model import (
    NOT_SELECTED,
    BudgetSpent,
    Evidence,
    Finding,
    Inconclusive,
    NotServed,
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
from twinwire_conformance.reports.fingerprints import member_path
from twinwire_conformance.rules import RULES, Rule
from twinwire_conformance.rules.registry import properties
from twinwire_conformance.target import Target

MAX_EVIDENCE = 8
MAX_NAMED = 5
_TIME = "the run's time"
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
    findings: dict[str, Finding] = field(default_factory=dict)
    """The error that ended each rule, where there was one."""
    silent: int = 0
    """How many rules in a row ended because no answer came."""
    chosen: frozenset[str] = field(default_factory=lambda: frozenset(RULES))
    """The ids of the rules that are tried."""
    absent: str = ""
    """What came instead when the target has no feed at all; empty otherwise."""

    def examine(self, rule: Rule) -> Result:
        """Decide one rule. Every finding becomes a result; nothing that a target answers raises."""
        trial, began = Trial(self.exam, rule.id), time.monotonic()
        self.exam.decided.add(rule.id)
        finding: Finding | None = None
        try:
            rule.check(trial)
        except NotServed as error:
            outcome, finding = Outcome.FAIL if self._owns(rule, error) else Outcome.BLOCKED, self.exam.lots.note(error)
        except Violation as error:
            outcome, finding = Outcome.FAIL, error
        except Skipped as error:
            outcome, finding = Outcome.SKIP, error
        except Inconclusive as error:
            outcome, finding = Outcome.INCONCLUSIVE, error
        except Exception as error:
            # A defect of ours must not lose the run, and is never green.
            self.note = f"the suite itself failed in {rule.id}; please report it"
            outcome, finding = Outcome.INCONCLUSIVE, Inconclusive(f"internal error: {type(error).__name__}: {error}")
        else:
            outcome, finding = self._ended(rule, trial)
        self.silent = self.silent + 1 if isinstance(finding, Unreachable) else 0
        result = self._result(rule, outcome, trial, finding)
        self.results[rule.id] = replace(result, seconds=round(time.monotonic() - began, 3))
        self.exam.keep_less()
        return self.results[rule.id]

    def _ended(self, rule: Rule, trial: Trial) -> tuple[Outcome, Finding | None]:
        """Return how a rule ended whose check found nothing: what it could not look at keeps it from passing."""
        for error in trial.blocked:
            return (Outcome.FAIL if self._owns(rule, error) else Outcome.BLOCKED), error
        nothing = [] if trial.witnesses else [Inconclusive("nothing was there to be observed")]
        doubt = next(iter([*trial.unconfirmed, *nothing]), None)
        return (Outcome.INCONCLUSIVE if doubt else Outcome.PASS), doubt

    def _owns(self, rule: Rule, error: NotServed) -> bool:
        # When the rule that should fail is not tried, whoever meets the failure must say so.
        return error.owner == rule.id or error.owner not in self.chosen

    def seek(self) -> Finding | None:
        """Look for a feed at the target, in any representation; return the failure when there is none."""
        try:
            return self.exam.probe()
        except Finding as error:
            return error

    def give_up(self, rules: Sequence[Rule], found: Finding) -> None:
        """Leave every rule undecided, but for those that say how a valid request is answered, if it was at all."""
        got = found.got if isinstance(found, Violation) else found.message
        got = " ".join(got.split())
        where = f"{self.exam.target.base_url}{self.exam.target.path}"
        self.absent = self.note = self._shown(f"no feed at {where}: {got}")
        for rule in rules:
            # What answers otherwise than a feed breaks these two; of the others nothing is known.
            if rule.id in ("HTTP-01", "HTTP-02") and isinstance(found, Violation):
                self.examine(rule)
            else:
                self.leave(rule, Outcome.INCONCLUSIVE, self.absent)

    def answers(self) -> bool:
        """Return whether the target still answers, after several rules in a row that got no answer; say so when it does not."""
        if self.note.startswith("the target stopped"):
            return False
        try:
            alive = self.exam.lots.alive(self.exam.lots.media_types[0])
        except BudgetSpent:
            alive = True
        if not alive:
            self.note = f"the target stopped answering: {MAX_SILENT} rules in a row got no answer"
        return alive

    def look_back(self) -> None:
        """Request what was served first once more: the feed must still be there, and its first cursor must still work."""
        exam = self.exam
        known = exam.survey if "survey" in vars(exam) else None
        if known is None or known.empty or not known.lots or exam.profile.thrifty:
            return
        exam.target.reserved = 0
        media_type = exam.lots.media_types[0]
        try:
            first = exam.lots.lot(exam.terms.sample(media_type), fresh=True)
            if not first.entries:
                answers = [known.lots[0].answer, first.answer]
                got = "an empty page at the end of the run"
                exam.lots.note(NotServed("PAGE-04", f"{len(known.lots[0].entries)} entries or more, as at first", got, answers))
            cursor = known.lots[0].cursor
            answer = exam.lots.odd_answer(exam.lots.request(exam.terms.sample(media_type, cursor)), fresh=True)
            if cursor is not None and exam.terms.refuses(answer):
                got = f"HTTP {answer.status} and a rejection"
                exam.lots.note(
                    NotServed("PARAM-08", f"{cursor} to be accepted at the end of the run, as before", got, [answer])
                )
        except (Violation, Inconclusive):
            # Whatever keeps this from being looked at was met by a rule before.
            return

    def settle(self) -> None:
        """Let each rule fail that a response breaks which only came after the rule was decided, or in another's check."""
        found: dict[str, Violation] = {rule: errors[0] for rule, errors in self.exam.lots.not_served.items()}
        for rule, noted in self.exam.observations.noted.items():
            if noted.failures:
                found.setdefault(rule, noted.failures[0])
        unsteady = self.exam.unsteady()
        if unsteady is not None:
            found.setdefault("PAGE-04", unsteady)
        for rule, error in found.items():
            result = self.results.get(rule)
            if rule in self.chosen and result is not None and result.outcome not in (Outcome.FAIL, Outcome.SKIP):
                trial = Trial(self.exam, rule, witnesses=result.witnesses)
                settled = self._result(RULES[rule], Outcome.FAIL, trial, error)
                self.results[rule] = replace(settled, seconds=result.seconds)

    def leave(self, rule: Rule, outcome: Outcome, reason: str) -> None:
        """Record a rule that was not tried."""
        self.results[rule.id] = Result(rule.id, rule.level, rule.title, outcome, message=reason)

    def _result(self, rule: Rule, outcome: Outcome, trial: Trial, finding: Finding | None) -> Result:
        target = self.exam.target
        if finding is not None:
            finding.keep_less()
            self.findings[rule.id] = finding
        message, member, spec_place = self._shown(finding.message) if finding else "", "", ("", 0)
        if outcome is Outcome.FAIL:
            contract, about = self.exam.terms.contract, subject(finding)
            message = f"{message}\n{basis(contract, rule.id, about)}"
            spec_place = place(contract, rule.id, about)
            if isinstance(finding, Violation):
                member = self._shown(member_path(finding.path))
        answers = finding.answers[:MAX_EVIDENCE] if finding else ()
        evidence: tuple[Evidence, ...] = tuple(target.evidence(answer) for answer in answers)
        blocked_by = ""
        if outcome is Outcome.BLOCKED and isinstance(finding, NotServed):
            blocked_by = finding.owner
            message, evidence = self._shown(f"blocked by {blocked_by}: {finding.got}"), ()
        return Result(
            rule.id,
            rule.level,
            rule.title,
            outcome,
            trial.witnesses,
            message,
            evidence,
            blocked_by,
            member=member,
            spec_name=spec_place[0],
            spec_line=spec_place[1],
        )

    def _shown(self, message: str) -> str:
        # It quotes what the target said, which must neither hold a secret nor steer the terminal that it is read in.
        return printable(self.exam.target.redact(message), keep="\n")

    def _accidents(self) -> list[str]:
        failed = self.exam.lots.failed_once
        return [f"HTTP {answer.status} came once for {answer.url}, and not when that was requested again" for answer in failed]

    def note_time(self) -> None:
        """Say which rules were not decided because the run's time was over, if it was."""
        late = [rule for rule, result in self.results.items() if _TIME in result.message]
        if late and self.note != "interrupted":
            named = ", ".join(sorted(late)[:MAX_NAMED]) + (
                f" and {len(late) - MAX_NAMED} more" if len(late) > MAX_NAMED else ""
            )
            spent = f"{_TIME} of {self.exam.target.manners.max_time:g} s is spent; not decided: {named}"
            self.note = f"{self.note}; {spent}" if self.note else spent

    def report(self) -> Report:
        """Return the report of what has been decided so far."""
        origin = self.exam.terms.contract.origin
        results, causes = group(tuple(self.results.values()), self.findings)
        return Report(
            verdict=verdict(results),
            target=self.exam.target.redact(self.exam.target.base_url),
            spec=MappingProxyType({"title": origin.title, "version": origin.version, "sha256": origin.sha256}),
            kit=__version__,
            profile=self.exam.profile.name,
            seed=self.exam.seed,
            started=datetime.fromtimestamp(self.started, UTC).isoformat(timespec="seconds"),
            seconds=round(time.time() - self.started, 3),
            requests=self.exam.target.requests,
            results=results,
            note=self.note,
            coverage=self.exam.coverage.lines() if "coverage" in vars(self.exam) else (),
            notes=tuple(self._shown(note) for note in (*self.exam.notes, *self.exam.target.notes, *self._accidents())),
            causes=causes,
        )


def begin(terms: Terms, target: Target, profile: Profile, seed: int, session: str | None = None) -> Run:
    """Begin a run; no request is sent yet."""
    return Run(Examination(terms, target, profile, seed, session, properties()), {}, time.time())


def certify(
    run: Run,
    rules: Sequence[Rule],
    chosen: Sequence[Rule],
    listen: Listener = lambda _rule, _result: None,
    interrupts: Interrupts | None = None,
) -> Report:
    """Try the chosen rules and report on all. What an interrupt or the end of the time leaves untried is inconclusive."""
    run.chosen = frozenset(rule.id for rule in chosen)
    if len(chosen) < len(rules):
        run.note = f"only {len(chosen)} of {len(rules)} rules were selected: this is no full certification"
    try:
        with (interrupts or Interrupts()).held_afterwards():
            _try_all(run, chosen, listen)
    except KeyboardInterrupt:
        run.note = "interrupted"
        for rule in chosen:
            if rule.id not in run.results:
                run.leave(rule, Outcome.INCONCLUSIVE, "the run was interrupted before this rule")
    run.note_time()
    for rule in rules:
        if rule not in chosen:
            run.leave(rule, Outcome.SKIP, NOT_SELECTED)
    position = {rule.id: index for index, rule in enumerate(rules)}
    run.results = dict(sorted(run.results.items(), key=lambda item: position[item[0]]))
    return run.report()


def _try_all(run: Run, chosen: Sequence[Rule], listen: Listener) -> None:
    order, target = sorted(chosen, key=lambda rule: rule.phase), run.exam.target
    absent = run.seek()
    if absent is not None:
        run.give_up(chosen, absent)
        order = []
    for rule in order:
        if target.time_spent:
            run.leave(rule, Outcome.INCONCLUSIVE, f"{target.time_spent}: this rule was not reached")
            continue
        if run.silent == MAX_SILENT:
            if not run.answers():
                run.leave(rule, Outcome.INCONCLUSIVE, "the target had stopped answering before this rule")
                continue
            run.silent = 0
        target.reserved = run.exam.profile.reserve * rule.makes_way if len(order) > 1 else 0
        listen(rule, None)
        listen(rule, run.examine(rule))
    if order:
        run.look_back()
    run.settle()
