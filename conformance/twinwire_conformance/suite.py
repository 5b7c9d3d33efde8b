"""The rules as tests of pytest: ``pytest -p twinwire_conformance.plugin --pyargs twinwire_conformance.suite --target URL``."""

from __future__ import annotations

import pytest

from twinwire_conformance.model import Level, Outcome
from twinwire_conformance.rules import Rule, catalogue
from twinwire_conformance.runner import Run


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.id) for rule in catalogue()])
def test_rule(rule: Rule, certification: Run) -> None:
    """Decide one rule. A MUST that is inconclusive fails: a check that decided nothing is no green one."""
    result = certification.examine(rule)
    head = f"{result.id} {result.level.value} {result.outcome.value}: {result.title}"
    shown = "\n".join([head, result.message, *(item.curl for item in result.evidence)])
    if result.outcome is Outcome.PASS:
        return
    if result.outcome is Outcome.SKIP:
        pytest.skip(result.message)
    if result.level is Level.MUST:
        pytest.fail(shown, pytrace=False)
    # A SHOULD only remarks.
    pytest.xfail(shown)
