"""Workflow commands of GitHub Actions: annotations, and protection from commands within server text."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TextIO

from twinwire_conformance.model import Level, Outcome, Report
from twinwire_conformance.reports.wording import causes, one_line

MAX_ANNOTATIONS = 10
"""The most annotations of one kind that GitHub shows for a step. It drops the others."""


def is_github(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether the process runs in a step of GitHub Actions."""
    return environment.get("GITHUB_ACTIONS") == "true"


@contextmanager
def commands_stopped(stream: TextIO) -> Iterator[None]:
    """Disable workflow commands within a block, because its output may quote a server.

    Outside of GitHub Actions this does nothing.

    Args:
        stream: The stream that the block writes to.
    """
    if not is_github():
        yield
        return
    # A random token, because a server that knows it could enable commands again.
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}", file=stream)
    try:
        yield
    finally:
        print(f"::{token}::", file=stream)


def annotation_lines(report: Report) -> list[str]:
    """Return the annotations, one a line: causes of MUST rules, then remarks and undecided MUST rules, then the verdict."""
    by_id = {result.id: result for result in report.results}
    found = causes(report)
    errors = [by_id[cause.rule] for cause in found if cause.level is Level.MUST]
    warnings = [by_id[cause.rule] for cause in found if cause.level is not Level.MUST]
    warnings += [each for each in report.results if each.outcome is Outcome.INCONCLUSIVE and each.level is Level.MUST]
    lines = [
        *_limited("error", [(f"{each.id} {each.title}", one_line(each)) for each in errors]),
        *_limited("warning", [(f"{each.id} {each.title}", one_line(each)) for each in warnings]),
    ]
    how = f"profile {report.profile}, seed {report.seed}, {report.requests} requests"
    return [*lines, _command("notice", f"twinwire: {report.verdict.value}", f"{report.target} ({how})")]


def _limited(kind: str, found: Sequence[tuple[str, str]]) -> Iterator[str]:
    # The last of the ten annotations names the rules that are left out, because GitHub would drop them silently.
    shown_text = found if len(found) <= MAX_ANNOTATIONS else found[: MAX_ANNOTATIONS - 1]
    yield from (_command(kind, title, message) for title, message in shown_text)
    if len(shown_text) < len(found):
        names = ", ".join(title.split()[0] for title, _ in found[len(shown_text) :])
        yield _command(kind, f"twinwire: {len(found) - len(shown_text)} more", names)


def _command(kind: str, title: str, message: str) -> str:
    return f"::{kind} title={_escaped(title, ':,')}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    return "".join(f"%{ord(char):02X}" if char in "%\r\n" + more else char for char in text)
