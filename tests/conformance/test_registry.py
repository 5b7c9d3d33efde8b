"""The rule registry: a rule that would never run is an error at import."""

from __future__ import annotations

import pytest

from twinwire_conformance.rules import catalogue
from twinwire_conformance.rules.registry import must, properties


def test_a_property_is_part_of_its_rules_registration() -> None:
    known = properties()
    for rule in catalogue():
        assert (rule.traversal is not None) == (rule.id in known.traversal)
        assert (rule.successive is not None) == (rule.id in known.successive)
        assert (rule.page is not None) == (rule.id in known.page)
        assert (rule.pair is not None) == (rule.id in known.pair)
        assert (rule.response is not None) == (rule.id in known.response)


def test_a_rule_that_is_registered_twice_is_an_error_at_import() -> None:
    with pytest.raises(ValueError, match="PAGE-01 is registered twice"):
        must.traversal("PAGE-01", "Again")(lambda _reference, _path: None)


def test_every_rule_has_a_title_that_stands_alone() -> None:
    for rule in catalogue():
        assert rule.title[0].isupper() or rule.title.startswith(("count", "queuecount", "token")), rule.id
        assert "likewise" not in rule.title.lower(), rule.id
