"""The verdict as a badge: the JSON of a shields.io endpoint for a file name in .json, else a static SVG."""

from __future__ import annotations

from html import escape

from twinwire_conformance.model import Verdict
from twinwire_conformance.reports.results import Results, Writer
from twinwire_conformance.reports.wording import as_json

LABEL = "twinwire"

_MESSAGES = {
    Verdict.CERTIFIED: ("certified", "brightgreen", "#2e7d32"),
    Verdict.REMARKS: ("certified with remarks", "green", "#4b7a10"),
    Verdict.NOT_CERTIFIED: ("not certified", "red", "#b3261e"),
    Verdict.INCONCLUSIVE: ("inconclusive", "lightgrey", "#5f6368"),
    Verdict.PARTIAL: ("partial", "yellow", "#7a5f00"),
}
"""The text of each verdict, its colour name at shields.io, and a colour on which white text has a contrast of at least 4.5."""

_CHARACTER = 6.6
_PADDING = 6


def render(results: Results, name: str) -> str:
    """Return the badge as JSON or SVG, by the extension of the file name."""
    verdict = results.report.verdict
    return _endpoint(verdict) if name.removesuffix(".gz").endswith(".json") else _svg(verdict)


def _endpoint(verdict: Verdict) -> str:
    message, colour, _ = _MESSAGES[verdict]
    is_error = verdict in (Verdict.NOT_CERTIFIED, Verdict.INCONCLUSIVE)
    return as_json({"schemaVersion": 1, "label": LABEL, "message": message, "color": colour, "isError": is_error})


def _svg(verdict: Verdict) -> str:
    message, _, colour = _MESSAGES[verdict]
    left, right = _width(LABEL), _width(message)
    whole = left + right
    title = escape(f"{LABEL}: {message}")
    texts = "".join(
        # textLength stretches the text to the estimated width, so that it fits in any font.
        f'<text x="{start + width / 2:g}" y="14" textLength="{width - 2 * _PADDING}">{escape(text)}</text>'
        for start, width, text in ((0, left, LABEL), (left, right, message))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" aria-label="{title}">'
        f"<title>{title}</title>"
        f'<clipPath id="r"><rect width="{whole}" height="20" rx="3"/></clipPath>'
        f'<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#444"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{colour}"/></g>'
        f'<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">{texts}</g></svg>\n'
    )


def _width(text: str) -> int:
    # The font of the viewer is unknown, so an average width of a character has to do.
    return round(len(text) * _CHARACTER) + 2 * _PADDING


WRITER = Writer("badge", "write a badge: F.json for a shields.io endpoint, else an SVG", render)
