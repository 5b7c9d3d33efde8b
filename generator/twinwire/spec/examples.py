"""The values that a spec gives for a parameter: one is sent where the parameter is required."""

from __future__ import annotations

from collections.abc import Iterator

from twinwire.spec.node import Node
from twinwire.spec.outline import scalar_kind
from twinwire.spec.scalars import value_fault


def known_values(parameter: Node) -> Iterator[Node]:
    """Yield the values that a parameter's description gives for it, the most certain one first.

    The order: ``const``, ``example`` and ``examples`` of the parameter, those of its schema, ``default``, and ``enum``.
    """
    schema = parameter.get("schema").follow()
    places = [schema.get("const"), parameter.get("example")]
    places += [example.follow().get("value") for _, example in parameter.get("examples").members()]
    places += [schema.get("example"), *schema.get("examples").items(), schema.get("default"), *schema.get("enum").items()]
    for place in places:
        # An empty value may mean the same as leaving the parameter out.
        if place.value is not None and (place.value != "" or parameter.get("allowEmptyValue").value is not True):
            yield place


def example_text(parameter: Node) -> str | None:
    """Return the first value given for a parameter that it takes, as it stands in a request; None when there is none."""
    schema = parameter.get("schema").follow()
    if not scalar_kind(schema):
        return None
    values = (node.value for node in known_values(parameter))
    value = next((value for value in values if value_fault(schema, value) is None), None)
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)
