"""Fingerprints of failures: the same from run to run, whatever the wording of messages, the values and the seed.

Example: SCHEMA-01 at ``$.product[3].images.image[0].sequence`` and at ``/result/product[7]/images/image/@sequence`` are about
the member ``product.images.image.sequence``, and have one fingerprint.
"""

from __future__ import annotations

import hashlib
import re

_LONGEST = 200
_VERSION = "twinwire-fingerprint/1"
_POSITION = re.compile(r"\[[^\]]*\]")
_ENTRY = re.compile(r"""entry (?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^.\[]*)""")
"""The name of one entry, which some paths begin with: its key is a value, and not the same in every run."""


def member_path(path: str) -> str:
    """Return the path of a member without positions, the same for JSON and XML; empty for the result itself.

    Args:
        path: A JSON path from ``$``, an XML path from ``/`` and the root element, or a path from ``entry`` and a key.
    """
    path = _ENTRY.sub("$", path, count=1) if path.startswith("entry ") else path
    names = [name.lstrip("@") for name in _POSITION.sub("", path).replace("/", ".").split(".")]
    # The first name is "$", or is empty and followed by the root element.
    names = names[2:] if path.startswith("/") else names[1:] if path.startswith("$") else names
    return ".".join(name for name in names if name)[:_LONGEST]


def fingerprint(rule: str, member: str) -> str:
    """Return the fingerprint of a failure, 32 hexadecimal digits.

    Args:
        rule: The id of the rule, which is also that of its clause.
        member: The path that ``member_path`` returns.
    """
    return hashlib.sha256(f"{_VERSION}\n{rule}\n{member}".encode()).hexdigest()[:32]
