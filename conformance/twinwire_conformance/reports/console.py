"""The report for a terminal: live progress while the run goes on, then a summary with what failed and how to see it."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from twinwire_conformance.model import Level, Outcome, Report, Result, Verdict

if TYPE_CHECKING:
    from rich.progress import Progress

_STYLES = {
    Outcome.PASS: "green",
    Outcome.FAIL: "bold red",
    Outcome.SKIP: "dim",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.WAIVED: "magenta",
}
_VERDICT_STYLES = {
    Verdict.CERTIFIED: "bold green",
    Verdict.REMARKS: "bold green",
    Verdict.NOT_CERTIFIED: "bold red",
    Verdict.INCONCLUSIVE: "bold yellow",
}
MAX_CURLS = 4


class Live:
    """Shows which rule is on trial and how many requests were sent; silent when the console is no terminal."""

    def __init__(self, console: Console, rules: int) -> None:
        self._progress = _progress(console) if console.is_terminal else None
        self._task = self._progress.add_task("rules", total=rules, rule="", requests=0) if self._progress else None

    def __enter__(self) -> Live:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._progress is not None:
            self._progress.stop()

    def begin(self, rule: str) -> None:
        """Show that a rule is on trial."""
        self._update(rule=rule)

    def end(self) -> None:
        """Show that a rule has been decided."""
        self._update(advance=1)

    def requests(self, count: int) -> None:
        """Show how many requests were sent."""
        self._update(requests=count)

    def _update(self, **changed: Any) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, **changed)


def _progress(console: Console) -> Progress:
    # In a pipe or a log nothing moves, and what moves takes a while to import.
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
        console=console,
        transient=True,
    )


def summarise(console: Console, report: Report) -> None:
    """Print the report: a line per rule, then each failure with what shows it, then the verdict."""
    for result in report.results:
        console.print(_line(result), soft_wrap=True)
    for result in report.results:
        if result.outcome is Outcome.FAIL:
            _failure(console, result)
    console.print()
    console.print(_counts(report), soft_wrap=True)
    if report.note:
        console.print(Text(f"note: {report.note}", "yellow"), soft_wrap=True)
    console.print(Text(report.verdict.value, _VERDICT_STYLES[report.verdict]), soft_wrap=True)


def _line(result: Result) -> Text:
    line = Text(f"{result.outcome.value:<13}", _STYLES[result.outcome])
    line.append(f"{result.id:<10}", "bold")
    line.append(f"{result.level.value:<7}", "dim")
    line.append(result.title, "default")
    if result.outcome in (Outcome.SKIP, Outcome.INCONCLUSIVE):
        line.append(f" — {' '.join(result.message.split())}", "dim")
    elif result.witnesses:
        line.append(f" ({result.witnesses})", "dim")
    return line


def _failure(console: Console, result: Result) -> None:
    console.print()
    style = "bold red" if result.level is Level.MUST else "bold yellow"
    console.print(Text(f"{result.id} {result.title}", style), soft_wrap=True)
    for line in result.message.splitlines():
        console.print(Text(f"  {line}"), soft_wrap=True)
    for item in result.evidence[:MAX_CURLS]:
        console.print(Text(f"  HTTP {item.status}  {item.curl}", "cyan"), soft_wrap=True)
    if len(result.evidence) > MAX_CURLS:
        console.print(Text(f"  … and {len(result.evidence) - MAX_CURLS} more requests, in the JSON report", "dim"))


def _counts(report: Report) -> Text:
    outcomes = [result.outcome for result in report.results]
    counts = ", ".join(f"{outcomes.count(kind)} {kind.value}" for kind in Outcome if kind in outcomes)
    where = f"{report.target} against {report.spec['title']} {report.spec['version']}"
    how = f"profile {report.profile}, seed {report.seed}, {report.requests} requests, {report.seconds:.1f} s"
    return Text(f"{where}: {counts} ({how})")
