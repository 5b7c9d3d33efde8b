"""The rules as pytest tests: ``pytest -p twinwire_conformance.plugin --pyargs twinwire_conformance.suite --target URL``."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from twinwire_conformance.model import Level, Outcome, Result
from twinwire_conformance.rules import Rule, catalogue


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.id) for rule in catalogue()])
def test_rule(rule: Rule, certification: Mapping[str, Result], pytestconfig: pytest.Config) -> None:
    """Show the result of one rule. An inconclusive MUST fails, because a check that decided nothing must not be green."""
    result = certification[rule.id]
    head = f"{result.id} {result.level.value} {result.outcome.value}: {result.title}"
    traces = dict.fromkeys(item.trace for item in result.evidence if item.trace)
    shown_text = "\n".join([head, result.message, *(item.curl for item in result.evidence), *list(traces)[:1]])
    if result.outcome is Outcome.PASS:
        return
    if result.outcome is Outcome.SKIP:
        pytest.skip(result.message)
    if result.outcome is Outcome.BLOCKED:
        pytest.skip(f"blocked by {result.blocked_by}: {result.cause or result.message}")
    fails = result.level is Level.MUST or (pytestconfig.option.target_fail_on is not None and result.outcome is Outcome.FAIL)
    if fails and result.outcome is not Outcome.WAIVED:
        pytest.fail(shown_text, pytrace=False)
    # A failed SHOULD, unless --target-fail-on says otherwise, and a waived failure are remarks.
    pytest.xfail(shown_text)
