"""Decoding of JSON bodies to canonical values."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterable
from typing import Any, TypeAlias

from twinwire.ir import Kind
from twinwire_conformance.decoding.charsets import MARK, UTF_8, codec_of, decode
from twinwire_conformance.decoding.excerpts import excerpt
from twinwire_conformance.decoding.limits import check_json, is_wide
from twinwire_conformance.decoding.numbers import RawNumber, as_double, parse_decimal, parse_integer
from twinwire_conformance.decoding.plan import MemberSlot, Plan
from twinwire_conformance.decoding.values import format_value
from twinwire_conformance.decoding.words import MAX_DEPTH, Undecodable

_ASCII_FIRST = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*[{\[\"0-9tfn-]")
"""The beginning of JSON in any charset that extends ASCII. EBCDIC and wide charsets begin with other bytes."""
_HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")
_HALF = re.compile("[\ud800-\udfff]")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]++")
_MAX_REPEATED = 20
_MAX_STEPS = 20
MAX_SHOWN = 80

Pairs = list[tuple[str, Any]]
_Steps: TypeAlias = "tuple[_Steps, str | int] | None"
"""The path to a value as a linked list, last step first. It becomes text only for display, which saves time and memory."""


def read(plan: Plan, body: bytes, charset: str | None) -> tuple[dict[str, Any], bool, tuple[str, ...]]:
    """Decode a JSON body to its canonical value.

    Args:
        plan: The plan of the result.
        body: The bytes of the body.
        charset: The charset of the Content-Type; None when the header names none.

    Returns:
        The value, whether the body has unknown members, and the paths of repeated member names.

    Raises:
        Undecodable: The body is not a JSON object in its charset.
    """
    reader = _JsonDecoder()
    names = _Names()
    raw = parse(body, charset, names)
    try:
        return reader.model(plan, raw), reader.odd, names.paths(raw)
    except RecursionError as error:
        raise Undecodable("the JSON is nested too deep") from error


class _Names:
    """Collects objects that repeat a member name. The last of the repeated members counts."""

    def __init__(self) -> None:
        self._repeating: list[tuple[dict[str, Any], Pairs]] = []

    def __call__(self, pairs: Pairs) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            self._repeating.append((made, pairs))
        return made

    def paths(self, root: Any) -> tuple[str, ...]:
        """Return the paths of repeated members in document order, at most 20."""
        if not self._repeating:
            return ()
        repeating = {id(made): pairs for made, pairs in self._repeating}
        found: list[str] = []
        waiting: list[tuple[_Steps, Any]] = [(None, root)]
        while waiting and len(found) < _MAX_REPEATED:
            steps, value = waiting.pop()
            inner: Iterable[tuple[str | int, Any]] = ()
            if isinstance(value, dict):
                counts = Counter(name for name, _ in repeating.get(id(value), ()))
                found += [_path((steps, name)) for name, count in counts.items() if count > 1]
                inner = value.items()
            elif isinstance(value, list):
                inner = enumerate(value)
            waiting += reversed([((steps, step), item) for step, item in inner if isinstance(item, (dict, list))])
        return tuple(found[:_MAX_REPEATED])


def _path(steps: _Steps) -> str:
    """Format steps as a path. A very long path loses its beginning."""
    parts: list[str] = []
    while steps is not None and len(parts) < _MAX_STEPS:
        steps, step = steps
        parts.append(f"[{step}]" if isinstance(step, int) else f".{step[:MAX_SHOWN]}")
    return ("$" if steps is None else "…") + "".join(reversed(parts))


def parse(body: bytes, charset: str | None, names: _Names | None = None) -> dict[str, Any]:
    """Parse a body that must be one JSON object.

    Args:
        body: The bytes of the body.
        charset: The charset of the Content-Type; None when the header names none.
        names: The collector of repeated member names; None to ignore them.

    Raises:
        Undecodable: The body is not a JSON object in its charset.
    """
    text, has_halves = _text(body, codec_of(charset or UTF_8))
    if text.startswith(MARK):
        raise Undecodable("not JSON: it begins with two byte order marks")
    try:
        raw = _loads(text, names)
    except RecursionError as error:
        raise Undecodable("the JSON is nested too deep") from error
    except json.JSONDecodeError as error:
        where = f"(line {error.lineno}, column {error.colno})"
        raise Undecodable(f"not JSON: {error.msg} {where}\n{excerpt(text, error.pos)}") from error
    except ValueError as error:
        raise Undecodable(f"not JSON: {error}") from error
    # Release the text before further work, so that it does not stay in memory beside the parsed value.
    del text
    if has_halves:
        try:
            _refuse_half_characters(raw)
        except RecursionError as error:
            raise Undecodable("the JSON is nested too deep") from error
    if not isinstance(raw, dict):
        raise Undecodable(f"not a JSON object but {format_value(raw)}", foreign=True)
    return raw


def _text(body: bytes, codec: str) -> tuple[str, bool]:
    """Decode a body within the limits, and return whether it may have escapes of lone surrogates."""
    if codec.startswith(("utf-16", "utf-32")) or not _ASCII_FIRST.match(body):
        text = decode(body, codec)
        plain = text.encode("utf-8", "surrogatepass")
        check_json(plain)
        return text, bool(_HALF_CHARACTER.search(plain))
    # The limits are checked on the bytes, because decoding doubles the memory of a body.
    check_json(body)
    text = _escaped(body) if codec == UTF_8 and is_wide(body) else decode(body, codec)
    return text, b"\\u" in body and bool(_HALF_CHARACTER.search(body))


def _escaped(body: bytes) -> str:
    """Decode UTF-8 JSON to text with escapes for non-ASCII characters, so that each character takes one byte of memory.

    Python stores a string with the width of its widest character: one emoji makes a text of 5 MB take 20 MB.
    """
    try:
        escaped = _BEYOND_ASCII.sub(lambda run: json.dumps(run[0].decode())[1:-1].encode(), body.removeprefix(BOM_UTF8))
    except UnicodeDecodeError:
        return decode(body, UTF_8)
    return escaped.decode("ascii")


def _loads(text: str, names: _Names | None) -> Any:
    hooks: dict[str, Any] = {"object_pairs_hook": names, "parse_constant": _refuse_constant, "parse_float": parse_decimal}
    try:
        # The default integer parser is the fastest, but it rejects integers of more than 4,300 digits.
        return json.loads(text, **hooks)
    except (json.JSONDecodeError, _ConstantError):
        raise
    except ValueError:
        return json.loads(text, parse_int=parse_integer, **hooks)


class _JsonDecoder:
    """Decodes one body. A large page has thousands of members, so each of them is visited once."""

    def __init__(self) -> None:
        self.odd = False

    def model(self, plan: Plan, raw: Any) -> Any:
        if raw.__class__ is not dict:
            _refuse_depth(raw)
            return raw
        value: dict[str, Any] = {}
        seen = 0
        for slot in plan.slots:
            name = slot.wire_name
            item = raw.get(name)
            if item is None:
                seen += name in raw
                continue
            seen += 1
            kind = item.__class__
            if kind is list or kind is dict:
                item = self._inner(slot, item)
                if not item:
                    continue
            elif slot.kind is Kind.NUMBER and (kind is int or kind is RawNumber):
                item = as_double(item)
            value[name] = item
        if seen < len(raw):
            self.odd = True
        return value

    def _inner(self, slot: MemberSlot, item: Any) -> Any:
        plan = slot.plan
        if plan is None:
            _refuse_depth(item)
            return as_double(item) if slot.kind is Kind.NUMBER else item
        if slot.many and item.__class__ is list:
            return [self.model(plan, part) for part in item]
        return self.model(plan, item)


def _refuse_depth(item: Any, depth: int = 0) -> None:
    # A structure in place of a scalar is kept as received. Later code recurses into it without a check of its own.
    if depth > MAX_DEPTH:
        raise Undecodable(f"the JSON is nested more than {MAX_DEPTH} deep")
    if isinstance(item, (list, dict)):
        for part in item.values() if isinstance(item, dict) else item:
            _refuse_depth(part, depth + 1)


def _refuse_half_characters(raw: Any) -> None:
    if isinstance(raw, str):
        half = None if raw.isascii() else _HALF.search(raw)
        if half is not None:
            raise Undecodable(f"half a character: U+{ord(half[0]):04X} stands alone, which is no Unicode text")
    elif isinstance(raw, dict):
        for name, item in raw.items():
            _refuse_half_characters(name)
            _refuse_half_characters(item)
    elif isinstance(raw, list):
        for item in raw:
            _refuse_half_characters(item)


class _ConstantError(ValueError):
    pass


def _refuse_constant(name: str) -> float:
    raise _ConstantError(f"{name} is not a JSON number")
