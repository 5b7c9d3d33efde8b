from __future__ import annotations

import pytest

import reference_calls
from certification_runs import failed, internal, run_variant, undecided
from old_http import serving_http_1_0
from twinwire_conformance.contract import Terms
from twinwire_conformance.model import Level, Outcome, Verdict
from twinwire_conformance.reference import VARIANTS
from twinwire_conformance.reference.variants import FAMILIES


@pytest.fixture(scope="module")
def images() -> Terms:
    return Terms(reference_calls.images())


@pytest.fixture(scope="module")
def parcels() -> Terms:
    return Terms(reference_calls.parcels())


def fitting(names: list[str], contract: str) -> list[str]:
    read = {"images": reference_calls.images, "parcels": reference_calls.parcels}[contract]()
    return [name for name in names if VARIANTS[name].fits(read)]


@pytest.mark.parametrize("name", fitting(sorted(VARIANTS), "images"))
def test_a_conformant_variant_gets_the_verdict_that_is_right_for_it(images: Terms, name: str) -> None:
    variant = VARIANTS[name]
    report = run_variant(images, variant)
    assert not internal(report)
    assert not failed(report, Level.MUST)
    assert report.verdict in variant.expects, (failed(report), undecided(report))


@pytest.mark.parametrize("name", fitting(sorted(VARIANTS), "parcels"))
def test_variants_of_another_contract_fail_no_must_either(parcels: Terms, name: str) -> None:
    report = run_variant(parcels, VARIANTS[name], profile="quick")
    assert not internal(report)
    assert not failed(report, Level.MUST)


@pytest.mark.parametrize("name", fitting(sorted(VARIANTS), "images"))
def test_the_quick_profile_fails_no_must_of_a_variant(images: Terms, name: str) -> None:
    report = run_variant(images, VARIANTS[name], profile="quick")
    assert not internal(report)
    assert not failed(report, Level.MUST)


@pytest.mark.parametrize("seed", [2, 3, 4, 5, 6])
def test_a_feed_that_is_modified_all_the_time_fails_no_must(images: Terms, seed: int) -> None:
    report = run_variant(images, VARIANTS["live"], seed=seed)
    assert not internal(report)
    assert not failed(report, Level.MUST)


def test_a_connection_that_ends_where_the_body_does_is_certified(images: Terms) -> None:
    variant = VARIANTS["refusal-400"]
    with serving_http_1_0(variant.make(images.contract)) as base:
        report = run_variant(images, variant, base=base)
    assert report.verdict is Verdict.CERTIFIED, (failed(report), undecided(report))


def test_without_items_the_rules_about_items_are_open_and_nothing_else(images: Terms) -> None:
    report = run_variant(images, VARIANTS["no-items"])
    assert undecided(report)
    assert {rule.partition("-")[0] for rule, _ in undecided(report)} == {"IMAGE"}


def test_of_an_empty_feed_no_paging_rule_passes(images: Terms) -> None:
    report = run_variant(images, VARIANTS["empty-feed"])
    paging = {each.id: each.outcome for each in report.results if each.id.startswith("PAGE")}
    assert paging["PAGE-01"] is paging["PAGE-02"] is paging["PAGE-03"] is paging["PAGE-05"] is Outcome.INCONCLUSIVE


def test_every_variant_is_registered_once_and_expects_no_failure() -> None:
    declared = [each for family in FAMILIES for each in family.VARIANTS]
    assert len(declared) == len(VARIANTS) >= 24
    assert not [each.name for each in declared if Verdict.NOT_CERTIFIED in each.expects]
    assert not [each.name for each in declared if not each.expects]
