# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""The plain XML decoder: converts expat's events, by the field plan, into the tree of the equivalent JSON.

Example: ``<result code="0"><product id="7"/></result>`` -> ``{"code": 0, "products": [{"id": 7}]}``, where the plan says that
``product`` is the element of a collection named ``products``.

A DOCTYPE is rejected, so that no entities can be expanded or fetched. Attributes and elements unknown to the plan are skipped
with their content, including namespace declarations and ``xsi:`` attributes; ``xsi:nil`` means null. Errors are: text beside
elements, an element inside a scalar, a second element for a member that is not a collection, and content in a nil element
(XML Schema Part 1, cvc-elt 3.2.1: no characters, not even white space, and no elements).

This decoder is authoritative, and reports each error with its place; ``_fast_xml`` is the fast one.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NoReturn
from xml.parsers import expat

from ._base64 import NO_BASE64
from ._charset import check_utf8, transcode, xml_source
from ._plan import Member, ResultShape
from ._settings import DecodeSettings, below
from ._xml_scalars import BOOLEANS, PARSERS
from ._xml_tags import check_tags
from .errors import DecodeError

INSTANCE = "http://www.w3.org/2001/XMLSchema-instance "
NIL = f"{INSTANCE}nil"
SPACE = " \t\r\n"


class _Node:
    """A shape indexed by XML name. ``slots`` maps an element to its member and, unless that is a scalar, to the node inside."""

    __slots__ = ("attributes", "nullable", "slots")

    def __init__(
        self, attributes: dict[str, Member], slots: dict[str, tuple[Member, _Node | None]], nullable: tuple[Member, ...] = ()
    ) -> None:
        self.attributes = attributes
        self.slots = slots
        self.nullable = nullable


# The node of a nil element, which has no content. Compared by identity.
_NIL_NODE = _Node({}, {})


@cache
def _node(shape: ResultShape) -> _Node:
    attributes = {member.xml: member for member in shape.members if member.attribute}
    node = _Node(attributes, {}, tuple(member for member in shape.members if member.nullable))
    for member in shape.members:
        if not member.attribute:
            content = _node(member.shape) if member.shape is not None else None
            wrapped = _Node({}, {member.xml: (member, content)})
            node.slots[member.wrapper or member.xml] = (member, wrapped if member.wrapper else content)
    return node


class _OpenNode:
    """An open element: its node (None for a scalar), the tree that it fills, and its member in the parent."""

    __slots__ = ("member", "node", "opened", "step", "text", "tree")

    def __init__(self, node: _Node | None, tree: dict[str, Any], member: Member | None, step: str) -> None:
        self.node = node
        self.tree = tree
        self.member = member
        self.step = step
        self.text: list[str] = []
        self.opened: set[str] = set()


