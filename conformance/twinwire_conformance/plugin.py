"""The pytest plugin: it certifies a target once for a whole session, and gives each rule's test its result.

With pytest-xdist the controller certifies in every distribution mode, and the workers read the results. Tests that are run
again, as pytest-rerunfailures does, get the same result without another request.
"""

from __future__ import annotations

import dataclasses
import io
import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from twinwire.errors import TwinwireError
from twinwire_conformance.interrupts import Interrupts
from twinwire_conformance.launch import launched, results_of
from twinwire_conformance.model import INTERRUPTED, Evidence, Level, Outcome, Report, Result
from twinwire_conformance.options import OPTIONS, REPORT_OPTIONS, parsed
from twinwire_conformance.reports import console
from twinwire_conformance.reports.baseline import Comparison, read_baseline
from twinwire_conformance.reports.delivery import Delivery
from twinwire_conformance.rules import RULES, catalogue
from twinwire_conformance.runner import certify
from twinwire_conformance.selection import choose, chosen_ids, recorded

PREFIX = "target-"
FIXTURE = "certification"
UNREACHABLE = 1
"""The exit code of a session whose target does not serve a feed."""

_RESULTS = pytest.StashKey[Mapping[str, Result]]()
_REPORT = pytest.StashKey[Report]()
_COMPARISON = pytest.StashKey[Comparison | None]()
_SHARED = pytest.StashKey[Path]()
_INPUT = "twinwire_results"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options, which mean the same as those of ``twinwire certify``."""
    group = parser.getgroup("twinwire", "conformance of a paged JSON/XML feed")
    group.addoption("--target", metavar="URL", help="base URL of the target")
    for option in (*(option for option in OPTIONS if not option.for_terminal), *REPORT_OPTIONS):
        group.addoption(f"--{PREFIX}{option.name}", **option.keywords)


def pytest_configure(config: pytest.Config) -> None:
    """Reject unknown rules before anything is collected, and prepare for the workers of pytest-xdist."""
    if _is_worker(config):
        return
    _chosen(config)
    if config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(_Controller(), "twinwire-controller")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests of rules that ``--target-select`` and ``--target-ignore`` leave out."""
    chosen = _chosen(config)
    left_out = [item for item in items if _is_rule(item) and _rule_of(item.nodeid) not in chosen]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


# Before the loops of pytest and pytest-xdist, which run the tests.
@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Certify the target before the first test, in a process that runs tests itself."""
    config = session.config
    stopped = session.testsfailed and not config.option.continue_on_collection_errors
    if _is_worker(config) or stopped or config.option.collectonly or config.option.setupplan:
        return
    _certify(config, [item.nodeid for item in session.items if _is_rule(item)])


@pytest.fixture(scope="session")
def certification(pytestconfig: pytest.Config) -> Mapping[str, Result]:
    """The result of each rule, by its id."""
    if _is_worker(pytestconfig) and _RESULTS not in pytestconfig.stash:
        file = Path(pytestconfig.workerinput[_INPUT])  # type: ignore[attr-defined]
        if not file.exists():
            pytest.fail("the results are on another machine: run without remote workers of pytest-xdist", pytrace=False)
        pytestconfig.stash[_RESULTS] = {item["id"]: _result(item) for item in json.loads(file.read_text("utf-8"))}
    return pytestconfig.stash[_RESULTS]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the verdict."""
    report = config.stash.get(_REPORT, None)
    if report is None:
        return
    terminalreporter.section("twinwire")
    if report.note.startswith(INTERRUPTED):
        shown_text = io.StringIO()
        console.summarise(shown_text, report)
        terminalreporter.write(shown_text.getvalue())
        return
    for line in (*(f"Coverage: {line}" for line in report.coverage), *(f"- {line}" for line in report.notes)):
        terminalreporter.write_line(line)
    comparison = config.stash.get(_COMPARISON, None)
    if comparison is not None:
        terminalreporter.write_line(str(comparison))
    if report.note:
        terminalreporter.write_line(f"note: {report.note}")
    how = f"profile {report.profile}, seed {report.seed}, {report.requests} requests, {report.seconds:.1f} s"
    terminalreporter.write_line(f"{report.target}: {report.verdict.value} ({how})")


