"""The rules by which GitHub code scanning accepts a SARIF log, as a checker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MAX_RULES = 25_000
MAX_RESULTS = 25_000
MAX_TAGS = 20
MAX_TEXT = 1024
MAX_NAME = 255
_RUN = {"tool", "automationDetails", "columnKind", "invocations", "results", "properties"}
_RESULT = {"ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints", "properties", "baselineState"}


def objections(log: dict[str, Any]) -> list[str]:
    """Return what GitHub would not accept, or drop in silence."""
    return [*_whole(log), *(f"empty text at {path}" for path in _empty(log, "$"))]


def _whole(log: dict[str, Any]) -> Iterator[str]:
    if log.keys() != {"$schema", "version", "runs"} or log["version"] != "2.1.0" or len(log["runs"]) != 1:
        yield "not one run of version 2.1.0"
    for run in log["runs"]:
        if not run.keys() <= _RUN:
            yield f"unknown members of the run: {run.keys() - _RUN}"
        driver = run["tool"]["driver"]
        rules, results = driver["rules"], run["results"]
        if len(rules) > MAX_RULES or len(results) > MAX_RESULTS or not driver["name"]:
            yield "too many rules or results, or no name"
        ids = [rule["id"] for rule in rules]
        if len(set(ids)) < len(ids):
            yield "two rules of one id"
        for rule in rules:
            yield from _rule(rule)
        for result in results:
            yield from _result(result, ids)


def _rule(rule: dict[str, Any]) -> Iterator[str]:
    name = rule["id"]
    if len(rule["name"]) > MAX_NAME or not rule["name"].isalnum():
        yield f"{name}: name"
    for text in (rule["shortDescription"]["text"], rule["fullDescription"]["text"]):
        if len(text) > MAX_TEXT or not text.endswith("."):
            yield f"{name}: description"
    if not rule["help"]["text"] or rule["defaultConfiguration"]["level"] not in ("error", "warning", "note"):
        yield f"{name}: help or level"
    if len(rule["properties"]["tags"]) > MAX_TAGS or rule["properties"]["problem.severity"] not in ("error", "warning"):
        yield f"{name}: properties"


def _result(result: dict[str, Any], ids: list[str]) -> Iterator[str]:
    name = result["ruleId"]
    if not result.keys() <= _RESULT or ids[result["ruleIndex"]] != name:
        yield f"{name}: members or index"
    if result["level"] not in ("error", "warning", "note") or not result["message"]["text"]:
        yield f"{name}: level or message"
    if list(result["partialFingerprints"]) != ["primaryLocationLineHash"]:
        yield f"{name}: fingerprints"
    if len(result["locations"]) != 1:
        yield f"{name}: locations"
    physical = result["locations"][0]["physicalLocation"]
    uri, region = physical["artifactLocation"]["uri"], physical["region"]
    if uri.startswith(("/", "file:", ".")) or "\\" in uri or " " in uri:
        yield f"{name}: {uri} is not relative to the repository"
    if not (1 <= region["startLine"] == region["endLine"] and 1 <= region["startColumn"] < region["endColumn"]):
        yield f"{name}: region"


def _empty(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _empty(each, f"{path}.{name}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _empty(each, f"{path}[{index}]")
    elif isinstance(value, str) and not value.strip():
        yield path
