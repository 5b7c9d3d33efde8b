"""Check ``x-feed.representations`` and ``refusals`` against the responses of the operation."""

from __future__ import annotations

from twinwire.spec.codes import Code
from twinwire.spec.node import Node, suggest
from twinwire.spec.outline import Outline
from twinwire.spec.report import Report

FORMATS = ("json", "xml")


def check_media(report: Report, outline: Outline) -> None:
    """Report media types that belong to no representation, to both or to no response, and statuses without a response."""
    representations = outline.feed.get("representations")
    documented = [name for name, _ in outline.answer.get("content").members()]
    known = documented if not report.around(outline.operation.get("responses")) else []
    placed: dict[str, str] = {}
    for format_ in FORMATS:
        for item in representations.get(format_).items():
            _check_placed(report, item, format_, known, placed)
    if isinstance(representations.value, dict) and not report.within(representations):
        for name, node in outline.answer.get("content").members():
            if name not in placed:
                message = f"the media type {name} belongs to no representation"
                hint = f"list it in {' or '.join(FORMATS)} of x-feed.representations"
                report.add(node, Code.MEDIA_TYPE, message, hint, at_key=True)
    _check_relabelled(report, representations, placed)
    _check_status(report, outline)


def _check_placed(report: Report, item: Node, format_: str, documented: list[str], placed: dict[str, str]) -> None:
    name = item.text
    if name is None or report.within(item):
        return
    if placed.setdefault(name, format_) != format_:
        message = f"{name} already belongs to {placed[name]}"
        report.add(item, Code.MEDIA_TYPE, message, "list each media type in one representation")
    elif documented and name not in documented:
        message = f"the 200 response has no media type {name}"
        report.add(item, Code.MEDIA_TYPE, message, suggest(name, documented))


def _check_relabelled(report: Report, representations: Node, placed: dict[str, str]) -> None:
    # A relabelled type may be requested, but the response carries another Content-Type, as text/json -> application/json.
    relabelled = representations.get("relabelled")
    for item in relabelled.items():
        if item.text is not None and item.text not in placed and not report.within(item):
            message = f"{item.text} is in relabelled, but belongs to no representation"
            report.add(item, Code.RELABELLED, message, suggest(item.text, placed))
    names = [item.text for item in relabelled.items()]
    for format_ in FORMATS:
        own = [item.text for item in representations.get(format_).items()]
        if own and all(name in names for name in own):
            message = f"every media type of {format_} is relabelled, so no Content-Type is left for its responses"
            report.add(relabelled, Code.RELABELLED, message, "remove one that servers send as Content-Type", at_key=True)


def _check_status(report: Report, outline: Outline) -> None:
    status, responses = outline.feed.path("refusals", "status"), outline.operation.get("responses")
    if (
        status.text is not None
        and not responses.has(status.text)
        and not report.within(status)
        and not report.within(responses)
    ):
        message = f"the operation has no response {status.text}"
        report.add(status, Code.STATUS, message, suggest(status.text, [name for name, _ in responses.members()]))
