"""The report for a terminal: live progress during the run, then a summary with the failures and the requests that show them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from enum import StrEnum
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO

from twinwire.errors import printable
from twinwire_conformance.model import NOT_SELECTED, Cause, Level, Outcome, Report, Result, Verdict
from twinwire_conformance.reports.baseline import Comparison

if TYPE_CHECKING:
    from rich.progress import Progress

Line = tuple[tuple[str, str], ...]
"""A line of the report: its pieces, each with its style."""

_STYLES = {
    Outcome.PASS: "green",
    Outcome.FAIL: "bold red",
    Outcome.SKIP: "dim",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.BLOCKED: "yellow",
    Outcome.WAIVED: "magenta",
}
_VERDICT_STYLES = {
    Verdict.CERTIFIED: "bold green",
    Verdict.REMARKS: "bold green",
    Verdict.NOT_CERTIFIED: "bold red",
    Verdict.INCONCLUSIVE: "bold yellow",
    Verdict.PARTIAL: "bold yellow",
}
MAX_CURLS = 4


class Detail(StrEnum):
    """The level of detail of the report for a terminal."""

    QUIET = "quiet"
    """One line for each cause, and the verdict."""
    NORMAL = "normal"
    VERBOSE = "verbose"
    """Every failure with every request and the beginning of every response."""


class Live:
    """Shows the current rule and the number of requests sent from the budget.

    It shows nothing when the stream is not a terminal, or with ``Detail.QUIET``.

    Args:
        stream: The stream for people.
        rules: The number of rules in the run.
        detail: The level of detail.
        budget: The most requests of the run; None without a limit.
    """

    def __init__(self, stream: TextIO, rules: int, detail: Detail = Detail.NORMAL, budget: int | None = None) -> None:
        shown_text = _is_terminal(stream) and detail is not Detail.QUIET
        self._progress = _progress(stream) if shown_text else None
        self._task = self._progress.add_task("rules", total=rules, rule="", requests="0") if self._progress else None
        self._budget = "" if budget is None else f" of {budget}"

    def __enter__(self) -> Live:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._progress is not None:
            self._progress.stop()

    def begin(self, rule: str) -> None:
        """Show that the check of a rule has begun."""
        self._update(rule=rule)

    def end(self) -> None:
        """Show that a rule has been decided."""
        self._update(advance=1)

    def requests(self, count: int) -> None:
        """Show the number of requests sent."""
        self._update(requests=f"{count}{self._budget}")

    def _update(self, **changed: Any) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, **changed)


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty() or bool(os.environ.get("FORCE_COLOR"))


def _progress(stream: TextIO) -> Progress:
    # The import of rich is slow, and progress is shown on terminals only.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.fields[rule]:<10}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[requests]} requests"),
        TimeElapsedColumn(),
        console=Console(file=stream),
        transient=True,
    )


def summarise(stream: TextIO, report: Report, detail: Detail = Detail.NORMAL, comparison: Comparison | None = None) -> None:
    """Write the report: a line per rule, each failure with its requests, and the verdict.

    Args:
        stream: The stream to write to; colours are used when it is a terminal.
        report: The report of the run.
        detail: The level of detail.
        comparison: The comparison with a baseline; None without one.
    """
    lines = _quiet(report, comparison) if detail is Detail.QUIET else _lines(report, detail, comparison)
    if not _is_terminal(stream):
        for line in lines:
            print("".join(text for text, _ in line), file=stream)
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(file=stream, highlight=False)
    for line in lines:
        console.print(Text.assemble(*line), soft_wrap=True)


def _quiet(report: Report, comparison: Comparison | None) -> Iterator[Line]:
    by_id = {result.id: result for result in report.results}
    for cause in report.causes or _ungrouped(report.results):
        yield (_heading(by_id[cause.rule], comparison),)
    yield from _end(report, comparison)


def _end(report: Report, comparison: Comparison | None) -> Iterator[Line]:
    if comparison is not None:
        yield ((str(comparison), ""),)
    if report.note:
        yield ((f"note: {report.note}", "yellow"),)
    for line in report.notes:
        yield ((f"- {line}", "yellow"),)
    yield ((report.verdict.value, _VERDICT_STYLES[report.verdict]),)


def _lines(report: Report, detail: Detail, comparison: Comparison | None) -> Iterator[Line]:
    shown_text = [result for result in report.results if result.selected and result.outcome is not Outcome.BLOCKED]
    for result in shown_text:
        yield _line(result)
    yield from _blocked(report.results)
    deselected = [result.id for result in report.results if not result.selected]
    if deselected:
        text = f"{len(deselected)} of {len(report.results)} rules: {_names(deselected, report.results)}"
        yield ((f"{NOT_SELECTED:<13}", _STYLES[Outcome.SKIP]), (text, "dim"))
    by_id = {result.id: result for result in report.results}
    for cause in report.causes or _ungrouped(report.results):
        yield from _failure(by_id[cause.rule], detail, comparison)
        if cause.also:
            yield ((f"  fails for the same cause: {_names(cause.also, report.results)}", "dim"),)
        for rule in cause.also if detail is Detail.VERBOSE else ():
            yield from _failure(by_id[rule], detail, comparison)
    yield ()
    if report.causes:
        yield ((_causes(report), "bold"),)
    yield ((_counts(report), ""),)
    for line in report.coverage:
        yield ((f"Coverage: {line}", ""),)
    yield from _end(report, comparison)


def _ungrouped(results: Sequence[Result]) -> list[Cause]:
    return [Cause(result.id, result.level, "") for result in results if result.outcome is Outcome.FAIL]


def _causes(report: Report) -> str:
    number = f"{len(report.causes)} cause{'s' if len(report.causes) > 1 else ''}"
    return f"{number}: {', '.join(cause.rule for cause in report.causes)}"


def _blocked(results: Sequence[Result]) -> Iterator[Line]:
    """Yield one line for each rule or cause that blocks other rules."""
    groups: dict[tuple[str, str], list[str]] = {}
    for result in results:
        if result.outcome is Outcome.BLOCKED:
            groups.setdefault((result.blocked_by, result.cause), []).append(result.id)
    for (rule, cause), ids in groups.items():
        what = f"by {rule}" + (f" ({cause})" if cause else "") if rule else cause or "by another rule"
        yield (
            (f"{Outcome.BLOCKED.value:<13}", _STYLES[Outcome.BLOCKED]),
            (f"{what}: ", "bold"),
            (_names(ids, results), ""),
        )


def _names(ids: Sequence[str], results: Sequence[Result]) -> str:
    """Return rule ids as text, with a complete family shortened to its name.

    Example: ``PAGE-01`` to ``PAGE-09``, when there are no others, become ``PAGE``.
    """
    families: dict[str, list[str]] = {}
    for result in results:
        families.setdefault(result.id.split("-")[0], []).append(result.id)
    words: list[str] = []
    for family, members in families.items():
        named = [name for name in members if name in ids]
        words += [family] if len(members) > 1 and len(named) == len(members) else named
    return ", ".join(words)


def _line(result: Result) -> Line:
    more = ""
    if result.outcome in (Outcome.SKIP, Outcome.INCONCLUSIVE):
        more = f" — {' '.join(result.message.split())}"
    elif result.observation_count:
        more = f" ({result.observation_count})"
    return (
        (f"{result.outcome.value:<13}", _STYLES[result.outcome]),
        (f"{result.id:<10}", "bold"),
        (f"{result.level.value:<7}", "dim"),
        (result.title, ""),
        (more, "dim"),
    )


def _heading(result: Result, comparison: Comparison | None) -> tuple[str, str]:
    state = f" ({comparison.state(result.id)})" if comparison else ""
    return f"{result.id} {result.title}{state}", "bold red" if result.level is Level.MUST else "bold yellow"


def _failure(result: Result, detail: Detail, comparison: Comparison | None) -> Iterator[Line]:
    yield ()
    yield (_heading(result, comparison),)
    for line in result.message.splitlines():
        yield ((f"  {line}", ""),)
    is_whole = detail is Detail.VERBOSE
    for item in result.evidence if is_whole else result.evidence[:MAX_CURLS]:
        yield ((f"  HTTP {item.status}  {item.curl}", "cyan"),)
        # A response may contain terminal escape sequences, which printable replaces.
        for line in printable(item.excerpt, keep="\n").splitlines() if is_whole else ():
            yield ((f"    {line}", "dim"),)
    if len(result.evidence) > MAX_CURLS and not is_whole:
        yield ((f"  … and {len(result.evidence) - MAX_CURLS} more requests, in the JSON report", "dim"),)
    yield from _trace(result)


def _trace(result: Result) -> Iterator[Line]:
    # Show only the first traceback, because one defect often raises the same one for every request.
    traces = list(dict.fromkeys(item.trace for item in result.evidence if item.trace))
    for trace in traces[:1]:
        yield (("  the application raised:", "bold"),)
        for line in trace.splitlines():
            yield ((f"    {line}", ""),)


def show_trace(stream: TextIO, report: Report) -> None:
    """Write the end of the traceback when an application in this process raised."""
    for result in report.results:
        lines = list(_trace(result))
        if lines:
            for line in lines:
                print("".join(text for text, _ in line), file=stream)
            return


def _counts(report: Report) -> str:
    outcomes = [result.outcome for result in report.results if result.selected]
    kinds = [f"{outcomes.count(kind)} {kind.value}" for kind in Outcome if kind in outcomes]
    deselected = len(report.results) - len(outcomes)
    counts = ", ".join([*kinds, *([f"{deselected} {NOT_SELECTED}"] if deselected else [])])
    where = f"{report.target} against {report.spec['title']} {report.spec['version']}"
    how = f"profile {report.profile}, seed {report.seed}, {report.requests} requests, {report.seconds:.1f} s"
    return f"{where}: {counts} ({how})"
