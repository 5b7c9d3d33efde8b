"""The fast XML decoder: extract long base64, then build the tree from expat's own attribute dictionaries.

The plan is compiled once. Each element is looked up in the slots of its parent, and its attribute dictionary is added to the
one of the parent; one conversion does the rest. Anything unusual (``xsi:nil``, a repeated element, stray text) raises
NotSupported, and the plain decoder decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Generic, NamedTuple, NoReturn, TypeAlias, TypeVar
from xml.parsers import expat

import msgspec

from ._base64 import Base64
from ._base64_extraction import ExtractedBase64, Marks, lift
from ._charset import check_utf8, transcode, xml_source
from ._fast_json import FastJson
from ._plan import Member, ResultShape
from ._settings import DecodeSettings, Limits
from ._xml_reader import INSTANCE, NIL, SPACE
from ._xml_scalars import PARSERS
from ._xml_tags import check_tags
from ._xml_to_json import ATTRIBUTES, NotSupported, XmlToJson
from .errors import DecodeError

R = TypeVar("R")

Tree: TypeAlias = dict[str, Any]
Slots: TypeAlias = "dict[str, XmlSlot]"
Parsers: TypeAlias = Mapping[str, Callable[[str], Any]]
"""Functions that parse the text of a scalar, by kind."""

# The forms of an element. A leaf, the most frequent one, is an item of a collection with one integer and strings only.
_LEAF, _MODEL, _WRAPPER, _SCALAR = range(4)
# Converting a document to JSON takes several times its size in memory, so larger documents are left to expat.
_MOST_TURNED = 4 * 1024 * 1024
_IN_ATTRIBUTES: Marks = ((b'"', b'"'), (b"'", b"'"))
_IN_ELEMENTS: Marks = ((b">", b"<"),)


class XmlSlot(NamedTuple):
    """The role of an element inside its parent. It has few fields, because they are unpacked for every element."""

    form: int
    wire: str
    integer: str
    content: Content


class Content(NamedTuple):
    """The expected content of an element.

    ``integers`` are attributes, ``parsed`` are attributes with the parser that they need, and ``renamed`` are all attributes
    if an XML name differs from the wire name. ``many`` and ``single`` are the wire names of the child elements, ``nullable``
    those of the attributes that are null when absent, ``known`` those of all attributes.
    """

    repeated: bool = False
    parser: str = ""
    slots: Slots = {}  # noqa: RUF012 - shared, and never changed
    integers: tuple[str, ...] = ()
    parsed: tuple[tuple[str, str], ...] = ()
    renamed: tuple[Member, ...] = ()
    many: tuple[str, ...] = ()
    single: tuple[str, ...] = ()
    nullable: tuple[str, ...] = ()
    known: tuple[str, ...] = ()


# Stack entries of a leaf, a scalar and an unknown element. They are empty and compared by identity.
_IN_LEAF: tuple[Slots, Tree] = ({}, {})
_IN_SCALAR: tuple[Slots, Tree] = ({}, {})
_IN_UNKNOWN: tuple[Slots, Tree] = ({}, {})


class FastXml(Generic[R]):
    """Decodes results exactly as the plain decoder does, or not at all."""

    def __init__(self, model: type[R], shape: ResultShape, json: FastJson[R]) -> None:
        self._model = model
        self._json = json
        self._turner = XmlToJson(shape)
        self._root = {shape.element: _slot(Member("", "", "model", shape.element, shape=shape))}
        self._depth = _depth(self._root)
        self._marks = _marks(shape)

    def decode(self, data: bytes | str, encoding: str | None, reading: DecodeSettings) -> R | None:
        """Return a result, or None to leave the document to the plain decoder."""
        if reading.on_unknown is not None or self._depth > reading.limits.max_depth:
            return None
        try:
            lifted = self._lifted(data, encoding, reading)
            if _may_have_more_members(lifted.skeleton, reading.limits):
                return None
            # Only expat needs the check of the tags: the common form has few attributes and no other namespaces.
            result = self._decode_turned(lifted, reading) if len(lifted.skeleton) <= _MOST_TURNED else None
            if result is not None:
                return result
            check_tags(lifted.skeleton, reading.limits)
            return self._decode_parsed(lifted, reading)
        except (NotSupported, DecodeError, ValueError, LookupError, expat.ExpatError):
            return None

    def _lifted(self, data: bytes | str, encoding: str | None, reading: DecodeSettings) -> ExtractedBase64:
        text, start, charset = xml_source(data, encoding, reading.limits.max_bytes)
        marks = self._marks if reading.lifts else ()
        lifted = (lift(text, start, marks, reading.base64) if marks else None) or ExtractedBase64(text[start:])
        # Extraction before transcoding is safe: base64 has the same bytes in every superset of ASCII.
        lifted = replace(lifted, skeleton=transcode(lifted.skeleton, charset, reading.limits.max_bytes))
        check_utf8(lifted.skeleton)
        return lifted

    def _decode_turned(self, lifted: ExtractedBase64, reading: DecodeSettings) -> R | None:
        common = reading.typed and reading.limits.max_attributes >= ATTRIBUTES
        if not (common and self._turner.able) or _may_have_more_quotes(lifted.skeleton, reading.limits):
            return None
        try:
            return self._json.decode_typed(self._turner.turn(lifted.skeleton), lifted)
        except (NotSupported, DecodeError, KeyError, ValueError):
            return None

    def _decode_parsed(self, lifted: ExtractedBase64, reading: DecodeSettings) -> R | None:
        values = lifted.by_text()
        tree = _read(lifted.skeleton, self._root, _parsers(reading.base64, values), reading.limits)
        # A value that is left over was not a complete binary member.
        return None if values else msgspec.convert(tree, self._model, strict=False, builtin_types=(bytes,))


def _may_have_more_members(source: bytes, limits: Limits) -> bool:
    # The shortest element is <a/>, 4 bytes, and the shortest attribute is longer. This is an upper bound; the plain decoder
    # counts exactly.
    return len(source) > 4 * limits.max_members and source.count(b"<") + source.count(b"=") > limits.max_members


def _may_have_more_quotes(source: bytes, limits: Limits) -> bool:
    return len(source) > 2 * limits.max_members and source.count(b'"') > 2 * limits.max_members


def _parsers(base64: Base64, values: dict[str, bytes]) -> Parsers:
    def binary(text: str) -> bytes:
        value = values.pop(text, None)
        return base64(text) if value is None else value

    return {**PARSERS, "string": str, "uri": str, "choice": _not_null, "binary": binary}


def _read(source: bytes, root: Slots, parsers: Parsers, limits: Limits) -> Any:
    """Return the tree of a document, with integers as text. Raises NotSupported, ExpatError, ValueError or LookupError."""
    tree: Tree = {}
    integers: list[str] = []
    names: dict[str, str] = {}
    parser = expat.ParserCreate("utf-8", " ", names)
    parser.buffer_text = True
    handlers = _handlers(root, tree, integers, parsers, limits, names)
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = handlers
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartNamespaceDeclHandler = _refuse_long
    parser.Parse(source, True)
    # ``names`` holds every name that expat has interned, so no element has more attributes than it has names.
    if NIL in names or len(names) > limits.max_attributes:
        raise NotSupported
    # The lax conversion accepts "12" as an integer, but also "null" and "1e2", so only digits may reach it.
    digits = "".join(integers).replace("-", "")
    if digits and not (digits.isascii() and digits.isdigit()):
        raise NotSupported
    return tree[""]


def _refuse(*_: object) -> NoReturn:
    raise NotSupported


def _refuse_long(_prefix: str | None, uri: str | None) -> None:
    # expat interns every name with its namespace URI, so a long URI would be stored once for each name.
    if uri is not None and len(uri) > len(INSTANCE):
        raise NotSupported


def _handlers(
    root: Slots, tree: Tree, integers: list[str], parsers: Parsers, limits: Limits, names: dict[str, str]
) -> tuple[Any, Any, Any]:
    # Closures instead of methods: these run for every element, and a closure variable is faster than an attribute.
    max_depth, max_names = limits.max_depth, limits.max_attributes
    stack: list[tuple[Slots, Tree]] = [(root, tree)]
    push, pop, note = stack.append, stack.pop, integers.append
    scalars: list[tuple[Tree, str, Content]] = []
    texts: list[str] = []

    def start(name: str, attributes: Tree) -> None:
        slots, above = stack[-1]
        slot = slots.get(name)
        if slot is None:
            skip()
            return
        form, wire, integer, content = slot
        if form:
            enter(form, wire, content, attributes, above)
            return
        note(attributes[integer])
        above[wire].append(attributes)
        push(_IN_LEAF)

    def skip() -> None:
        # expat interns the unknown names too, so their number is bounded.
        if stack[-1] is _IN_SCALAR or len(stack) == 1 or len(stack) > max_depth or len(names) > max_names:
            raise NotSupported
        push(_IN_UNKNOWN)

    def enter(form: int, wire: str, content: Content, attributes: Tree, above: Tree) -> None:
        if form == _SCALAR:
            scalars.append((above, wire, content))
            push(_IN_SCALAR)
        elif form == _WRAPPER:
            _put(above, wire, False, [])
            push((content.slots, above))
        else:
            inner = _model(content, attributes, note, parsers)
            _put(above, wire, content.repeated, inner)
            push((content.slots, inner))

    def end(_name: str) -> None:
        if pop() is _IN_SCALAR:
            above, wire, content = scalars.pop()
            _put(above, wire, content.repeated, parsers[content.parser]("".join(texts)))
            texts.clear()

    def characters(text: str) -> None:
        top = stack[-1]
        if top is _IN_SCALAR:
            texts.append(text)
        elif top is not _IN_UNKNOWN and text.strip(SPACE):
            raise NotSupported

    return start, end, characters


def _model(content: Content, attributes: Tree, note: Callable[[str], None], parsers: Parsers) -> Tree:
    _, _, _, integers, parsed, renamed, many, single, nullable, known = content
    if renamed:
        attributes = {item.wire: parsers[_parser(item)](attributes[item.xml]) for item in renamed if item.xml in attributes}
    for key in integers:
        if key in attributes:
            note(attributes[key])
    for key, parser in parsed:
        if key in attributes:
            attributes[key] = parsers[parser](attributes[key])
    # An unknown attribute must not be mistaken for the element of the same name; any other is dropped.
    for key in single:
        if key in attributes:
            raise NotSupported
    if len(attributes) > len(known) and not renamed:
        attributes = {key: attributes[key] for key in known if key in attributes}
    for key in many:
        attributes[key] = []
    for key in nullable:
        attributes.setdefault(key, None)
    return attributes


def _put(tree: Tree, wire: str, repeated: bool, value: Any) -> None:
    if repeated:
        tree[wire].append(value)
    elif wire in tree:
        raise NotSupported
    else:
        tree[wire] = value


def _not_null(text: str) -> str:
    # The lax conversion would turn "null" into None for a nullable member with choices.
    if text.lower() == "null":
        raise NotSupported
    return text


def _parser(member: Member) -> str:
    return "choice" if member.choices and member.kind in ("string", "uri") else member.kind


def _slot(member: Member) -> XmlSlot:
    """Compile the slot of an element that holds a member, or one item of it."""
    if member.shape is None:
        return XmlSlot(_SCALAR, member.wire, "", Content(member.many, _parser(member)))
    content = _content(member.many, member.shape)
    required = {item.xml for item in member.shape.members if item.required}
    simple = not (content.parsed or content.renamed or content.slots or content.nullable) and required.issuperset(
        content.integers
    )
    if member.many and simple and len(content.integers) == 1:
        return XmlSlot(_LEAF, member.wire, content.integers[0], content)
    return XmlSlot(_MODEL, member.wire, "", content)


def _content(repeated: bool, shape: ResultShape) -> Content:
    attributes = [item for item in shape.members if item.attribute]
    elements = [item for item in shape.members if not item.attribute]
    slots = {item.wrapper or item.xml: _wrapper(item) if item.wrapper else _slot(item) for item in elements}
    many = tuple(item.wire for item in elements if item.many and not item.wrapper)
    single = tuple(item.wire for item in elements if item.wire not in many)
    nullable = tuple(item.wire for item in attributes if item.nullable)
    if any(item.xml != item.wire for item in attributes):
        return Content(repeated, slots=slots, renamed=tuple(attributes), many=many, nullable=nullable)
    # An integer with choices is parsed here, because the conversion compares it with the choices, which are integers.
    integers = tuple(item.wire for item in attributes if item.kind == "integer" and not item.choices)
    parsed = [(item.wire, _parser(item)) for item in attributes if item.wire not in integers]
    needed = tuple((wire, parser) for wire, parser in parsed if parser not in ("string", "uri"))
    known = tuple(item.wire for item in attributes)
    return Content(repeated, "", slots, integers, needed, (), many, single, nullable, known)


def _wrapper(member: Member) -> XmlSlot:
    return XmlSlot(_WRAPPER, member.wire, "", Content(slots={member.xml: _slot(member)}))


def _depth(slots: Slots) -> int:
    return 1 + max(map(_depth, (slot.content.slots for slot in slots.values())), default=0) if slots else 0


def _marks(shape: ResultShape) -> Marks:
    found = {member.attribute for member in _binaries(shape)}
    return (*(_IN_ATTRIBUTES if True in found else ()), *(_IN_ELEMENTS if False in found else ()))


def _binaries(shape: ResultShape) -> list[Member]:
    within = [_binaries(member.shape) for member in shape.members if member.shape is not None]
    return [member for member in shape.members if member.kind == "binary"] + [item for items in within for item in items]
