"""Values of parameters as they stand in a request."""

from __future__ import annotations

import re

from twinwire.spec.node import Node
from twinwire.spec.outline import scalar_kind
from twinwire.spec.scalars import value_fault

_INTEGER = re.compile(r"-?[0-9]{1,19}")


def fault_as_sent(parameter: Node, text: str) -> str | None:
    """Say what keeps a parameter from taking a text, as the end of a sentence; None when nothing does."""
    schema = parameter.get("schema").follow()
    if not text and parameter.get("allowEmptyValue").value is True:
        return None
    if scalar_kind(schema) == "integer":
        return value_fault(schema, int(text)) if _INTEGER.fullmatch(text) else "is no signed 64-bit integer"
    return value_fault(schema, text) if scalar_kind(schema) == "string" else None
