"""Whole runs against servers with one unusual or wrong behaviour each."""

from __future__ import annotations

from typing import Any

import pytest

import unusual_servers
from certification_runs import failed, internal, run, undecided
from independent_server import ImagesServer, RefusedError, running
from twinwire_conformance.contract import ContractView, packaged_contract
from twinwire_conformance.model import Level, Outcome, Report, Verdict
from twinwire_conformance.reference import create_app


@pytest.fixture(scope="module")
def contract() -> ContractView:
    return ContractView(packaged_contract())


def certified(contract: ContractView, server: type[ImagesServer], products: int = 730, profile: str = "standard") -> Report:
    with running(server, products=products) as url:
        report = run(contract, base=url, profile=profile)
    assert internal(report) == []
    return report


def outcomes(report: Report) -> dict[str, Outcome]:
    return {result.id: result.outcome for result in report.results}


def test_every_entry_is_looked_at_in_both_representations_and_modes(contract: ContractView) -> None:
    report = run(contract, create_app(contract.ir, products=1200))
    assert report.coverage == ("1,200 of 1,200 entries in JSON and XML, URL and binary mode",)
    assert report.requests <= 400


def test_a_feed_of_2500_entries_is_still_looked_at_whole(contract: ContractView) -> None:
    report = run(contract, create_app(contract.ir, products=2500))
    assert report.coverage == ("2,500 of 2,500 entries in JSON and XML, URL and binary mode",)
    assert report.requests <= 400


def test_of_a_large_feed_a_sample_is_looked_at_and_the_report_says_so(contract: ContractView) -> None:
    report = run(contract, create_app(contract.ir, products=1_000_000))
    assert report.verdict is Verdict.CERTIFIED
    assert all("(sampled)" in line and "of 1,000,000 entries" in line for line in report.coverage)
    assert report.requests <= 400


def test_a_clock_in_a_message_is_named_and_left_out_of_comparisons(contract: ContractView) -> None:
    report = certified(contract, unusual_servers.TellsTheTime)
    assert report.verdict is Verdict.CERTIFIED, failed(report) + undecided(report)
    assert any("returnmsg" in note for note in report.notes)


def test_a_server_of_small_pages_is_judged_all_the_same(contract: ContractView) -> None:
    report = certified(contract, unusual_servers.ServesSmallPagesOnly)
    assert [rule for rule, _ in failed(report, Level.MUST)] == ["PARAM-01"]
    assert undecided(report) == []
    assert any("the run uses pages of 100" in note for note in report.notes)


def test_one_unescaped_character_is_one_cause_and_json_is_judged(contract: ContractView) -> None:
    report = certified(contract, unusual_servers.ForgetsToEscape)
    assert report.verdict is Verdict.NOT_CERTIFIED
    assert [cause.rule for cause in report.causes] == ["SCHEMA-02"]
    assert [rule for rule, _ in failed(report)] == ["SCHEMA-02"]
    blocked = [result for result in report.results if result.outcome is Outcome.BLOCKED]
    assert blocked
    assert {result.blocked_by for result in blocked} == {"SCHEMA-02"}
    assert outcomes(report)["SCHEMA-01"] is Outcome.PASS


def test_a_code_in_text_is_one_cause(contract: ContractView) -> None:
    report = certified(contract, unusual_servers.WritesTheCodeAsText)
    assert report.verdict is Verdict.NOT_CERTIFIED
    assert [cause.rule for cause in report.causes] == ["SCHEMA-01"]


def test_a_feed_that_is_empty_at_the_end_of_the_run_is_not_taken_for_one_that_moves(contract: ContractView) -> None:
    report = certified(contract, unusual_servers.HasAQuota)
    assert report.verdict is Verdict.NOT_CERTIFIED
    assert "PAGE-04" in [rule for rule, _ in failed(report)]


def test_a_remaining_number_that_never_changes_fails_within_the_requests_of_the_quick_profile(contract: ContractView) -> None:
    class AlwaysFive(ImagesServer):
        def queue_after(self, index: int) -> int:
            return 5

    report = certified(contract, AlwaysFive, profile="quick")
    assert report.verdict is Verdict.NOT_CERTIFIED
    assert "PAGE-05" in [rule for rule, _ in failed(report)]


def test_short_pages_that_say_nothing_remains_break_each_rule_about_that(contract: ContractView) -> None:
    class CountsAhead(ImagesServer):
        def result(self, pairs: list[tuple[str, str]]) -> dict[str, Any]:
            asked = self.read_count(dict(pairs).get("count", ""))
            lowered = [(name, str(min(asked, 50)) if name == "count" else value) for name, value in pairs]
            result = super().result([*lowered, *([] if "count" in dict(pairs) else [("count", "50")])])
            return {**result, "queuecount": max(0, result["queuecount"] + result["count"] - asked)}

    report = certified(contract, CountsAhead, products=640)
    assert {"PAGE-05", "PAGE-06"} & {rule for rule, _ in failed(report)}


def test_a_feed_that_is_not_read_is_not_called_empty(contract: ContractView) -> None:
    class Refuses(ImagesServer):
        def read_count(self, text: str) -> int:
            count = super().read_count(text)
            if count != 2:
                raise RefusedError(5, "not now", status=400)
            return count

    report = certified(contract, Refuses)
    assert report.verdict is Verdict.NOT_CERTIFIED
    assert not any("empty" in result.message.split("rests on")[0] for result in report.results)


@pytest.mark.parametrize("products", [0, 1, 2, 499, 500, 501])
def test_feeds_of_boundary_sizes_get_no_false_failure(contract: ContractView, products: int) -> None:
    report = certified(contract, ImagesServer, products=products)
    assert failed(report) == []


def test_large_content_that_is_cut_in_one_representation_only_is_no_difference(contract: ContractView) -> None:
    # The same content is longer in JSON than in XML, so only JSON exceeds the size up to which content is kept.
    server = unusual_servers.PadsJsonBeyondTheCut
    report = certified(contract, server, products=30)
    assert "TWIN-04" not in [rule for rule, _ in failed(report)]
