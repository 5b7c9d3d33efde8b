"""The command `twinwire selftest`: the kill matrix, which proves the suite itself.

Every seeded fault must be detected by a rule that it breaks, every rule must detect some fault, every conformant variant must
get a verdict that is right for it, and no impostor may be certified.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from typing import Any, Literal

from twinwire.commands import Command
from twinwire_conformance.contract import ContractView, packaged_contract
from twinwire_conformance.launch import IN_PROCESS
from twinwire_conformance.model import Level, Outcome, Report, Verdict
from twinwire_conformance.profiles import PROFILES
from twinwire_conformance.reference import FAULTS, IMPOSTORS, OUT_OF_REACH, VARIANTS, Fault, create_app, running
from twinwire_conformance.rules import RULES, catalogue
from twinwire_conformance.runner import begin, certify
from twinwire_conformance.target import RequestPolicy, Target

Kind = Literal["faultless", "fault", "variant", "impostor"]

PACE = 0.01
"""The factor by which variants shorten their waits, which prove nothing about the suite."""
PATIENCE = 2.0
"""The seconds to wait for a response, so that impostors that hang do not delay the matrix."""
MAX_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class CaseResult:
    """The result of the suite against one server.

    Args:
        kind: The kind of server.
        name: The name of the server; empty for the faultless one.
        wanted: For a fault the rules of which at least one must fail, else the verdicts that are right.
        failed: The rules that failed.
        verdict: The verdict of the run.
        requests: The number of requests.
        seconds: The duration.
        problem: The defect of the suite that this shows; empty when there is none.
    """

    kind: Kind
    name: str
    wanted: tuple[str, ...]
    """For a fault the rules of which at least one must fail, else the verdicts that are right."""
    failed: tuple[str, ...]
    verdict: str
    requests: int
    seconds: float
    problem: str
    """The defect of the suite that this shows; empty when there is none."""


@dataclass(frozen=True, slots=True)
class _Server:
    """A server that the suite is run against, with the headers and the session that it requires."""

    app: Any
    needs_http: bool = False
    base_path: str = ""
    headers: Mapping[str, str] | None = None
    session: str | None = None


def cases() -> list[tuple[Kind, str]]:
    """Return every server of the kill matrix, by kind and name."""
    contract = packaged_contract()
    fitting: list[tuple[Kind, str]] = [("faultless", "")]
    fitting.extend(("fault", name) for name, fault in FAULTS.items() if fault.fits(contract))
    fitting.extend(("variant", name) for name, variant in VARIANTS.items() if variant.fits(contract))
    fitting.extend(("impostor", name) for name, impostor in IMPOSTORS.items() if impostor.fits(contract))
    return fitting


def run_case(kind: Kind, name: str, profile: str = "standard", seed: int = 1) -> CaseResult:
    """Run the whole suite against one server and judge the result.

    Args:
        kind: The kind of server.
        name: Its name; empty for the faultless one.
        profile: The name of the profile.
        seed: The seed of the run.
    """
    contract = ContractView(packaged_contract())
    if kind == "variant":
        variant = VARIANTS[name]
        app = variant.make(contract.ir, pace=PACE, seed=seed)
        server = _Server(app, variant.needs_http, variant.base_path, variant.headers, variant.session)
        wanted = tuple(verdict.value for verdict in variant.expects)
    elif kind == "impostor":
        server = _Server(IMPOSTORS[name].make(contract.ir), IMPOSTORS[name].needs_http)
        wanted = (Verdict.NOT_CERTIFIED.value, Verdict.INCONCLUSIVE.value)
    else:
        # A server without faults must be certified without remarks, which also catches false failures.
        fault = FAULTS[name] if name else None
        server = _Server(create_app(contract.ir)) if fault is None else _faulty(contract, fault)
        wanted = (Verdict.CERTIFIED.value,) if fault is None else fault.trips
    report = _run(contract, server, profile, seed)
    failed = tuple(result.id for result in report.results if result.outcome is Outcome.FAIL)
    problem = "" if name in OUT_OF_REACH else _problem(kind, report, failed, wanted)
    return CaseResult(kind, name, wanted, failed, report.verdict.value, report.requests, report.seconds, problem)


def _faulty(contract: ContractView, fault: Fault) -> _Server:
    app = create_app(contract.ir, fault=fault.name, products=fault.products, image_bytes=fault.image_bytes)
    return _Server(app, fault.needs_http)


def _run(contract: ContractView, server: _Server, profile: str, seed: int) -> Report:
    chosen = PROFILES[profile]
    headers = dict(server.headers or {})
    policy = RequestPolicy(timeout=PATIENCE, max_requests=chosen.max_requests, max_bytes=MAX_BYTES)
    with ExitStack() as stack:
        base = stack.enter_context(running(server.app)) if server.needs_http else IN_PROCESS
        app = None if server.needs_http else server.app
        secrets = list(headers.values())
        target = Target(base + server.base_path, contract.operation.path, policy, headers, secrets, app)
        stack.enter_context(target)
        return certify(begin(contract, target, chosen, seed, server.session), catalogue(), catalogue())


def _problem(kind: Kind, report: Report, failed: tuple[str, ...], wanted: tuple[str, ...]) -> str:
    if any(result.message.startswith("internal error") for result in report.results):
        return "the suite itself failed"
    if kind != "fault":
        shown_text = f" ({', '.join(failed)} failed)" if failed else ""
        return "" if report.verdict.value in wanted else f"is {report.verdict.value}, not {' or '.join(wanted)}{shown_text}"
    if not failed:
        return "no rule detects it"
    if not set(wanted) & set(failed):
        return f"only {', '.join(failed)} detect it, not {' or '.join(wanted)}"
    if (
        any(name in RULES and RULES[name].level is Level.MUST for name in wanted)
        and report.verdict is not Verdict.NOT_CERTIFIED
    ):
        return f"a MUST is broken, and the verdict is {report.verdict.value}"
    return ""


def unproved(trials: Iterable[CaseResult]) -> list[str]:
    """Return the ids of the rules that no fault makes fail."""
    faults = [context for context in trials if context.kind == "fault"]
    proved = {name for context in faults for name in context.failed if name in context.wanted}
    return [rule.id for rule in catalogue() if rule.id not in proved]


def matrix(profile: str, seed: int, jobs: int, told: Callable[[CaseResult], None]) -> list[CaseResult]:
    """Run the suite against every server, in parallel processes.

    Args:
        profile: The name of the profile.
        seed: The seed of every run.
        jobs: The number of processes.
        told: Called with each judgement, in order.
    """
    trials: list[CaseResult] = []
    # A forked process would copy locks that the threads of this process's event loops may hold.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(run_case, kind, name, profile, seed) for kind, name in cases()]
        for future in futures:
            trials.append(future.result())
            told(trials[-1])
    return trials


def as_text(trials: list[CaseResult]) -> str:
    """Return the problems as text, then the totals."""
    lines = [f"{context.kind} {context.name}".strip() + f": {context.problem}" for context in trials if context.problem]
    lines += [f"{name}: no fault makes it fail" for name in unproved(trials)]
    right = {kind: [context for context in trials if context.kind == kind] for kind in ("fault", "variant", "impostor")}
    said = {"fault": "seen", "variant": "judged rightly", "impostor": "not certified"}
    beyond = [context for context in right["fault"] if context.name in OUT_OF_REACH]
    right["fault"] = [context for context in right["fault"] if context.name not in OUT_OF_REACH]
    totals = [f"{sum(not t.problem for t in some)} of {len(some)} {kind}s {said[kind]}" for kind, some in right.items()]
    seen = sum(bool(context.failed) for context in beyond)
    totals.append(f"{seen} of {len(beyond)} faults that are out of reach seen all the same")
    proved = len(catalogue()) - len(unproved(trials))
    most = max(context.requests for context in trials)
    return "\n".join([*lines, f"{', '.join(totals)}; {proved} of {len(catalogue())} rules proved; at most {most} requests"])


def as_markdown(trials: list[CaseResult]) -> str:
    """Return the kill matrix as a Markdown table with a row per server."""
    rows = [
        f"| {context.kind} | {context.name} | {', '.join(context.wanted)} | {', '.join(context.failed)} | {context.verdict} |"
        for context in trials
    ]
    return "\n".join(["| kind | server | wanted | failed | verdict |", "|---|---|---|---|---|", *rows, "", as_text(trials)])


def as_json(trials: list[CaseResult]) -> str:
    """Return the kill matrix as a JSON document."""
    document: dict[str, Any] = {"trials": [asdict(context) for context in trials], "unproved": unproved(trials)}
    return json.dumps(document, indent=2)


FORMATS: dict[str, Callable[[list[CaseResult]], str]] = {"text": as_text, "markdown": as_markdown, "json": as_json}


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=list(FORMATS), default="text", help="output format (default: text)")
    parser.add_argument(
        "--profile", choices=list(PROFILES), default="standard", help="the extent of every run (default: standard)"
    )
    parser.add_argument("--seed", metavar="N", type=int, default=1, help="the seed of every run (default: 1)")
    parser.add_argument("--jobs", metavar="N", type=int, default=os.cpu_count() or 1, help="processes (default: one per core)")


def _selftest(args: argparse.Namespace) -> int:
    live = sys.stderr.isatty()

    def told(context: CaseResult) -> None:
        if live:
            print(f"\r\x1b[K{context.kind} {context.name}: {context.problem or 'ok'}", end="", file=sys.stderr, flush=True)

    trials = matrix(args.profile, args.seed, max(1, args.jobs), told)
    if live:
        print("\r\x1b[K", end="", file=sys.stderr)
    print(FORMATS[args.format](trials))
    return 1 if unproved(trials) or any(context.problem for context in trials) else 0


selftest = Command("selftest", "prove the suite against seeded faults: the kill matrix", _configure, _selftest, order=60)
