"""Decode a spec file: YAML or JSON to plain values, with the position of every key and value.

The file is untrusted. Tags are rejected because they construct objects, and aliases because nested ones grow exponentially.
Size and depth are limited before any value is built.
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
"""The longest text, in characters, that PyYAML's own slow parser parses again to get a better message."""

# The parser of libyaml is about a hundred times as fast, but PyYAML may be installed without it.
_FastLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
# The line breaks of YAML 1.1. str.splitlines knows more, so its line numbers would differ from the parser's.
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# The words of the core schema of YAML 1.2. The additional words of YAML 1.1 (yes, no, on, off) are strings.
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def load(path: str | Path) -> Document:
    """Decode a spec file.

    Raises:
        SpecError: The file cannot be opened, is too large or too deeply nested, or is not a YAML mapping.
    """
    file = str(path)
    try:
        with Path(path).open("rb") as stream:
            # One byte beyond the limit shows that the file is too large, even if it is an endless device such as /dev/zero.
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SpecError(
            [Problem(file, 1, 1, Code.UNREADABLE, f"cannot be read: {reason}", "pass an existing spec file")]
        ) from error
    except ValueError as error:
        raise SpecError(
            [Problem(repr(file), 1, 1, Code.UNREADABLE, f"cannot be read: {error}", "pass an existing spec file")]
        ) from error
    return parse(raw, file)


def parse(raw: bytes, file: str) -> Document:
    """Parse the bytes of a spec.

    Args:
        raw: The content of the file.
        file: The name that problems are reported under.

    Raises:
        SpecError: The content is not UTF-8, is too large or too deeply nested, or is not a YAML mapping.
    """
    if len(raw) > MAX_BYTES:
        raise SpecError(
            [
                Problem(
                    file,
                    1,
                    1,
                    Code.TOO_LARGE,
                    f"has more than {MAX_BYTES} bytes",
                    "split it, or remove parts that the feed does not need",
                )
            ]
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        message = f"the byte 0x{raw[error.start]:02X} is not UTF-8"
        raise SpecError([Problem(file, line, column, Code.ENCODING, message, "save the file as UTF-8")]) from error
    document = Document(file, None, hashlib.sha256(raw).hexdigest(), tuple(_BREAK.split(text)))
    with uncollected():
        return _Builder(document, text).build()


@contextmanager
def uncollected() -> Iterator[None]:
    """Suspend the cyclic garbage collector, which takes longer than the work itself while a million values are created."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


class _Builder:
    """Converts YAML events to plain values, and collects problems instead of stopping at the first one."""

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
            message = f"is not a spec: expected a mapping at the top level, found {_noun(data)}"
            self._report(_mark(root.start_mark), Code.NOT_A_SPEC, message, "begin with 'openapi: 3.1.0'")
        if self.problems:
            raise SpecError(self.problems)
        done = self.document
        return Document(done.file, data, done.sha256, done.lines, done.keys, done.values)

    def _survey(self) -> list[yaml.Event]:
        try:
            return self._surveyed(_FastLoader(self.text))
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            # PyYAML's own parser takes a hundred times as long, but its messages are better, and libyaml rejects the escaped
            # surrogate pairs of JSON ("\ud83d\ude00").
            if len(self.text) > MAX_REREAD and not _ESCAPED_SURROGATE.search(self.text):
                if isinstance(error, yaml.YAMLError):
                    raise
                raise self._out_of_range((1, 1)) from error
        self.problems.clear()
        loader = yaml.SafeLoader(self.text)
        try:
            return self._surveyed(loader)
        except (ValueError, OverflowError) as error:
            # The parser does not catch all errors of int() and chr(), as for an escape beyond Unicode or a huge %YAML version.
            raise self._out_of_range(_mark(loader.get_mark())) from error

    def _out_of_range(self, mark: tuple[int, int]) -> SpecError:
        message = "an escape or a number just before this place is out of range"
        return SpecError([self.document.at(mark, Code.YAML_SYNTAX, message, "correct the escape or the number")])

    def _unreadable(self, error: yaml.reader.ReaderError) -> Problem:
        before = _BREAK.split(self.text[: error.position])
        message = f"the character U+{error.character:04X} is not allowed in YAML"
        mark = (len(before), len(before[-1]) + 1)
        return self.document.at(mark, Code.YAML_SYNTAX, message, "remove it, or write it as an escape")

    def _surveyed(self, loader: Any) -> list[yaml.Event]:
        # Events are a flat stream, so depth and aliases are checked before the recursive conversion starts.
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
                self._report(mark, Code.YAML_TAG, f"the tag {tag!r:.60} is not supported", "write the value without a tag")
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents == 2:
                    self._report(mark, Code.YAML_DOCUMENTS, "a second YAML document begins here", "keep one document per file")
                    break
            elif isinstance(event, yaml.AliasEvent):
                self._report(mark, Code.YAML_ALIAS, f"the alias *{event.anchor} is not supported", "use $ref instead")
            elif isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    self._report(
                        mark, Code.TOO_DEEP, f"values are nested more than {MAX_DEPTH} levels deep here", "reduce the nesting"
                    )
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
            message, hint = "a tab is used for indentation", "indent with spaces"
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
                self._report(mark, Code.YAML_KEY, "a key must be a text", "replace the list or mapping with a text")
                self._skip(event)
                self._skip(next(self.events))
                continue
            key = self._text(event)
            place = (*pointer, key)
            if key in result:
                line = self.document.keys[place][0]
                self._report(
                    mark,
                    Code.DUPLICATE_KEY,
                    f"the key {key!r} is used twice",
                    f"remove one of them; the first is in line {line}",
                )
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
        # Only an unquoted scalar is resolved to a type. Its style is None, or an empty text from libyaml.
        if node.style:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            # int() refuses more than 4300 digits, and no useful bound or value has more than 40.
            if len(text) <= 40:
                return int(text)
            message = f"an integer has at most 40 characters, and this one has {len(text)}"
            self._report(_mark(node.start_mark), Code.NUMBER, message, "quote it if it is text")
            return 0
        if _FLOAT.fullmatch(text):
            value = float(text)
            if math.isfinite(value):
                return value
            message = f"the number {text:.40} is too large for a double"
            self._report(_mark(node.start_mark), Code.NUMBER, message, "quote it if it is text")
            return 0.0
        return text

    def _text(self, node: yaml.ScalarEvent) -> str:
        text = str(node.value)
        if not _SURROGATE.search(text):
            return text
        try:
            # JSON escapes a character beyond U+FFFF as two surrogates, which YAML decodes as two characters.
            # Example: "\ud83d\ude00" -> U+D83D U+DE00 -> encoded and decoded as UTF-16 -> U+1F600
            return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError:
            message = "the text contains half of a surrogate pair, which is not a character"
            self._report(_mark(node.start_mark), Code.CHARACTER, message, "write the character itself")
            return _SURROGATE.sub("\ufffd", text)


def _mark(mark: Any) -> tuple[int, int]:
    return mark.line + 1, mark.column + 1


def _noun(value: Any) -> str:
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else f"{value!r:.40}"
