"""Where a generated file comes from, in one line that is safe in any comment after its escaping."""

from __future__ import annotations

import re

from twinwire.ir import Origin


def provenance(origin: Origin) -> str:
    """Return the spec's title, version and SHA-256 in one line of printable characters."""
    line = f"{origin.title} {origin.version}, spec SHA-256 {origin.sha256}"
    line = " ".join("".join(char if char.isprintable() else " " for char in line).split())
    # Python reads "coding:" in a comment at a file's top, as in "Encoding: a guide", as the encoding of the file.
    return re.sub("(?<=coding)(?=[:=])", " ", line)


def described(description: str, since: str | None) -> str:
    """Return what a member is for, and the version that introduced it where the spec names one."""
    return " ".join(filter(None, (description, f"Since {since}." if since else "")))
