"""The command `twinwire certify`."""

from __future__ import annotations

import argparse
import sys
from typing import TextIO

from twinwire.commands import Command
from twinwire_conformance import credentials
from twinwire_conformance.interrupts import Interrupts
from twinwire_conformance.launch import launched, results_of
from twinwire_conformance.model import Report, Result
from twinwire_conformance.options import OPTIONS, REPORT_OPTIONS, parsed
from twinwire_conformance.reports import console as console_report
from twinwire_conformance.reports import github
from twinwire_conformance.reports.baseline import Comparison, read_baseline
from twinwire_conformance.reports.console import Detail, Live
from twinwire_conformance.reports.delivery import Delivery
from twinwire_conformance.rules import Rule, catalogue
from twinwire_conformance.runner import Run
from twinwire_conformance.runner import certify as try_rules
from twinwire_conformance.selection import recorded

_USAGE = "twinwire certify URL | --app MODULE:ATTR | --reference | --replay F  [option ...]"
_VERDICTS = """\
verdicts and exit codes:
  certified               0  every MUST holds, and no SHOULD failed
  certified-with-remarks  0  every MUST holds, and a SHOULD failed
  partial                 0  some rules were deselected, and no MUST among the
                             others failed; this is never a certificate
  not-certified           1  a MUST failed
  (--fail-on should)      1  a SHOULD failed, whatever the verdict
  (wrong usage)           2  an option, a URL, a spec or a report cannot be used
  inconclusive            3  the target is unreachable or unauthorised, or a
                             MUST could not be decided
"""


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.usage = _USAGE
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("url", metavar="URL", nargs="?", help="the base URL, to which the path of the operation is appended")
    for option in (*OPTIONS, *REPORT_OPTIONS):
        parser.add_argument(f"--{option.name}", **option.keywords)
    parser.epilog = f"{_VERDICTS}\n{credentials.HELP}"


def _certify(args: argparse.Namespace) -> int:
    options = parsed(args, args.url)
    rules = catalogue()
    known = None if options.baseline is None else read_baseline(options.baseline)
    delivery = Delivery(options.reports, options.har)
    detail = Detail.QUIET if options.quiet else Detail.VERBOSE if options.verbose else Detail.NORMAL
    with Interrupts(process_ends=True) as interrupts, launched(options) as started:
        chosen = rules if started.rules is None else recorded(started.rules)
        budget = started.run.run_context.target.policy.max_requests
        progress = Live(delivery.stream, len(chosen), detail, budget)
        report = started.conclude(_try(started.run, rules, chosen, progress, interrupts))
        results = results_of(started, options, report, known)
        # Leaving the block writes the recording, which may fail: the report is written before.
        with github.commands_stopped(sys.stderr if started.run.absent else delivery.stream):
            _tell(delivery.stream, report, started.run.absent, detail, results.comparison)
        for line in github.annotation_lines(report) if github.is_github() else ():
            print(line, file=delivery.stream)
        delivery.write(results)
    return options.exit_code(report)


def _tell(stream: TextIO, report: Report, absent: str, detail: Detail, comparison: Comparison | None) -> None:
    if absent:
        hint = "give the base URL: the path of the operation is appended to it"
        print(f"twinwire certify: {report.verdict.value}: {absent} ({hint})", file=sys.stderr)
        console_report.show_trace(sys.stderr, report)
    else:
        console_report.summarise(stream, report, detail, comparison)


def _try(run: Run, rules: list[Rule], chosen: list[Rule], progress: Live, interrupts: Interrupts) -> Report:
    with progress as live:
        run.run_context.target.on_request = live.requests

        def listen(rule: Rule, result: Result | None) -> None:
            if result is None:
                live.begin(rule.id)
            else:
                live.end()

        return try_rules(run, rules, chosen, listen, interrupts)


certify = Command("certify", "certify a server against the contract", _configure, _certify, order=30)
