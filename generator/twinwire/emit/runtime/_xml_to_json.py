"""Conversion of XML in the common form into the JSON of the same result, without an XML parser.

Splitting a document at its double quotes gives markup and values in turn, and the markup consists of few distinct pieces that
repeat. Each piece is parsed once for each state in which it occurs: it is replaced by a JSON fragment, and leads to another
state. A document therefore costs one split, one look-up for each attribute and one join; a typed decoder does the rest.

    <r code="0"><p id="7"/><p id="8"/></r>
    split    `<r code=`     `0`  `><p id=`      `7`  `/><p id=`  `8`  `/></r>`
    becomes  `{"code":`     `0`  `,"p":[{"id":` `7`  `},{"id":`  `8`  `}]}`
    join     {"code":0,"p":[{"id":7},{"id":8}]}

The common form is a subset of XML that can be recognized without a parser: elements, attributes in quotes, no namespaces, text
in scalars only, and the five predefined entities. Everything else raises NotSupported. An unknown attribute is accepted, an
unknown element is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import repeat
from typing import TypeAlias

from ._plan import Member, ResultShape


class NotSupported(Exception):
    """The document has a feature that the fast decoder leaves to the plain one."""


ATTRIBUTES = 64
"""The most attributes of an element in the common form."""

# The most new pieces in one document. More of them suggest that its markup does not repeat, and that expat is faster.
_NEW_PIECES = 64
_KEPT_PIECES, _KEPT_LENGTH = 1024, 512
# A longer piece is unlikely to repeat. More entities than this would split the text into too many parts.
_LONGEST_PIECE, _MOST_ENTITIES = 4096, 1_000_000
# Replacing a single quote costs more than an attribute costs in expat, so their number is bounded.
_SINGLE_QUOTES = 2000
_EQUALS = ord("=")

_NAME = r"[A-Za-z_][A-Za-z0-9_.-]*"
_SPACE = r"[ \t\r\n]"
_WORD = re.compile(_NAME)
_PROLOG = re.compile(
    rb'(?:<\?xml version="1\.0"(?: encoding="[Uu][Tt][Ff]-8")?(?: standalone="(?:yes|no)")? ?\?>)?[ \t\r\n]*(?=<)'
)
_ATTRIBUTE = re.compile(rf"{_SPACE}+({_NAME}){_SPACE}*={_SPACE}*\Z")
_TAG_END = re.compile(rf"{_SPACE}*(/?)>")
_START = re.compile(rf"<({_NAME})")
_END = re.compile(rf"</({_NAME}){_SPACE}*>")
_BLANK = re.compile(f"{_SPACE}*")
# A > may end ]]>, which is forbidden in text, and XML turns a carriage return into a line feed: both are excluded.
_PLAIN = re.compile("[^\\x00-\\x1f>]*")
# The namespace declarations that .NET's XmlSerializer puts on every root element.
_DECLARATIONS = (
    (b"xsi", b'="http://www.w3.org/2001/XMLSchema-instance"'),
    (b"xsd", b'="http://www.w3.org/2001/XMLSchema"'),
)
_ENTITIES = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'\\"', b"apos": b"'"}
_MARKED_ENTITIES = {b"&" + name: character for name, character in _ENTITIES.items()}


@dataclass(frozen=True, slots=True)
class _OpenMember:
    """An open element: its member, the members written so far to its object, and the collection that is open in it."""

    member: Member
    tag: bool = True
    begun: bool = False
    seen: frozenset[str] = frozenset()
    collection: str | None = None


_Step: TypeAlias = "tuple[bytes, bool, _State]"
"""The JSON fragment for a piece of markup, True when an integer follows, and the next state."""


class _State:
    """The context of a piece of markup. ``quoted`` is True after a string; ``steps`` caches the pieces parsed in this state."""

    __slots__ = ("frames", "quoted", "steps")

    def __init__(self, frames: tuple[_OpenMember, ...], quoted: bool) -> None:
        self.frames = frames
        self.quoted = quoted
        self.steps: dict[bytes, _Step] = {}


class XmlToJson:
    """Converter for documents of one shape. ``able`` is False when the shape has no common form.

    Any number of threads can use it: two threads that add to its states at the same time add equal values.
    """

    def __init__(self, shape: ResultShape) -> None:
        self._root = Member("", "", "model", shape.element, shape=shape)
        self.able = _is_able(shape, collected=False)
        self._end = _State((), False)
        self._forget()

    def _forget(self) -> None:
        self._begin = _State((), False)
        self._states: dict[tuple[tuple[_OpenMember, ...], bool], _State] = {((), False): self._end}
        self._kept = 0

    def turn(self, document: bytes) -> bytes:
        """Convert a document in UTF-8 to JSON. The output is invalid JSON where the document is not well-formed.

        Raises:
            NotSupported: The document is not in the common form.
            KeyError: It has an entity other than the five predefined ones.
        """
        prolog = _PROLOG.match(document)
        # U+FFFE and U+FFFF are the only characters that JSON accepts and XML does not. Test for one byte first: it is faster.
        if prolog is None or (b"\xef" in document and (b"\xef\xbf\xbe" in document or b"\xef\xbf\xbf" in document)):
            raise NotSupported
        # JSON doubles each backslash; markup contains none. Convert single quotes first, so that a value in single quotes
        # cannot be mistaken for a namespace declaration.
        body = _without_namespaces(_in_double_quotes(document[prolog.end() :]))
        return without_entities(self._joined(body.replace(b"\\", b"\\\\").split(b'"')))

    def _joined(self, pieces: list[bytes]) -> bytes:
        pieces[::2] = self._turned(pieces[::2], [*pieces[1::2], b""])
        return b"".join(pieces)

    def _turned(self, markup: list[bytes], values: list[bytes]) -> list[bytes]:
        if len(markup) != len(values):
            raise NotSupported
        if self._kept > _KEPT_PIECES:
            self._forget()
        turned: list[bytes] = []
        integers: list[bytes] = []
        state, new = self._begin, 0
        pairs = zip(markup, values, strict=True)
        piece, value, more = b"", b"", True
        while more:
            # Nearly all pieces are known, and in Python 3.11+ a try block without an exception costs nothing.
            try:
                for piece, value in pairs:
                    fragment, is_integer, state = state.steps[piece]
                    turned.append(fragment)
                    if is_integer:
                        integers.append(value)
                more = False
            except KeyError:
                new += 1
                if new > _NEW_PIECES:
                    raise NotSupported from None
                fragment, is_integer, state = self._step(state, piece)
                turned.append(fragment)
                if is_integer:
                    integers.append(value)
        # Integers are written without quotes, so anything but digits could inject JSON, such as `1,"code":0`.
        digits = b"".join(integers).replace(b"-", b"")
        if state is not self._end or (digits and not digits.isdigit()):
            raise NotSupported
        return turned

    def _step(self, state: _State, piece: bytes) -> _Step:
        if state is self._end or len(piece) > _LONGEST_PIECE:
            raise NotSupported
        reader = _Piece(piece.decode(), state.frames)
        if not state.frames:
            reader.begin(self._root)
        is_integer = reader.read()
        # The split removed the quotes: add the closing one of the value before, and the opening one of the value after.
        text = ('"' if state.quoted else "") + reader.json + ("" if is_integer or not reader.frames else '"')
        frames = tuple(reader.frames)
        quoted = bool(frames) and not is_integer
        following = self._states.setdefault((frames, quoted), _State(frames, quoted))
        step = text.encode(), is_integer, following
        if len(piece) <= _KEPT_LENGTH:
            state.steps[piece] = step
            self._kept += 1
        return step


class _Piece:
    """Parser of one piece of markup. ``json`` is the resulting fragment, ``frames`` are the elements that it leaves open."""

    def __init__(self, text: str, frames: tuple[_OpenMember, ...]) -> None:
        self._text = text
        self._place = 0
        self.frames = list(frames)
        self.json = ""

    def begin(self, root: Member) -> None:
        """Parse the beginning of the root's tag."""
        found = _START.match(self._text)
        if found is None or found[1] != root.xml:
            raise NotSupported
        self._place = found.end()
        self._open(root)

    def read(self) -> bool:
        """Parse up to the value of an attribute or the end of the document; return True when the value is an integer."""
        while self.frames:
            if not self.frames[-1].tag:
                self._content()
                continue
            found = _ATTRIBUTE.match(self._text, self._place)
            if found is not None:
                return self._attribute(found[1])
            if self._match(_TAG_END):
                self._close()
            else:
                self.frames[-1] = replace(self.frames[-1], tag=False)
        if self._text[self._place :].strip(" \t\r\n"):
            raise NotSupported
        return False

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._place)
        if found is None:
            raise NotSupported
        self._place = found.end()
        return str(found[1])

    def _content(self) -> None:
        place = self._text.find("<", self._place)
        text, self._place = self._text[self._place : place], place
        member = self.frames[-1].member
        if place < 0 or not (_BLANK if member.shape is not None else _PLAIN).fullmatch(text):
            raise NotSupported
        if member.shape is None:
            self.json += text
        if self._text.startswith("</", place):
            if self._match(_END) != member.xml:
                raise NotSupported
            self._close()
            return
        name = self._match(_START)
        within = member.shape.members if member.shape is not None else ()
        inner = next((item for item in within if not item.attribute and item.xml == name), None)
        if inner is None:
            raise NotSupported
        self._open(inner)

    def _attribute(self, name: str) -> bool:
        top = self.frames[-1]
        if top.member.shape is None or len(top.seen) >= ATTRIBUTES or name.startswith("xmlns"):
            raise NotSupported
        members = top.member.shape.members
        member = next((item for item in members if item.attribute and item.xml == name), None)
        wire = name if member is None else member.wire
        # An unknown attribute is left for the decoder to ignore, unless its name is the wire name of another member.
        if wire in top.seen or (member is None and any(item.wire == name for item in members)):
            raise NotSupported
        self.json += f'{"," if top.begun else ""}"{wire}":'
        self.frames[-1] = replace(top, begun=True, seen=top.seen | {wire})
        return member is not None and member.kind == "integer"

    def _open(self, member: Member) -> None:
        if self.frames:
            top = self.frames[-1]
            if member.many and top.collection == member.wire:
                self.json += ","
            elif member.wire in top.seen:
                raise NotSupported
            else:
                before = ("]" if top.collection is not None else "") + ("," if top.begun else "")
                self.json += f'{before}"{member.wire}":{"[" if member.many else ""}'
                collection = member.wire if member.many else None
                self.frames[-1] = replace(top, begun=True, seen=top.seen | {member.wire}, collection=collection)
        self.json += '"' if member.shape is None else "{"
        self.frames.append(_OpenMember(member))

    def _close(self) -> None:
        top = self.frames.pop()
        self.json += '"' if top.member.shape is None else "]}" if top.collection is not None else "}"


