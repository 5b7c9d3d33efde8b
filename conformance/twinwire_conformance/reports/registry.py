"""The registry of report formats. Command line, pytest options, conflict checks and documents derive from it.

A new format is one module with a ``WRITER``, and one line here.
"""

from __future__ import annotations

from twinwire_conformance.reports import badge, ctrf, document, junit, markdown, sarif
from twinwire_conformance.reports.results import Writer

WRITERS: tuple[Writer, ...] = (
    document.WRITER,
    markdown.WRITER,
    junit.WRITER,
    ctrf.WRITER,
    sarif.WRITER,
    badge.WRITER,
)
"""All report formats, in the order of the help text."""
