"""Names from the spec that become identifiers: each gives one, safely, and no two give the same."""

from __future__ import annotations

import builtins
import sys
import unicodedata
from collections.abc import Callable, Iterable

from twinwire import naming
from twinwire.spec.codes import Code
from twinwire.spec.node import Node, show
from twinwire.spec.outline import Outline
from twinwire.spec.report import Report

_LETTERS = "use a name with letters of the Latin alphabet that does not begin with a digit"
# A package of such a name would hide what the generated package itself, or the one who uses it, imports.
_PACKAGES = frozenset(sys.stdlib_module_names) | {"httpx", "httpx2", "msgspec", "pybase64", "twinwire", "twinwire_conformance"}
_CONTROLS = frozenset({"Cc", "Cf", "Zl", "Zp"})
# The library that the SDK's models are built on cannot carry a member of such a name.
_UNNAMEABLE = frozenset('"\\')
_CLASSES = frozenset(dir(builtins))


def check_identifiers(report: Report, outline: Outline) -> None:
    """Report names that give no identifier, a taken one, or the same one as another name."""
    info = outline.root.get("info")
    _check_names(report, [info.get("title")], naming.package, _PACKAGES)
    _check_names(report, [outline.operation.get("operationId")], naming.snake)
    _check_names(report, [node.get("name") for node in outline.parameters.values()], naming.snake)
    _check_names(report, [_key(outline.schema(name)) for name in outline.models], naming.pascal, _CLASSES, at_key=True)
    for name in outline.models:
        _check_names(report, [_key(node) for _, node in outline.properties(name)], naming.snake, at_key=True)
    _check_text(report, info.get("version"))
    for choice in outline.feed.path("modes", "choices").items():
        _check_text(report, choice.get("name"))


def _key(node: Node) -> Node:
    """Return the key that a value stands under, as a value at the same place."""
    return Node(node.root, node.pointer, node.pointer[-1])


def _check_names(
    report: Report,
    names: Iterable[Node],
    convert: Callable[[str], str],
    taken: frozenset[str] = frozenset(),
    *,
    at_key: bool = False,
) -> None:
    seen: dict[str, str] = {}
    for node in names:
        text = node.text
        if text is None or not _check_text(report, node, at_key=at_key):
            continue
        name = convert(text)
        if not naming.is_identifier(name):
            report.add(node, Code.NO_IDENTIFIER, f"{show(text)} gives no identifier", _LETTERS, at_key=at_key)
        elif name in taken:
            report.add(
                node,
                Code.RESERVED_NAME,
                f"{show(text)} gives {name!r}, which Python has taken",
                "use another name",
                at_key=at_key,
            )
        elif name in seen:
            message = f"{show(text)} and {show(seen[name])} both give {name!r}"
            report.add(node, Code.IDENTIFIER_CLASH, message, "rename one of them", at_key=at_key)
        else:
            seen[name] = text


def _check_text(report: Report, node: Node, *, at_key: bool = False) -> bool:
    """Say whether a text is fit to be read in one line, and as a key to name a member of the SDK; report it when not."""
    unfit = [char for char in node.text or "" if unicodedata.category(char) in _CONTROLS or (at_key and char in _UNNAMEABLE)]
    if unfit:
        message = f"{show(node.text)} holds the character U+{ord(unfit[0]):04X}"
        report.add(node, Code.CHARACTER, message, "use a name without it", at_key=at_key)
    return not unfit