def _is_able(shape: ResultShape, *, collected: bool) -> bool:
    return all(_is_common(member, collected) for member in shape.members)


def _is_common(member: Member, collected: bool) -> bool:
    if not (_WORD.fullmatch(member.xml) and _WORD.fullmatch(member.wire)):
        return False
    if member.attribute:
        return member.kind in ("string", "uri", "integer", "binary")
    if member.shape is None:
        # Text in the items of a collection would make each piece unique, so that nothing is cached.
        return not (member.wrapper or collected) and member.kind in ("string", "uri")
    return not member.wrapper and _is_able(member.shape, collected=collected or member.many)


def _without_namespaces(document: bytes) -> bytes:
    # An unused declaration is an unknown attribute with a colon, so rename it. A value cannot contain these texts: it would
    # end at their first quote.
    end = document.find(b">")
    head = document[:end]
    for name, value in _DECLARATIONS:
        head = head.replace(b" xmlns:" + name + value, b" _xmlns." + name + value, 1)
    return head + document[end:]


def _in_double_quotes(document: bytes) -> bytes:
    if b'"' not in document:
        return document.replace(b"'", b'"')
    parts: list[bytes] = []
    done = place = counted = within = 0
    for _ in range(_SINGLE_QUOTES):
        found = document.find(b"'", place)
        if found < 0:
            return b"".join((*parts, document[done:])) if parts else document
        # Inside double quotes and in text, a single quote is an ordinary character.
        within = (within + document.count(b'"', counted, found)) % 2
        place = counted = found + 1
        if not within and document[found - 1] == _EQUALS:
            end = document.find(b"'", place)
            if end < 0:
                break
            parts += (document[done:found], b'"', document[place:end].replace(b'"', b"&quot;"), b'"')
            done = place = counted = end + 1
    raise NotSupported


