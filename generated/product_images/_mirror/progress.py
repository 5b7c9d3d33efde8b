# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Progress display of a mirror: one line that is overwritten on a terminal, otherwise a line every ten seconds."""

from __future__ import annotations

import os
import time
from types import TracebackType
from typing import Self, TextIO

from .report import MirrorReport

_BAR = 20
# Seconds between two lines when the output is not a terminal.
_PAUSE = 10.0


class MirrorProgress:
    """Display of progress reports; shows nothing when quiet. It clears the terminal's line at its end."""

    def __init__(self, stream: TextIO, *, quiet: bool) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._quiet = quiet
        self._next = time.monotonic() + _PAUSE
        self._shown = 0

    def __call__(self, report: MirrorReport) -> None:
        """Show a report."""
        if self._quiet:
            return
        if self._terminal:
            self._over(_line(report)[: self._width() - 1])
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + _PAUSE
            self._stream.write(f"{_line(report)}\n")

    def _width(self) -> int:
        try:
            return max(20, os.get_terminal_size(self._stream.fileno()).columns)
        except OSError:
            return 80

    def _over(self, text: str) -> None:
        self._stream.write(f"\r{text.ljust(self._shown)}")
        self._stream.flush()
        self._shown = len(text)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._shown:
            self._over("")
            self._stream.write("\r")


def _line(report: MirrorReport) -> str:
    text = f"entries: {report.entries}, images: {report.written + report.unchanged}, {_size(report.bytes)}"
    if report.pending:
        text += f", missing: {report.pending}"
    if report.remaining is None:
        return text
    whole = report.entries + report.remaining
    share = report.entries / whole if whole else 1.0
    return f"[{'#' * int(share * _BAR):{_BAR}}] {share:4.0%} {text}"


def summary(report: MirrorReport, *, dry_run: bool) -> str:
    """Summarize a run in one line."""
    written, removed = ("to be written", "to be removed") if dry_run else ("written", "removed")
    text = (
        f"lots: {report.lots}, entries: {report.entries}; images {written}: {report.written} ({_size(report.bytes)}), "
        f"unchanged: {report.unchanged}, {removed}: {report.removed}"
    )
    if report.pending:
        text += f"; missing: {report.pending}, to be tried again by the next run"
    return text


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count} bytes"
