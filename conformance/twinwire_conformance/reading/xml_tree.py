"""XML: the element tree of a body that can be read, with what the contract does not know left out and named."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from twinwire_conformance.reading.plan import Element, Plan, Slot
from twinwire_conformance.reading.xml_text import clark, parse

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


def known(plan: Plan, body: bytes, charset: str | None) -> tuple[ET.Element, tuple[str, ...]]:
    """Return the root element without what the plan does not know, and the paths of that. Raises Unreadable."""
    builder = ET.TreeBuilder()

    def start(name: str, attributes: Mapping[str, str]) -> None:
        builder.start(clark(name), {clark(key): value for key, value in attributes.items()})

    parse(body, charset, start, lambda name: builder.end(clark(name)), builder.data)
    root = builder.close()
    unknown: list[str] = []
    return _model(plan, root, f"/{root.tag}", unknown), tuple(unknown)


def _model(plan: Plan, element: ET.Element, path: str, unknown: list[str]) -> ET.Element:
    found = ET.Element(element.tag)
    found.text = element.text
    for name, value in element.attrib.items():
        if name in plan.attributes:
            found.set(name, value)
        elif not name.startswith(_XSI):
            unknown.append(f"{path}/@{name}")
    for child in element:
        place = plan.elements.get(child.tag)
        where = f"{path}/{child.tag}"
        if place is None:
            unknown.append(where)
        elif place.inner is not None:
            found.append(_wrapper(place, child, where, unknown))
        else:
            found.append(_child(place.slot, child, where, unknown))
    return found


def _wrapper(place: Element, element: ET.Element, path: str, unknown: list[str]) -> ET.Element:
    found = ET.Element(element.tag)
    found.text = element.text
    for child in element:
        where = f"{path}/{child.tag}"
        if child.tag == place.inner:
            found.append(_child(place.slot, child, where, unknown))
        else:
            unknown.append(where)
    return found


def _child(slot: Slot, element: ET.Element, path: str, unknown: list[str]) -> ET.Element:
    if slot.plan is not None:
        return _model(slot.plan, element, path, unknown)
    found = ET.Element(element.tag)
    found.text = element.text
    unknown += [f"{path}/{child.tag}" for child in element]
    return found
