"""The command `twinwire rules`: the catalogue of rules, and the faults that prove each."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

from twinwire.commands import Command
from twinwire_conformance.reference import FAULTS
from twinwire_conformance.rules import Rule, catalogue


def entry(rule: Rule) -> dict[str, Any]:
    """Return a rule as JSON values, with the names of the seeded faults that it must detect."""
    proofs = sorted(fault.name for fault in FAULTS.values() if rule.id in fault.trips)
    return {"id": rule.id, "level": rule.level.value, "clause": rule.title, "faults": proofs}


def as_text(entries: list[dict[str, Any]]) -> str:
    """Return the catalogue as text: a line per rule, and its faults beneath."""
    lines: list[str] = []
    for item in entries:
        lines.append(f"{item['id']:<10}{item['level']:<7}{item['clause']}")
        lines.append(f"{'':17}proved by {', '.join(item['faults'])}" if item["faults"] else f"{'':17}proved by nothing")
    return "\n".join(lines)


def as_markdown(entries: list[dict[str, Any]]) -> str:
    """Return the catalogue as a Markdown table."""
    rows = [f"| {item['id']} | {item['level']} | {item['clause']} | {len(item['faults'])} |" for item in entries]
    return "\n".join(["| rule | level | clause | faults that prove it |", "|---|---|---|---:|", *rows])


def as_json(entries: list[dict[str, Any]]) -> str:
    """Return the catalogue as a JSON array."""
    return json.dumps(entries, indent=2, ensure_ascii=False)


FORMATS: dict[str, Callable[[list[dict[str, Any]]], str]] = {"text": as_text, "markdown": as_markdown, "json": as_json}


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=list(FORMATS), default="text", help="output format (default: text)")


def _rules(args: argparse.Namespace) -> int:
    print(FORMATS[args.format]([entry(rule) for rule in catalogue()]))
    return 0


rules = Command("rules", "list the rules of the contract and the faults that prove each", _configure, _rules, order=50)
