"""Check the XML names of the models: each member needs a valid name that is unique in its model."""

from __future__ import annotations

import re

from twinwire.spec.codes import Code
from twinwire.spec.node import Node, show
from twinwire.spec.outline import Outline, nonnull, shape_of, type_of
from twinwire.spec.report import Report

# NCName of "Namespaces in XML 1.0": a name of XML 1.0 (fifth edition) without the colon, which would mean a prefix.
_START = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NCNAME = re.compile(f"[{_START}][-.0-9\u00b7\u0300-\u036f\u203f-\u2040{_START}]*")
_RENAME = "name it with xml: {name: ...}"


def check_xml(report: Report, outline: Outline) -> None:
    """Report the problems of the XML names and shapes of the models that the result reaches."""
    for name in outline.models:
        model = outline.schema(name)
        _check_fields(report, model.get("xml"), ("name",), "an object", "only its name is supported")
        _check_name(report, model.get("xml").get("name"))
        seen: dict[tuple[bool, str], str] = {}
        for _, member in outline.properties(name):
            _check_member(report, outline, member)
            _check_clash(report, outline, member, seen)
    _check_roots(report, outline)


def _check_member(report: Report, outline: Outline, member: Node) -> None:
    shape = shape_of(member)
    if shape is None:
        return
    xml = member.get("xml")
    attribute, wrapped = xml.get("attribute"), xml.get("wrapped")
    if attribute.value is True and (shape.many or shape.model):
        message = f"an XML attribute cannot contain {shape}"
        report.add(attribute, Code.XML_ATTRIBUTE, message, "leave attribute out: it becomes an element", at_key=True)
    if wrapped.value is True and not shape.many:
        report.add(
            wrapped, Code.XML_WRAPPED, f"only an array can be wrapped, and this is {shape}", "leave wrapped out", at_key=True
        )
    _check_fields(report, xml, ("name", "attribute", "wrapped"), "a member", "namespaces are not supported")
    if xml.get("name").value is None:
        _check_name(report, Node(member.root, member.pointer, member.pointer[-1]), at_key=True)
    _check_name(report, xml.get("name"))
    if shape.many:
        items = nonnull(member).get("items")
        _check_fields(report, items.get("xml"), ("name",), "the items of an array", "only their name is supported")
        _check_name(report, items.get("xml").get("name"))
    if shape.model or shape.many:
        _check_agreement(report, outline, member)


def _check_fields(report: Report, xml: Node, known: tuple[str, ...], noun: str, hint: str) -> None:
    for key, child in xml.members():
        # False is the default of each flag, so it has no effect.
        if key not in known and not key.startswith("x-") and child.value is not False and not report.within(child):
            report.add(
                child, Code.UNSUPPORTED_XML, f"xml's {key!r} is not supported for {noun}", f"leave it out: {hint}", at_key=True
            )


def _check_name(report: Report, node: Node, *, at_key: bool = False) -> None:
    if node.text is not None and (not _NCNAME.fullmatch(node.text) or node.text == "xmlns"):
        report.add(node, Code.XML_NAME, f"{show(node.text)} is not an XML name without a colon", _RENAME, at_key=at_key)


def element_name(outline: Outline, member: Node) -> str:
    """Return the name of a member's element or attribute; for an array, the name of the element of each item."""
    shape = shape_of(member)
    if shape is not None and shape.many:
        items = nonnull(member).get("items")
        named = items.path("xml", "name").text or outline.schema(shape.model).path("xml", "name").text
        return named or str(member.pointer[-1])
    return member.path("xml", "name").text or str(member.pointer[-1])


def _check_agreement(report: Report, outline: Outline, member: Node) -> None:
    """Report a member whose name differs from the name that its items or its model state."""
    # OpenAPI 3.1 does not say which name wins, and tools differ.
    shape = shape_of(member)
    assert shape is not None
    own, name = member.path("xml", "name"), element_name(outline, member)
    if shape.many and not member.path("xml", "wrapped").value and own.text is not None and own.text != name:
        message = f"the elements are named {own.text!r} here, but {name!r} at their items"
        report.add(own, Code.XML_NAME_MISMATCH, message, "give the array and its items the same name")
    elif not shape.many and shape.model:
        theirs = outline.schema(shape.model).path("xml", "name").text
        if own.text is None and theirs is not None and theirs != name:
            message = f"the element is named {name!r} at the member, but {theirs!r} at {shape.model}"
            report.add(member, Code.XML_NAME_MISMATCH, message, _RENAME, at_key=True)


def _check_clash(report: Report, outline: Outline, member: Node, seen: dict[tuple[bool, str], str]) -> None:
    xml, wire = member.get("xml"), str(member.pointer[-1])
    attribute = xml.get("attribute").value is True
    wrapped = xml.get("wrapped").value is True
    # Attributes and elements have separate names, and a wrapper hides the names of its items.
    name = (xml.get("name").text or wire) if wrapped else element_name(outline, member)
    other = seen.setdefault((attribute, name), wire)
    if other != wire:
        noun = "attribute" if attribute else "element"
        message = f"the members {other!r} and {wire!r} are both the {noun} {name!r}"
        report.add(member, Code.XML_NAME_CLASH, message, _RENAME, at_key=True)


def _check_roots(report: Report, outline: Outline) -> None:
    """Report a missing explicit XML name of the result or of the entries."""
    # The name of the component would be the default, but a rename of the component must not change the wire format.
    result = outline.schema(outline.result)
    hint = "add xml: {name: ...} to it"
    if type_of(result) == "object" and result.path("xml", "name").value is None and not report.within(result.get("xml")):
        report.add(
            result, Code.XML_NAME_MISSING, f"the root element has no name: {outline.result} has no xml.name", hint, at_key=True
        )
    entries = outline.member(outline.result, outline.feed.get("entries").text or "")
    shape = shape_of(entries) if entries is not None else None
    if entries is None or shape is None or not shape.many or type_of(outline.schema(shape.model)) != "object":
        return
    named = (nonnull(entries).path("items", "xml", "name"), outline.schema(shape.model).path("xml", "name"))
    if all(name.value is None for name in named) and not report.within(outline.schema(shape.model).get("xml")):
        message = f"the element of an entry has no name: {shape.model} has no xml.name"
        report.add(outline.schema(shape.model), Code.XML_NAME_MISSING, message, hint, at_key=True)
