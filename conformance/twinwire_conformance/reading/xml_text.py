"""XML: from a body to its canonical value, by expat, with nothing between its events and the value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from xml.parsers import expat

from twinwire.ir import Kind
from twinwire_conformance.reading.plan import Element, Plan, Slot
from twinwire_conformance.reading.words import MAX_DEPTH, Unreadable, scalar

_XSI = "http://www.w3.org/2001/XMLSchema-instance}"

Start = Callable[[str, Mapping[str, str]], None]


def parse(body: bytes, charset: str | None, start: Start, end: Callable[[str], object], text: Callable[[str], None]) -> None:
    """Send the events of a document to handlers, names with a namespace as ``uri}name``. Raises Unreadable.

    DOCTYPE is refused; how deep elements may lie is for ``start`` to say.
    """
    try:
        parser = expat.ParserCreate(encoding=charset, namespace_separator="}")
        parser.buffer_text = True
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise Unreadable(f"not well-formed XML: {error}") from error
    except (LookupError, ValueError) as error:
        raise Unreadable(f"the XML cannot be decoded: {error}") from error


def _refuse_doctype(*_: object) -> None:
    raise Unreadable("the XML has a DOCTYPE")


def read(plan: Plan, body: bytes, charset: str | None) -> tuple[dict[str, Any], bool]:
    """Return the canonical value of a document, and whether it holds what the plan does not know. Raises Unreadable."""
    reader = _Reader(plan)
    parse(body, charset, reader.start, reader.end, reader.text)
    return reader.value, reader.odd


class _Frame:
    """An open element: a model with the items of its members so far, a wrapper's view of one, or a scalar with its text."""

    __slots__ = ("closed", "element", "items", "pieces", "plan", "slot")

    def __init__(
        self, slot: Slot | None, plan: Plan | None, items: dict[str, list[Any]], element: Element | None = None
    ) -> None:
        self.slot = slot
        self.plan = plan
        self.items = items
        self.element = element
        self.pieces: list[str] = []
        self.closed = False


class _Reader:
    """Reads one document."""

    def __init__(self, plan: Plan) -> None:
        self.value: dict[str, Any] = {}
        self.odd = False
        self._root = plan
        self._frames: list[_Frame] = []
        self._skipped = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if len(self._frames) + self._skipped >= MAX_DEPTH:
            raise Unreadable(f"the XML is nested more than {MAX_DEPTH} deep")
        if self._skipped:
            self._skipped += 1
        elif self._frames:
            self._child(self._frames[-1], name, attributes)
        elif name == self._root.root:
            self._frames.append(_Frame(None, self._root, self._attributes(self._root, attributes)))
        else:
            raise Unreadable(f"the root element is <{clark(name)}>, not <{self._root.root}>")

    def end(self, _name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        frame = self._frames.pop()
        if frame.element is not None:
            return
        value: Any
        if frame.plan is not None:
            value = _value(frame.plan, frame.items)
        else:
            assert frame.slot is not None
            value = scalar(frame.slot.kind or Kind.STRING, "".join(frame.pieces))
        if frame.slot is None:
            self.value = value
        else:
            self._frames[-1].items.setdefault(frame.slot.wire, []).append(value)

    def text(self, text: str) -> None:
        if not self._skipped:
            frame = self._frames[-1]
            # Text after an element within a scalar is not the scalar's.
            if frame.plan is None and frame.element is None and not frame.closed:
                frame.pieces.append(text)

    def _child(self, frame: _Frame, name: str, attributes: Mapping[str, str]) -> None:
        if frame.plan is not None:
            element = frame.plan.elements.get(name)
            if element is not None and element.inner is not None:
                self._frames.append(_Frame(None, None, frame.items, element))
                return
        else:
            element = frame.element if frame.element is not None and frame.element.inner == name else None
        if element is None:
            frame.closed = self.odd = True
            self._skipped = 1
            return
        slot = element.slot
        items = {} if slot.plan is None else self._attributes(slot.plan, attributes)
        self._frames.append(_Frame(slot, slot.plan, items))

    def _attributes(self, plan: Plan, attributes: Mapping[str, str]) -> dict[str, list[Any]]:
        items: dict[str, list[Any]] = {}
        known = plan.attributes
        for name, text in attributes.items():
            slot = known.get(name)
            if slot is not None:
                kind = slot.kind
                items[slot.wire] = [text if kind is Kind.STRING or kind is None else scalar(kind, text)]
            elif not name.startswith(_XSI):
                self.odd = True
        return items


def _value(plan: Plan, items: Mapping[str, list[Any]]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for slot in plan.slots:
        found = items.get(slot.wire)
        if found is None:
            continue
        if slot.many:
            value[slot.wire] = found
            continue
        full = [item for item in found if item != {}]
        if full:
            # A member that stands twice is kept as a list: no representation of it can be equal to that.
            value[slot.wire] = full[0] if len(full) == 1 else full
    return value


def clark(name: str) -> str:
    """Return a name as it is written with its namespace in braces."""
    return f"{{{name}" if "}" in name else name
