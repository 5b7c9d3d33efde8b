"""Whole runs of the suite, in-process or over loopback, and what of a report shows that a run went as it should."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twinwire_conformance.contract import Terms
from twinwire_conformance.model import Level, Outcome, Report, Result
from twinwire_conformance.profiles import PROFILES
from twinwire_conformance.reference import Variant, running
from twinwire_conformance.rules import catalogue
from twinwire_conformance.runner import begin, certify
from twinwire_conformance.target import Manners, Target

IN_PROCESS = "http://in-process.invalid"

TIMEOUT = 30.0
MAX_BYTES = 8 * 1024 * 1024


def run(
    terms: Terms,
    app: Any = None,
    base: str = IN_PROCESS,
    *,
    profile: str = "standard",
    seed: int = 1,
    headers: Mapping[str, str] | None = None,
    session: str | None = None,
    timeout: float = TIMEOUT,
) -> Report:
    """Certify an application in-process, or what stands at a base URL when there is none."""
    chosen = PROFILES[profile]
    manners = Manners(timeout=timeout, max_requests=chosen.max_requests, max_bytes=MAX_BYTES)
    given = dict(headers or {})
    with Target(base, terms.operation.path, manners, given, list(given.values()), app) as target:
        return certify(begin(terms, target, chosen, seed, session), catalogue(), catalogue())


def run_variant(
    terms: Terms, variant: Variant, *, profile: str = "standard", seed: int = 1, pace: float = 0.01, base: str | None = None
) -> Report:
    """Certify a variant, over HTTP when it asks for that; ``base`` says where it already stands."""
    app = None if base else variant.make(terms.contract, pace=pace, seed=seed)
    if variant.needs_http and base is None:
        with running(app) as url:
            return run_variant(terms, variant, profile=profile, seed=seed, base=url)
    where = (base or IN_PROCESS) + variant.base_path
    return run(terms, app, where, profile=profile, seed=seed, headers=variant.headers, session=variant.session)


def failed(report: Report, level: Level | None = None) -> list[tuple[str, str]]:
    """Return the rules that failed, with their messages."""
    return [
        (each.id, each.message)
        for each in report.results
        if each.outcome is Outcome.FAIL and (level is None or each.level is level)
    ]


def undecided(report: Report) -> list[tuple[str, str]]:
    """Return the MUST rules that were not decided, with the reasons."""
    return [
        (each.id, each.message) for each in report.results if each.outcome is Outcome.INCONCLUSIVE and each.level is Level.MUST
    ]


def internal(report: Report) -> list[Result]:
    """Return the results that are a fault of the suite."""
    return [each for each in report.results if each.message.startswith("internal error")]
