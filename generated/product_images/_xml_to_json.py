# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""XML of the common form, turned into the JSON of the same result.

Split at its quotes, a document is markup and values in turn, and of markup there are but a few pieces, which come again and
again. Each piece is read once, for each state in which it is met: it becomes the JSON that stands there, and leads to
another state. So a document costs a split, a look-up for each attribute, and a join; a typed decoder does the rest.

The common form is a part of XML that needs no parser to be told apart: elements and attributes in double quotes, no
namespaces, no text but in scalars, nothing but the five entities. All else raises Unsure; a name that nobody knows may
stand on an attribute, and not on an element.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import repeat
from typing import TypeAlias

from ._plan import Member, ResultShape


class NotSupported(Exception):
    """Not what the fast way is made for."""


ATTRIBUTES = 64
"""The most attributes of an element that is turned."""

# What is met in a document that is of the common form; with more, it is rather one that is not.
_NEW_PIECES = 64
_KEPT_PIECES, _KEPT_LENGTH = 1024, 512
# A longer piece is no markup that comes again, and more entities than this are no names.
_LONGEST_PIECE, _MOST_ENTITIES = 4096, 1_000_000
# Each of them costs more than an attribute costs a parser.
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
# A > may be the end of ]]>, and a carriage return is not what it is.
_PLAIN = re.compile("[^\\x00-\\x1f>]*")
# What .NET's serializer puts on every root.
_DECLARATIONS = (
    (b"xsi", b'="http://www.w3.org/2001/XMLSchema-instance"'),
    (b"xsd", b'="http://www.w3.org/2001/XMLSchema"'),
)
_ENTITIES = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'\\"', b"apos": b"'"}
_MARKED_ENTITIES = {b"&" + name: character for name, character in _ENTITIES.items()}


@dataclass(frozen=True, slots=True)
class _OpenMember:
    """An open element: the member that it is, what its object has, and the collection that is open in it."""

    member: Member
    tag: bool = True
    begun: bool = False
    seen: frozenset[str] = frozenset()
    collection: str | None = None


_Step: TypeAlias = "tuple[bytes, bool, _State]"
"""What a piece of markup becomes, whether the value after it is an integer, and the state after it."""


class _State:
    """Where a piece of markup is met: the open elements, and whether it ends a text. ``steps`` are those that were taken."""

    __slots__ = ("frames", "quoted", "steps")

    def __init__(self, frames: tuple[_OpenMember, ...], quoted: bool) -> None:
        self.frames = frames
        self.quoted = quoted
        self.steps: dict[bytes, _Step] = {}


class XmlToJson:
    """Turns documents of one shape. ``able`` says whether any can be.

    It is used by any number of threads: what they may both add to its states is the same.
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
        """Return the JSON of a document in UTF-8; it is no JSON where the document is not well-formed.

        Raises NotSupported or KeyError.
        """
        prolog = _PROLOG.match(document)
        # A byte is found faster than three; these two are no characters of XML, and all others that JSON has are.
        if prolog is None or (b"\xef" in document and (b"\xef\xbf\xbe" in document or b"\xef\xbf\xbf" in document)):
            raise NotSupported
        # A text in JSON has a backslash twice. In markup there is none.
        # In this order: what stands in single quotes is no declaration.
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
            # Nearly all pieces are known, and an exception that is not raised costs nothing.
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
        # Integers stand without quotes, where anything but digits could be more than a value.
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
        # A closing quote ends a text, and an opening one begins the next.
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
    """A piece of markup, read: ``json`` is what it becomes, and ``frames`` are the elements that it leaves open."""

    def __init__(self, text: str, frames: tuple[_OpenMember, ...]) -> None:
        self._text = text
        self._place = 0
        self.frames = list(frames)
        self.json = ""

    def begin(self, root: Member) -> None:
        """Read the beginning of the root's tag."""
        found = _START.match(self._text)
        if found is None or found[1] != root.xml:
            raise NotSupported
        self._place = found.end()
        self._open(root)

    def read(self) -> bool:
        """Read on to where an attribute's value begins, and return whether it is an integer; or to the document's end."""
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
        # What nobody knows is left for the decoder to ignore, unless it would know it.
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
        # A text in each item makes of each a piece of its own.
        return not (member.wrapper or collected) and member.kind in ("string", "uri")
    return not member.wrapper and _is_able(member.shape, collected=collected or member.many)


def _without_namespaces(document: bytes) -> bytes:
    # Declared and not used, they are attributes like any other that nobody knows, but for the colon. No value can hold one
    # of these: it would end at the first quote, and go on without a space.
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
        # Within double quotes, and in text, it is a character.
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
    """Return a text with the five entities replaced, for a string in JSON; Unsure or KeyError for anything else."""
    if b"<" in text:
        raise NotSupported
    if b"&" not in text:
        return text
    if text.count(b"&") > _MOST_ENTITIES:
        raise NotSupported
    # A & begins a part of its own. Where no other semicolon is in the text, the parts are text and entity in turn:
    # x&lt;y&gt; -> x;&lt;y;&gt; -> x, &lt, y, &gt and an empty one.
    marked = text.replace(b"&", b";&")
    entities = len(marked) - len(text)
    parts = marked.split(b";", 2 * entities + 1)
    if len(parts) != 2 * entities + 1:
        return without_entities_one_by_one(text)
    parts[1::2] = map(_MARKED_ENTITIES.__getitem__, parts[1::2])
    return b"".join(parts)


def without_entities_one_by_one(text: bytes) -> bytes:
    """Return what ``without_entities`` does, also for a text that has other semicolons."""
    first, *others = text.split(b"&")
    parts = [first]
    append = parts.append
    for entity, semicolon, rest in map(bytes.partition, others, repeat(b";")):
        if not semicolon:
            raise NotSupported
        append(_ENTITIES[entity])
        append(rest)
    return b"".join(parts)
