"""The report as a JSON document. Its JSON Schema is a file beside this module."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.resources import files
from typing import Any

from twinwire_conformance.model import Outcome, Report, Result
from twinwire_conformance.reports.baseline import Comparison
from twinwire_conformance.reports.fingerprints import fingerprint
from twinwire_conformance.reports.results import Results, Writer
from twinwire_conformance.reports.wording import as_json


def document(report: Report, comparison: Comparison | None = None) -> dict[str, Any]:
    """Return the report as JSON values.

    Args:
        report: The report of a run.
        comparison: The comparison with a baseline; None without one.
    """
    whole: dict[str, Any] = {
        "verdict": report.verdict.value,
        "target": report.target,
        "spec": dict(report.spec),
        "kit": report.kit,
        "profile": report.profile,
        "seed": report.seed,
        "started": report.started,
        "seconds": report.seconds,
        "requests": report.requests,
        "note": report.note,
        "coverage": list(report.coverage),
        "notes": list(report.notes),
        "causes": [
            {
                "rule": each.rule,
                "level": each.level.value,
                "message": each.message,
                "also": list(each.also),
                "blocked": list(each.blocked),
            }
            for each in report.causes
        ],
        "results": [_result(result, comparison) for result in report.results],
    }
    if comparison is not None:
        whole["baseline"] = {name: list(rules) for name, rules in asdict(comparison).items()}
    return whole


def text(report: Report, comparison: Comparison | None = None) -> str:
    """Return the report as JSON text."""
    return as_json(document(report, comparison))


def render(results: Results, _name: str) -> str:
    """Return the report as JSON text."""
    return text(results.report, results.comparison)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the report document."""
    found: dict[str, Any] = json.loads((files("twinwire_conformance.reports") / "report.schema.json").read_text("utf-8"))
    return found


def _result(result: Result, comparison: Comparison | None) -> dict[str, Any]:
    evidence = [{"curl": item.curl, "status": item.status, "excerpt": item.excerpt} for item in result.evidence]
    identity = fingerprint(result.id, result.member) if result.outcome in (Outcome.FAIL, Outcome.WAIVED) else ""
    optional = {"blocked_by": result.blocked_by, "cause": result.cause, "member": result.member, "fingerprint": identity}
    optional["baseline"] = comparison.state(result.id) if comparison else ""
    return {
        "id": result.id,
        "level": result.level.value,
        "title": result.title,
        "outcome": result.outcome.value,
        "witnesses": result.observation_count,
        "message": result.message,
        "evidence": evidence,
        **{name: value for name, value in optional.items() if value},
    }


WRITER = Writer("report-json", "write the report as JSON", render)
