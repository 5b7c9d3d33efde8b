"""All checks of a spec, in order. Each check skips the places where an earlier one reported a problem."""

from __future__ import annotations

from collections.abc import Callable

from twinwire.errors import Problem
from twinwire.spec.document import Document
from twinwire.spec.feed import check_feed
from twinwire.spec.identifiers import check_identifiers
from twinwire.spec.ignored import warn_of_ignored
from twinwire.spec.media import check_media
from twinwire.spec.operation import check_operation
from twinwire.spec.outline import Outline
from twinwire.spec.references import check_references
from twinwire.spec.report import Report
from twinwire.spec.schemas import check_schemas
from twinwire.spec.structure import check_structure, is_openapi
from twinwire.spec.xmlnames import check_xml

_PASSES: tuple[Callable[[Report, Outline], None], ...] = (check_schemas, check_xml, check_feed, check_media, check_identifiers)


def check(document: Document) -> list[Problem]:
    """Return all problems of a document in the order of the file. Never raises, whatever the document contains."""
    return review(document).problems


def review(document: Document) -> Report:
    """Return the problems of a document, or its warnings if it has no problems. Never raises, whatever it contains."""
    report = Report(document)
    if is_openapi(report):
        check_structure(report)
        check_references(report)
        outline = Outline(report.root)
        if check_operation(report, outline):
            for run in _PASSES:
                run(report, outline)
            # The warnings assume a valid document, and are about a spec that can be used.
            if not report.problems:
                warn_of_ignored(report, outline)
    return report
