"""Explanations of the rules, read from ``explanations.toml``.

The command ``twinwire rules ID`` and the page ``docs/contract.md`` derive from them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Explanation:
    """The explanation of one rule, in sentences that may contain Markdown code spans.

    Args:
        clause: The clause of the contract that the rule checks.
        why: The damage that a server does which breaks the rule.
        check: The method: what is requested and what is compared.
        cause: The usual cause of a failure.
        fix: The usual fix.
    """

    clause: str
    why: str
    check: str
    cause: str
    fix: str


@cache
def explanations() -> Mapping[str, Explanation]:
    """Return the explanation of every rule, by rule id.

    Raises:
        ValueError: The data lacks a text, or has one that no explanation has.
    """
    raw = tomllib.loads(files("twinwire_conformance.rules").joinpath("explanations.toml").read_text(encoding="utf-8"))
    return MappingProxyType({rule: _explanation(rule, texts) for rule, texts in raw.items()})


def _explanation(rule: str, texts: Mapping[str, str]) -> Explanation:
    wanted = {field.name for field in fields(Explanation)}
    if texts.keys() != wanted or not all(texts.values()):
        raise ValueError(f"the explanation of {rule} must have the texts {', '.join(sorted(wanted))}, got {', '.join(texts)}")
    # Line breaks in the file only keep its lines short.
    return Explanation(**{name: " ".join(text.split()) for name, text in texts.items()})
