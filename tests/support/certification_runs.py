"""Certification runs in-process or over loopback, and queries on their reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twinwire_conformance.contract import ContractView
from twinwire_conformance.model import Level, Outcome, Report, Result
from twinwire_conformance.profiles import PROFILES
from twinwire_conformance.reference import Variant, running
from twinwire_conformance.rules import catalogue
from twinwire_conformance.runner import begin, certify
from twinwire_conformance.target import RequestPolicy, Target

# The domain .invalid never resolves (RFC 2606), so a request that leaves the process fails.
IN_PROCESS = "http://in-process.invalid"

TIMEOUT = 30.0
MAX_BYTES = 8 * 1024 * 1024


def run(
    contract: ContractView,
    app: Any = None,
    base: str = IN_PROCESS,
    *,
    profile: str = "standard",
    seed: int = 1,
    headers: Mapping[str, str] | None = None,
    session: str | None = None,
    timeout: float = TIMEOUT,
) -> Report:
    """Run the suite against an application in-process, or against a base URL.

    Args:
        contract: The contract with the suite's settings for it.
        app: The application; None connects to `base`.
        base: The base URL of the target.
        profile: The name of the profile.
        seed: The seed of the run.
        headers: Header fields to send; their values are redacted.
        session: The session to send.
        timeout: The timeout of each request in seconds.
    """
    chosen = PROFILES[profile]
    policy = RequestPolicy(timeout=timeout, max_requests=chosen.max_requests, max_bytes=MAX_BYTES)
    given = dict(headers or {})
    with Target(base, contract.operation.path, policy, given, list(given.values()), app) as target:
        return certify(begin(contract, target, chosen, seed, session), catalogue(), catalogue())


def run_variant(
    contract: ContractView,
    variant: Variant,
    *,
    profile: str = "standard",
    seed: int = 1,
    pace: float = 0.01,
    base: str | None = None,
) -> Report:
    """Run the suite against a variant, over HTTP if it needs that.

    Args:
        contract: The contract with the suite's settings for it.
        variant: The variant.
        profile: The name of the profile.
        seed: The seed of the run and of the feed.
        pace: A factor of the variant's waits; the default makes them a hundred times shorter.
        base: The URL of a variant that already runs; None starts one.
    """
    app = None if base else variant.make(contract.ir, pace=pace, seed=seed)
    if variant.needs_http and base is None:
        with running(app) as url:
            return run_variant(contract, variant, profile=profile, seed=seed, base=url)
    where = (base or IN_PROCESS) + variant.base_path
    return run(contract, app, where, profile=profile, seed=seed, headers=variant.headers, session=variant.session)


def failed(report: Report, level: Level | None = None) -> list[tuple[str, str]]:
    """Return the ids and messages of the rules that failed, optionally of one level only."""
    return [
        (each.id, each.message)
        for each in report.results
        if each.outcome is Outcome.FAIL and (level is None or each.level is level)
    ]


def undecided(report: Report) -> list[tuple[str, str]]:
    """Return the ids and messages of the MUST rules that are inconclusive."""
    return [
        (each.id, each.message) for each in report.results if each.outcome is Outcome.INCONCLUSIVE and each.level is Level.MUST
    ]


def internal(report: Report) -> list[Result]:
    """Return the results that are internal errors of the suite."""
    return [each for each in report.results if each.message.startswith("internal error")]
