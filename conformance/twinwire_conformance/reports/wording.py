"""Texts shared by several report formats: a failure in one line, and in full with its requests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from twinwire_conformance.model import Cause, Outcome, Report, Result


def one_line(result: Result, longest: int = 1000) -> str:
    """Return the message of a result in one line: expectation and response, or the reason for no decision.

    Args:
        result: The result of a rule.
        longest: The most characters of the line.
    """
    lines = [line for line in result.message.splitlines() if not line.startswith("rests on ")]
    got = next((index for index, line in enumerate(lines) if line.startswith("got ")), len(lines))
    # The lines after "got" are a table, which does not fit into one line.
    lines = lines[: got + 1]
    if result.outcome is Outcome.BLOCKED and result.blocked_by and result.cause:
        lines = [f"blocked by {result.blocked_by}: {result.cause}"]
    text = "; ".join(" ".join(line.split()) for line in lines if line.strip()) or result.outcome.value
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def in_full(result: Result) -> str:
    """Return the message of a result with every request that shows it and its response."""
    parts = [result.message]
    parts += [f"{item.curl}\nHTTP {item.status}\n{item.excerpt}" for item in result.evidence]
    parts += list(dict.fromkeys(item.trace for item in result.evidence if item.trace))[:1]
    return "\n\n".join(part for part in parts if part)


def family(result: Result) -> str:
    """Return the family of a result's rule, for example PAGE."""
    return result.id.split("-")[0]


def as_json(value: Any) -> str:
    """Format a value as JSON text. A lone surrogate, which UTF-8 cannot encode, becomes an escape."""
    return json.dumps(value, indent=2, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8") + "\n"


def causes(report: Report) -> Sequence[Cause]:
    """Return the causes of the failures. In a report without causes, each failure counts as one."""
    return report.causes or [
        Cause(result.id, result.level, one_line(result)) for result in report.results if result.outcome is Outcome.FAIL
    ]
