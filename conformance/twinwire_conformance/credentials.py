"""Headers and session of the caller, from options or from environment variables, which no process list shows."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence

from twinwire.errors import UsageError
from twinwire.ir import INT64_MAX, INT64_MIN, Contract, Kind, Scalar

HEADER_VARIABLE = "TWINWIRE_HEADER_"
SESSION_VARIABLE = "TWINWIRE_SESSION"
# Headers of the connection. Host is not among them, because a caller may choose a virtual host with it.
_FRAMING = frozenset(
    (
        *("connection", "content-length", "expect", "http2-settings", "keep-alive", "proxy-connection", "te", "trailer"),
        *("transfer-encoding", "upgrade"),
    )
)
# Headers that the rules vary or depend on: a conditional or partial request, for example, need not return a page.
_OURS = frozenset(
    (
        *("accept", "accept-encoding", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since"),
        "range",
    )
)
HELP = f"""\
Secrets may come from the environment, where no process list shows them:
{HEADER_VARIABLE}AUTHORIZATION='Bearer …' is --header 'Authorization: Bearer …'
(an underscore stands for a hyphen), {SESSION_VARIABLE} is --session. Options win;
empty variables count as unset."""


def headers(lines: Sequence[str], environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the caller's headers by name.

    Args:
        lines: The values of ``--header``, like ``Name: value``. They take precedence over the environment.
        environment: The environment variables; ``TWINWIRE_HEADER_X_KEY`` is the header ``X-KEY``.

    Raises:
        UsageError: A header is malformed, or belongs to the connection or to the suite. The message never shows a value.
    """
    found: dict[str, tuple[str, str]] = {}
    for variable, value in environment.items():
        name = variable.removeprefix(HEADER_VARIABLE).replace("_", "-")
        # CI systems pass a secret that is not set as an empty variable.
        if variable.startswith(HEADER_VARIABLE) and name and value.strip():
            found[name.lower()] = (name, _checked(name, value.strip(), f"the variable {variable}"))
    for line in lines:
        name, colon, value = line.partition(":")
        name, value = name.strip(), value.strip()
        if not colon or not re.fullmatch(r"[0-9A-Za-z!#$%&'*+.^_`|~-]+", name):
            # The malformed text may be a secret, so that the message does not quote it.
            raise UsageError("a --header is not of the form 'Name: value'", "write it like --header 'Authorization: Bearer …'")
        # Header names are case-insensitive: an option replaces the variable of the same name.
        found[name.lower()] = (name, _checked(name, value, "--header"))
    return dict(found.values())


def session(flag: str | None, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the session from the option, else from the environment; None when neither names one."""
    return flag if flag is not None else environment.get(SESSION_VARIABLE) or None


def allowed_session(flag: str | None, contract: Contract, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the session as ``session`` does, and check it against the contract.

    The target would be blamed for rejecting an invalid session.

    Args:
        flag: The value of ``--session``; None when it was not given.
        contract: The contract of the run.
        environment: The environment variables.

    Raises:
        UsageError: The contract does not allow the session. The message never shows its value.
    """
    found = session(flag, environment)
    if found is None:
        return None
    origin = "--session" if flag is not None else f"the variable {SESSION_VARIABLE}"
    parameter = contract.feed.session
    if parameter is None:
        raise UsageError(f"{origin} names a session, but {contract.origin.title} has none", "leave the session out")
    problem = _problem(found, parameter.type)
    if problem:
        raise UsageError(f"{origin} breaks the spec: {parameter.name} {problem}", "give a session that the spec allows")
    return found


def _problem(text: str, scalar: Scalar) -> str:
    """Return the reason why a scalar does not allow a text, without quoting the text; empty when it does."""
    if scalar.min_length is not None and len(text) < scalar.min_length:
        return f"must have at least {scalar.min_length} characters, got {len(text)}"
    if scalar.max_length is not None and len(text) > scalar.max_length:
        return f"must have at most {scalar.max_length} characters, got {len(text)}"
    if scalar.pattern is not None and not _matches(scalar.pattern, text):
        return f"must match the pattern {scalar.pattern}"
    if scalar.enum and text not in map(str, scalar.enum):
        return f"must be one of {', '.join(map(str, scalar.enum))}"
    if scalar.kind is Kind.INTEGER:
        if not re.fullmatch(r"-?[0-9]{1,19}", text, re.ASCII):
            return "must be an integer"
        low = INT64_MIN if scalar.minimum is None else scalar.minimum
        high = INT64_MAX if scalar.maximum is None else scalar.maximum
        if not low <= int(text) <= high:
            return f"must be an integer from {low} to {high}"
    return ""


def _matches(pattern: str, text: str) -> bool:
    # Imported here because only specs with a pattern need it.
    import jsonschema_rs  # noqa: PLC0415

    try:
        return jsonschema_rs.is_valid({"pattern": pattern}, text)
    except ValueError:
        # The pattern uses syntax that only Python has, or the text has lone surrogates.
        return re.search(pattern, text) is not None


def _checked(name: str, value: str, origin: str) -> str:
    if name.lower() in _FRAMING:
        raise UsageError(f"{origin} sets {name}, which belongs to the connection and not to the request", "leave it out")
    if name.lower() in _OURS:
        raise UsageError(f"{origin} sets {name}, which the kit sets itself because the rules depend on it", "leave it out")
    if name.lower() == "host" and not re.fullmatch(r"[0-9A-Za-z._~%:\[\]-]+", value):
        raise UsageError(
            f"{origin} sets Host to a value that is not a host", "write it like --header 'Host: shop.example.com:8080'"
        )
    if not value.isascii() or not value.isprintable():
        raise UsageError(f"the value of the header {name} has characters that HTTP does not allow")
    return value
