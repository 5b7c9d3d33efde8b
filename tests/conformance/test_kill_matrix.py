"""The kill matrix: a rule detects every fault, and a server without a fault is certified."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any

import pytest

from twinwire_conformance.contract import ContractView, packaged_contract
from twinwire_conformance.model import Level, Outcome, Report, Verdict
from twinwire_conformance.profiles import PROFILES
from twinwire_conformance.reference import FAULTS, OUT_OF_REACH, create_app, running
from twinwire_conformance.rules import Rule, catalogue
from twinwire_conformance.runner import begin, certify
from twinwire_conformance.target import RequestPolicy, Target


def proofs(rule: str) -> list[str]:
    """Return the faults of a rule, beginning with those that name it first."""
    found = [name for name, fault in FAULTS.items() if rule in fault.trips and name not in OUT_OF_REACH]
    return sorted(found, key=lambda name: (FAULTS[name].trips.index(rule), len(FAULTS[name].trips)))


@pytest.fixture(scope="module")
def contract() -> ContractView:
    return ContractView(packaged_contract())


def examine(
    contract: ContractView, fault: str | None, profile: str = "standard", seed: int = 1, rules: Iterable[Rule] | None = None
) -> Report:
    chosen = PROFILES[profile]
    policy = RequestPolicy(max_requests=chosen.max_requests)
    with ExitStack() as stack:
        seeded = FAULTS[fault] if fault else None
        size: dict[str, Any] = {"products": seeded.products, "image_bytes": seeded.image_bytes} if seeded else {}
        app: Any = create_app(contract.ir, fault=fault, **size)
        base = "http://in-process.invalid"
        if seeded and seeded.needs_http:
            base, app = stack.enter_context(running(app)), None
        target = stack.enter_context(Target(base, contract.operation.path, policy, app=app))
        selected = catalogue() if rules is None else list(rules)
        report = certify(begin(contract, target, chosen, seed), catalogue(), selected)
    assert not [result.message for result in report.results if result.message.startswith("internal error")]
    return report


def failed(report: Report) -> set[str]:
    return {result.id for result in report.results if result.outcome is Outcome.FAIL}


@pytest.mark.parametrize("profile", ["quick", "standard"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_faultless_server_is_certified(contract: ContractView, profile: str, seed: int) -> None:
    report = examine(contract, None, profile, seed)
    assert report.verdict is Verdict.CERTIFIED, [result for result in report.results if result.outcome is not Outcome.PASS]


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - set(OUT_OF_REACH)))
def test_every_fault_is_killed_by_a_rule_that_it_breaks(contract: ContractView, fault: str) -> None:
    trips = set(FAULTS[fault].trips)
    # Only the rules that must detect it: whole runs of all faults would take minutes.
    report = examine(contract, fault, rules=[rule for rule in catalogue() if rule.id in trips])
    if not failed(report) & trips:
        # Some faults appear only in responses to other rules' requests.
        report = examine(contract, fault)
    assert failed(report) & trips, [(result.id, result.message) for result in report.results if result.id in trips]


@pytest.mark.parametrize("rule", catalogue(), ids=lambda rule: rule.id)
def test_a_whole_run_against_a_fault_of_a_rule_ends_with_the_verdict_of_its_level(contract: ContractView, rule: Rule) -> None:
    report = next(report for report in (examine(contract, name) for name in proofs(rule.id)[:4]) if rule.id in failed(report))
    # A fault of a SHOULD rule may break a MUST rule as well, but not the other way round.
    allowed = {Verdict.NOT_CERTIFIED} if rule.level is Level.MUST else {Verdict.NOT_CERTIFIED, Verdict.REMARKS}
    assert report.verdict in allowed


def test_a_fault_of_a_should_rule_alone_is_a_remark(contract: ContractView) -> None:
    report = examine(contract, "label-always-first")
    assert failed(report) == {"HTTP-03"}
    assert report.verdict is Verdict.REMARKS


def test_every_rule_is_proved_by_two_faults_or_more() -> None:
    known = [rule.id for rule in catalogue()]
    assert [rule for rule in known if len(proofs(rule)) < 2] == []
    assert {rule for fault in FAULTS.values() for rule in fault.trips} <= set(known)


def test_what_is_out_of_reach_is_a_fault_and_has_a_reason() -> None:
    assert set(OUT_OF_REACH) <= set(FAULTS)
    assert all(OUT_OF_REACH.values())
