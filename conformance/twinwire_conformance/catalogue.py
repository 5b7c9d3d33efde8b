"""The command `twinwire rules`: the catalogue of rules with the faults that prove each, or one rule explained."""

from __future__ import annotations

import argparse
import difflib
import json
import textwrap
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from twinwire.commands import Command
from twinwire.errors import UsageError, printable
from twinwire_conformance.reference import FAULTS
from twinwire_conformance.rules import FAMILIES, RULES, Rule, catalogue
from twinwire_conformance.rules.explanations import explanations

WIDTH = 100
"""The width of the lines of an explanation, in characters."""
PARTS = {
    "clause": "Clause",
    "why": "Why it matters",
    "check": "How it is checked",
    "cause": "Usual cause",
    "fix": "Usual fix",
}
"""The headings of an explanation's parts."""


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


def find_rule(text: str) -> Rule:
    """Return the rule with an id, in any case.

    Raises:
        UsageError: No rule has this id; the hint names near ids.
    """
    name = text.strip().upper()
    if name in RULES:
        return RULES[name]
    if name in FAMILIES:
        members = [rule for rule in RULES if rule.startswith(f"{name}-")]
        raise UsageError(f"{name} is a family, not the id of a rule", f"name one of {', '.join(sorted(members))}")
    near = difflib.get_close_matches(name, RULES, n=3, cutoff=0.7)
    hint = f"did you mean {' or '.join(near)}?" if near else "twinwire rules lists the ids"
    raise UsageError(f"no rule has the id {printable(text)!r}", hint)


def explained(rule: Rule) -> dict[str, Any]:
    """Return a rule with its explanation as JSON values."""
    known = entry(rule)
    texts = asdict(explanations()[rule.id])
    return {"id": rule.id, "level": known["level"], "title": rule.title, **texts, "faults": known["faults"]}


def explanation_as_text(item: dict[str, Any]) -> str:
    """Return an explained rule as text for a terminal."""
    lines = textwrap.wrap(f"{item['id']} {item['level']} {item['title']}", WIDTH)
    for part, heading in (*PARTS.items(), ("faults", "Proved by")):
        text = item[part] if isinstance(item[part], str) else ", ".join(item[part]) or "nothing"
        lines += ["", heading]
        lines += textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    return "\n".join(lines)


def explanation_as_markdown(item: dict[str, Any]) -> str:
    """Return an explained rule as a section in Markdown."""
    heading = f"### {item['id']} ({item['level']}): {item['title']}"
    paragraphs = [f"**{name}.** {item[part]}" for part, name in PARTS.items()]
    faults = ", ".join(f"`{name}`" for name in item["faults"]) or "nothing"
    return "\n\n".join([heading, *paragraphs, f"**Proved by.** {faults}"])


def explanation_as_json(item: dict[str, Any]) -> str:
    """Return an explained rule as a JSON object."""
    return json.dumps(item, indent=2, ensure_ascii=False)


EXPLANATION_FORMATS: dict[str, Callable[[dict[str, Any]], str]] = {
    "text": explanation_as_text,
    "markdown": explanation_as_markdown,
    "json": explanation_as_json,
}


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", nargs="?", help="explain this rule, like PAGE-03; default: list all rules")
    parser.add_argument("--format", choices=list(FORMATS), default="text", help="output format (default: text)")


def _rules(args: argparse.Namespace) -> int:
    if args.id is None:
        print(FORMATS[args.format]([entry(rule) for rule in catalogue()]))
    else:
        print(EXPLANATION_FORMATS[args.format](explained(find_rule(args.id))))
    return 0


rules = Command(
    "rules", "list the rules of the contract and the faults that prove each, or explain one rule", _configure, _rules, order=50
)
