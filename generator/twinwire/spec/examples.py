"""The example values of a parameter. One of them is sent if the parameter is required."""

from __future__ import annotations

from collections.abc import Iterator

from twinwire.spec.node import Node
from twinwire.spec.outline import scalar_kind
from twinwire.spec.scalars import value_fault


def known_values(parameter: Node) -> Iterator[Node]:
    """Yield the values that the spec states for a parameter, the most reliable one first.

    The order is ``const``, ``example`` and ``examples`` of the parameter, those of its schema, ``default``, and ``enum``.
    """
    schema = parameter.get("schema").follow()
    places = [schema.get("const"), parameter.get("example")]
    places += [example.follow().get("value") for _, example in parameter.get("examples").members()]
    places += [schema.get("example"), *schema.get("examples").items(), schema.get("default"), *schema.get("enum").items()]
    for place in places:
        # With allowEmptyValue, an empty value means the same as an absent parameter.
        if place.value is not None and (place.value != "" or parameter.get("allowEmptyValue").value is not True):
            yield place


def example_text(parameter: Node) -> str | None:
    """Return the first valid example of a parameter as a request carries it, or None if there is none."""
    schema = parameter.get("schema").follow()
    if not scalar_kind(schema):
        return None
    values = (node.value for node in known_values(parameter))
    value = next((value for value in values if value_fault(schema, value) is None), None)
    # Python's str(True) is "True"; JSON and XML Schema write booleans in lower case.
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)
