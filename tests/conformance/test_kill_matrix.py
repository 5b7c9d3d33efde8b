from __future__ import annotations

import pytest

from twinwire_conformance.contract import Terms, packaged_contract
from twinwire_conformance.model import Level, Outcome, Report, Verdict
from twinwire_conformance.profiles import PROFILES
from twinwire_conformance.reference import FAULTS, create_app
from twinwire_conformance.rules import catalogue
from twinwire_conformance.runner import begin, certify
from twinwire_conformance.target import Manners, Target


@pytest.fixture(scope="module")
def terms() -> Terms:
    return Terms(packaged_contract())


def examine(terms: Terms, fault: str | None, profile: str = "standard", seed: int = 1) -> Report:
    chosen = PROFILES[profile]
    app = create_app(terms.contract, fault=fault)
    manners = Manners(max_requests=chosen.max_requests)
    with Target("http://in-process.invalid", terms.operation.path, manners, app=app) as target:
        return certify(begin(terms, target, chosen, seed), catalogue(), catalogue())


@pytest.mark.parametrize("profile", ["quick", "standard"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_faultless_server_is_certified(terms: Terms, profile: str, seed: int) -> None:
    report = examine(terms, None, profile, seed)
    assert report.verdict is Verdict.CERTIFIED, [result for result in report.results if result.outcome is not Outcome.PASS]


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_every_fault_is_killed_by_the_rule_that_it_breaks(terms: Terms, fault: str) -> None:
    report = examine(terms, fault)
    failed = {result.id for result in report.results if result.outcome is Outcome.FAIL}
    assert report.verdict is Verdict.NOT_CERTIFIED
    assert failed & set(FAULTS[fault].trips), f"failed only {sorted(failed)}"
    assert not [result.message for result in report.results if result.message.startswith("internal error")]


def test_every_rule_is_proved_by_a_fault() -> None:
    proved = {rule for fault in FAULTS.values() for rule in fault.trips}
    assert {rule.id for rule in catalogue() if rule.level is Level.MUST} <= proved
    assert proved <= {rule.id for rule in catalogue()}
    assert len(FAULTS) >= 25
