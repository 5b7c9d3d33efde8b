"""Names from the spec that become identifiers: each gives one, safely, and no two give the same."""

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
# A package of such a name would hide what the generated package itself, or the one who uses it, imports; or be taken for
# what a build leaves behind.
_LIBRARIES = """
    anyio brotli brotlicffi build certifi click dist h11 h2 hatchling hpack httpcore httpcore2 httpx httpx2 hyperframe idna
    msgspec pip pybase64 setuptools sniffio socksio truststore twinwire twinwire_conformance typing_extensions zstandard
"""
_PACKAGES = frozenset(sys.stdlib_module_names) | frozenset(_LIBRARIES.split())
# A directory or file of such a name is out of reach on Windows.
_PACKAGES |= {"aux", "con", "nul", "prn", *(f"{name}{number}" for name in ("com", "lpt") for number in range(10))}
_LENGTH = 200
_CONTROLS = frozenset({"Cc", "Cf", "Zl", "Zp"})
# The library that the SDK's models are built on cannot carry a member of such a name.
_UNNAMEABLE = frozenset('"\\')


def check_identifiers(report: Report, outline: Outline) -> None:
    """Report names that give no identifier, or a taken one, and those that cannot be shown in a line.

    Names of the wire are the vendor's, not the author's: any of them gives an identifier (``twinwire.emit.names``).
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
    """Return the key that a value stands under, as a value at the same place."""
    return Node(node.root, node.pointer, node.pointer[-1])


def _check_name(report: Report, node: Node, convert: Callable[[str], str], taken: frozenset[str] = frozenset()) -> None:
    text = node.text
    if text is None or not _check_text(report, node):
        return
    name = convert(text)
    if not naming.is_identifier(name):
        report.add(node, Code.NO_IDENTIFIER, f"{show(text)} gives no identifier", _LETTERS)
    elif name in taken:
        report.add(node, Code.RESERVED_NAME, f"{show(text)} gives {name!r}, which Python has taken", "use another name")
    elif len(name) > _LENGTH:
        message = f"gives a name of {len(name)} characters, but at most {_LENGTH} are possible"
        report.add(node, Code.BAD_SIZE, message, "use a shorter name")


def _check_text(report: Report, node: Node, *, at_key: bool = False) -> bool:
    """Say whether a text is fit to be read in one line, and as a key to name a member of the SDK; report it when not."""
    unfit = [char for char in node.text or "" if unicodedata.category(char) in _CONTROLS or (at_key and char in _UNNAMEABLE)]
    if unfit:
        message = f"{show(node.text)} holds the character U+{ord(unfit[0]):04X}"
        report.add(node, Code.CHARACTER, message, "use a name without it", at_key=at_key)
    return not unfit
