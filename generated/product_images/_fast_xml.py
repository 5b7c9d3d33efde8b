# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""The fast way of the XML decoder: long base64 lifted out, then one handler that keeps expat's own dicts of attributes.

The plan is compiled once. An element is looked up in the slots of the element that it stands in, its integers are parsed,
and its dict joins that of its parent; the rest is one strict conversion. Whatever is not as it mostly is (``xsi:nil``, an
element that is there twice, stray text) raises Unsure, and the plain decoder decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar
from xml.parsers import expat

import msgspec

from ._base64 import Base64
from ._charset import as_utf8, check_utf8, declared_like_ascii, is_marked, xml_source
from ._lift import Lifted, Marks, lift
from ._plan import Member, Shape
from ._reading import Limits, Reading
from ._xml_reader import NIL, SPACE
from ._xml_scalars import PARSERS
from .errors import DecodeError

R = TypeVar("R")

Parsers: TypeAlias = Mapping[str, Callable[[str], Any]]
"""How a text is read, by the kind of its member."""
Prepare: TypeAlias = Callable[[dict[str, Any], Parsers], dict[str, Any]]
Slots: TypeAlias = "dict[str, Slot]"

_MODEL, _PREPARED, _WRAPPER, _SCALAR = range(4)
_IN_ATTRIBUTES: Marks = ((b'"', b'"'), (b"'", b"'"))
_IN_ELEMENTS: Marks = ((b">", b"<"),)
# What is in an element that nobody knows, and in a scalar.
_NOTHING: Slots = {}


class Unsure(Exception):
    """Not what the fast way is made for."""


class Slot(NamedTuple):
    """What an element is where it stands.

    ``integers`` and ``binaries`` are attributes that are read, by name; ``prepare`` is of a model whose attributes need more
    than that. ``kind`` is that of a scalar.
    """

    form: int
    wire: str
    many: bool
    integers: tuple[str, ...]
    binaries: tuple[str, ...]
    within: Slots
    prepare: Prepare
    kind: str


class FastXml(Generic[R]):
    """Decodes results as the plain decoder does or not at all."""

    def __init__(self, model: type[R], shape: Shape) -> None:
        self._model = model
        self._root = {shape.element: _slot(Member("", "", "model", shape.element, shape=shape))}
        self._marks = _marks(shape)

    def decode(self, data: bytes | str, encoding: str | None, reading: Reading) -> R | None:
        """Return a result, or None for what is not known to be one."""
        if reading.on_unknown is not None:
            return None
        try:
            source, charset, values = self._source(data, encoding, reading)
            if _may_have_more_members(source, reading.limits):
                return None
            tree = _read(source, charset, self._root, _parsers(reading.base64, values), reading.limits)
            # What was lifted, and is not a whole binary member, is still there.
            return None if values else msgspec.convert(tree, self._model, builtin_types=(bytes,))
        except (Unsure, DecodeError, ValueError, LookupError, expat.ExpatError):
            return None

    def _source(self, data: bytes | str, encoding: str | None, reading: Reading) -> tuple[bytes, str | None, dict[str, bytes]]:
        lifted: Lifted | None = None
        charset = None
        if self._marks and reading.lifts:
            if isinstance(data, str) or encoding is not None or is_marked(data):
                text, start = as_utf8(data, encoding)
                charset = "utf-8"
                lifted = lift(text, start, self._marks, reading.base64)
            elif declared_like_ascii(data):
                lifted = lift(data, 0, self._marks, reading.base64)
        if lifted is None:
            return *xml_source(data, encoding), {}
        if charset is not None:
            check_utf8(lifted.skeleton)
        return lifted.skeleton, charset, lifted.by_text()


def _may_have_more_members(source: bytes, limits: Limits) -> bool:
    # The shortest element is <a/>, the shortest attribute is longer, and the plain decoder counts what is left.
    return len(source) > 4 * limits.max_members and source.count(b"<") + source.count(b"=") > limits.max_members


def _parsers(base64: Base64, values: dict[str, bytes]) -> Parsers:
    def binary(text: str) -> bytes:
        value = values.pop(text, None)
        return base64(text) if value is None else value

    return {**PARSERS, "string": str, "uri": str, "binary": binary}


class _Integers(dict[str, int]):
    """Integers by their texts: most of them come many times in a document."""

    def __missing__(self, text: str) -> int:
        plain = text.isascii() and text.isdigit() and len(text) < 19
        self[text] = value = int(text) if plain else PARSERS["integer"](text)
        return value


def _read(source: bytes, charset: str | None, root: Slots, parsers: Parsers, limits: Limits) -> Any:
    """Return the tree of a document; Unsure, or what expat and the parsers of scalars raise."""
    tree: dict[str, Any] = {}
    parser = expat.ParserCreate(charset, namespace_separator=" ")
    parser.buffer_text = True
    handlers = _handlers(root, tree, parsers, limits.max_depth)
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = handlers
    parser.StartDoctypeDeclHandler = _refuse
    parser.Parse(source, True)
    # Here are all names that expat has met; no element has more attributes than that.
    if NIL in parser.intern or len(parser.intern) > limits.max_attributes:
        raise Unsure
    return tree[""]


