"""Faults around the feed: the version that responses state, and undocumented members."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from twinwire.ir import Field, Kind, Model, Scalar, XmlShape
from twinwire_conformance.reference.encoding import to_json, to_xml
from twinwire_conformance.reference.faults.plan import FAR, all_items, entries, has_modes, has_version
from twinwire_conformance.reference.faults.registry import fault
from twinwire_conformance.reference.pipeline import ENCODE, RESULT, Exchange

Result = dict[str, Any]
_EXTRA = "elapsedms"
_version_fault = partial(fault, RESULT, trips=("SCHEMA-07",), needs=has_version)
_extra_fault = partial(fault, ENCODE, trips=("SCHEMA-09",))


@_version_fault("version-missing", "no response states the version")
def _version_missing(x: Exchange, proceed: Callable[[], Result]) -> Result:
    return _with_version(x, proceed(), None)


@_version_fault("version-empty", "the version is empty")
def _version_empty(x: Exchange, proceed: Callable[[], Result]) -> Result:
    return _with_version(x, proceed(), "")


@_version_fault("version-xml-differs", "XML states another version")
def _version_xml_differs(x: Exchange, proceed: Callable[[], Result]) -> Result:
    return _with_version(x, proceed(), "0.9") if x.is_xml else proceed()


@_version_fault("version-far-differs", "a page that starts past entry 900 states another version")
def _version_far_differs(x: Exchange, proceed: Callable[[], Result]) -> Result:
    return _with_version(x, proceed(), "0.9") if x.page.start > FAR - 100 else proceed()


@_version_fault("version-empty-lot-missing", "an empty page does not state the version")
def _version_empty_lot_missing(x: Exchange, proceed: Callable[[], Result]) -> Result:
    return proceed() if x.page.places else _with_version(x, proceed(), None)


# Two releases behind one load balancer.
@_version_fault("version-wavers", "every second response comes from a server of another version")
def _version_wavers(x: Exchange, proceed: Callable[[], Result]) -> Result:
    x.state["turn"] = not x.state.get("turn", False)
    return proceed() if x.state["turn"] else _with_version(x, proceed(), "0.9")


def _with_version(x: Exchange, result: Result, version: str | None) -> Result:
    assert x.feed.version is not None
    return {**result, x.feed.version.wire_name: version}


@_extra_fault("extra-member", "a response has an undocumented member")
def _extra_member(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    return proceed() if x.error else _widened(x, x.feed.result, [x.result], attribute=True)


@_extra_fault("extra-entry-member", "entries have an undocumented member")
def _extra_entry_member(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    return proceed() if x.error else _widened(x, x.feed.entry, entries(x, x.result), attribute=True)


@_extra_fault("extra-item-member", "items have an undocumented member", needs=has_modes)
def _extra_item_member(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    if x.error or x.parsed_query.mode is None:
        return proceed()
    item = x.contract.models[getattr(x.parsed_query.mode.items[-1].type, "name", "")]
    return _widened(x, item, list(all_items(x, x.result)), attribute=True)


@_extra_fault("xml-extra-element", "XML has an undocumented element")
def _xml_extra_element(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    return _widened(x, x.feed.result, [x.result], attribute=False) if x.is_xml and not x.error else proceed()


@_extra_fault("extra-in-empty-lot", "an empty page has an undocumented member")
def _extra_in_empty_lot(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    empty = not x.error and not x.page.places
    return _widened(x, x.feed.result, [x.result], attribute=True) if empty else proceed()


# Json.NET adds `$type` when TypeNameHandling is on.
@_extra_fault("json-type-names", "JSON objects state their type name in the server")
def _json_type_names(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
    return proceed() if x.is_xml or x.error else to_json(_typed(x.result)).encode()


def _typed(value: Any) -> Any:
    if isinstance(value, dict):
        return {"$type": "Api.Models.Dto, Api", **{name: _typed(inner) for name, inner in value.items()}}
    return [_typed(inner) for inner in value] if isinstance(value, list) else value


def _widened(x: Exchange, model: Model, holders: list[Result], *, attribute: bool) -> bytes:
    """Encode the result with one additional member in these holders, all of them of this model."""
    for holder in holders:
        holder[_EXTRA] = "17"
    if not x.is_xml:
        return to_json(x.result).encode()
    extra = Field(_EXTRA, Scalar(Kind.STRING), XmlShape(_EXTRA, attribute=attribute))
    models = {**x.contract.models, model.name: replace(model, fields=(*model.fields, extra))}
    return to_xml(models, models[x.feed.result.name], x.result).encode()
