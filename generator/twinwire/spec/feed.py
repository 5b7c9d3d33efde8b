"""Check ``x-feed`` against its JSON Schema, then its names against the operation and the models."""

from __future__ import annotations

from twinwire.spec import meta
from twinwire.spec.codes import Code
from twinwire.spec.modes import check_modes
from twinwire.spec.node import show
from twinwire.spec.outline import Outline, scalar_kind
from twinwire.spec.report import Report
from twinwire.spec.roles import CURSOR, ENTRIES, KEY, LIMIT, MEMBERS, PARAMETERS, Lookup
from twinwire.spec.sending import fault_as_sent
from twinwire.spec.translate import validate


def check_feed(report: Report, outline: Outline) -> None:
    """Report the problems of x-feed, except those of its representations (``twinwire.spec.media``)."""
    validate(report, outline.feed, meta.extension("x-feed"))
    lookup = Lookup(report, outline)
    for role in PARAMETERS:
        lookup.parameter(role)
    shapes = {role: lookup.result(role) for role in MEMBERS}
    for name in outline.feed.get("success").items():
        lookup.member(name, outline.result)
    entries = shapes[ENTRIES]
    entry = entries.model if entries is not None else ""
    lookup.member(outline.feed.get("key"), entry, KEY)
    _check_limit(lookup)
    _check_start(lookup)
    check_modes(lookup, entry)


def _check_limit(lookup: Lookup) -> None:
    node = lookup.named(LIMIT)
    schema = node.get("schema").follow() if node is not None else None
    if node is None or schema is None or scalar_kind(schema) != "integer" or lookup.report.within(schema):
        return
    missing = [key for key in ("minimum", "maximum", "default") if schema.get(key).integer is None]
    minimum = schema.get("minimum")
    if missing:
        message = f"the page size parameter {node.get('name').text!r} has no {', '.join(missing)}"
        lookup.report.add(schema, Code.LIMIT_BOUNDS, message, "state how many entries a page may contain", at_key=True)
    elif minimum.integer is not None and minimum.integer < 1:
        message = f"the minimum page size is {minimum.integer}, but a page without entries makes no progress"
        lookup.report.add(minimum, Code.LIMIT_BOUNDS, message, "set it to 1 or more")


def _check_start(lookup: Lookup) -> None:
    # A client validates its arguments, so it could never send a start value that the parameter forbids.
    node = lookup.named(CURSOR)
    for item in lookup.feed.path("cursor", "start").items():
        fault = None if node is None or item.text is None else fault_as_sent(node, item.text)
        if fault:
            message = f"{show(item.text)} {fault}"
            lookup.report.add(item, Code.BAD_VALUE, message, "list values that the cursor's parameter allows")
