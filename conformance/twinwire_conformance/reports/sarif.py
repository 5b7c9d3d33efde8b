"""The report as SARIF 2.1.0, for GitHub code scanning: failures and remarks, each at a place in the spec's file.

GitHub silently drops results that it does not accept. It requires a help text for every rule, one location with a relative
path for every result, non-empty texts, and limits on lengths. The fingerprint identifies a result from run to run.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from twinwire_conformance.model import Level, Outcome, Result
from twinwire_conformance.reports.baseline import Comparison
from twinwire_conformance.reports.fingerprints import fingerprint
from twinwire_conformance.reports.places import SpecFile
from twinwire_conformance.reports.results import Results, RuleHelp, Writer
from twinwire_conformance.reports.wording import as_json, family, one_line

MAX_TEXT = 1000
"""The most characters of a title or a message."""

MAX_NAME = 255
MAX_CURLS = 4
_LEVELS = {Level.MUST: "error", Level.SHOULD: "warning"}
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(results: Results, _name: str) -> str:
    """Return the failures and remarks as a SARIF log."""
    report = results.report
    spec = SpecFile(results)
    started = datetime.fromisoformat(report.started)
    found = [
        _result(result, index, spec, results.comparison)
        for index, result in enumerate(report.results)
        if result.outcome is Outcome.FAIL
    ]
    run = {
        "tool": {
            "driver": {
                "name": "twinwire",
                "version": report.kit,
                "semanticVersion": report.kit,
                "rules": [_rule(result, results.helps.get(result.id)) for result in report.results],
            }
        },
        "automationDetails": {"id": "twinwire/"},
        "columnKind": "utf16CodeUnits",
        "invocations": [
            {
                "executionSuccessful": True,
                "startTimeUtc": _utc(started),
                "endTimeUtc": _utc(started + timedelta(seconds=report.seconds)),
            }
        ],
        "results": found,
        "properties": {
            "verdict": report.verdict.value,
            "target": report.target,
            "profile": report.profile,
            "seed": report.seed,
        },
    }
    return as_json({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(result: Result, explained: RuleHelp | None) -> dict[str, Any]:
    title = _cut(result.title)
    level = _LEVELS[result.level]
    weight = "A failure means that the server is not certified." if result.level is Level.MUST else "A failure is a remark."
    head = f"Requirement level: {result.level.value}. {weight}"
    full = f"{title}. {head}"
    parts = {}
    if explained is not None:
        full = _cut(explained.clause)
        parts = {"Clause": explained.clause, "Why it matters": explained.why}
        parts |= {"Usual cause": explained.cause, "Usual fix": explained.fix}
    more = f"Run 'twinwire rules {result.id}' for how it is checked."
    text = "\n\n".join([f"{title}. {head}", *(f"{name}: {said}" for name, said in parts.items()), more])
    markdown = "\n\n".join([f"**{_plain(title)}.**", head, *(f"**{name}.** {said}" for name, said in parts.items()), more])
    return {
        "id": result.id,
        "name": _pascal(result.title),
        "shortDescription": {"text": f"{title}."},
        "fullDescription": {"text": full},
        "help": {"text": text, "markdown": markdown},
        "defaultConfiguration": {"level": level},
        "properties": {
            "tags": ["conformance", family(result), result.level.value],
            "precision": "very-high",
            "problem.severity": level,
        },
    }


def _result(result: Result, index: int, spec: SpecFile, comparison: Comparison | None) -> dict[str, Any]:
    place = spec.place(result)
    region = {"startLine": place.line, "startColumn": place.column, "endLine": place.line, "endColumn": place.end}
    shown_text = [f"HTTP {item.status}: {item.curl}" for item in result.evidence[:MAX_CURLS]]
    text = "\n".join(_cut(line) for line in (f"{one_line(result, MAX_TEXT)}.", *shown_text))
    properties = {"member": result.member, "cause": result.cause}
    states = {"new": "new", "known": "unchanged"}
    return {
        "ruleId": result.id,
        "ruleIndex": index,
        "level": _LEVELS[result.level],
        "message": {"text": text},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": place.uri}, "region": region}}],
        # GitHub matches alerts by primaryLocationLineHash only. The ":1" is the format of its own hashes.
        "partialFingerprints": {"primaryLocationLineHash": f"{fingerprint(result.id, result.member)}:1"},
        "properties": {name: value for name, value in properties.items() if value} | {"observations": result.observation_count},
        **({"baselineState": states[comparison.state(result.id)]} if comparison else {}),
    }


def _cut(text: str) -> str:
    """Return a text of at most ``MAX_TEXT`` characters without links."""
    # A SARIF viewer turns [text](target) in messages into a link, and the text may come from a server.
    text = text.replace("](", "] (")
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", text)


def _pascal(title: str) -> str:
    """Return a title in Pascal case, for example NoDuplicatesOneTraversal."""
    # Pascal case has no two capitals in a row, so "A" is left out and "JSON" becomes "Json".
    words = re.findall(r"[A-Za-z][A-Za-z0-9]+", title)
    return "".join(word.capitalize() for word in words)[:MAX_NAME] or "Rule"


def _utc(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


WRITER = Writer("sarif", "write SARIF 2.1.0 of failures and remarks, for GitHub code scanning", render)
