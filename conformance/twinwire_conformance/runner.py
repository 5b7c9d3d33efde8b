"""A run: every rule is checked against one target, and the results become a report."""

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
from twinwire_conformance.contract import ContractView
from twinwire_conformance.findings import BudgetSpent, Finding, Inconclusive, NotServed, Skipped, Unreachable, Violation
from twinwire_conformance.interrupts import Interrupts
from twinwire_conformance.model import INTERRUPTED, NOT_SELECTED, Evidence, Outcome, Report, Result, verdict
from twinwire_conformance.oracle.rule_context import RuleContext
from twinwire_conformance.oracle.run_context import RunContext
from twinwire_conformance.profiles import Profile
from twinwire_conformance.reports.fingerprints import member_path
from twinwire_conformance.rules import RULES, Rule
from twinwire_conformance.rules.registry import properties
from twinwire_conformance.target import Target

MAX_EVIDENCE = 8
MAX_NAMED = 5
_TIME = "the run's time"
MAX_SILENT = 3
"""The number of rules in a row without a response after which a target is not requested for each remaining rule."""

Listener = Callable[[Rule, Result | None], None]
"""A function that is called when a rule begins (with None) and when it has ended (with its result)."""


@dataclass(slots=True)
class Run:
    """A run of rules against one target: ``examine`` decides one rule, ``report`` returns the results so far.

    Args:
        run_context: The state that the rules share.
        results: The results so far, by rule id.
        started: The start of the run, in seconds since the epoch.
        note: The reason why the run ended early or says less than it could; empty otherwise.
    """

    run_context: RunContext
    results: dict[str, Result]
    started: float
    note: str = ""
    findings: dict[str, Finding] = field(default_factory=dict)
    """The finding that ended each rule, where there was one."""
    silent: int = 0
    """The number of rules in a row that ended because no response was received."""
    chosen: frozenset[str] = field(default_factory=lambda: frozenset(RULES))
    """The ids of the rules that are tried."""
    absent: str = ""
    """The description of the response of a target that does not serve a feed; empty when it does."""

    def examine(self, rule: Rule) -> Result:
        """Decide one rule. Every exception becomes a result: no response of a target ends the run."""
        context, began = RuleContext(self.run_context, rule.id), time.monotonic()
        self.run_context.decided.add(rule.id)
        finding: Finding | None = None
        try:
            rule.check(context)
        except NotServed as error:
            outcome, finding = (
                Outcome.FAIL if self._owns(rule, error) else Outcome.BLOCKED,
                self.run_context.page_client.note(error),
            )
        except Violation as error:
            outcome, finding = Outcome.FAIL, error
        except Skipped as error:
            outcome, finding = Outcome.SKIP, error
        except Inconclusive as error:
            outcome, finding = Outcome.INCONCLUSIVE, error
        except Exception as error:
            # A defect of the suite must neither lose the results of other rules nor count as a pass.
            self.note = f"the suite itself failed in {rule.id}; please report this defect"
            outcome, finding = Outcome.INCONCLUSIVE, Inconclusive(f"internal error: {type(error).__name__}: {error}")
        else:
            outcome, finding = self._ended(rule, context)
        self.silent = self.silent + 1 if isinstance(finding, Unreachable) else 0
        result = self._result(rule, outcome, context, finding)
        self.results[rule.id] = replace(result, seconds=round(time.monotonic() - began, 3))
        self.run_context.keep_less()
        return self.results[rule.id]

    def _ended(self, rule: Rule, context: RuleContext) -> tuple[Outcome, Finding | None]:
        """Return the outcome of a rule whose check found nothing. Pages that it could not check keep it from passing."""
        for error in context.blocked:
            return (Outcome.FAIL if self._owns(rule, error) else Outcome.BLOCKED), error
        nothing = [] if context.observation_count else [Inconclusive("there was nothing to observe")]
        doubt = next(iter([*context.unconfirmed, *nothing]), None)
        return (Outcome.INCONCLUSIVE if doubt else Outcome.PASS), doubt

    def _owns(self, rule: Rule, error: NotServed) -> bool:
        # When the owning rule is deselected, the rule that meets the failure must fail in its place.
        return error.owner == rule.id or error.owner not in self.chosen

    def find_feed(self) -> Finding | None:
        """Look for a feed at the target, in any representation. Return the failure when there is none, else None."""
        try:
            return self.run_context.probe()
        except Finding as error:
            return error

    def stop_without_feed(self, rules: Sequence[Rule], found: Finding) -> None:
        """Leave every rule undecided because the target does not serve a feed.

        Args:
            rules: The rules of the run.
            found: The failure of the first request. When it is a violation, HTTP-01 and HTTP-02 are decided by it.
        """
        got = found.got if isinstance(found, Violation) else found.message
        got = " ".join(got.split())
        where = f"{self.run_context.target.base_url}{self.run_context.target.path}"
        self.absent = self.note = self._shown(f"no feed at {where}: {got}")
        for rule in rules:
            # A response that is not a page breaks these two rules, and shows nothing about the others.
            if rule.id in ("HTTP-01", "HTTP-02") and isinstance(found, Violation):
                self.examine(rule)
            else:
                self.leave(rule, Outcome.INCONCLUSIVE, self.absent)

    def responses(self) -> bool:
        """Return whether the target still responds, after several rules in a row without a response; note when it does not."""
        # This was established before, and each further request would wait for its whole timeout.
        if self.note.startswith("the target stopped"):
            return False
        try:
            alive = self.run_context.page_client.alive(self.run_context.page_client.media_types[0])
        except BudgetSpent:
            alive = True
        if not alive:
            self.note = f"the target stopped responding: {MAX_SILENT} rules in a row got no response"
        return alive

    def recheck_start(self) -> None:
        """Repeat the first requests at the end of the run: the feed must still be served, and its first cursor still work."""
        run_context = self.run_context
        # vars() holds a cached property only once it was used; reading it here would begin a traversal.
        known = run_context.baseline if "baseline" in vars(run_context) else None
        if known is None or known.empty or not known.pages or run_context.profile.thrifty:
            return
        # No rule follows, so that no requests need to be reserved.
        run_context.target.reserved = 0
        media_type = run_context.page_client.media_types[0]
        try:
            first = run_context.page_client.page(run_context.contract.sample(media_type), fresh=True)
            if not first.size:
                responses = [known.pages[0].response, first.response]
                got = "an empty page at the end of the run"
                run_context.page_client.note(
                    NotServed("PAGE-04", f"{known.pages[0].size} entries or more, as at first", got, responses)
                )
            cursor = known.pages[0].cursor
            response = run_context.page_client.odd_response(
                run_context.page_client.request(run_context.contract.sample(media_type, cursor)), fresh=True
            )
            if cursor is not None and run_context.contract.is_rejection(response):
                got = f"HTTP {response.status} and a rejection"
                run_context.page_client.note(
                    NotServed("PARAM-08", f"a page for the cursor {cursor}, as earlier in the run", got, [response])
                )
        except (Violation, Inconclusive):
            # A rule has met the same failure before, or the budget is spent.
            return

    def apply_late_findings(self) -> None:
        """Fail each rule that a response broke after the rule was decided, or during the check of another rule."""
        found: dict[str, Violation] = {rule: errors[0] for rule, errors in self.run_context.page_client.not_served.items()}
        for rule, noted in self.run_context.observations.noted.items():
            if noted.failures:
                found.setdefault(rule, noted.failures[0])
        unsteady = self.run_context.unsteady()
        if unsteady is not None:
            found.setdefault("PAGE-04", unsteady)
        for rule, error in found.items():
            result = self.results.get(rule)
            if rule in self.chosen and result is not None and result.outcome not in (Outcome.FAIL, Outcome.SKIP):
                context = RuleContext(self.run_context, rule, observation_count=result.observation_count)
                settled = self._result(RULES[rule], Outcome.FAIL, context, error)
                self.results[rule] = replace(settled, seconds=result.seconds)

    def leave(self, rule: Rule, outcome: Outcome, reason: str) -> None:
        """Record the outcome of a rule that was not tried."""
        self.results[rule.id] = Result(rule.id, rule.level, rule.title, outcome, message=reason)

    def _result(self, rule: Rule, outcome: Outcome, context: RuleContext, finding: Finding | None) -> Result:
        target = self.run_context.target
        if finding is not None:
            finding.keep_less()
            self.findings[rule.id] = finding
        message, member, spec_place = self._shown(finding.message) if finding else "", "", ("", 0)
        if outcome is Outcome.FAIL:
            contract, about = self.run_context.contract.ir, subject(finding)
            message = f"{message}\n{basis(contract, rule.id, about)}"
            spec_place = place(contract, rule.id, about)
            if isinstance(finding, Violation):
                member = self._shown(member_path(finding.path))
        responses = finding.responses[:MAX_EVIDENCE] if finding else ()
        evidence: tuple[Evidence, ...] = tuple(target.evidence(response) for response in responses)
        blocked_by = ""
        if outcome is Outcome.BLOCKED and isinstance(finding, NotServed):
            blocked_by = finding.owner
            message, evidence = self._shown(f"blocked by {blocked_by}: {finding.got}"), ()
        return Result(
            rule.id,
            rule.level,
            rule.title,
            outcome,
            context.observation_count,
            message,
            evidence,
            blocked_by,
            member=member,
            spec_name=spec_place[0],
            spec_line=spec_place[1],
        )

    def _shown(self, message: str) -> str:
        # Messages quote responses, which may echo a secret or contain escape sequences for the terminal.
        return printable(self.run_context.target.redact(message), keep="\n")

    def _accidents(self) -> list[str]:
        failed = self.run_context.page_client.failed_once
        return [
            f"HTTP {response.status} came once for {response.url}, and not when the request was repeated" for response in failed
        ]

    def note_time(self) -> None:
        """Note which rules were not decided because the time of the run was over."""
        late = [rule for rule, result in self.results.items() if _TIME in result.message]
        if late and self.note != INTERRUPTED:
            named = ", ".join(sorted(late)[:MAX_NAMED]) + (
                f" and {len(late) - MAX_NAMED} more" if len(late) > MAX_NAMED else ""
            )
            spent = f"{_TIME} of {self.run_context.target.policy.max_time:g} s is spent; not decided: {named}"
            self.note = f"{self.note}; {spent}" if self.note else spent

    def report(self) -> Report:
        """Return the report of the results so far."""
        origin = self.run_context.contract.ir.origin
        results, causes = group(tuple(self.results.values()), self.findings)
        return Report(
            verdict=verdict(results),
            target=self.run_context.target.redact(self.run_context.target.base_url),
            spec=MappingProxyType({"title": origin.title, "version": origin.version, "sha256": origin.sha256}),
            kit=__version__,
            profile=self.run_context.profile.name,
            seed=self.run_context.seed,
            started=datetime.fromtimestamp(self.started, UTC).isoformat(timespec="seconds"),
            seconds=round(time.time() - self.started, 3),
            requests=self.run_context.target.requests,
            results=results,
            note=self.note,
            coverage=self.run_context.coverage.lines() if "coverage" in vars(self.run_context) else (),
            notes=tuple(
                self._shown(note) for note in (*self.run_context.notes, *self.run_context.target.notes, *self._accidents())
            ),
            causes=causes,
        )


