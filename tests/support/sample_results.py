"""Results for the tests of report formats: every outcome at both levels, with texts that are hard to escape."""

from __future__ import annotations

from twinwire_conformance.contract import packaged_contract
from twinwire_conformance.model import NOT_SELECTED, Cause, Evidence, Level, Outcome, Report, Result, Verdict
from twinwire_conformance.reports.results import Results

MUST, SHOULD = Level.MUST, Level.SHOULD
HOSTILE = "]]><script>alert('x')</script> & \"q\" %0A::error::x \x00\x1b[31m\ufffe\udc80 | `code` <!-- \u202e\r\nline"
EVIDENCE = Evidence(f"curl 'http://x/?a={HOSTILE}'", 200, HOSTILE)


def _result(rule: str, level: Level, outcome: Outcome, message: str = "", **more: object) -> Result:
    return Result(rule, level, f"Title of {rule} & more", outcome, 3, message, **more)  # type: ignore[arg-type]


RESULTS = (
    _result("HTTP-01", MUST, Outcome.PASS),
    _result("HTTP-03", SHOULD, Outcome.PASS),
    _result(
        "SCHEMA-04",
        MUST,
        Outcome.FAIL,
        f"expected 3\ngot      {HOSTILE}\nrests on clause SCHEMA-04; the spec's line 212 (count)",
        evidence=(EVIDENCE, EVIDENCE),
        member="count",
        spec_name="count",
        spec_line=173,
        seconds=1.5,
    ),
    _result("SCHEMA-07", SHOULD, Outcome.FAIL, "expected a version\ngot      ''", evidence=(EVIDENCE,), member="version"),
    _result("PAGE-03", MUST, Outcome.FAIL, "expected all entries\ngot      " + "lost & " * 30_000, cause="SCHEMA-04"),
    _result("PAGE-04", MUST, Outcome.INCONCLUSIVE, "the feed moved"),
    _result("PAGE-08", SHOULD, Outcome.INCONCLUSIVE, "nothing was there to be observed"),
    _result("PAGE-09", MUST, Outcome.SKIP, "the contract has no session"),
    _result("TWIN-01", MUST, Outcome.BLOCKED, "blocked by SCHEMA-04: 4", blocked_by="SCHEMA-04"),
    _result("TWIN-02", MUST, Outcome.WAIVED, "expected a\ngot      b"),
    _result("IMAGE-01", MUST, Outcome.SKIP, NOT_SELECTED),
)
REPORT = Report(
    verdict=Verdict.NOT_CERTIFIED,
    target="http://127.0.0.1:1/v1",
    spec={"title": "A feed & more", "version": "1", "sha256": packaged_contract().origin.sha256},
    kit="0.1.0",
    profile="standard",
    seed=7,
    started="2026-01-02T03:04:05+00:00",
    seconds=12.3456,
    requests=42,
    results=RESULTS,
    note="only 10 of 11 rules were selected",
    coverage=("9 of 9 entries in JSON",),
    notes=("a clock <b>ticks</b>",),
    causes=(
        Cause("SCHEMA-04", MUST, f"expected 3, got {HOSTILE}", ("PAGE-03",), ("TWIN-01",)),
        Cause("SCHEMA-07", SHOULD, "expected a version, got ''"),
    ),
)


def sample_results(report: Report = REPORT) -> Results:
    """Return the results as a writer gets them."""
    return Results(report, packaged_contract())
