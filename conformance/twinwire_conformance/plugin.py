"""The pytest plugin that points the suite at a target."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import pytest

from twinwire.errors import TwinwireError
from twinwire_conformance.launch import DEFAULT_PROFILE, Options, launched
from twinwire_conformance.profiles import PROFILES
from twinwire_conformance.runner import Run


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options; they mean what those of ``twinwire certify`` mean."""
    group = parser.getgroup("twinwire", "conformance of a paged JSON/XML feed")
    group.addoption("--target", metavar="URL", help="base URL to certify; the embedded reference server when left out")
    group.addoption("--target-app", metavar="MODULE:ATTR", help="an ASGI application to certify in-process")
    group.addoption("--target-spec", metavar="SPEC", help="the spec to hold it to")
    group.addoption("--target-profile", choices=list(PROFILES), help=f"how much is asked ({DEFAULT_PROFILE})")
    group.addoption("--target-header", metavar="'Name: value'", action="append", default=[], help="a header for every request")
    group.addoption("--target-session", metavar="TEXT", help="the session for every request")
    group.addoption("--target-timeout", metavar="S", type=float, default=30.0, help="seconds for one answer")
    group.addoption("--target-rate", metavar="N", type=float, help="at most N requests a second")
    group.addoption("--target-max-requests", metavar="N", type=int, help="the budget of requests")
    group.addoption("--target-seed", metavar="N", type=int, help="draw the same inputs again")
    group.addoption("--target-har", metavar="F", help="record every exchange as HAR 1.2, without secrets")
    group.addoption("--target-replay", metavar="F", help="repeat a run from what --target-har recorded, without any network")


@pytest.fixture(scope="session")
def certification(pytestconfig: pytest.Config) -> Iterator[Run]:
    """One run for the whole session, so that the rules share what they learn of the target."""
    try:
        with launched(_options(pytestconfig.option)) as started:
            yield started.run
    except TwinwireError as error:
        pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)


def _options(given: argparse.Namespace) -> Options:
    return Options(
        url=given.target,
        app=given.target_app,
        spec=given.target_spec,
        profile=given.target_profile,
        headers=given.target_header,
        session=given.target_session,
        timeout=given.target_timeout,
        rate=given.target_rate,
        max_requests=given.target_max_requests,
        seed=given.target_seed,
        har=given.target_har,
        replay=given.target_replay,
    )
