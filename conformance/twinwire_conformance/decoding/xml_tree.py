"""The element tree of an XML body for schema validation, without parts unknown to the contract, and their paths.

Text and ``xsi:nil`` stay in place, because only the schema decides where they are allowed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from twinwire.ir import Kind
from twinwire_conformance.decoding.plan import MAX_UNKNOWN, ElementPlan, MemberSlot, Plan
from twinwire_conformance.decoding.words import boolean
from twinwire_conformance.decoding.xml_events import HINTS, INSTANCE, NIL, SCHEMA, TYPE, clark, parse

_NIL, _TYPE = clark(NIL), clark(TYPE)
_HINTS = frozenset(map(clark, HINTS))
_BASES = {Kind.INTEGER: "long", Kind.NUMBER: "double", Kind.BOOLEAN: "boolean"}
_PREFIXES = {f"{{{INSTANCE}}}": "xsi:", "{http://www.w3.org/XML/1998/namespace}": "xml:"}


def known(plan: Plan, body: bytes, charset: str | None) -> tuple[ET.Element, tuple[str, ...]]:
    """Return the root element without unknown parts, and the paths of those.

    Args:
        plan: The plan of the result.
        body: The bytes of the body.
        charset: The charset of the Content-Type; None when the header names none.

    Raises:
        Undecodable: The document is not well-formed or not in its charset, or exceeds a limit.
    """
    builder = ET.TreeBuilder()
    # Each scope has the element's own declarations only. Copies of all prefixes in scope would multiply their memory.
    scopes: list[Mapping[str, str]] = []
    declared: dict[str, str] = {}

    def declare(prefix: str | None, uri: str | None) -> None:
        declared[prefix or ""] = uri or ""

    def start(name: str, attributes: Mapping[str, str]) -> None:
        scopes.append(dict(declared))
        declared.clear()
        found = {clark(key): value for key, value in attributes.items()}
        if TYPE in attributes:
            found[_TYPE] = _qualified(attributes[TYPE], scopes)
        builder.start(clark(name), found)

    def end(name: str) -> None:
        scopes.pop()
        builder.end(clark(name))

    parse(body, charset, start, end, builder.data, declare)
    root = builder.close()
    tree = _Tree()
    return tree.model(plan, root, f"/{root.tag}"), tuple(tree.unknown)


def _qualified(name: str, scopes: Sequence[Mapping[str, str]]) -> str:
    """Resolve a qualified name to Clark notation. A name with an undeclared prefix stays unchanged."""
    prefix, colon, local = name.strip().rpartition(":")
    uri = next((scope[prefix] for scope in reversed(scopes) if prefix in scope), None)
    if uri is None and colon:
        return name
    return f"{{{uri}}}{local}" if uri else local


class _Tree:
    """Copies elements without their unknown parts, and collects the paths of those in ``unknown``."""

    def __init__(self) -> None:
        self.unknown: list[str] = []

    def model(self, plan: Plan, element: ET.Element, path: str) -> ET.Element:
        found = self._copy(element, path, plan.attributes, plan.type_name)
        self._children(found, element, path, plan.elements)
        return found

    def _children(self, found: ET.Element, element: ET.Element, path: str, elements: Mapping[str, ElementPlan]) -> None:
        for child in element:
            place = elements.get(child.tag)
            where = f"{path}/{child.tag}"
            if place is None:
                self._note(where)
                if _NIL in found.attrib:
                    # The child stays, so that the schema rejects it: an element with xsi:nil may have no content.
                    found.append(child)
                else:
                    _keep_text(found, child.tail)
                continue
            if place.inner is not None:
                inner = self._copy(child, where, {}, None)
                self._children(inner, child, where, place.inside)
            else:
                inner = self._child(place.slot, child, where)
            inner.tail = child.tail
            found.append(inner)

    def _child(self, slot: MemberSlot, element: ET.Element, path: str) -> ET.Element:
        if slot.plan is not None:
            return self.model(slot.plan, element, path)
        base = _BASES.get(slot.kind or Kind.STRING, "string")
        found = self._copy(element, path, {}, f"{{{SCHEMA}}}{base}")
        # A child element within a scalar is kept, so that the schema reports it.
        found.extend(element)
        for child in element:
            self._note(f"{path}/{child.tag}")
        return found

    def _copy(self, element: ET.Element, path: str, attributes: Mapping[str, MemberSlot], type_name: str | None) -> ET.Element:
        found = ET.Element(element.tag)
        found.text = element.text
        for name, value in element.attrib.items():
            if name in attributes:
                found.set(name, value)
            elif name == _NIL:
                nil = boolean(value)
                if nil is not False:
                    found.set(name, value)
                if nil is None:
                    self._name(path, name)
            elif name == _TYPE:
                found.set(name, _as_qname(value))
                if value != type_name:
                    self._name(path, name)
            elif name not in _HINTS:
                self._name(path, name)
        return found

    def _name(self, path: str, name: str) -> None:
        prefix = next((uri for uri in _PREFIXES if name.startswith(uri)), "")
        self._note(f"{path}/@{_PREFIXES.get(prefix, '')}{name.removeprefix(prefix)}")

    def _note(self, path: str) -> None:
        if len(self.unknown) < MAX_UNKNOWN:
            self.unknown.append(path)


def _as_qname(value: str) -> str:
    # ElementTree declares the namespace of a QName value when it serialises the document.
    qualified: object = ET.QName(value) if value.startswith("{") else value
    return qualified  # type: ignore[return-value]


def _keep_text(element: ET.Element, text: str | None) -> None:
    """Append the tail of an omitted child to the text before it."""
    if text is None:
        return
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text