def _refuse(*_: object) -> None:
    raise Unsure


def _handlers(root: Slots, tree: dict[str, Any], parsers: Parsers, max_depth: int) -> tuple[Any, Any, Any]:
    # Closures, not methods: what runs for every element had better find its variables at once.
    integers = _Integers()
    binary = parsers["binary"]
    # By depth: what the open element may hold, and where that goes. Beyond the depth that is allowed there is no place.
    slots = [root] + [_NOTHING] * max_depth
    trees = [tree] * (max_depth + 1)
    depth = 0
    scalar: Slot | None = None
    texts: list[str] = []

    def start(name: str, attributes: dict[str, Any]) -> None:
        nonlocal depth, scalar
        slot = slots[depth].get(name)
        if slot is None:
            if scalar is not None or not depth:
                raise Unsure
            depth += 1
            slots[depth] = _NOTHING
            return
        form, wire, many, of_integers, of_binaries, within, prepare, _kind = slot
        above = trees[depth]
        depth += 1
        slots[depth] = within
        if form:
            if form == _SCALAR:
                scalar = slot
                return
            if form == _WRAPPER:
                trees[depth] = above
                _put(above, wire, False, [])
                return
            attributes = prepare(attributes, parsers)
        for key in of_integers:
            if key in attributes:
                attributes[key] = integers[attributes[key]]
        for key in of_binaries:
            if key in attributes:
                attributes[key] = binary(attributes[key])
        trees[depth] = attributes
        if many and wire in above:
            above[wire].append(attributes)
        else:
            _put(above, wire, many, attributes)

    def end(_name: str) -> None:
        nonlocal depth, scalar
        depth -= 1
        if scalar is not None:
            value = parsers[scalar.kind]("".join(texts))
            _put(trees[depth], scalar.wire, scalar.many, value)
            scalar = None
            texts.clear()

    def characters(text: str) -> None:
        if scalar is not None:
            texts.append(text)
        elif slots[depth] is not _NOTHING and text.strip(SPACE):
            raise Unsure

    return start, end, characters


def _put(tree: dict[str, Any], wire: str, many: bool, value: Any) -> None:
    if many:
        tree.setdefault(wire, []).append(value)
    elif wire in tree:
        raise Unsure
    else:
        tree[wire] = value


def _slot(member: Member) -> Slot:
    """Compile what an element is that holds an item of a member."""
    if member.shape is None:
        return Slot(_SCALAR, member.wire, member.many, (), (), {}, _as_is, member.kind)
    attributes = [item for item in member.shape.members if item.attribute]
    within = {
        item.wrapper or item.xml: _wrapper(item) if item.wrapper else _slot(item)
        for item in member.shape.members
        if not item.attribute
    }
    clashing = frozenset(item.wire for item in member.shape.members if not item.attribute)
    if any(item.xml != item.wire or item.kind in ("number", "boolean") for item in attributes):
        return Slot(_PREPARED, member.wire, member.many, (), (), within, _renaming(attributes), "model")
    named = {kind: tuple(item.xml for item in attributes if item.kind == kind) for kind in ("integer", "binary")}
    form, prepare = (_PREPARED, _refusing(clashing)) if clashing else (_MODEL, _as_is)
    return Slot(form, member.wire, member.many, named["integer"], named["binary"], within, prepare, "model")


def _wrapper(member: Member) -> Slot:
    return Slot(_WRAPPER, member.wire, False, (), (), {member.xml: _slot(member)}, _as_is, "")


def _as_is(attributes: dict[str, Any], _parsers: Parsers) -> dict[str, Any]:
    return attributes


def _refusing(wires: frozenset[str]) -> Prepare:
    # An attribute that nobody knows must not pass for the element of its name; any other is left to be ignored.
    def prepare(attributes: dict[str, Any], _parsers: Parsers) -> dict[str, Any]:
        if wires.isdisjoint(attributes):
            return attributes
        raise Unsure

    return prepare


def _renaming(members: list[Member]) -> Prepare:
    def prepare(attributes: dict[str, Any], parsers: Parsers) -> dict[str, Any]:
        return {member.wire: parsers[member.kind](attributes[member.xml]) for member in members if member.xml in attributes}

    return prepare


def _marks(shape: Shape) -> Marks:
    found = {member.attribute for member in _binaries(shape)}
    return (*(_IN_ATTRIBUTES if True in found else ()), *(_IN_ELEMENTS if False in found else ()))


def _binaries(shape: Shape) -> list[Member]:
    within = [_binaries(member.shape) for member in shape.members if member.shape is not None]
    return [member for member in shape.members if member.kind == "binary"] + [item for items in within for item in items]
