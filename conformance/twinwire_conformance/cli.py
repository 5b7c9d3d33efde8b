"""The subcommands certify and serve."""

from __future__ import annotations

import argparse
import difflib
import math
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from twinwire.commands import Command
from twinwire.errors import UsageError
from twinwire_conformance import launch
from twinwire_conformance.model import Report, Result
from twinwire_conformance.profiles import PROFILES
from twinwire_conformance.reference.command import serve
from twinwire_conformance.reports import console as console_report
from twinwire_conformance.reports import document
from twinwire_conformance.rules import RULES, Rule, catalogue
from twinwire_conformance.runner import Run
from twinwire_conformance.runner import certify as try_rules

__all__ = ["certify", "serve"]


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
    add("--profile", choices=list(PROFILES), default="standard", help="how much is asked (default: standard)")
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
    chosen = _selected(args.select, rules)
    write = _writer(args.report_json)
    options = launch.Options(
        args.url,
        args.app,
        args.spec,
        args.profile,
        args.header,
        args.session,
        args.timeout,
        args.rate,
        args.max_requests,
        args.seed,
    )
    # When the JSON goes to standard output, what is for people goes to standard error.
    console = Console(stderr=args.report_json == "-", highlight=False)
    with launch.launched(options) as run:
        report = _try(run, rules, chosen, console)
    if run.absent:
        hint = "the URL is the base, to which the operation's path is appended"
        print(f"twinwire certify: {report.verdict.value}: {run.absent} ({hint})", file=sys.stderr)
    else:
        console_report.summarise(console, report)
    write(document.text(report))
    return report.verdict.exit_code


def _try(run: Run, rules: list[Rule], chosen: list[Rule], console: Console) -> Report:
    with console_report.Live(console, len(chosen)) as live:
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


def _writer(path: str | None) -> Callable[[str], None]:
    """Return what writes a report; raises UsageError before the run when the file could not be written after it."""
    if path is None:
        return lambda _: None
    if path == "-":
        return lambda text: print(text, end="", flush=True)
    file = Path(path)
    try:
        if file.is_dir():
            raise IsADirectoryError(21, "Is a directory")
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent or ".")
        os.close(handle)
        Path(name).unlink()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(
            f"the report cannot be written to {path!r}: {reason}", "name a file in a directory that can be written"
        ) from error
    return lambda text: _replace(file, text)


def _replace(file: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(file)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise UsageError(f"the report could not be written to {str(file)!r}: {error.strerror}") from error


certify = Command("certify", "hold a server to the contract and report", _configure, _certify, order=30)
