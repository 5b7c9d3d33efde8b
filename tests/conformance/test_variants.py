"""Conformant variants: none fails a MUST, in any profile, on another contract, or on a changing feed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import reference_calls
from certification_runs import failed, internal, run_variant, undecided
from old_http import serving_http_1_0
from twinwire_conformance.contract import ContractView
from twinwire_conformance.model import Level, Outcome, Verdict
from twinwire_conformance.reference import VARIANTS, create_app
from twinwire_conformance.reference.variants import FAMILIES


@pytest.fixture(scope="module")
def images() -> ContractView:
    return ContractView(reference_calls.images())


@pytest.fixture(scope="module")
def parcels() -> ContractView:
    return ContractView(reference_calls.parcels())


def fitting(names: list[str], contract: str) -> list[str]:
    read = {"images": reference_calls.images, "parcels": reference_calls.parcels}[contract]()
    return [name for name in names if VARIANTS[name].fits(read)]


@pytest.mark.parametrize("name", fitting(sorted(VARIANTS), "images"))
def test_a_conformant_variant_gets_the_verdict_that_is_right_for_it(images: ContractView, name: str) -> None:
    variant = VARIANTS[name]
    report = run_variant(images, variant)
    assert not internal(report)
    assert not failed(report, Level.MUST)
    assert report.verdict in variant.expects, (failed(report), undecided(report))


@pytest.mark.parametrize("name", fitting(sorted(VARIANTS), "parcels"))
def test_variants_of_another_contract_fail_no_must_either(parcels: ContractView, name: str) -> None:
    report = run_variant(parcels, VARIANTS[name], profile="quick")
    assert not internal(report)
    assert not failed(report, Level.MUST)


@pytest.mark.parametrize("name", fitting(sorted(VARIANTS), "images"))
def test_the_quick_profile_fails_no_must_of_a_variant(images: ContractView, name: str) -> None:
    report = run_variant(images, VARIANTS[name], profile="quick")
    assert not internal(report)
    assert not failed(report, Level.MUST)


@pytest.mark.parametrize("seed", [2, 3, 4, 5, 6])
def test_a_feed_that_is_modified_twenty_times_a_second_fails_no_must(images: ContractView, seed: int) -> None:
    report = run_variant(images, VARIANTS["live"], seed=seed)
    assert not internal(report)
    assert not failed(report, Level.MUST)


@pytest.mark.parametrize("requests", [2, 7, 15, 30, 45, 75, 110, 160])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_feed_that_moves_now_and_then_fails_no_must(images: ContractView, requests: int, seed: int) -> None:
    report = run_variant(images, replace(VARIANTS["moves-rarely"], per_request=1 / requests), seed=seed)
    assert not internal(report)
    assert not failed(report, Level.MUST)


@pytest.mark.parametrize("requests", [15, 22, 45])
@pytest.mark.parametrize("name", ["ragged-lots", "short-lots", "one-over"])
def test_other_feeds_that_move_now_and_then_fail_no_must(images: ContractView, name: str, requests: int) -> None:
    report = run_variant(images, replace(VARIANTS[name], per_request=1 / requests), seed=requests)
    assert not internal(report)
    assert not failed(report, Level.MUST)


@pytest.mark.parametrize("seed", [1, 3, 4])
def test_short_lots_do_not_hide_the_end_of_the_feed(images: ContractView, seed: int) -> None:
    report = run_variant(images, VARIANTS["short-lots"], seed=seed)
    assert not undecided(report)
    # Short pages are the only remark.
    assert [rule for rule, _ in failed(report)] == ["PARAM-10"]
    assert report.verdict is Verdict.REMARKS


def test_a_connection_that_ends_where_the_body_does_is_certified(images: ContractView) -> None:
    variant = VARIANTS["refusal-400"]
    with serving_http_1_0(variant.make(images.ir)) as base:
        report = run_variant(images, variant, base=base)
    assert report.verdict is Verdict.CERTIFIED, (failed(report), undecided(report))


def test_without_items_the_rules_about_items_are_open_and_nothing_else(images: ContractView) -> None:
    report = run_variant(images, VARIANTS["no-items"])
    assert undecided(report)
    assert {rule.partition("-")[0] for rule, _ in undecided(report)} == {"IMAGE"}


def test_of_an_empty_feed_no_paging_rule_passes(images: ContractView) -> None:
    report = run_variant(images, VARIANTS["empty-feed"])
    paging = {each.id: each.outcome for each in report.results if each.id.startswith("PAGE")}
    # On an empty feed there is no page that these rules could check.
    assert paging["PAGE-01"] is paging["PAGE-02"] is paging["PAGE-03"] is paging["PAGE-05"] is Outcome.INCONCLUSIVE


# `refusal-400` is the plain server, and `one-at-a-time` differs for concurrent requests only.
UNSEEN = {"refusal-400", "one-at-a-time"}
PROBES: list[reference_calls.Request] = [
    ("", "application/json"),
    ("count=500", "application/json"),
    ("count=500&options=URL", "application/json"),
    ("token=9223372036854775807", "application/json"),
    ("count=501", "application/json"),
    ("count=x", "application/json"),
    ("", "application/x-www-form-urlencoded"),
    ("", "text/json"),
    ("", "application/xml"),
    ("token=9223372036854775807", "application/xml"),
    ("", "application/json;q=0.1, application/xml"),
    ("", "image/png"),
    ("", "*/*"),
    # Enough requests to meet the variants that turn away one request in nine or change the feed.
    *[("token=9000000000000000000", "application/json")] * 60,
    ("count=500&token=636000011000000000", "application/json"),
]


def seen(app: Any) -> list[tuple[int, list[tuple[str, str]], bytes]]:
    responses = reference_calls.call(app, "/products/images", *PROBES, headers=[("accept-encoding", "gzip")])
    return [(each.status_code, each.headers.multi_items(), each.content) for each in responses]


def test_every_variant_can_be_told_from_the_plain_server(images: ContractView) -> None:
    plain = seen(create_app(images.ir))
    assert plain == seen(create_app(images.ir))
    others = {name: each for name, each in VARIANTS.items() if not each.live and not each.latency}
    same = {name for name, each in others.items() if seen(each.make(images.ir, pace=0)) == plain}
    assert same == UNSEEN


def test_every_variant_is_registered_once_and_expects_no_failure() -> None:
    declared = [each for family in FAMILIES for each in family.VARIANTS]
    assert len(declared) == len(VARIANTS) >= 24
    assert not [each.name for each in declared if Verdict.NOT_CERTIFIED in each.expects]
    assert not [each.name for each in declared if not each.expects]
