"""The report in the Common Test Report Format (CTRF) 0.0.0: the members its schema requires, and the rest in ``extra``."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from twinwire_conformance.model import Outcome, Result
from twinwire_conformance.reports.document import document
from twinwire_conformance.reports.results import Results, Writer
from twinwire_conformance.reports.wording import as_json, family, in_full, one_line

MAX_TRACE = 64 * 1024
"""The most characters in the trace of one test."""

_STATUSES = {
    Outcome.PASS: "passed",
    Outcome.FAIL: "failed",
    Outcome.INCONCLUSIVE: "other",
    Outcome.SKIP: "skipped",
    Outcome.BLOCKED: "skipped",
    Outcome.WAIVED: "skipped",
}
_EXTRA = ("verdict", "target", "spec", "kit", "profile", "seed", "requests", "note", "coverage", "notes", "causes")
_TEST_EXTRA = ("id", "level", "witnesses", "blocked_by", "cause", "member", "fingerprint", "baseline")


def render(results: Results, _name: str) -> str:
    """Return the results as a CTRF document."""
    report = results.report
    whole = document(report, results.comparison)
    started = datetime.fromisoformat(report.started)
    stopped = started + timedelta(seconds=report.seconds)
    statuses = [_STATUSES[result.outcome] for result in report.results]
    kinds = ("passed", "failed", "skipped", "pending", "other")
    summary = {
        "tests": len(statuses),
        **{kind: statuses.count(kind) for kind in kinds},
        "suites": len({family(result) for result in report.results}),
        "start": _milliseconds(started.timestamp()),
        "stop": _milliseconds(stopped.timestamp()),
    }
    tests = [_test(result, values) for result, values in zip(report.results, whole["results"], strict=True)]
    return as_json(
        {
            "reportFormat": "CTRF",
            "specVersion": "0.0.0",
            "timestamp": stopped.isoformat(timespec="seconds"),
            "generatedBy": f"twinwire {report.kit}",
            "results": {
                "tool": {"name": "twinwire", "version": report.kit},
                "summary": summary,
                "tests": tests,
                "extra": {name: whole[name] for name in _EXTRA},
            },
        }
    )


def _test(result: Result, values: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        # Version 5 derives the UUID from the rule id, so that a test has the same id in every run.
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"twinwire:{result.id}")),
        "name": f"{result.id} {result.title}",
        "status": _STATUSES[result.outcome],
        "duration": _milliseconds(result.seconds),
        "suite": ["twinwire", family(result)],
        "rawStatus": result.outcome.value,
        "tags": [result.level.value],
    }
    if result.outcome is not Outcome.PASS:
        trace = in_full(result)
        cut = f"\n… cut: {MAX_TRACE} of {len(trace)} characters are shown" if len(trace) > MAX_TRACE else ""
        found |= {"message": one_line(result), "trace": trace[:MAX_TRACE] + cut}
    return {**found, "extra": {name: values[name] for name in _TEST_EXTRA if name in values}}


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


WRITER = Writer("ctrf", "write CTRF, the Common Test Report Format", render)
