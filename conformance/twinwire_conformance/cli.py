"""The command `twinwire certify`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TextIO

from twinwire.commands import Command
from twinwire.errors import UsageError
from twinwire_conformance import credentials
from twinwire_conformance.interrupts import Interrupts
from twinwire_conformance.launch import launched
from twinwire_conformance.model import Report, Result
from twinwire_conformance.options import OPTIONS, parsed
from twinwire_conformance.reports import console as console_report
from twinwire_conformance.reports import document
from twinwire_conformance.reports.output import Output
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
  (wrong usage)           2  an option, a URL, a spec or a report cannot be used
  inconclusive            3  the target is unreachable or unauthorised, or a
                             MUST could not be decided
"""


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.usage = _USAGE
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("url", metavar="URL", nargs="?", help="the base URL, to which the path of the operation is appended")
    for option in OPTIONS:
        parser.add_argument(f"--{option.name}", **option.keywords)
    parser.add_argument("--report-json", metavar="F", help="write the report as JSON to file F; - is standard output")
    parser.epilog = f"{_VERDICTS}\n{credentials.HELP}"


def _certify(args: argparse.Namespace) -> int:
    options = parsed(args, args.url)
    rules = catalogue()
    output = None if args.report_json is None else Output(args.report_json)
    recording = None if args.har is None else Output(args.har)
    stream = _stream(output, recording)
    with Interrupts(process_ends=True) as interrupts, launched(options) as started:
        chosen = rules if started.rules is None else recorded(started.rules)
        report = started.conclude(_try(started.run, rules, chosen, stream, interrupts))
        # Leaving the block writes the recording, which may fail: the report is written before.
        _tell(stream, report, started.run.absent)
        if output is not None:
            output.write(document.text(report))
    return report.verdict.exit_code


def _stream(*outputs: Output | None) -> TextIO:
    """Return the stream for human output: standard error when a report goes to standard output. Raises UsageError."""
    given = [output for output in outputs if output is not None]
    if sum(output.is_standard for output in given) > 1:
        raise UsageError("two reports were sent to standard output", "name a file for one of them")
    files = [Path(output.path).resolve() for output in given if not output.is_device]
    if len(set(files)) < len(files):
        raise UsageError(f"two reports were sent to {given[0].path!r}", "name another file for one of them")
    return sys.stderr if any(output.is_standard for output in given) else sys.stdout


def _tell(stream: TextIO, report: Report, absent: str) -> None:
    if absent:
        hint = "give the base URL: the path of the operation is appended to it"
        print(f"twinwire certify: {report.verdict.value}: {absent} ({hint})", file=sys.stderr)
        console_report.show_trace(sys.stderr, report)
    else:
        console_report.summarise(stream, report)


def _try(run: Run, rules: list[Rule], chosen: list[Rule], stream: TextIO, interrupts: Interrupts) -> Report:
    with console_report.Live(stream, len(chosen)) as live:
        run.exam.target.on_request = live.requests

        def listen(rule: Rule, result: Result | None) -> None:
            if result is None:
                live.begin(rule.id)
            else:
                live.end()

        return try_rules(run, rules, chosen, listen, interrupts)


certify = Command("certify", "certify a server against the contract", _configure, _certify, order=30)
