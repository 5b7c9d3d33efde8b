"""Headers and session as the caller gives them: by flags, or in the environment where no process list shows them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence

from twinwire.errors import UsageError

HEADER_VARIABLE = "TWINWIRE_HEADER_"
SESSION_VARIABLE = "TWINWIRE_SESSION"
HELP = (
    f"Secrets may come from the environment: {HEADER_VARIABLE}AUTHORIZATION='Bearer …' is --header 'Authorization: Bearer …' "
    f"(an underscore stands for a hyphen), {SESSION_VARIABLE} is --session. Flags win; empty variables count as unset."
)


def headers(lines: Sequence[str], environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the headers by name; lines are like ``Name: value``. Raises UsageError, which never shows a value."""
    found: dict[str, tuple[str, str]] = {}
    for variable, value in environment.items():
        name = variable.removeprefix(HEADER_VARIABLE).replace("_", "-")
        if variable.startswith(HEADER_VARIABLE) and name and value.strip():
            found[name.lower()] = (name, _checked(name, value.strip()))
    for line in lines:
        name, colon, value = line.partition(":")
        name, value = name.strip(), value.strip()
        if not colon or not re.fullmatch(r"[0-9A-Za-z!#$%&'*+.^_`|~-]+", name):
            # The text may hold a secret, so it is not repeated.
            raise UsageError("a --header is not of the form 'Name: value'", "write it like --header 'Authorization: Bearer …'")
        found[name.lower()] = (name, _checked(name, value))
    return dict(found.values())


def session(flag: str | None, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the session, or None when neither a flag nor the environment names one."""
    return flag if flag is not None else environment.get(SESSION_VARIABLE) or None


def _checked(name: str, value: str) -> str:
    if not value.isascii() or not value.isprintable():
        raise UsageError(f"the value of the header {name} has characters that HTTP does not allow")
    return value
