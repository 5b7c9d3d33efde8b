"""Texts about the origin of generated files and members."""

from __future__ import annotations

import re

from twinwire.ir import Origin


def provenance(origin: Origin) -> str:
    """Return the spec's title, version and SHA-256 in one line of printable characters, for the header of a file."""
    line = f"{origin.title} {origin.version}, spec SHA-256 {origin.sha256}"
    line = " ".join("".join(char if char.isprintable() else " " for char in line).split())
    # PEP 263: Python takes "coding:" in a comment at the top of a file, as in "Encoding: a guide", as its encoding.
    return re.sub("(?<=coding)(?=[:=])", " ", line)


def described(description: str, since: str | None) -> str:
    """Return the description of a member, followed by the version that introduced it if the spec names one."""
    return " ".join(filter(None, (description, f"Since {since}." if since else "")))
