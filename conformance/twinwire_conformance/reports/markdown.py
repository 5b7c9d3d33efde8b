"""The report as a Markdown summary that begins with the causes and fits into GITHUB_STEP_SUMMARY.

Text from a server appears only within code, where it cannot act as markup or mention people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from twinwire.errors import printable
from twinwire_conformance.model import Level, Outcome, Report, Result
from twinwire_conformance.reports.baseline import Comparison
from twinwire_conformance.reports.results import Results, RuleHelp, Writer
from twinwire_conformance.reports.wording import causes, family, one_line

MAX_BYTES = 1000 * 1024
"""The most bytes of a summary. GitHub drops a summary of more than 1 MiB."""

MAX_BLOCK = 4000
"""The most characters of one block of code."""

MAX_CURLS = 4
MAX_LINE = 300
_CUT = "\n\n… the rest of this summary is cut; `--report-json` has it all.\n"
_COLUMNS = {
    "pass": (Outcome.PASS,),
    "fail": (Outcome.FAIL,),
    "waived": (Outcome.WAIVED,),
    "undecided": (Outcome.INCONCLUSIVE, Outcome.BLOCKED),
    "skipped": (Outcome.SKIP,),
}


def render(results: Results, _name: str) -> str:
    """Return the results as Markdown of at most ``MAX_BYTES``."""
    text = "\n".join(_lines(results))
    # Server text may contain lone surrogates, which UTF-8 cannot encode.
    data = text.encode("utf-8", "backslashreplace")
    if len(data) <= MAX_BYTES:
        return data.decode("utf-8")
    # Cut before a heading, so that no block of code stays open.
    head = data[: MAX_BYTES - len(_CUT.encode())].decode("utf-8", "ignore")
    return head[: head.rfind("\n\n#")] + _CUT


def _lines(results: Results) -> Iterator[str]:
    report, comparison = results.report, results.comparison
    yield f"# twinwire: {report.verdict.value.replace('-', ' ')}"
    yield ""
    yield f"{_code(report.target)} against {_text(report.spec['title'])} {_text(report.spec['version'])}"
    yield ""
    yield f"Profile {report.profile}, seed {report.seed}, {report.requests} requests, {report.seconds:.1f} s."
    for line in (report.note, *(f"Coverage: {line}" for line in report.coverage), *report.notes):
        if line:
            yield f"- {_code(line)}"
    if comparison is not None:
        yield f"- {comparison}"
    yield from _causes(report, comparison, results.helps)
    yield from _families(report.results)
    yield from _table("Not decided", [each for each in report.results if each.outcome in _COLUMNS["undecided"]])
    yield from _table("Waived", [each for each in report.results if each.outcome is Outcome.WAIVED])
    left_out = [each for each in report.results if each.outcome is Outcome.SKIP and each.selected]
    yield from _table("Skipped", left_out)
    yield ""


def _causes(report: Report, comparison: Comparison | None, helps: Mapping[str, RuleHelp]) -> Iterator[str]:
    found = causes(report)
    if not found:
        return
    by_id = {result.id: result for result in report.results}
    yield ""
    yield f"## {len(found)} cause{'s' if len(found) > 1 else ''}"
    for cause in found:
        result = by_id[cause.rule]
        yield ""
        state = f", {comparison.state(result.id)}" if comparison else ""
        yield f"### {result.id} ({result.level.value}{state}): {_text(result.title)}"
        yield ""
        yield from _block(result.message)
        for name, rules in (("Fails for the same cause", cause.also), ("Cannot be judged because of it", cause.blocked)):
            if rules:
                yield ""
                yield f"{name}: {', '.join(rules)}."
        explained = helps.get(cause.rule)
        if explained is not None:
            yield ""
            yield f"Why it matters: {explained.why}"
            yield ""
            yield f"Usual cause: {explained.cause} Usual fix: {explained.fix}"
        if result.evidence:
            shown_text = [f"# HTTP {item.status}\n{item.curl}" for item in result.evidence[:MAX_CURLS]]
            more = len(result.evidence) - MAX_CURLS
            shown_text += [f"# and {more} more requests, in the JSON report"] if more > 0 else []
            yield ""
            yield "See it again:"
            yield ""
            yield from _block("\n".join(shown_text), "sh")


def _families(results: Sequence[Result]) -> Iterator[str]:
    yield ""
    yield "## Requirements"
    yield ""
    yield "| family | level | " + " | ".join(_COLUMNS) + " |"
    yield "|---|---|" + "---:|" * len(_COLUMNS)
    for name in dict.fromkeys(family(result) for result in results):
        for level in Level:
            outcomes = [result.outcome for result in results if family(result) == name and result.level is level]
            if outcomes:
                counts = [str(sum(outcome in kinds for outcome in outcomes)) for kinds in _COLUMNS.values()]
                yield f"| {name} | {level.value} | {' | '.join(counts)} |"


def _table(title: str, results: Sequence[Result]) -> Iterator[str]:
    if not results:
        return
    yield ""
    yield f"## {title}"
    yield ""
    yield "| rule | level | outcome | reason |"
    yield "|---|---|---|---|"
    for each in results:
        reason = _code(one_line(each, MAX_LINE)).replace("|", "\\|")
        yield f"| {each.id} | {each.level.value} | {each.outcome.value} | {reason} |"


def _block(text: str, language: str = "text") -> Iterator[str]:
    """Yield a block of code that its text cannot end.

    The fence is longer than any run of backticks in the text: text with ``` gets a fence of four.
    """
    text = printable(text, keep="\n")
    if len(text) > MAX_BLOCK:
        text = f"{text[:MAX_BLOCK]}\n… cut: {MAX_BLOCK} of {len(text)} characters are shown"
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    # ``render`` cuts at a blank line followed by "#", so blank lines within a block get a space.
    yield f"{fence}{language}"
    yield from (line or " " for line in text.split("\n"))
    yield fence


def _code(text: str) -> str:
    """Format a text as inline code."""
    text = " ".join(printable(text).split())
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def _text(text: str) -> str:
    """Escape all Markdown markup in a text."""
    return re.sub(r"([\\`*_\[\]<>#|&~@])", r"\\\1", " ".join(printable(text).split()))


WRITER = Writer("report-md", "write a Markdown summary, as for GITHUB_STEP_SUMMARY", render)
