"""Reading a spec file: YAML or JSON to plain values, with the position of every key and value.

The file is untrusted. Tags are refused (they construct objects), aliases too (nested ones grow without bound), and size
and depth are capped before anything is built.
"""

from __future__ import annotations

import gc
import hashlib
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any

import yaml

from twinwire.errors import Problem, SpecError
from twinwire.spec.codes import Code
from twinwire.spec.document import Document, Pointer

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 64
MAX_REREAD = 200_000
"""Characters that PyYAML's own parser reads once more, for the sake of a better message."""

# libyaml's parser, where PyYAML was built with it.
_FastLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
# What YAML ends a line at; str.splitlines knows more, and would count other lines than the parser does.
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# The words of YAML 1.2's core schema; 1.1's yes, no, on and off are strings.
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def load(path: str | Path) -> Document:
    """Read a spec file. Raises SpecError when it cannot be read, is too large or deep, or is no YAML mapping."""
    file = str(path)
    try:
        with Path(path).open("rb") as stream:
            # One byte more than is read tells that there is more, even of a device that never ends.
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SpecError(
            [Problem(file, 1, 1, Code.UNREADABLE, f"cannot be read: {reason}", "name an existing spec file")]
        ) from error
    except ValueError as error:
        raise SpecError(
            [Problem(repr(file), 1, 1, Code.UNREADABLE, f"cannot be read: {error}", "name an existing spec file")]
        ) from error
    return parse(raw, file)


