"""Impostors with values of the wrong type or size in JSON pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from twinwire_conformance.reference.faults.plan import entries, has_remaining, has_strings, map_scalars
from twinwire_conformance.reference.impostors.feeds import served
from twinwire_conformance.reference.impostors.impostor import Impostor
from twinwire_conformance.reference.pipeline import ENCODE, Exchange, Hook

Result = dict[str, Any]

# Deep enough to break a recursive comparison, but not the JSON parser.
_DEPTH = 900


def _changed(change: Callable[[Exchange, Result], None]) -> Hook[bytes]:
    def hook(x: Exchange, proceed: Callable[[], bytes]) -> bytes:
        if x.is_xml or x.error:
            return proceed()
        change(x, x.result)
        # ASCII escapes, because a lone surrogate cannot be encoded in UTF-8.
        return json.dumps(x.result).encode()

    return hook


def _cursor(value: Any) -> Hook[bytes]:
    return _changed(lambda x, result: result.update({x.feed.cursor.member.wire_name: value}))


def _remaining(value: Any) -> Hook[bytes]:
    def change(x: Exchange, result: Result) -> None:
        assert x.feed.remaining is not None
        result[x.feed.remaining.wire_name] = value

    return _changed(change)


def _key(value: Any) -> Hook[bytes]:
    def change(x: Exchange, result: Result) -> None:
        for entry in entries(x, result)[:1]:
            entry[x.feed.key.wire_name] = value

    return _changed(change)


def _entries(value: Any) -> Hook[bytes]:
    return _changed(lambda x, result: result.update({x.feed.entries.wire_name: value}))


def _surrogates(x: Exchange, result: Result) -> None:
    wire_name = x.feed.entries.wire_name
    result[wire_name] = map_scalars(result[wire_name], lambda value: f"\ud800{value}" if isinstance(value, str) else value)


def _nested() -> list[Any]:
    value: list[Any] = []
    for _ in range(_DEPTH):
        value = [value]
    return value


IMPOSTORS = (
    Impostor("cursor-surrogate", "the cursor is a lone surrogate", served(ENCODE, _cursor("\ud800"))),
    Impostor("cursor-endless", "the cursor has two hundred thousand digits", served(ENCODE, _cursor("7" * 200_000))),
    Impostor("cursor-digits", "the cursor has five thousand digits", served(ENCODE, _cursor("7" * 5000))),
    Impostor(
        "cursor-breaks-lines", "the cursor holds control characters", served(ENCODE, _cursor("1\r\nX-Injected: 1\x00\x1b[2J"))
    ),
    Impostor("cursor-list", "the cursor is a list", served(ENCODE, _cursor([1, {"a": None}]))),
    Impostor(
        "remaining-huge",
        "the remaining count has four thousand digits",
        served(ENCODE, _remaining(10**4000)),
        condition=has_remaining,
    ),
    Impostor(
        "remaining-float", "the remaining count is not an integer", served(ENCODE, _remaining(0.5)), condition=has_remaining
    ),
    Impostor("key-list", "the first key of a page is a list", served(ENCODE, _key([1, 2]))),
    Impostor("key-null", "the first key of a page is null", served(ENCODE, _key(None))),
    Impostor("key-deep", "the first key of a page is nested nine hundred deep", served(ENCODE, _key(_nested()))),
    Impostor("entries-scalars", "entries are scalars", served(ENCODE, _entries([1, "two", None, True, [3]]))),
    Impostor("entries-object", "the entries are an object", served(ENCODE, _entries({"0": {}, "1": {}}))),
    Impostor("entries-text", "the entries are a string", served(ENCODE, _entries("none"))),
    Impostor("entries-deep", "the entries are nested nine hundred deep", served(ENCODE, _entries(_nested()))),
    Impostor("half-characters", "texts contain lone surrogates", served(ENCODE, _changed(_surrogates)), condition=has_strings),
)
