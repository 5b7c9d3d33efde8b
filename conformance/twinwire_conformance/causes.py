"""Causes: failures that one defect of the server brings about are shown as one.

The subject of a failure is the member or parameter that it is about: the last name of its path, or what its rule is always
about. Failures of one subject have one cause, the most basic rule of which stands for it. Failures of traversals have one
cause when one follows from the other: an entry that is lost makes the remaining number wrong, too.

Example: SCHEMA-01 at $.token, SCHEMA-06 at $.token and TWIN-02 at $.token have the subject "token"; SCHEMA-01 stands for all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from twinwire_conformance.model import Cause, Finding, NotServed, Outcome, Result, Violation

_NAME = re.compile(r"[A-Za-z_][\w.-]*")

_ORDER = ("HTTP", "SCHEMA", "IMAGE", "PARAM", "PAGE", "TWIN")
"""The families of rules, those first whose failures bring about failures of the later ones."""

_UNSTABLE = "PAGE-04"
"""The rule that fails when one request gets different pages, so that comparing it with any other request tells nothing."""

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
"""For a rule those whose failure explains its own, the likeliest first."""


def group(results: Sequence[Result], findings: Mapping[str, Finding]) -> tuple[tuple[Result, ...], tuple[Cause, ...]]:
    """Return the results, each failure with the rule that stands for its cause, and the causes in order of importance."""
    failed = sorted((result for result in results if result.outcome is Outcome.FAIL), key=_rank)
    failing = {result.id for result in failed}
    unstable = {rule for rule in failing - {_UNSTABLE} if _UNSTABLE in failing and _compares(findings.get(rule))}
    by_subject: dict[str, str] = {}
    for result in failed:
        if result.id not in unstable:
            by_subject.setdefault(subject(findings.get(result.id)), result.id)

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
        and len(finding.answers) == 2
    )


def subject(finding: Finding | None) -> str:
    """Return the member that a failure is about, or nothing."""
    if not isinstance(finding, Violation) or not finding.path:
        return ""
    names = _NAME.findall(re.sub(r"\[[^\]]*\]", "", finding.path))
    return names[-1].rpartition(".")[2] if names else ""
