"""Fingerprints of failures, independent of the wording of messages, of values and of the seed.

Example: the paths ``$.product[3].images.image[0].sequence`` and ``/result/product[7]/images/image/@sequence`` both become the
member path ``product.images.image.sequence``, so failures of SCHEMA-01 there have the same fingerprint.
"""

from __future__ import annotations

import hashlib
import re

_LONGEST = 200
_VERSION = "twinwire-fingerprint/1"
_POSITION = re.compile(r"\[[^\]]*\]")
_ENTRY = re.compile(r"""entry (?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^.\[]*)""")
"""The name of an entry at the start of some paths. It contains the key, which differs between runs."""


def member_path(path: str) -> str:
    """Return the path of a member without positions, equal for JSON and XML; empty for the result itself.

    Args:
        path: A JSON path from ``$``, an XML path from ``/`` and the root element, or a path from ``entry`` and a key.
    """
    path = _ENTRY.sub("$", path, count=1) if path.startswith("entry ") else path
    names = [name.lstrip("@") for name in _POSITION.sub("", path).replace("/", ".").split(".")]
    # A JSON path begins with "$". An XML path begins with an empty name (before "/") and the root element.
    names = names[2:] if path.startswith("/") else names[1:] if path.startswith("$") else names
    return ".".join(name for name in names if name)[:_LONGEST]


def fingerprint(rule: str, member: str) -> str:
    """Return the fingerprint of a failure, 32 hexadecimal digits.

    Args:
        rule: The id of the rule, which equals the id of its clause.
        member: A path from ``member_path``.
    """
    return hashlib.sha256(f"{_VERSION}\n{rule}\n{member}".encode()).hexdigest()[:32]