def parse(raw: bytes, file: str) -> Document:
    """Parse the bytes of a spec; ``file`` is the name that problems are reported under. Raises SpecError."""
    if len(raw) > MAX_BYTES:
        raise SpecError(
            [Problem(file, 1, 1, Code.TOO_LARGE, f"has more than {MAX_BYTES} bytes", "split it, or drop what no feed needs")]
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        raise SpecError([Problem(file, line, column, Code.ENCODING, "is not UTF-8 here", "save the file as UTF-8")]) from error
    document = Document(file, None, hashlib.sha256(raw).hexdigest(), tuple(_BREAK.split(text)))
    with uncollected():
        return _Builder(document, text).build()


@contextmanager
def uncollected() -> Iterator[None]:
    """Stop looking for garbage in circles, which among a million values takes longer than to make them."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


class _Builder:
    """Turns YAML nodes into plain values; gathers problems instead of stopping at the first."""

    def __init__(self, document: Document, text: str) -> None:
        self.document = document
        self.text = text
        self.problems: list[Problem] = []
        self.events: Iterator[yaml.Event] = iter(())

    def build(self) -> Document:
        try:
            events = self._survey()
        except yaml.MarkedYAMLError as error:
            raise SpecError([self._syntax(error)]) from error
        except yaml.reader.ReaderError as error:
            raise SpecError([self._unreadable(error)]) from error
        if self.problems:
            raise SpecError(self.problems)
        self.events = iter(events)
        root = next((event for event in self.events if isinstance(event, yaml.events.NodeEvent)), None)
        if root is None:
            raise SpecError([self.document.at((1, 1), Code.EMPTY, "the file is empty", "write an OpenAPI 3.1 document")])
        data = self._value(root, ())
        if not isinstance(data, dict):
            message = f"is no spec: expected a mapping at the top, found {_noun(data)}"
            self._report(_mark(root.start_mark), Code.NOT_A_SPEC, message, "begin with 'openapi: 3.1.0'")
        if self.problems:
            raise SpecError(self.problems)
        done = self.document
        return Document(done.file, data, done.sha256, done.lines, done.keys, done.values)

    def _survey(self) -> list[yaml.Event]:
        try:
            return self._surveyed(_FastLoader(self.text))
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            # PyYAML's own parser takes a hundred times as long, but says best what is wrong, and it alone reads the pairs of
            # surrogates that JSON escapes.
            if len(self.text) > MAX_REREAD and not _ESCAPED_SURROGATE.search(self.text):
                if isinstance(error, yaml.YAMLError):
                    raise
                raise self._out_of_range((1, 1)) from error
        self.problems.clear()
        loader = yaml.SafeLoader(self.text)
        try:
            return self._surveyed(loader)
        except (ValueError, OverflowError) as error:
            # The parser lets some errors of int() and chr() pass: an escape beyond Unicode, a version number without end.
            raise self._out_of_range(_mark(loader.get_mark())) from error

    def _out_of_range(self, mark: tuple[int, int]) -> SpecError:
        message = "an escape or a number is out of range just before here"
        return SpecError([self.document.at(mark, Code.YAML_SYNTAX, message, "correct it")])

    def _unreadable(self, error: yaml.reader.ReaderError) -> Problem:
        before = _BREAK.split(self.text[: error.position])
        message = f"the character U+{error.character:04X} is not allowed in YAML"
        mark = (len(before), len(before[-1]) + 1)
        return self.document.at(mark, Code.YAML_SYNTAX, message, "remove it, or write it as an escape")

    def _surveyed(self, loader: Any) -> list[yaml.Event]:
        # Events come flat, so depth and aliases are seen before anything recursive could be hurt by them.
        events: list[yaml.Event] = []
        depth = documents = 0
        while loader.check_event():
            event: yaml.Event = loader.get_event()
            events.append(event)
            if isinstance(event, yaml.ScalarEvent) and event.tag is None:
                continue
            mark = _mark(event.start_mark)
            tag = getattr(event, "tag", None)
            if tag is not None:
                self._report(mark, Code.YAML_TAG, f"the tag {tag!r:.60} is not supported", "write the plain value")
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents == 2:
                    self._report(mark, Code.YAML_DOCUMENTS, "a second document begins here", "keep one document per file")
                    break
            elif isinstance(event, yaml.AliasEvent):
                self._report(mark, Code.YAML_ALIAS, f"the alias *{event.anchor} is not supported", "use $ref instead")
            elif isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    self._report(mark, Code.TOO_DEEP, f"values are nested more than {MAX_DEPTH} deep here", "make it flatter")
                    break
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
        return events

    def _report(self, mark: tuple[int, int], code: Code, message: str, hint: str = "") -> None:
        self.problems.append(self.document.at(mark, code, message, hint))

    def _syntax(self, error: yaml.MarkedYAMLError) -> Problem:
        mark = error.problem_mark or error.context_mark
        message = error.problem or "cannot be parsed"
        if error.context:
            message = f"{message} ({error.context})"
        hint = "correct the YAML here, or just before"
        if "\\t" in message:
            message, hint = "a tab stands where only spaces may indent", "indent with spaces"
        return self.document.at(_mark(mark) if mark else (1, 1), Code.YAML_SYNTAX, message, hint)

    def _value(self, event: yaml.Event, pointer: Pointer) -> Any:
        self.document.values[pointer] = _mark(event.start_mark)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(pointer)
        if isinstance(event, yaml.SequenceStartEvent):
            items = takewhile(lambda item: not isinstance(item, yaml.SequenceEndEvent), self.events)
            return [self._value(item, (*pointer, index)) for index, item in enumerate(items)]
        assert isinstance(event, yaml.ScalarEvent)
        return self._scalar(event)

    def _mapping(self, pointer: Pointer) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for event in takewhile(lambda item: not isinstance(item, yaml.MappingEndEvent), self.events):
            mark = _mark(event.start_mark)
            if not isinstance(event, yaml.ScalarEvent):
                self._report(mark, Code.YAML_KEY, "a key must be plain text", "write a text in place of the list or mapping")
                self._skip(event)
                self._skip(next(self.events))
                continue
            key = self._text(event)
            place = (*pointer, key)
            if key in result:
                line = self.document.keys[place][0]
                self._report(mark, Code.DUPLICATE_KEY, f"the key {key!r} stands here again", f"it first stands in line {line}")
                self._skip(next(self.events))
                continue
            self.document.keys[place] = mark
            result[key] = self._value(next(self.events), place)
        return result

    def _skip(self, event: yaml.Event) -> None:
        depth = int(isinstance(event, yaml.CollectionStartEvent))
        while depth:
            event = next(self.events)
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)

    def _scalar(self, node: yaml.ScalarEvent) -> Any:
        text = self._text(node)
        # A plain one has no style, which libyaml writes as an empty text.
        if node.style:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            if len(text) <= 40:
                return int(text)
            self._report(_mark(node.start_mark), Code.NUMBER, "this integer is too long", "quote it if it is text")
            return 0
        if _FLOAT.fullmatch(text):
            value = float(text)
            if math.isfinite(value):
                return value
            self._report(_mark(node.start_mark), Code.NUMBER, "this number is too large", "quote it if it is text")
            return 0.0
        return text

    def _text(self, node: yaml.ScalarEvent) -> str:
        text = str(node.value)
        if not _SURROGATE.search(text):
            return text
        try:
            # JSON escapes what lies beyond U+FFFF as a pair of surrogates, which YAML takes for two characters.
            return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError:
            message = "the text holds half of a surrogate pair, which is no character"
            self._report(_mark(node.start_mark), Code.CHARACTER, message, "write the character itself")
            return _SURROGATE.sub("\ufffd", text)


def _mark(mark: Any) -> tuple[int, int]:
    return mark.line + 1, mark.column + 1


def _noun(value: Any) -> str:
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else f"{value!r:.40}"