def begin(contract: ContractView, target: Target, profile: Profile, seed: int, session: str | None = None) -> Run:
    """Return a run that is ready to begin; no request is sent yet.

    Args:
        contract: The contract.
        target: The server under test.
        profile: The extent of the run.
        seed: The seed of drawn inputs and of samples.
        session: The caller's session; None for none.
    """
    return Run(RunContext(contract, target, profile, seed, session, properties()), {}, time.time())


def certify(
    run: Run,
    rules: Sequence[Rule],
    chosen: Sequence[Rule],
    listen: Listener = lambda _rule, _result: None,
    interrupts: Interrupts | None = None,
) -> Report:
    """Try the selected rules and return the report on all rules.

    Rules that an interrupt or the end of the time leaves untried are inconclusive.

    Args:
        run: A run that has not begun.
        rules: Every rule, in the order of the report.
        chosen: The rules to try.
        listen: Called when a rule begins and when it has ended.
        interrupts: The signal handlers in use; None to install them for this call.
    """
    run.chosen = frozenset(rule.id for rule in chosen)
    if len(chosen) < len(rules):
        run.note = f"only {len(chosen)} of {len(rules)} rules were selected: this is not a full certification"
    try:
        with (interrupts or Interrupts()).held_afterwards():
            _try_all(run, chosen, listen)
    except KeyboardInterrupt:
        run.note = INTERRUPTED
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
    order, target = sorted(chosen, key=lambda rule: rule.phase), run.run_context.target
    absent = run.find_feed()
    if absent is not None:
        run.stop_without_feed(chosen, absent)
        order = []
    for rule in order:
        if target.time_spent:
            run.leave(rule, Outcome.INCONCLUSIVE, f"{target.time_spent}: this rule was not reached")
            continue
        if run.silent == MAX_SILENT:
            if not run.responses():
                run.leave(rule, Outcome.INCONCLUSIVE, "the target had stopped responding before this rule")
                continue
            run.silent = 0
        # A rule that is tried alone may spend the whole budget, because no later rule needs it.
        target.reserved = run.run_context.profile.reserve * rule.makes_way if len(order) > 1 else 0
        listen(rule, None)
        listen(rule, run.examine(rule))
    if order:
        run.recheck_start()
    run.apply_late_findings()
