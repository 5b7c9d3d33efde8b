"""Causes: failures that come from one defect of the server are shown together.

The subject of a failure is the last member name in its path. Failures with the same subject have one cause; the most basic of
their rules leads the group. Failures of rules in ``_FOLLOWS`` have one cause when one follows from the other: an entry that is
lost makes the remaining count wrong, too.

Example: SCHEMA-01, SCHEMA-06 and TWIN-02 fail at $.token. Their subject is "token", and SCHEMA-01 leads the group. PAGE-05 and
PAGE-03 fail as well: PAGE-03 leads PAGE-05.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from twinwire_conformance.findings import Finding, NotServed, Violation
from twinwire_conformance.model import Cause, Outcome, Result

_NAME = re.compile(r"[A-Za-z_][\w.-]*")

_ORDER = ("HTTP", "SCHEMA", "IMAGE", "PARAM", "PAGE", "TWIN")
"""The families of rules; failures of an earlier family cause failures of later ones."""

_UNSTABLE = "PAGE-04"
"""The rule that fails when one request gets different pages: comparisons with other requests then prove nothing."""

_FOLLOWS: Mapping[str, tuple[str, ...]] = {
    "HTTP-03": ("HTTP-02",),
    "PARAM-04": ("PARAM-03",),
    "PARAM-06": ("PARAM-05",),
    "PARAM-07": ("SCHEMA-06",),
    "PARAM-10": ("PAGE-05", "PAGE-06", "PAGE-03"),
    "PAGE-02": ("PAGE-01",),
    "PAGE-03": ("PAGE-01", "PAGE-02"),
    "PAGE-05": ("PAGE-03", "PAGE-02", "PAGE-01"),
    "PAGE-06": ("PAGE-05", "PAGE-03", "PAGE-01"),
    "PAGE-07": ("PAGE-06", "PAGE-03", "PAGE-01"),
    "PAGE-08": ("PAGE-01",),
    "PAGE-09": ("PAGE-03",),
    "PAGE-10": ("PAGE-04", "HTTP-10"),
    "PARAM-09": ("PAGE-11",),
    "IMAGE-02": ("IMAGE-01",),
    "IMAGE-06": ("IMAGE-04",),
    "IMAGE-05": ("IMAGE-04",),
    "TWIN-02": ("TWIN-01",),
    "TWIN-03": ("TWIN-02", "TWIN-01"),
    "TWIN-05": ("HTTP-02", "TWIN-01", "TWIN-02"),
}
"""For each rule the rules whose failure explains its own, the likeliest first."""


def group(results: Sequence[Result], findings: Mapping[str, Finding]) -> tuple[tuple[Result, ...], tuple[Cause, ...]]:
    """Group the failures of a run by cause.

    Args:
        results: The results of all rules.
        findings: The finding that ended each rule, by rule id, where there was one.

    Returns:
        The results, in which each failure names the rule that leads its group, and the causes.
    """
    failed = sorted((result for result in results if result.outcome is Outcome.FAIL), key=_rank)
    failing = {result.id for result in failed}
    unstable = {rule for rule in failing - {_UNSTABLE} if _UNSTABLE in failing and _compares(findings.get(rule))}
    by_subject: dict[str, str] = {}
    for result in failed:
        if result.id not in unstable:
            by_subject.setdefault(subject(findings.get(result.id)), result.id)

    # The leader of a leader is looked up again: PAGE-06 leads to PAGE-05, which leads to PAGE-03.
    def leader(rule: str) -> str:
        if rule in unstable:
            return leader(_UNSTABLE)
        member = subject(findings.get(rule))
        if member and by_subject[member] != rule:
            return leader(by_subject[member])
        earlier = next((each for each in _FOLLOWS.get(rule, ()) if each in failing), None)
        return rule if earlier is None else leader(earlier)

    leaders = {result.id: leader(result.id) for result in failed}
    led: dict[str, list[str]] = {}
    for rule, first in leaders.items():
        led.setdefault(first, []).append(rule)
    named = tuple(
        replace(result, cause=leaders[result.id]) if leaders.get(result.id, result.id) != result.id else result
        for result in results
    )
    by_id = {result.id: result for result in results}
    causes = tuple(
        _cause(by_id[first], [by_id[rule] for rule in rules if rule != first], results) for first, rules in led.items()
    )
    return named, causes


def _cause(leader: Result, others: Sequence[Result], results: Sequence[Result]) -> Cause:
    lines = leader.message.splitlines()
    # A message is "expected ..." and "got ..." on two lines (Violation), with an optional table below.
    got = next((line.removeprefix("got").strip() for line in lines if line.startswith("got")), "")
    expected = lines[0].removeprefix("expected").strip() if lines else ""
    blocked = [result.id for result in results if result.blocked_by == leader.id]
    also = tuple(result.id for result in others)
    return Cause(leader.id, leader.level, f"expected {expected}, got {got}" if got else expected, also, tuple(blocked))


def _rank(result: Result) -> tuple[int, str]:
    return _ORDER.index(result.id.split("-")[0]), result.id


def _compares(finding: Finding | None) -> bool:
    """Return whether a failure is a difference between the responses to two requests."""
    return (
        isinstance(finding, Violation)
        and not isinstance(finding, NotServed)
        and bool(finding.path)
        and len(finding.responses) == 2
    )


def subject(finding: Finding | None) -> str:
    """Return the name of the member that a failure is about; empty when there is none."""
    if not isinstance(finding, Violation) or not finding.path:
        return ""
    names = _NAME.findall(re.sub(r"\[[^\]]*\]", "", finding.path))
    return names[-1].rpartition(".")[2] if names else ""