class _Controller:
    """Certifies for the workers of pytest-xdist, after the first has collected its tests and before any is run."""

    def pytest_configure_node(self, node: Any) -> None:
        """Pass the path of the results to a worker."""
        stash = node.config.stash
        if _SHARED not in stash:
            # mkdtemp() makes a directory that only this user can read: results quote the target's responses.
            stash[_SHARED] = Path(tempfile.mkdtemp(prefix="twinwire-"))
        node.workerinput[_INPUT] = str(stash[_SHARED] / "results.json")

    def pytest_xdist_node_collection_finished(self, node: Any, ids: Sequence[str]) -> None:
        """Certify once for all workers, including those that replace a worker that crashed."""
        config = node.config
        if _RESULTS in config.stash or not any(_rule_of(name) for name in ids):
            return
        _certify(config, ids)
        results = [dataclasses.asdict(result) for result in config.stash[_RESULTS].values()]
        (config.stash[_SHARED] / "results.json").write_text(json.dumps(results), "utf-8")

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Remove the results."""
        if _SHARED in config.stash:
            shutil.rmtree(config.stash[_SHARED], ignore_errors=True)


def _certify(config: pytest.Config, ids: Iterable[str]) -> None:
    """Check the rules whose tests were collected in one run, and keep the report."""
    wanted = {_rule_of(name) for name in ids} - {None}
    if not wanted:
        return
    rules = catalogue()
    try:
        options = parsed(config.option, config.option.target, PREFIX)
        # A recording of some rules replays those, unless tests for fewer rules were collected.
        if options.replay is None or len(wanted) < len(rules):
            collected = chosen_ids([rule for rule in rules if rule.id in wanted])
            options = dataclasses.replace(options, rules=collected)
        known = None if options.baseline is None else read_baseline(options.baseline)
        delivery = Delivery(options.reports, options.har, taken="pytest")
        with Interrupts() as interrupts, launched(options) as started:
            chosen = rules if started.rules is None else recorded(started.rules)
            report = started.conclude(certify(started.run, rules, chosen, interrupts=interrupts))
            results = results_of(started, options, report, known)
            delivery.write(results)
    except TwinwireError as error:
        raise pytest.UsageError(" ".join(str(error).splitlines())) from error
    if started.run.note == INTERRUPTED:
        # No test will show what was decided so far, so the summary does.
        config.stash[_REPORT] = report
        raise KeyboardInterrupt
    if started.run.absent:
        traces = [item.trace for result in report.results for item in result.evidence if item.trace]
        raised = f"; the application raised: {' '.join(traces[0].split())}" if traces else ""
        pytest.exit(f"{report.verdict.value}: {started.run.absent}{raised}", returncode=UNREACHABLE)
    config.stash[_REPORT] = report
    config.stash[_COMPARISON] = results.comparison
    config.stash[_RESULTS] = {result.id: result for result in report.results}


def _chosen(config: pytest.Config) -> set[str]:
    try:
        return {rule.id for rule in choose(config.option.target_select, config.option.target_ignore, f"--{PREFIX}")}
    except TwinwireError as error:
        raise pytest.UsageError(str(error)) from error


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _is_rule(item: pytest.Item) -> bool:
    return FIXTURE in getattr(item, "fixturenames", ()) and _rule_of(item.nodeid) is not None


def _rule_of(nodeid: str) -> str | None:
    """Return the id of the rule that a test belongs to, by its node id; None for another test."""
    # pytest-xdist appends the group of a test to its node id: test_rule[PAGE-03]@group.
    found = re.search(r"::test_rule\[([A-Z]+-[0-9]+)\](?:@.*)?$", nodeid)
    return found[1] if found and found[1] in RULES else None


def _result(item: dict[str, Any]) -> Result:
    evidence = tuple(Evidence(**each) for each in item["evidence"])
    return Result(**{**item, "level": Level(item["level"]), "outcome": Outcome(item["outcome"]), "evidence": evidence})