class XmlReader:
    """Decoder of one document; an instance is used once."""

    def __init__(self, shape: ResultShape, reading: DecodeSettings) -> None:
        self._shape = shape
        self._reading = reading
        self._limits = reading.limits
        self._members = 0
        self._frames: list[_OpenNode] = []
        self._tree: dict[str, Any] = {}
        self._depth = 0
        self._skipping = 0

    def read(self, data: bytes | str, encoding: str | None) -> dict[str, Any]:
        """Return the tree of a document. Raises DecodeError with line and column, and the member's path."""
        text, start, charset = xml_source(data, encoding, self._limits.max_bytes)
        source = transcode(text[start:], charset, self._limits.max_bytes)
        check_utf8(source)
        check_tags(source, self._limits)
        # Names are not interned: a document may contain a million different ones, each with its namespace URI.
        self._parser = parser = expat.ParserCreate("utf-8", " ", None)
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._doctype
        try:
            parser.Parse(source, True)
        except expat.ExpatError as error:
            problem = f"no well-formed XML: {expat.ErrorString(error.code)}"
            raise DecodeError(problem, path=self._path() or None, **self._position()) from None
        finally:
            # Parser and reader refer to each other: break the cycle now, or the document stays in memory until a collection.
            del self._parser
        return self._tree

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._members += 1 + len(attributes)
        self._check_limits(attributes)
        if self._skipping:
            self._skipping += 1
        elif not self._frames:
            self._root(name, attributes)
        else:
            self._child(self._frames[-1], name, attributes)

    def _check_limits(self, attributes: dict[str, str]) -> None:
        limits = self._limits
        if self._depth > limits.max_depth:
            self._fail(f"elements are nested more than {limits.max_depth} deep, as max_depth allows")
        if len(attributes) > limits.max_attributes:
            self._fail(f"an element has more attributes than max_attributes, {limits.max_attributes}, allows")
        if self._members > limits.max_members:
            self._fail(f"there are more elements and attributes than max_members, {limits.max_members}, allows")

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        if name != self._shape.element:
            self._fail(f"expected the element <{self._shape.element}>, found <{_shown(name)}>")
        if self._is_nil(attributes):
            self._fail(f"the element <{self._shape.element}> has xsi:nil, and a result is not null")
        self._open(_OpenNode(_node(self._shape), self._tree, None, "$"), attributes)

    def _child(self, frame: _OpenNode, name: str, attributes: dict[str, str]) -> None:
        if frame.node is None:
            self._fail(f"expected text, found the element <{_shown(name)}>")
        if frame.node is _NIL_NODE:
            self._fail(f"the element has xsi:nil, and holds the element <{_shown(name)}>")
        slot = frame.node.slots.get(name)
        if slot is None:
            self._skipping = 1
            self._tell(name)
            return
        member, node = slot
        wraps = member.wrapper is not None and frame.member is not member
        if (wraps or not member.many) and name in frame.opened:
            self._fail(f"the element <{_shown(name)}> is there twice")
        frame.opened.add(name)
        if self._is_nil(attributes):
            self._frames.append(_OpenNode(_NIL_NODE, {}, member, self._step(frame, member)))
            if not wraps:
                self._put(frame.tree, member, None)
        elif wraps:
            self._frames.append(_OpenNode(node, frame.tree, member, ""))
        else:
            self._enter(frame, member, node, attributes)

    def _is_nil(self, attributes: dict[str, str]) -> bool:
        nil = attributes.get(NIL, "false").strip(SPACE)
        if nil not in BOOLEANS:
            self._fail(f"xsi:nil must be true, false, 1 or 0, and is {nil[:40]!r}")
        return BOOLEANS[nil]

    @staticmethod
    def _step(frame: _OpenNode, member: Member) -> str:
        return f".{member.wire}[{len(frame.tree.get(member.wire, ()))}]" if member.many else f".{member.wire}"

    def _enter(self, frame: _OpenNode, member: Member, node: _Node | None, attributes: dict[str, str]) -> None:
        inner = _OpenNode(node, frame.tree if node is None else {}, member, self._step(frame, member))
        if node is None:
            self._frames.append(inner)
        else:
            self._put(frame.tree, member, inner.tree)
            self._open(inner, attributes)

    def _open(self, frame: _OpenNode, attributes: dict[str, str]) -> None:
        self._frames.append(frame)
        known = frame.node.attributes if frame.node is not None else {}
        for nullable in frame.node.nullable if frame.node is not None else ():
            frame.tree[nullable.wire] = [] if nullable.many else None
        for name, text in attributes.items():
            member = known.get(name)
            if member is not None:
                frame.tree[member.wire] = self._scalar(member, text, f".{member.wire}")
            elif not name.startswith(INSTANCE):
                self._tell(name)

    def _tell(self, name: str) -> None:
        if self._reading.on_unknown is not None:
            self._reading.on_unknown(below(self._path(), _shown(name)))

    def _end(self, _name: str) -> None:
        self._depth -= 1
        if self._skipping:
            self._skipping -= 1
            return
        frame = self._frames[-1]
        if frame.node is None and frame.member is not None:
            self._put(frame.tree, frame.member, self._scalar(frame.member, "".join(frame.text), ""))
        self._frames.pop()

    def _characters(self, text: str) -> None:
        if self._skipping:
            return
        frame = self._frames[-1]
        if frame.node is None:
            frame.text.append(text)
        elif frame.node is _NIL_NODE:
            self._fail(f"the element has xsi:nil, and holds the text {text[:40]!r}")
        elif text.strip(SPACE):
            self._fail(f"expected elements, found the text {text.strip(SPACE)[:40]!r}")

    @staticmethod
    def _put(tree: dict[str, Any], member: Member, value: Any) -> None:
        if member.many:
            tree.setdefault(member.wire, []).append(value)
        elif value is not None:
            tree[member.wire] = value

    def _scalar(self, member: Member, text: str, step: str) -> Any:
        try:
            parser = PARSERS.get(member.kind)
            if parser is not None:
                return parser(text)
        except ValueError as error:
            self._fail(str(error), step)
        if member.kind != "binary":
            return text
        try:
            return self._reading.base64(text)
        except ValueError:
            self._fail(NO_BASE64, step)

    def _doctype(self, *_: object) -> None:
        self._fail("a DOCTYPE is refused", path=False)

    def _fail(self, problem: str, step: str = "", *, path: bool = True) -> NoReturn:
        where = self._path() + step
        raise DecodeError(problem, path=(where or None) if path else None, **self._position())

    def _path(self) -> str:
        return "".join(frame.step for frame in self._frames)

    def _position(self) -> dict[str, Any]:
        return {"line": self._parser.CurrentLineNumber, "column": self._parser.CurrentColumnNumber + 1}


def _shown(name: str) -> str:
    namespace, _, local = name.rpartition(" ")
    return (f"{{{namespace}}}{local}" if namespace else local)[:80]
