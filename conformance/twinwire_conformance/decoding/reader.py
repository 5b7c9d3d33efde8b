"""The decoder of a contract's results, from the bytes of a response to canonical values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from twinwire.ir import Contract
from twinwire_conformance.decoding import json_text, json_tree, xml_text, xml_tree
from twinwire_conformance.decoding.plan import plan_of

Tree = tuple[Any, tuple[str, ...]]
"""A native tree (JSON value or XML element) without its unknown parts, and the paths of those."""


@dataclass
class DecodedResult:
    """A body as the field plan sees it.

    ``value`` is canonical: members by wire name in the order of the plan, without absent, null and empty ones. ``odd`` is
    True when the body has parts that the contract does not define. ``repeated`` has the paths of JSON members whose name
    occurs more than once in the object. ``body`` returns the bytes again, and ``tree`` decodes them to the native tree.
    """

    value: dict[str, Any]
    odd: bool = False
    repeated: tuple[str, ...] = ()
    body: Callable[[], bytes] = field(default=bytes, repr=False)
    tree: Callable[[bytes], Tree] = field(default=lambda _: (None, ()), repr=False)

    @property
    def known(self) -> Any:
        """The native tree (JSON value or XML element) without parts unknown to the contract."""
        # Built on demand and not kept: few rules use the tree, and that of a large page costs much time and memory.
        return self.tree(self.body())[0]

    @cached_property
    def unknown(self) -> tuple[str, ...]:
        """The paths of the parts that the contract does not define."""
        return self.tree(self.body())[1] if self.odd else ()


class ResultDecoder:
    """Decodes the result of a contract from JSON and XML."""

    def __init__(self, contract: Contract) -> None:
        self._plan = plan_of(contract)

    def json(self, body: bytes, charset: str | None) -> DecodedResult:
        """Decode a JSON body.

        Args:
            body: The bytes of the body.
            charset: The charset of the Content-Type; None when the header names none.

        Raises:
            Undecodable: The body is not a JSON object in its charset.
        """
        value, odd, repeated = json_text.read(self._plan, body, charset)
        return DecodedResult(value, odd, repeated, lambda: body, lambda raw: json_tree.known(self._plan, raw, charset))

    def xml(self, body: bytes, charset: str | None) -> DecodedResult:
        """Decode an XML body.

        Args:
            body: The bytes of the body.
            charset: The charset of the Content-Type; None when the header names none.

        Raises:
            Undecodable: The body is not a result in its charset, or has a DOCTYPE, which only attacks need.
        """
        value, odd = xml_text.read(self._plan, body, charset)
        return DecodedResult(value, odd, (), lambda: body, lambda raw: xml_tree.known(self._plan, raw, charset))
