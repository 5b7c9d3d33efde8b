"""The reader of a contract: from the bytes of an answer to what they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from twinwire.ir import Contract
from twinwire_conformance.decoding import json_text, json_tree, xml_text, xml_tree
from twinwire_conformance.decoding.plan import plan_of

Tree = tuple[Any, tuple[str, ...]]
"""A native tree (JSON value or XML element) without what the contract does not know, and the paths of that."""


@dataclass
class DecodedResult:
    """A body as the field plan sees it.

    ``value`` is canonical: members by wire name, in the order of the plan, what is absent, null or empty left out.
    ``odd`` says whether the body holds something that the contract does not know. ``repeated`` are the paths of JSON members
    whose name stands more than once in its object. ``body`` brings the body once more, and ``tree`` its native tree.
    """

    value: dict[str, Any]
    odd: bool = False
    repeated: tuple[str, ...] = ()
    body: Callable[[], bytes] = field(default=bytes, repr=False)
    tree: Callable[[bytes], Tree] = field(default=lambda _: (None, ()), repr=False)

    @property
    def known(self) -> Any:
        """The native tree (JSON value or XML element) without what the contract does not know."""
        # Made only when it is asked for: few rules look at it, and a large lot takes much of both time and memory.
        return self.tree(self.body())[0]

    @cached_property
    def unknown(self) -> tuple[str, ...]:
        """What the contract does not know, by path."""
        return self.tree(self.body())[1] if self.odd else ()


class ResultDecoder:
    """Reads the result of a contract in both representations."""

    def __init__(self, contract: Contract) -> None:
        self._plan = plan_of(contract)

    def json(self, body: bytes, charset: str | None) -> DecodedResult:
        """Read a JSON body. Raises Unreadable."""
        value, odd, repeated = json_text.read(self._plan, body, charset)
        return DecodedResult(value, odd, repeated, lambda: body, lambda raw: json_tree.known(self._plan, raw, charset))

    def xml(self, body: bytes, charset: str | None) -> DecodedResult:
        """Read an XML body. Raises Unreadable, also for a DOCTYPE, which no answer needs and attacks use."""
        value, odd = xml_text.read(self._plan, body, charset)
        return DecodedResult(value, odd, (), lambda: body, lambda raw: xml_tree.known(self._plan, raw, charset))
