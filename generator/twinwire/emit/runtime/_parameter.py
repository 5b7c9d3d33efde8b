"""Validation of query arguments before a request, and their conversion to text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ._decimal import decimal
from ._plan import INT64_MAX, INT64_MIN, Kind
from .errors import ParameterError

# The largest finite IEEE 754 double.
_LARGEST = 1.7976931348623157e308


@dataclass(frozen=True, slots=True)
class QueryParameter:
    """A query parameter and its constraint. Lengths count Unicode code points; bounds are inclusive.

    ``pattern`` is an ECMA-262 regular expression, and ``python_pattern`` the same in Python's dialect. ``secret`` keeps the
    value out of every message.
    """

    name: str
    wire: str
    kind: Kind
    minimum: int | None = None
    maximum: int | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    python_pattern: str | None = None
    choices: tuple[str | int, ...] = ()
    required: bool = False
    empty_is_absent: bool = False
    secret: bool = False

    def text(self, value: object) -> str | None:
        """Return the text to send for an argument.

        Returns:
            None when the parameter is left out of the query.

        Raises:
            ParameterError: The argument breaks the constraint, or is missing and required.
        """
        if value is None or (value == "" and self.empty_is_absent):
            if self.required:
                raise ParameterError(self.name, "is required")
            return None
        if self.kind == "integer":
            text = self._integer(value)
        elif self.kind == "number":
            text = self._number(value)
        elif self.kind == "boolean":
            text = self._boolean(value)
        else:
            text = self._string(value)
        # Compare as text, because an integer parameter also accepts a string such as "5".
        if self.choices and text not in [str(choice) for choice in self.choices]:
            raise self._error(f"must be one of {', '.join(map(repr, self.choices))}", value)
        return text

    def _integer(self, value: object) -> str:
        # A result carries the cursor as text, and callers pass it back unchanged.
        number = decimal(value) if isinstance(value, str) else value
        low = INT64_MIN if self.minimum is None else self.minimum
        high = INT64_MAX if self.maximum is None else self.maximum
        if not isinstance(number, int) or isinstance(number, bool) or not low <= number <= high:
            raise self._error(f"must be an integer from {low} to {high}", value)
        return str(number)

    def _number(self, value: object) -> str:
        # An integer beyond the range of a double would become infinite on the server.
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
            raise self._error("must be a finite number", value)
        if (self.minimum is not None and value < self.minimum) or (self.maximum is not None and value > self.maximum):
            raise self._error(f"must be a number from {self.minimum} to {self.maximum}", value)
        return repr(value)

    def _boolean(self, value: object) -> str:
        if not isinstance(value, bool):
            raise self._error("must be True or False", value)
        return "true" if value else "false"

    def _string(self, value: object) -> str:
        if not isinstance(value, str):
            raise self._error("must be a string", value)
        low, high = self.min_length or 0, self.max_length
        if len(value) < low or (high is not None and len(value) > high):
            limit = f"from {low} to {high}" if high is not None else f"at least {low}"
            raise self._error(f"must have {limit} characters and has {len(value)}", value)
        if self.python_pattern is not None and not re.search(self.python_pattern, value):
            raise self._error(f"must match {self.pattern}", value)
        if any("\ud800" <= char <= "\udfff" for char in value):
            raise self._error("must hold no lone surrogates", value)
        return value

    def _error(self, constraint: str, value: object) -> ParameterError:
        if self.secret:
            return ParameterError(self.name, constraint)
        # Python raises ValueError when an integer of more than 4300 digits is converted to text.
        huge = isinstance(value, int) and value.bit_length() > 200
        return ParameterError(self.name, constraint, value, "a far larger integer" if huge else f"{value!r:.60}")


def query(parameters: Iterable[QueryParameter], arguments: Mapping[str, object]) -> dict[str, str]:
    """Return the query by wire name, in the contract's order.

    Args:
        parameters: The parameters of the contract.
        arguments: Values by parameter name; None or a missing name leaves the parameter out.

    Raises:
        ParameterError: An argument breaks its constraint.
    """
    texts = {parameter.wire: parameter.text(arguments.get(parameter.name)) for parameter in parameters}
    return {wire: text for wire, text in texts.items() if text is not None}
