"""The options of a run: one table from which ``twinwire certify`` and the pytest plugin derive theirs."""

from __future__ import annotations

import argparse
import difflib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from twinwire.errors import UsageError
from twinwire_conformance.model import Level, Outcome, Report
from twinwire_conformance.profiles import PROFILES
from twinwire_conformance.reports.registry import WRITERS
from twinwire_conformance.selection import choose, chosen_ids
from twinwire_conformance.target import check_url

DEFAULT_PROFILE = "standard"
DEFAULT_TIMEOUT = 30.0
_DAY = 86_400
_REFERENCE = "--{prefix}reference certifies the embedded reference server"


@dataclass(frozen=True, slots=True)
class CertifyOptions:
    """The options of one run. Exactly one of ``url``, ``app``, ``reference`` and ``replay`` names the target.

    None stands for the default, and in a replay for the recorded value.

    Args:
        url: The base URL. With ``replay`` it must be the recorded one.
        app: An application to certify in this process, as ``MODULE:ATTR``.
        reference: Whether to certify the reference server.
        spec: The path of a spec; None for the packaged contract.
        profile: The name of a profile.
        headers: Lines like ``Name: value``.
        session: The session of every request.
        timeout: Seconds for one response.
        rate: Requests per second; None for no limit.
        max_requests: The budget of requests.
        max_time: Seconds for the whole run.
        seed: The seed of drawn inputs; None for a random one.
        rules: The ids of the rules to try; None for all.
        har: The file to record the run in.
        replay: The recording to replay.
        reports: The file of each requested report, by the option of its writer.
        fail_on: "should" when a failed SHOULD fails the run, too.
        baseline: The file of an earlier JSON report.
        quiet: Whether certify prints causes and verdict only.
        verbose: Whether certify prints every request and response of a failure.
    """

    url: str | None = None
    app: str | None = None
    reference: bool = False
    spec: str | None = None
    profile: str | None = None
    headers: Sequence[str] = field(default=(), repr=False)
    session: str | None = field(default=None, repr=False)
    timeout: float = DEFAULT_TIMEOUT
    rate: float | None = None
    max_requests: int | None = None
    max_time: float | None = None
    seed: int | None = None
    rules: tuple[str, ...] | None = None
    har: str | None = None
    replay: str | None = None
    reports: Mapping[str, str] = field(default_factory=dict)
    fail_on: str | None = None
    baseline: str | None = None
    quiet: bool = False
    verbose: bool = False

    def exit_code(self, report: Report) -> int:
        """Return the exit code of a run: that of its verdict, or 1 when a SHOULD failed on which it is to fail."""
        failed = {result.level for result in report.results if result.outcome is Outcome.FAIL}
        return 1 if self.fail_on == "should" and Level.SHOULD in failed else report.verdict.exit_code


