"""The selection of rules by id and by family, as ``--select`` and ``--ignore`` name them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from twinwire.errors import UsageError, printable
from twinwire_conformance.rules import FAMILIES, RULES, Rule, catalogue


def choose(select: Sequence[str], ignore: Sequence[str], prefix: str = "--") -> list[Rule]:
    """Return the rules to try, in the order of the catalogue.

    Args:
        select: Comma-separated ids and families, in upper or lower case; empty for every rule.
        ignore: The ids and families to leave out, in the same form.
        prefix: The part of the option names before ``select`` and ``ignore``, for messages.

    Raises:
        UsageError: A name is unknown, an option is empty, or no rule is left.
    """
    rules = catalogue()
    if select:
        wanted = _ids(f"{prefix}select", select)
        rules = [rule for rule in rules if rule.id in wanted]
    if ignore:
        unwanted = _ids(f"{prefix}ignore", ignore)
        rules = [rule for rule in rules if rule.id not in unwanted]
    if not rules:
        raise UsageError(f"{prefix}select and {prefix}ignore leave no rule to try", f"ignore fewer of {', '.join(FAMILIES)}")
    return rules


def recorded(ids: Sequence[str]) -> list[Rule]:
    """Return the rules that a recording names. Raises UsageError when this version does not have one of them."""
    unknown = [name for name in ids if name not in RULES]
    # A recording without rules is damaged; None, for all rules, is handled by the caller.
    if unknown or not ids:
        what = f"the rule {printable(unknown[0])!r}, which this version does not have" if unknown else "no rule"
        raise UsageError(f"the recording names {what}", "name the rules with --select")
    return [rule for rule in catalogue() if rule.id in ids]


def chosen_ids(rules: Sequence[Rule]) -> tuple[str, ...] | None:
    """Return the ids of the selected rules; None when all are selected."""
    return None if len(rules) == len(RULES) else tuple(rule.id for rule in rules)


def _ids(option: str, texts: Sequence[str]) -> set[str]:
    names = [part.strip().upper() for text in texts for part in text.split(",") if part.strip()]
    if not names:
        raise UsageError(f"{option} is empty", f"name ids like {next(iter(RULES))} or families: {', '.join(FAMILIES)}")
    found: set[str] = set()
    for name in names:
        # The hyphen keeps PAGE from matching a family that begins with the same letters.
        members = {rule for rule in RULES if rule == name or rule.startswith(f"{name}-")}
        if not members:
            # A low cutoff, because ids are short: PAGE-1 and PAGE-11 must count as close.
            near = difflib.get_close_matches(name, [*RULES, *FAMILIES], n=1, cutoff=0.3)
            known = f"families are {', '.join(FAMILIES)}; twinwire rules lists the ids"
            hint = f"did you mean {near[0]}?" if near else known
            raise UsageError(f"{option} names an unknown rule or family: {printable(name)!r}", hint)
        found |= members
    return found
