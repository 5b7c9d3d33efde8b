"""Check ``x-feed.modes``: exactly one default, distinct names, values and content, and members of suitable types."""

from __future__ import annotations

from twinwire.spec.codes import Code
from twinwire.spec.node import Node, show
from twinwire.spec.roles import MODE, Lookup, Role
from twinwire.spec.sending import fault_as_sent

_CONTENT = Role(("content",), ("binary", "uri"))
_SHARED = (("position", Role(("position",), ("integer",))), ("filename", Role(("filename",), ("string",))))


def check_modes(lookup: Lookup, entry: str) -> None:
    """Report the problems of the modes.

    Args:
        lookup: The names of x-feed.
        entry: The model of the entries, or an empty text if it is unknown.
    """
    report, modes = lookup.report, lookup.feed.get("modes")
    choices = modes.get("choices").items()
    defaults = [choice for choice in choices if not choice.has("value")]
    if choices and len(defaults) != 1 and not report.within(modes.get("choices")):
        message = f"{len(defaults)} modes have no value, but exactly one mode must have none: the default"
        report.add(modes.get("choices"), Code.DEFAULT_MODE, message, "leave value out in the default mode only", at_key=True)
    for key in ("name", "value"):
        _check_distinct(lookup, choices, key)
    contents: set[tuple[str, str]] = set()
    for choice in choices:
        _check_value(lookup, choice.get("value"))
        model = _follow(lookup, choice.get("items"), entry)
        lookup.member(choice.get("content"), model, _CONTENT)
        for key, role in _SHARED:
            lookup.member(modes.get(key), model, role)
        filled = choice.get("items").text or "", choice.get("content").text or ""
        if all(filled) and filled in contents:
            message = f"{'.'.join(filled)} is already the content of another mode"
            report.add(choice.get("content"), Code.DUPLICATE_MODE, message, "name another member, or remove the mode")
        contents.add(filled)


def _check_distinct(lookup: Lookup, choices: list[Node], key: str) -> None:
    seen: set[str] = set()
    for node in (choice.get(key) for choice in choices):
        if node.text is not None and node.text in seen:
            message = f"another mode already has the {key} {node.text!r}"
            lookup.report.add(node, Code.DUPLICATE_MODE, message, f"give each mode a different {key}")
        seen.add(node.text or "")


def _check_value(lookup: Lookup, value: Node) -> None:
    parameter = lookup.named(MODE)
    fault = None if value.text is None or parameter is None else fault_as_sent(parameter, value.text)
    if fault:
        lookup.report.add(value, Code.BAD_VALUE, f"{show(value.text)} {fault}", "choose a value that the parameter allows")


def _follow(lookup: Lookup, place: Node, model: str) -> str:
    """Return the model that a dotted path of members leads to. Report the first member that does not exist or fit."""
    names = (place.text or "").split(".")
    # "images.files" from Product -> member images (one object) -> its member files (an array of objects) -> model File
    for index, name in enumerate(names):
        role = Role(("items",), ("object",), many=index == len(names) - 1)
        shape = lookup.member(place, model, role, name)
        if shape is None:
            return ""
        model = shape.model
    return model
