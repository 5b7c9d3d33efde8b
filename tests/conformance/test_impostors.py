"""Impostors: none is certified, in any profile, and none hangs or crashes a run."""

from __future__ import annotations

import json

import pytest

import reference_calls
from certification_runs import IN_PROCESS, internal, run
from twinwire_conformance.contract import ContractView
from twinwire_conformance.model import Level, Outcome, Report, Verdict
from twinwire_conformance.profiles import PROFILES
from twinwire_conformance.reference import IMPOSTORS, running
from twinwire_conformance.reference.impostors import FAMILIES
from twinwire_conformance.reports.document import text

# Short, because impostors that hang use up the timeout of every request.
TIMEOUT = 0.3
GREEN = (Verdict.CERTIFIED, Verdict.REMARKS)


@pytest.fixture(scope="module")
def images() -> ContractView:
    return ContractView(reference_calls.images())


@pytest.fixture(scope="module")
def parcels() -> ContractView:
    return ContractView(reference_calls.parcels())


def examine(contract: ContractView, name: str, profile: str) -> Report:
    impostor = IMPOSTORS[name]
    app = impostor.make(contract.ir)
    if not impostor.needs_http:
        return run(contract, app, IN_PROCESS, profile=profile, timeout=TIMEOUT)
    with running(app) as base:
        return run(contract, None, base, profile=profile, timeout=TIMEOUT)


def check(report: Report, most: int) -> None:
    assert report.verdict not in GREEN
    assert not internal(report)
    assert report.requests <= most
    # Hostile values must not make the report impossible to encode.
    assert json.loads(text(report).encode())["verdict"] == report.verdict


@pytest.mark.parametrize("name", IMPOSTORS)
def test_an_impostor_is_never_certified(images: ContractView, name: str) -> None:
    check(examine(images, name, "standard"), PROFILES["standard"].max_requests)


@pytest.mark.parametrize("name", IMPOSTORS)
def test_no_impostor_passes_the_quick_profile(images: ContractView, name: str) -> None:
    check(examine(images, name, "quick"), PROFILES["quick"].max_requests)


@pytest.mark.parametrize("name", [name for name in IMPOSTORS if IMPOSTORS[name].fits(reference_calls.parcels())])
def test_an_impostor_of_another_contract_is_never_certified(parcels: ContractView, name: str) -> None:
    check(examine(parcels, name, "quick"), PROFILES["quick"].max_requests)


@pytest.mark.parametrize("name", ["unauthorised", "forbidden", "throttles", "throttles-for-a-day", "hangs", "drops", "floods"])
def test_what_gives_no_answer_is_left_open_after_few_requests(images: ContractView, name: str) -> None:
    report = examine(images, name, "standard")
    assert report.verdict is Verdict.INCONCLUSIVE
    # A few requests decide that there is no feed, not the whole budget.
    assert report.requests <= 12
    assert report.note.startswith("no feed at ")


@pytest.mark.parametrize("name", ["always-empty", "promises", "noise", "first-lot-only", "last-lot-for-ever"])
def test_lots_that_are_no_feed_pass_no_rule_about_the_whole_of_it(images: ContractView, name: str) -> None:
    report = examine(images, name, "standard")
    passed = {each.id for each in report.results if each.outcome is Outcome.PASS}
    assert not passed & {"PAGE-03", "PAGE-05", "PAGE-07"}


@pytest.mark.parametrize("name", ["dies-500", "dies-503", "dies-404", "dies-429", "dies-dropping"])
def test_a_feed_that_dies_leaves_rules_that_were_not_passed(images: ContractView, name: str) -> None:
    report = examine(images, name, "standard")
    must = [each for each in report.results if each.level is Level.MUST]
    assert [each.id for each in must if each.outcome is Outcome.PASS]
    assert [each.id for each in must if each.outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE)]


def test_a_message_about_a_hostile_value_stays_short(images: ContractView) -> None:
    report = examine(images, "key-deep", "standard")
    assert [each.id for each in report.results if len(each.message) > 20_000] == []


def test_every_impostor_is_registered_once() -> None:
    declared = [each.name for family in FAMILIES for each in family.IMPOSTORS]
    assert sorted(declared) == sorted(IMPOSTORS)