def without_entities(text: bytes) -> bytes:
    """Replace the five predefined entities, for a string in JSON. Raises NotSupported or KeyError for any other."""
    if b"<" in text:
        raise NotSupported
    if b"&" not in text:
        return text
    if text.count(b"&") > _MOST_ENTITIES:
        raise NotSupported
    # Insert a semicolon before each &, then split at semicolons. Without other semicolons in the text, text and entity
    # alternate: x&lt;y&gt; -> x;&lt;y;&gt; -> x, &lt, y, &gt and an empty part.
    marked = text.replace(b"&", b";&")
    entities = len(marked) - len(text)
    parts = marked.split(b";", 2 * entities + 1)
    if len(parts) != 2 * entities + 1:
        return without_entities_one_by_one(text)
    parts[1::2] = map(_MARKED_ENTITIES.__getitem__, parts[1::2])
    return b"".join(parts)


def without_entities_one_by_one(text: bytes) -> bytes:
    """Replace the five predefined entities in a text that may contain other semicolons."""
    first, *others = text.split(b"&")
    parts = [first]
    append = parts.append
    for entity, semicolon, rest in map(bytes.partition, others, repeat(b";")):
        if not semicolon:
            raise NotSupported
        append(_ENTITIES[entity])
        append(rest)
    return b"".join(parts)
