"""Parameter values in the form in which a request carries them."""

from __future__ import annotations

import re

from twinwire.spec.node import Node
from twinwire.spec.outline import scalar_kind
from twinwire.spec.scalars import value_fault

# int() accepts signs, spaces, underscores and other digits that servers reject. 19 digits are the longest 64-bit integer.
_INTEGER = re.compile(r"-?[0-9]{1,19}")


def fault_as_sent(parameter: Node, text: str) -> str | None:
    """Return the reason why a text is not a value of a parameter.

    Args:
        parameter: The parameter object.
        text: The value as the query string carries it, before percent-encoding.

    Returns:
        The predicate of a sentence, such as ``is above maximum 500``, or None if the text is valid.
    """
    schema = parameter.get("schema").follow()
    if not text and parameter.get("allowEmptyValue").value is True:
        return None
    if scalar_kind(schema) == "integer":
        return value_fault(schema, int(text)) if _INTEGER.fullmatch(text) else "is not a signed 64-bit integer"
    return value_fault(schema, text) if scalar_kind(schema) == "string" else None
