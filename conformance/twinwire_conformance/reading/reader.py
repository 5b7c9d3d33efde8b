"""The reader of a contract: from the bytes of an answer to what they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from twinwire.ir import Contract
from twinwire_conformance.reading import json_text, json_tree, xml_text, xml_tree
from twinwire_conformance.reading.plan import plan_of

Tree = tuple[Any, tuple[str, ...]]
"""A native tree (JSON value or XML element) without what the contract does not know, and the paths of that."""


@dataclass
class Reading:
    """A body as the field plan sees it.

    ``value`` is canonical: members by wire name, in the order of the plan, what is absent, null or empty left out.
    ``odd`` says whether the body holds something that the contract does not know.
    """

    value: dict[str, Any]
    odd: bool = False
    tree: Callable[[], Tree] = field(default=lambda: (None, ()), repr=False)

    @cached_property
    def known(self) -> Any:
        """The native tree (JSON value or XML element) without what the contract does not know."""
        # Made only when it is asked for: few rules look at it, and a large lot takes much of both time and memory.
        return self.tree()[0]

    @cached_property
    def unknown(self) -> tuple[str, ...]:
        """What the contract does not know, by path."""
        return self.tree()[1] if self.odd else ()


class Reader:
    """Reads the result of a contract in both representations."""

    def __init__(self, contract: Contract) -> None:
        self._plan = plan_of(contract)

    def json(self, body: bytes, charset: str | None) -> Reading:
        """Read a JSON body. Raises Unreadable."""
        value, odd = json_text.read(self._plan, body, charset)
        return Reading(value, odd, partial(json_tree.known, self._plan, body, charset))

    def xml(self, body: bytes, charset: str | None) -> Reading:
        """Read an XML body. Raises Unreadable, also for a DOCTYPE, which no answer needs and attacks use."""
        value, odd = xml_text.read(self._plan, body, charset)
        return Reading(value, odd, partial(xml_tree.known, self._plan, body, charset))
