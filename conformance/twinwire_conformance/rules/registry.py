"""The registry of rules. Command line, reports and documents derive from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twinwire_conformance.model import Level
from twinwire_conformance.oracle.examination import Trial

Check = Callable[[Trial], None]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the contract: its stable id, its level, its clause in one sentence, and the check that decides it.

    A check passes by returning after it has noted witnesses; it raises Violation, Inconclusive or Skipped otherwise.
    """

    id: str
    level: Level
    title: str
    check: Check
    walks: bool = False
    """Whether the check walks the feed, which takes most of a run's requests."""


RULES: dict[str, Rule] = {}
FAMILIES = ("HTTP", "PARAM", "SCHEMA", "PAGE", "TWIN", "IMAGE")


def catalogue() -> list[Rule]:
    """Return every rule in the order of the contract."""
    return sorted(RULES.values(), key=lambda rule: (FAMILIES.index(rule.id.split("-")[0]), rule.id))


def must(id_: str, title: str, *, walks: bool = False) -> Callable[[Check], Check]:
    """Register a check as a rule that decides certification."""
    return _register(id_, Level.MUST, title, walks)


def should(id_: str, title: str, *, walks: bool = False) -> Callable[[Check], Check]:
    """Register a check as a rule that only remarks."""
    return _register(id_, Level.SHOULD, title, walks)


def _register(id_: str, level: Level, title: str, walks: bool) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        if id_ in RULES:
            raise ValueError(f"the rule {id_} is registered twice")
        RULES[id_] = Rule(id_, level, title, check, walks)
        return check

    return register
