"""The wording that several report formats share: a failure in one line, and in full with the requests that show it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from twinwire_conformance.model import Cause, Outcome, Report, Result


def one_line(result: Result, longest: int = 1000) -> str:
    """Return the message of a result in one line: what was expected and what came, or why nothing was decided.

    Args:
        result: The result of a rule.
        longest: The most characters of the line.
    """
    lines = [line for line in result.message.splitlines() if not line.startswith("rests on ")]
    if result.outcome is Outcome.BLOCKED and result.blocked_by and result.cause:
        lines = [f"blocked by {result.blocked_by}: {result.cause}"]
    text = "; ".join(" ".join(line.split()) for line in lines if line.strip()) or result.outcome.value
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def in_full(result: Result) -> str:
    """Return the message of a result and every request that shows it, with what came."""
    parts = [result.message]
    parts += [f"{item.curl}\nHTTP {item.status}\n{item.excerpt}" for item in result.evidence]
    parts += list(dict.fromkeys(item.trace for item in result.evidence if item.trace))[:1]
    return "\n\n".join(part for part in parts if part)


def family(result: Result) -> str:
    """Return the family of a result's rule, like PAGE."""
    return result.id.split("-")[0]


def as_json(value: Any) -> str:
    """Return a value as JSON text. A lone surrogate, which UTF-8 cannot hold, becomes an escape."""
    return json.dumps(value, indent=2, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8") + "\n"


def causes(report: Report) -> Sequence[Cause]:
    """Return the causes of the failures; in a report that groups none, each failure is its own."""
    return report.causes or [
        Cause(result.id, result.level, one_line(result)) for result in report.results if result.outcome is Outcome.FAIL
    ]
