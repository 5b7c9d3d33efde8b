"""The report as JUnit XML, for Jenkins, GitLab and other tools that read Surefire files.

There is one suite for each requirement level, because the format stores such properties for suites only. Viewers drop one of
two cases with the same class and name, so both are derived from the rule id.

| outcome                | element   |
|------------------------|-----------|
| pass                   | none      |
| fail                   | failure, whose type is the level |
| inconclusive, a MUST   | error     |
| inconclusive, a SHOULD | skipped   |
| blocked, skip, waived  | skipped   |
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from twinwire_conformance.model import Level, Outcome, Report, Result
from twinwire_conformance.reports.results import Results, Writer
from twinwire_conformance.reports.wording import family, in_full, one_line

MAX_CASE_BYTES = 64 * 1024
"""The most bytes of one test case. GitLab and Jenkins keep no more of its output."""

_MARKUP_BYTES = 8 * 1024
_CUT = "\n… cut: {shown} of {all} characters are shown; --report-json has them all"
# XML 1.0, section 2.2: no escape can represent other characters, not even a character reference.
_UNSUPPORTED = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Parsers normalise literal tabs and line breaks in attributes to spaces, so these become references.
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


def render(results: Results, _name: str) -> str:
    """Return the results as JUnit XML."""
    report = results.report
    suites = [(level, [result for result in report.results if result.level is level]) for level in Level]
    head = {"name": "twinwire", **_counts(report.results), "time": _seconds(report.seconds)}
    del head["skipped"]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites{_attributes(head)}>"]
    for level, cases in suites:
        lines += _suite(report, level, cases)
    return "\n".join([*lines, "</testsuites>", ""])


def element(result: Result) -> str:
    """Return the name of the element for the outcome of a case; empty for a pass."""
    if result.outcome is Outcome.PASS:
        return ""
    if result.outcome is Outcome.FAIL:
        return "failure"
    undecided = result.outcome is Outcome.INCONCLUSIVE and result.level is Level.MUST
    return "error" if undecided else "skipped"


def _suite(report: Report, level: Level, cases: Sequence[Result]) -> list[str]:
    head = {"name": f"twinwire {level.value}", **_counts(cases)}
    head |= {"time": _seconds(sum(case.seconds for case in cases)), "timestamp": report.started}
    properties = {
        "target": report.target,
        "spec": f"{report.spec['title']} {report.spec['version']}",
        "profile": report.profile,
        "seed": str(report.seed),
        "level": level.value,
        "verdict": report.verdict.value,
        "kit": report.kit,
    }
    lines = [f" <testsuite{_attributes(head)}>", "  <properties>"]
    lines += [f"   <property{_attributes({'name': name, 'value': value})}/>" for name, value in properties.items()]
    lines.append("  </properties>")
    for case in cases:
        lines += _case(case)
    return [*lines, " </testsuite>"]


def _case(result: Result) -> list[str]:
    named = {"classname": f"twinwire.{family(result)}", "name": f"{result.id} {result.title}", "time": _seconds(result.seconds)}
    kind = element(result)
    if not kind:
        return [f"  <testcase{_attributes(named)}/>"]
    kind_of = result.level.value if result.outcome is Outcome.FAIL else result.outcome.value
    ended = f"   <{kind}{_attributes({'type': kind_of, 'message': one_line(result)})}>"
    body = _fitting(in_full(result), MAX_CASE_BYTES - _MARKUP_BYTES)
    return [f"  <testcase{_attributes(named)}>", f"{ended}{body}</{kind}>", "  </testcase>"]


def _counts(results: Sequence[Result]) -> dict[str, str]:
    kinds = [element(result) for result in results]
    names = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    return {"tests": str(len(results)), **{name: str(kinds.count(kind)) for name, kind in names.items()}}


def _attributes(values: Mapping[str, str]) -> str:
    return "".join(f' {name}="{_escaped(value)}"' for name, value in values.items())


def _escaped(text: str, *, lines: bool = False) -> str:
    r"""Escape a text for XML. Characters that XML 1.0 does not allow become Python escapes, for example ``\x00``."""
    held = _UNSUPPORTED.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode("ascii"), text)
    return "".join(char if lines and char in '\t\n"' else _ESCAPES.get(char, char) for char in held)


def _fitting(text: str, most: int) -> str:
    """Escape a text for XML and cut it to ``most`` bytes, with a note about the cut."""
    whole = _escaped(text, lines=True)
    if len(whole.encode()) <= most:
        return whole
    # Cut between characters of the text, so that neither an entity nor a UTF-8 sequence is split.
    room, parts = most - len(_CUT) - 20, list[str]()
    for char in text:
        part = _escaped(char, lines=True)
        room -= len(part.encode())
        if room < 0:
            break
        parts.append(part)
    return "".join(parts) + _CUT.format(shown=len(parts), all=len(text))


def _seconds(value: float) -> str:
    return f"{value:.3f}"


WRITER = Writer("junit", "write JUnit XML, for Jenkins and GitLab", render)
