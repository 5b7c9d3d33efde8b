"""The pytest plugin that points the suite at a target."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from twinwire.errors import TwinwireError
from twinwire_conformance.launch import Options, launched
from twinwire_conformance.profiles import PROFILES
from twinwire_conformance.runner import Run


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options; they mean what those of ``twinwire certify`` mean."""
    group = parser.getgroup("twinwire", "conformance of a paged JSON/XML feed")
    group.addoption("--target", metavar="URL", help="base URL to certify; the embedded reference server when left out")
    group.addoption("--target-app", metavar="MODULE:ATTR", help="an ASGI application to certify in-process")
    group.addoption("--target-spec", metavar="SPEC", help="the spec to hold it to")
    group.addoption("--target-profile", choices=list(PROFILES), default="standard", help="how much is asked")
    group.addoption("--target-header", metavar="'Name: value'", action="append", default=[], help="a header for every request")
    group.addoption("--target-session", metavar="TEXT", help="the session for every request")
    group.addoption("--target-timeout", metavar="S", type=float, default=30.0, help="seconds for one answer")
    group.addoption("--target-rate", metavar="N", type=float, help="at most N requests a second")
    group.addoption("--target-max-requests", metavar="N", type=int, help="the budget of requests")
    group.addoption("--target-seed", metavar="N", type=int, help="draw the same inputs again")


@pytest.fixture(scope="session")
def certification(pytestconfig: pytest.Config) -> Iterator[Run]:
    """One run for the whole session, so that the rules share what they learn of the target."""
    get = pytestconfig.getoption
    options = Options(
        url=get("target"),
        app=get("target_app"),
        spec=get("target_spec"),
        profile=get("target_profile"),
        headers=get("target_header"),
        session=get("target_session"),
        timeout=get("target_timeout"),
        rate=get("target_rate"),
        max_requests=get("target_max_requests"),
        seed=get("target_seed"),
    )
    try:
        with launched(options) as run:
            yield run
    except TwinwireError as error:
        raise pytest.UsageError(str(error)) from error
