"""The comparison with an earlier report, which separates new failures from known ones.

A baseline changes neither the verdict nor the exit code: a server that fails a MUST is not certified, even when the failure
is known.
"""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twinwire.errors import UsageError, printable
from twinwire_conformance.model import Outcome, Report
from twinwire_conformance.reports.fingerprints import fingerprint

MAX_BYTES = 64 * 1024 * 1024
_HINT = "name a file that --report-json wrote"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The failures of a run and of its baseline, by rule id. ``open`` has known failures that this run did not decide."""

    new: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    open: tuple[str, ...] = ()

    def state(self, rule: str) -> str:
        """Return "new" or "known" for the failure of a rule; empty when the rule did not fail."""
        return "new" if rule in self.new else "known" if rule in self.known else ""

    def __str__(self) -> str:
        """Return the comparison in one line."""
        named = {"new": self.new, "known": self.known, "gone": self.gone, "not decided": self.open}
        parts = [f"{len(rules)} {name}" + (f" ({', '.join(rules)})" if rules else "") for name, rules in named.items()]
        return f"Failures since the baseline: {', '.join(parts)}"


def read_baseline(path: str) -> dict[str, str]:
    """Return the failures of an earlier JSON report, as rule ids by fingerprint.

    Args:
        path: The JSON report, which may be compressed with gzip.

    Raises:
        UsageError: The file cannot be read, or is not a report of this kit.
    """
    try:
        return dict(_failures(json.loads(_content(path))))
    except (OSError, EOFError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(f"the baseline {path!r} cannot be read: {reason}", _HINT) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the baseline {path!r} is not a report: {printable(str(error))[:200]}", _HINT) from error


def compare(report: Report, known: Mapping[str, str]) -> Comparison:
    """Compare the failures of a report with those of a baseline.

    Args:
        report: The report of this run.
        known: The failures of the baseline, as ``read_baseline`` returns them.
    """
    failed = {fingerprint(each.id, each.member): each.id for each in report.results if each.outcome is Outcome.FAIL}
    # Only a pass shows that a failure is gone. A rule that was skipped or blocked this time leaves it open.
    passed = {each.id for each in report.results if each.outcome is Outcome.PASS}
    missing = [rule for identity, rule in known.items() if identity not in failed]
    return Comparison(
        new=tuple(rule for identity, rule in failed.items() if identity not in known),
        known=tuple(rule for identity, rule in failed.items() if identity in known),
        gone=tuple(rule for rule in missing if rule in passed),
        open=tuple(rule for rule in missing if rule not in passed),
    )


def _content(path: str) -> bytes:
    data = Path(path).read_bytes()
    if data.startswith(b"\x1f\x8b"):
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            # One byte above the limit proves the excess, so that a small file cannot expand without end.
            data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"it has more than {MAX_BYTES} bytes")
    return data


def _failures(found: Any) -> list[tuple[str, str]]:
    results = found.get("results") if isinstance(found, dict) else None
    if not isinstance(results, list) or not all(isinstance(each, dict) for each in results):
        raise ValueError("it has no results")
    failures: list[tuple[str, str]] = []
    for each in results:
        # A waived failure is known as well. It must not appear as new once its waiver ends.
        if each.get("outcome") not in (Outcome.FAIL, Outcome.WAIVED):
            continue
        rule, identity = each.get("id"), each.get("fingerprint")
        if not isinstance(rule, str) or not isinstance(identity, str):
            raise ValueError("a failure has no fingerprint; an older version wrote it")
        failures.append((identity, printable(rule)))
    return failures
