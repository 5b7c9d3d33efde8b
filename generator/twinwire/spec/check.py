"""All checks of a spec, in one order."""

from __future__ import annotations

from twinwire.errors import Problem
from twinwire.spec.source import Document


def check(document: Document) -> list[Problem]:
    """Return every problem of a document, in the order of the file."""
    return []