Parse = Callable[[str, str], Any]
"""A function from the name of an option and its text to its value. Raises UsageError."""


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a run.

    Args:
        name: The name without dashes.
        field: The field of Options that it fills.
        help: The help text.
        metavar: The placeholder of its value; None for a switch.
        parse: Converts the text of the value.
        many: Whether the option may be repeated.
        for_terminal: Whether the option concerns the output of certify, for which pytest has options of its own.
    """

    name: str
    field: str
    help: str
    metavar: str | None = None
    parse: Parse = lambda _name, text: text
    many: bool = False
    for_terminal: bool = False

    @property
    def keywords(self) -> dict[str, Any]:
        """The keyword arguments with which argparse and pytest declare the option."""
        if self.metavar is None:
            return {"action": "store_true", "help": self.help}
        many = {"action": "append", "default": []} if self.many else {}
        return {"metavar": self.metavar, "help": self.help, **many}


def _number(low: float, high: float) -> Parse:
    def parse(name: str, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise UsageError(f"{name} must be a number from {low:g} to {high:g}, got {text!r}")
        return value

    return parse


def _integer(low: int, high: int) -> Parse:
    def parse(name: str, text: str) -> int:
        # int() alone would accept 1_000 and digits of other scripts.
        if not re.fullmatch(r"[+-]?[0-9]{1,20}", text.strip(), re.ASCII) or not low <= int(text) <= high:
            raise UsageError(f"{name} must be an integer from {low} to {high}, got {text!r}")
        return int(text)

    return parse


def _profile(name: str, text: str) -> str:
    if text not in PROFILES:
        # One suggestion is enough for a typing error; otherwise all names are listed.
        near = difflib.get_close_matches(text.lower(), PROFILES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"profiles are {', '.join(PROFILES)}"
        raise UsageError(f"{name} names an unknown profile: {text!r}", hint)
    return text


def _fail_on(name: str, text: str) -> str:
    if text.lower() != "should":
        raise UsageError(f"{name} must be 'should', got {text!r}", "a failed MUST always fails the run")
    return "should"


_TIMES = ", ".join(f"{name} {profile.max_time:g}" for name, profile in PROFILES.items())
OPTIONS = (
    Option(
        "app",
        "app",
        "certify an ASGI or WSGI application, or the result of a factory without arguments, in-process",
        "MODULE:ATTR",
    ),
    Option("reference", "reference", "start the embedded reference server on a free loopback port and certify it"),
    Option("replay", "replay", "repeat a run from a recording that --har made, without any network", "F"),
    Option("spec", "spec", "the spec to certify the target against (default: the packaged one)", "SPEC"),
    Option(
        "profile", "profile", f"the extent of the run: {', '.join(PROFILES)} (default: {DEFAULT_PROFILE})", "NAME", _profile
    ),
    Option(
        "select",
        "select",
        "try only these rules and families, like PAGE,HTTP-01; may be repeated",
        "ID|FAMILY[,...]",
        many=True,
    ),
    Option("ignore", "ignore", "leave out these rules and families; may be repeated", "ID|FAMILY[,...]", many=True),
    Option("header", "headers", "a header for every request; never shown in a report", "'Name: value'", many=True),
    Option("session", "session", "the session of every request; never shown in a report", "TEXT"),
    Option(
        "timeout", "timeout", f"seconds for one complete response (default: {DEFAULT_TIMEOUT:g})", "S", _number(0.001, _DAY)
    ),
    Option("rate", "rate", "at most N requests per second", "N", _number(0.001, 1e6)),
    Option("max-requests", "max_requests", "the budget of requests (default: the profile's)", "N", _integer(1, 10**9)),
    Option(
        "max-time",
        "max_time",
        f"seconds for the whole run; rules that were not reached are inconclusive (default: {_TIMES})",
        "SECONDS",
        _number(0.001, _DAY),
    ),
    Option(
        "seed",
        "seed",
        "draw the same inputs as a run with this seed; every report names its seed",
        "N",
        _integer(-(2**63), 2**63 - 1),
    ),
    Option("fail-on", "fail_on", "exit with 1 when a SHOULD failed, too; the verdict stays", "should", _fail_on),
    Option("baseline", "baseline", "tell new failures from those of an earlier --report-json F; the verdict stays", "F"),
    Option("quiet", "quiet", "print one line for each cause, and the verdict", for_terminal=True),
    Option("verbose", "verbose", "print every failure with every request and response", for_terminal=True),
    Option("har", "har", "record every exchange as HAR 1.2, without secrets (F.gz: compressed); - is standard output", "F"),
)
"""Every option of a run except the URL and the reports."""
REPORT_OPTIONS = tuple(
    Option(writer.option, "reports", f"{writer.help} (F.gz: compressed); - is standard output", "F") for writer in WRITERS
)
"""The options that name the file of a report, one for each format in the registry."""


def parsed(given: argparse.Namespace, url: str | None, prefix: str = "") -> CertifyOptions:
    """Return the options of a run.

    Args:
        given: The texts that argparse or pytest collected.
        url: The base URL; None when it was not given.
        prefix: The part of each option name before its name here, such as ``target-``.

    Raises:
        UsageError: A value cannot be used, or not exactly one target is named.
    """
    values: dict[str, Any] = {}
    for option in OPTIONS:
        if option.for_terminal and prefix:
            continue
        value = getattr(given, f"{prefix}{option.name}".replace("-", "_"))
        if value is not None:
            values[option.field] = option.parse(f"--{prefix}{option.name}", value) if isinstance(value, str) else value
    values["reports"] = {
        option.name: path
        for option in REPORT_OPTIONS
        if (path := getattr(given, f"{prefix}{option.name}".replace("-", "_"))) is not None
    }
    rules = chosen_ids(choose(values.pop("select"), values.pop("ignore"), f"--{prefix}"))
    options = CertifyOptions(url=url if url is None else url.strip(), rules=rules, **values)
    _check_target(options, prefix)
    if options.quiet and options.verbose:
        raise UsageError("--quiet and --verbose were both given", "leave one of them out")
    return options


def _check_target(options: CertifyOptions, prefix: str) -> None:
    hint = f"give {'--target URL' if prefix else 'a URL'}, --{prefix}app MODULE:ATTR or --{prefix}replay F; {_REFERENCE}"
    hint = hint.format(prefix=prefix)
    if options.url is not None and not options.url.strip():
        raise UsageError("the URL of the target is empty", f"is a variable unset? {hint}")
    named = {
        "a URL": options.url is not None,
        f"--{prefix}app": options.app is not None,
        f"--{prefix}reference": options.reference,
        f"--{prefix}replay": options.replay is not None,
    }
    given = [name for name, is_given in named.items() if is_given]
    if not given:
        raise UsageError("no target was given", hint)
    # A replay may name the recorded URL as well, so that a CI job can switch by adding one option.
    if len(given) > 1 and given != ["a URL", f"--{prefix}replay"]:
        both = f"{' and '.join(given)} were both given" if len(given) == 2 else f"{', '.join(given)} were all given"
        raise UsageError(
            both, "name one target" if options.replay is None else "name one target: leave the target out of a replay"
        )
    if options.url is not None and options.replay is None:
        _check_url(options.url)


def _check_url(url: str) -> None:
    # The URL may contain a password, which a message must not show.
    shown_text = re.sub(r"//[^/@]*@", "//***@", url)
    if re.search(r"\s", url):
        raise UsageError(f"the URL {shown_text!r} has white space in it", "write it like https://api.example.com/v1")
    try:
        check_url(url)
    except UsageError as error:
        raise UsageError(error.message.replace(repr(url), repr(shown_text)), error.hint) from None
