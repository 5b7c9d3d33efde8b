"""Check the names of the spec that become identifiers or appear in generated text."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable

from twinwire import naming
from twinwire.spec.codes import Code
from twinwire.spec.node import Node, show
from twinwire.spec.outline import Outline
from twinwire.spec.report import Report

_LETTERS = "use a name with letters of the Latin alphabet that does not begin with a digit"
# A package with one of these names would hide a library that the SDK or its user imports, or would be ignored as the output
# of a build.
_LIBRARIES = """
    anyio brotli brotlicffi build certifi click dist h11 h2 hatchling hpack httpcore httpcore2 httpx httpx2 hyperframe idna
    msgspec pip pybase64 setuptools sniffio socksio truststore twinwire twinwire_conformance typing_extensions zstandard
"""
_PACKAGES = frozenset(sys.stdlib_module_names) | frozenset(_LIBRARIES.split())
# Windows reserves these names: such a directory or file cannot be opened.
_PACKAGES |= {"aux", "con", "nul", "prn", *(f"{name}{number}" for name in ("com", "lpt") for number in range(10))}
# File systems limit a name to 255 bytes, and the generated files add a suffix.
_LENGTH = 200
_CONTROLS = frozenset({"Cc", "Cf", "Zl", "Zp"})
# msgspec, on which the models of the SDK are built, rejects members with such names.
_UNNAMEABLE = frozenset('"\\')


def check_identifiers(report: Report, outline: Outline) -> None:
    """Report names that yield no identifier or a reserved one, and names with control characters.

    Wire names are chosen by the vendor, not by the author of the spec, so each of them gets an identifier
    (``twinwire.emit.names``).
    """
    info = outline.root.get("info")
    _check_name(report, info.get("title"), naming.package, _PACKAGES)
    _check_name(report, outline.operation.get("operationId"), naming.snake)
    for node in outline.parameters.values():
        _check_text(report, node.get("name"))
    for name in outline.models:
        _check_text(report, _key(outline.schema(name)), at_key=True)
        for _, node in outline.properties(name):
            _check_text(report, _key(node), at_key=True)
    _check_text(report, info.get("version"))
    for choice in outline.feed.path("modes", "choices").items():
        _check_text(report, choice.get("name"))


def _key(node: Node) -> Node:
    """Return the key of a value, as a node at the same place."""
    return Node(node.root, node.pointer, node.pointer[-1])


def _check_name(report: Report, node: Node, convert: Callable[[str], str], taken: frozenset[str] = frozenset()) -> None:
    text = node.text
    if text is None or not _check_text(report, node):
        return
    name = convert(text)
    if not naming.is_identifier(name):
        report.add(node, Code.NO_IDENTIFIER, f"{show(text)} cannot be converted to an identifier", _LETTERS)
    elif name in taken:
        report.add(
            node,
            Code.RESERVED_NAME,
            f"{show(text)} becomes {name!r}, the name of a Python module or library",
            "use another name",
        )
    elif len(name) > _LENGTH:
        message = f"becomes a name of {len(name)} characters, but at most {_LENGTH} are allowed"
        report.add(node, Code.BAD_SIZE, message, "use a shorter name")


def _check_text(report: Report, node: Node, *, at_key: bool = False) -> bool:
    """Return whether a text is printable in one line and, as a key, usable as a member's name; report it if not."""
    unfit = [char for char in node.text or "" if unicodedata.category(char) in _CONTROLS or (at_key and char in _UNNAMEABLE)]
    if unfit:
        message = f"{show(node.text)} contains the character U+{ord(unfit[0]):04X}"
        report.add(node, Code.CHARACTER, message, "use a name without it", at_key=at_key)
    return not unfit
