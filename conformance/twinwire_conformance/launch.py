"""Launching a run: from what a caller says to a target, its terms, and a run ready to begin."""

from __future__ import annotations

import importlib
import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from twinwire.errors import UsageError
from twinwire.ir import Contract, read_contract
from twinwire_conformance.contract import Terms, packaged_contract
from twinwire_conformance.profiles import PROFILES
from twinwire_conformance.reference import create_app, running
from twinwire_conformance.runner import Run, begin
from twinwire_conformance.target import Manners, Target

IN_PROCESS = "http://in-process.invalid"


@dataclass(frozen=True, slots=True)
class Options:
    """What a caller says of a run. Without ``url`` and ``app`` the embedded reference server is the target.

    ``headers`` are lines like ``Name: value``; ``timeout`` is in seconds, ``rate`` in requests per second.
    """

    url: str | None = None
    app: str | None = None
    spec: str | None = None
    profile: str = "standard"
    headers: Sequence[str] = ()
    session: str | None = None
    timeout: float = 30.0
    rate: float | None = None
    max_requests: int | None = None
    seed: int | None = None


@contextmanager
def launched(options: Options) -> Iterator[Run]:
    """Yield a run that is ready to begin; its target is closed afterwards. Raises UsageError or SpecError."""
    contract = packaged_contract() if options.spec is None else read_contract(options.spec)
    profile = PROFILES[options.profile]
    headers = _headers(options.headers)
    most = profile.max_requests if options.max_requests is None else options.max_requests
    manners = Manners(options.timeout, options.rate, most)
    secrets = [*headers.values(), *([options.session] if options.session else [])]
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    with ExitStack() as stack:
        url, app = _where(options, contract, stack)
        target = stack.enter_context(Target(url, contract.operation.path, manners, headers, secrets, app))
        yield begin(Terms(contract), target, profile, seed, options.session)


def _where(options: Options, contract: Contract, stack: ExitStack) -> tuple[str, Any]:
    if options.url is not None and options.app is not None:
        raise UsageError("a URL and --app were both given", "name one target")
    if options.url is not None:
        return options.url, None
    if options.app is not None:
        return IN_PROCESS, load_app(options.app)
    return stack.enter_context(running(create_app(contract))), None


def _headers(lines: Sequence[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name, value = name.strip(), value.strip()
        if not colon or not name or not all(char.isalnum() or char in "!#$%&'*+-.^_`|~" for char in name):
            # The text may hold a secret, so it is not repeated.
            raise UsageError("a --header is not of the form 'Name: value'", "write it like --header 'Authorization: Bearer …'")
        if not value.isascii() or not value.isprintable():
            raise UsageError(f"the value of the header {name} has characters that HTTP does not allow")
        headers[name] = value
    return headers


def load_app(reference: str) -> Any:
    """Import an ASGI application from ``MODULE:ATTR``. Raises UsageError when there is none."""
    module_name, colon, attribute = reference.partition(":")
    if not colon or not module_name or not attribute:
        raise UsageError(f"--app {reference!r} is not of the form MODULE:ATTR")
    try:
        found: Any = importlib.import_module(module_name)
        for name in attribute.split("."):
            found = getattr(found, name)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"--app {reference!r} cannot be imported: {error}", "name an importable ASGI application") from error
    if not callable(found):
        raise UsageError(f"--app {reference!r} is no ASGI application: it cannot be called")
    return found
