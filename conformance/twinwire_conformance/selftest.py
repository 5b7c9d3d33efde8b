"""The subcommand selftest: the suite on trial. Every fault must be seen by the rule that it breaks."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from typing import Any

from twinwire.commands import Command
from twinwire_conformance.contract import Terms, packaged_contract
from twinwire_conformance.launch import IN_PROCESS
from twinwire_conformance.model import Level, Outcome, Report, Verdict
from twinwire_conformance.profiles import PROFILES
from twinwire_conformance.reference import FAULTS, create_app
from twinwire_conformance.rules import RULES, catalogue
from twinwire_conformance.runner import begin, certify
from twinwire_conformance.target import Manners, Target


@dataclass(frozen=True, slots=True)
class Kill:
    """How the suite fared against one server: a fault, or the faultless server where ``fault`` is None."""

    fault: str | None
    wanted: tuple[str, ...]
    failed: tuple[str, ...]
    verdict: str
    requests: int
    seconds: float
    problem: str
    """What is wrong with the suite; empty when it judged rightly."""


def examine(fault: str | None, profile: str, seed: int) -> Report:
    """Certify the reference server in-process, broken by a fault or not."""
    terms = Terms(packaged_contract())
    chosen = PROFILES[profile]
    app = create_app(terms.contract, fault=fault)
    with Target(IN_PROCESS, terms.operation.path, Manners(max_requests=chosen.max_requests), app=app) as target:
        return certify(begin(terms, target, chosen, seed), catalogue(), catalogue())


def kill(fault: str | None, profile: str = "standard", seed: int = 1) -> Kill:
    """Put the suite on trial against one server."""
    report = examine(fault, profile, seed)
    failed = tuple(result.id for result in report.results if result.outcome is Outcome.FAIL)
    wanted = FAULTS[fault].trips if fault is not None else ()
    problem = _problem(report, failed, wanted)
    return Kill(fault, wanted, failed, report.verdict.value, report.requests, report.seconds, problem)


def _problem(report: Report, failed: tuple[str, ...], wanted: tuple[str, ...]) -> str:
    if any(result.message.startswith("internal error") for result in report.results):
        return "the suite itself failed"
    if not wanted:
        return "" if report.verdict is Verdict.CERTIFIED else f"the faultless server is {report.verdict.value}"
    if not failed:
        return "no rule sees it"
    if not set(wanted) & set(failed):
        return f"only {', '.join(failed)} see it, not {' or '.join(wanted)}"
    grave = any(RULES[name].level is Level.MUST for name in wanted)
    if grave and report.verdict is not Verdict.NOT_CERTIFIED:
        return f"a MUST is broken, and the verdict is {report.verdict.value}"
    return ""


def unproved(kills: Iterable[Kill]) -> list[str]:
    """Return the rules that no fault makes fail."""
    proved = {name for item in kills for name in item.failed if name in item.wanted}
    return [rule.id for rule in catalogue() if rule.id not in proved]


def matrix(profile: str, seed: int, jobs: int, told: Callable[[Kill], None]) -> list[Kill]:
    """Put the suite on trial against every server, in parallel processes; ``told`` hears of each as it is done."""
    kills: list[Kill] = []
    # Forking would copy the threads of this process's event loops in an unknown state.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for item in pool.map(kill, [None, *FAULTS], *zip(*([(profile, seed)] * (len(FAULTS) + 1)), strict=True)):
            kills.append(item)
            told(item)
    return kills


def as_text(kills: list[Kill]) -> str:
    """Return what went wrong, then the totals."""
    lines = [f"{item.fault or 'no fault'}: {item.problem}" for item in kills if item.problem]
    lines += [f"{name}: no fault makes it fail" for name in unproved(kills)]
    seen = sum(not item.problem for item in kills if item.fault is not None)
    proved = len(catalogue()) - len(unproved(kills))
    most = max(item.requests for item in kills)
    totals = f"{seen} of {len(kills) - 1} faults seen, {proved} of {len(catalogue())} rules proved, at most {most} requests"
    return "\n".join([*lines, totals])


def as_markdown(kills: list[Kill]) -> str:
    """Return the kill matrix as a table: a row per fault, the rules that it must trip and those that failed."""
    rows = [
        f"| {item.fault or '(none)'} | {', '.join(item.wanted)} | {', '.join(item.failed)} | {item.verdict} | {item.requests} |"
        for item in kills
    ]
    return "\n".join(
        ["| fault | must trip | failed | verdict | requests |", "|---|---|---|---|---:|", *rows, "", as_text(kills)]
    )


def as_json(kills: list[Kill]) -> str:
    """Return the kill matrix as a JSON document."""
    document: dict[str, Any] = {"kills": [asdict(item) for item in kills], "unproved": unproved(kills)}
    return json.dumps(document, indent=2)


FORMATS: dict[str, Callable[[list[Kill]], str]] = {"text": as_text, "markdown": as_markdown, "json": as_json}


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=list(FORMATS), default="text", help="how to print it (default: text)")
    parser.add_argument("--profile", choices=list(PROFILES), default="standard", help="how much is asked (default: standard)")
    parser.add_argument("--seed", metavar="N", type=int, default=1, help="the seed of every run (default: 1)")
    parser.add_argument("--jobs", metavar="N", type=int, default=os.cpu_count() or 1, help="processes (default: one per core)")


def _selftest(args: argparse.Namespace) -> int:
    def told(item: Kill) -> None:
        if sys.stderr.isatty():
            print(f"\r\x1b[K{item.fault or 'no fault'}: {item.problem or 'ok'}", end="", file=sys.stderr, flush=True)

    kills = matrix(args.profile, args.seed, max(1, args.jobs), told)
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    print(FORMATS[args.format](kills))
    return 1 if unproved(kills) or any(item.problem for item in kills) else 0


selftest = Command("selftest", "put the suite itself on trial: the kill matrix", _configure, _selftest, order=60)
