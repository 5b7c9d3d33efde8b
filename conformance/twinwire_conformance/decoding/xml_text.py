"""Decoding of XML bodies from expat events to canonical values, without an intermediate tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twinwire.ir import Kind
from twinwire_conformance.decoding.limits import WideTexts, width_of
from twinwire_conformance.decoding.plan import ElementPlan, MemberSlot, Plan
from twinwire_conformance.decoding.words import MAX_DEPTH, Undecodable, boolean, scalar
from twinwire_conformance.decoding.xml_events import HINTS, NIL, clark, parse

MAX_SHOWN = 120

_NO_ELEMENTS: Mapping[str, ElementPlan] = {}
_NO_ATTRIBUTES: Mapping[str, MemberSlot] = {}


def read(plan: Plan, body: bytes, charset: str | None) -> tuple[dict[str, Any], bool]:
    """Decode an XML body to its canonical value.

    Args:
        plan: The plan of the result.
        body: The bytes of the body.
        charset: The charset of the Content-Type; None when the header names none.

    Returns:
        The value, and whether the document may have parts that the plan does not define.

    Raises:
        Undecodable: The body is not a document of the plan's root element.
    """
    reader = _XmlDecoder(plan)
    parse(body, charset, reader.start, reader.end, reader.text)
    return reader.value, reader.odd


class _OpenElement:
    """An element that is not closed yet: a model, a wrapper, or a scalar. A wrapper shares the items of its model.

    ``value`` has the members from a model's attributes, ``items`` the child elements so far by member. ``pieces`` holds the
    text of a scalar, and ``open`` is True while more text may follow. ``nil`` is True when the element means null if empty.
    """

    __slots__ = ("elements", "items", "nil", "open", "pieces", "slot", "value")

    def __init__(self, slot: MemberSlot | None, elements: Mapping[str, ElementPlan], items: dict[str, list[Any]]) -> None:
        self.slot = slot
        self.elements = elements
        self.items = items
        self.value: dict[str, Any] = {}
        self.pieces: list[str] = []
        self.open = False
        self.nil = False


class _XmlDecoder:
    """Decodes one document. A large page has thousands of elements, so each of them is visited once."""

    def __init__(self, plan: Plan) -> None:
        self.odd = False
        self._root = MemberSlot(plan.root, None, plan, False)
        self._top = _OpenElement(None, {plan.root: ElementPlan(self._root)}, {})
        self._done = _OpenElement(None, _NO_ELEMENTS, {})
        self._above: list[_OpenElement] = []
        self._skipped = 0
        self._nil = False
        self._length, self._width = 0, 1
        self._wide = WideTexts()

    @property
    def value(self) -> dict[str, Any]:
        """The canonical value, available once the whole document was parsed."""
        value: dict[str, Any] | None = self._top.items[self._root.wire_name][0]
        return value or {}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        above = self._top
        if len(self._above) + self._skipped >= MAX_DEPTH:
            raise Undecodable(f"the XML is nested more than {MAX_DEPTH} deep")
        if self._skipped:
            self._skipped += 1
            return
        element = above.elements.get(name)
        if element is None:
            self._skip(name)
            return
        slot = element.slot
        plan = slot.plan
        self._nil = False
        if element.inner is not None:
            self._top = _OpenElement(None, element.inside, above.items)
            self._others(_NO_ATTRIBUTES, attributes)
        elif plan is None:
            self._top = _OpenElement(slot, _NO_ELEMENTS, {})
            self._top.open = True
            self._length, self._width = 0, 1
            if attributes:
                self._others(_NO_ATTRIBUTES, attributes)
                self._top.nil = self._nil
        elif plan.elements:
            self._top = _OpenElement(slot, plan.elements, {})
            self._top.value = self._attributes(plan, attributes)
            self._top.nil = self._nil
        else:
            # An element with attributes only is complete at its start tag, so its end tag needs no work.
            value = self._attributes(plan, attributes)
            _add(above.items, slot, None if self._nil and not value else value)
            self._top = self._done
        self._above.append(above)

    def end(self, _name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        frame = self._top
        above = self._top = self._above.pop()
        slot = frame.slot
        if slot is None:
            return
        value: Any
        if slot.plan is None:
            empty = not frame.pieces
            self._wide.add(self._length, self._width)
            value = scalar(slot.kind or Kind.STRING, "".join(frame.pieces))
        else:
            value = _value(slot.plan, frame.value, frame.items) if frame.items else frame.value
            empty = not value
        _add(above.items, slot, None if empty and frame.nil else value)

    def text(self, text: str) -> None:
        if self._top.open and not self._skipped:
            self._top.pieces.append(text)
            self._length += len(text)
            if not text.isascii():
                self._width = max(self._width, width_of(text))
            if self._width > 1:
                self._wide.check(self._length, self._width)

    def _skip(self, name: str) -> None:
        if not self._above:
            raise Undecodable(f"the root element is <{clark(name)[:MAX_SHOWN]}>, not <{self._root.wire_name}>", foreign=True)
        self.odd = True
        self._skipped = 1
        # An element within a scalar ends its value: text after that element does not belong to it.
        self._top.open = False

    def _attributes(self, plan: Plan, attributes: Mapping[str, str]) -> dict[str, Any]:
        value: dict[str, Any] = {}
        seen = 0
        for name, slot in plan.attributes.items():
            text = attributes.get(name)
            if text is not None:
                seen += 1
                kind = slot.kind
                read = text if kind is Kind.STRING else scalar(kind or Kind.STRING, text)
                value[slot.wire_name] = [read] if slot.many else read
        if seen < len(attributes):
            self._others(plan.attributes, attributes)
        return value

    def _others(self, known: Mapping[str, MemberSlot], attributes: Mapping[str, str]) -> None:
        """Note xsi:nil and unknown attributes among those that are not members."""
        for name, text in attributes.items():
            if name == NIL:
                value = boolean(text)
                self._nil = value is True
                self.odd = self.odd or value is None
            elif name not in known and name not in HINTS:
                self.odd = True


def _add(items: dict[str, list[Any]], slot: MemberSlot, value: Any) -> None:
    found = items.get(slot.wire_name)
    if found is None:
        items[slot.wire_name] = [value]
    else:
        found.append(value)


def _value(plan: Plan, attributes: Mapping[str, Any], items: Mapping[str, list[Any]]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for slot in plan.slots:
        wire_name = slot.wire_name
        if wire_name in attributes:
            value[wire_name] = attributes[wire_name]
        elif wire_name in items:
            found = items[wire_name]
            if slot.many:
                value[wire_name] = found
                continue
            full = [item for item in found if item is not None and item != {}]
            if full:
                # A repeated member becomes a list, which never equals the single value of the other representation.
                value[wire_name] = full[0] if len(full) == 1 else full
    return value
