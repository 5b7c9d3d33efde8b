"""Content negotiation by RFC 9110, section 12.5.1."""

from __future__ import annotations

import pytest

from twinwire.ir import Representation
from twinwire_conformance.reference.negotiation import negotiate

REPRESENTATIONS = (
    Representation(
        "json", ("application/json", "text/json", "application/x-www-form-urlencoded"), ("application/x-www-form-urlencoded",)
    ),
    Representation("xml", ("application/xml", "text/xml")),
)


@pytest.mark.parametrize(
    ("accept", "label"),
    [
        ("", "application/json"),
        ("  ", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("text/*", "text/json"),
        ("text/json", "text/json"),
        ("TEXT/XML", "text/xml"),
        # This type is documented, but its responses are labelled application/json.
        ("application/x-www-form-urlencoded", "application/json"),
        ("application/xml;charset=utf-8", "application/xml"),
        ("text/xml, application/json", "text/xml"),
        ("application/json;q=0.5, application/xml", "application/xml"),
        ("application/json;q=0.5, application/xml;q=0.4", "application/json"),
        ("application/xml, */*;q=0.1", "application/xml"),
        ("*/*, application/xml", "application/xml"),
        ("image/png, text/xml;q=0.1", "text/xml"),
        ("*/*, application/json;q=0", "text/json"),
        ("text/*;q=0.9, text/json;q=0.1, application/xml;q=0.5", "text/xml"),
        # A malformed q-value excludes the range, and the smallest valid one still accepts it.
        ("text/xml;q=nonsense, application/json;q=0.001", "application/json"),
        # The Accept header of a browser.
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/xml"),
    ],
)
def test_accept_leads_to_the_label(accept: str, label: str) -> None:
    choice = negotiate(REPRESENTATIONS, accept)
    assert choice is not None
    assert choice.label == label


@pytest.mark.parametrize("accept", ["image/png", "application/json;q=0", "*/*;q=0", "nonsense", "application", ";;,,", "*/xml"])
def test_what_is_not_served_leads_nowhere(accept: str) -> None:
    assert negotiate(REPRESENTATIONS, accept) is None
