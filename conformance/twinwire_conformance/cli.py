"""The subcommand certify."""

from __future__ import annotations

import argparse
import difflib
import math
import sys
from typing import TextIO

from twinwire.commands import Command
from twinwire.errors import UsageError
from twinwire_conformance import credentials, launch
from twinwire_conformance.model import Report, Result
from twinwire_conformance.profiles import PROFILES
from twinwire_conformance.reports import console as console_report
from twinwire_conformance.reports import document
from twinwire_conformance.reports.output import Output
from twinwire_conformance.rules import RULES, Rule, catalogue
from twinwire_conformance.runner import Run
from twinwire_conformance.runner import certify as try_rules


def _configure(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "url",
        metavar="URL",
        nargs="?",
        help="the base that the operation's path is appended to; default: the embedded reference server",
    )
    add("--app", metavar="MODULE:ATTR", help="certify an ASGI application in-process")
    add("--spec", metavar="SPEC", help="the spec to hold the target to; default: the packaged one")
    add("--profile", choices=list(PROFILES), help=f"how much is asked (default: {launch.DEFAULT_PROFILE})")
    add("--select", metavar="ID[,ID...]", help="try only these rules; what is left out is reported as skipped")
    add(
        "--header",
        metavar="'Name: value'",
        action="append",
        default=[],
        help="a header for every request; never shown in a report",
    )
    add("--session", metavar="TEXT", help="the session of every request, never shown")
    add("--timeout", metavar="S", type=_positive, default=30.0, help="seconds for one whole answer (default: 30)")
    add("--rate", metavar="N", type=_positive, help="at most N requests a second")
    add("--max-requests", metavar="N", type=_whole, help="the budget of requests (default: the profile's)")
    add("--seed", metavar="N", type=int, help="draw the same inputs again; the seed of a run stands in its report")
    add("--report-json", metavar="F", help="write the report as JSON; - is standard output")
    add("--har", metavar="F", help="record every exchange as HAR 1.2, without secrets (F.gz: compressed); - is standard output")
    add("--replay", metavar="F", help="repeat a run from what --har recorded, without any network")
    parser.epilog = credentials.HELP


def _positive(text: str) -> float:
    value = float(text)
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def _whole(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1")
    return value


def _certify(args: argparse.Namespace) -> int:
    rules = catalogue()
    selected = None if args.select is None else tuple(rule.id for rule in _selected(args.select, rules))
    if [args.report_json, args.har].count("-") > 1:
        raise UsageError("two reports were sent to standard output", "name a file for one of them")
    output = None if args.report_json is None else Output(args.report_json)
    options = launch.Options(
        url=args.url,
        app=args.app,
        spec=args.spec,
        profile=args.profile,
        headers=args.header,
        session=args.session,
        timeout=args.timeout,
        rate=args.rate,
        max_requests=args.max_requests,
        seed=args.seed,
        rules=selected,
        har=args.har,
        replay=args.replay,
    )
    # When a report goes to standard output, what is for people goes to standard error.
    stream = sys.stderr if "-" in (args.report_json, args.har) else sys.stdout
    with launch.launched(options) as started:
        chosen = rules if started.rules is None else _selected(",".join(started.rules), rules)
        report = started.conclude(_try(started.run, rules, chosen, stream))
        # Within the block: a recording that cannot be written must not cost the report.
        _tell(stream, report, started.run.absent)
        if output is not None:
            output.write(document.text(report))
    return report.verdict.exit_code


def _tell(stream: TextIO, report: Report, absent: str) -> None:
    if absent:
        hint = "the URL is the base, to which the operation's path is appended"
        print(f"twinwire certify: {report.verdict.value}: {absent} ({hint})", file=sys.stderr)
    else:
        console_report.summarise(stream, report)


def _try(run: Run, rules: list[Rule], chosen: list[Rule], stream: TextIO) -> Report:
    with console_report.Live(stream, len(chosen)) as live:
        run.exam.target.on_request = live.requests

        def listen(rule: Rule, result: Result | None) -> None:
            if result is None:
                live.begin(rule.id)
            else:
                live.end()

        return try_rules(run, rules, chosen, listen)


def _selected(select: str | None, rules: list[Rule]) -> list[Rule]:
    if select is None:
        return rules
    wanted = [part.strip().upper() for part in select.split(",") if part.strip()]
    for name in wanted:
        if name not in RULES:
            near = difflib.get_close_matches(name, RULES, n=1)
            raise UsageError(
                f"--select names no rule: {name!r}", f"did you mean {near[0]}?" if near else f"rules are {', '.join(RULES)}"
            )
    if not wanted:
        raise UsageError("--select names no rule at all")
    return [rule for rule in rules if rule.id in wanted]


certify = Command("certify", "hold a server to the contract and report", _configure, _certify, order=30)
