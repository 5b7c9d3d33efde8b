"""Reading a spec file: YAML or JSON to plain values, with the position of every key and value.

The file is untrusted. Tags are refused (they construct objects), aliases too (nested ones grow without bound), and size
and depth are capped before anything is built.
"""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from twinwire.errors import Problem, SpecError

Pointer = tuple[str | int, ...]

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 64

_CORE_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in "null bool int float str seq map timestamp merge value".split())
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
# The words of YAML 1.2's core schema; 1.1's yes, no, on and off are strings.
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed spec file. ``data`` is plain values; ``keys`` and ``values`` hold 1-based (line, column) by pointer."""

    file: str
    data: Any
    sha256: str
    lines: tuple[str, ...]
    keys: dict[Pointer, tuple[int, int]] = field(default_factory=dict)
    values: dict[Pointer, tuple[int, int]] = field(default_factory=dict)

    def problem(self, pointer: Pointer, code: str, message: str, hint: str = "", *, at_key: bool = False) -> Problem:
        """Describe a problem at a pointer, or at its nearest ancestor that stands in the file."""
        primary, secondary = (self.keys, self.values) if at_key else (self.values, self.keys)
        while True:
            mark = primary.get(pointer) or secondary.get(pointer)
            if mark or not pointer:
                break
            pointer = pointer[:-1]
        return self.at(mark or (1, 1), code, message, hint)

    def at(self, mark: tuple[int, int], code: str, message: str, hint: str = "") -> Problem:
        """Describe a problem at a 1-based line and column."""
        line, column = mark
        source = self.lines[line - 1] if line <= len(self.lines) else ""
        return Problem(self.file, line, column, code, message, hint, source)


def load(path: str | Path) -> Document:
    """Read a spec file. Raises SpecError when it cannot be read, is too large or deep, or is no YAML mapping."""
    file = str(path)
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise SpecError([Problem(file, 1, 1, "unreadable", f"cannot be read: {reason}", "name an existing spec file")]) from error
    except ValueError as error:
        raise SpecError([Problem(repr(file), 1, 1, "unreadable", f"cannot be read: {error}")]) from error
    return parse(raw, file)


def parse(raw: bytes, file: str) -> Document:
    """Parse the bytes of a spec; ``file`` is the name that problems are reported under. Raises SpecError."""
    if len(raw) > MAX_BYTES:
        raise SpecError([Problem(file, 1, 1, "too-large", f"has {len(raw)} bytes; at most {MAX_BYTES} are read")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        raise SpecError([Problem(file, line, column, "encoding", "is not UTF-8 here", "save the file as UTF-8")]) from error
    document = Document(file, None, hashlib.sha256(raw).hexdigest(), tuple(text.splitlines()))
    return _Builder(document, text).build()


class _Builder:
    """Turns YAML nodes into plain values; gathers problems instead of stopping at the first."""

    def __init__(self, document: Document, text: str) -> None:
        self.document = document
        self.text = text
        self.problems: list[Problem] = []

    def build(self) -> Document:
        try:
            self._survey()
            if self.problems:
                raise SpecError(self.problems)
            root = yaml.compose(self.text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            raise SpecError([self._syntax(error)]) from error
        except yaml.reader.ReaderError as error:
            before = self.text[: error.position]
            mark = (before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
            message = f"the character U+{ord(str(error.character)):04X} is not allowed in YAML"
            raise SpecError([self.document.at(mark, "yaml-syntax", message, "remove it, or write it as an escape")]) from error
        if root is None:
            raise SpecError([self.document.at((1, 1), "empty", "the file is empty", "write an OpenAPI 3.1 document")])
        data = self._value(root, ())
        if not isinstance(data, dict):
            message = f"is no spec: expected a mapping at the top, found {_noun(data)}"
            self.problems.append(self.document.at(_mark(root.start_mark), "not-a-spec", message, "begin with 'openapi: 3.1.0'"))
        if self.problems:
            raise SpecError(self.problems)
        done = self.document
        return Document(done.file, data, done.sha256, done.lines, done.keys, done.values)

    def _survey(self) -> None:
        # Events come flat, so depth and aliases are seen before a recursive composer could be hurt by them.
        depth = 0
        documents = 0
        for event in yaml.parse(self.text, Loader=yaml.SafeLoader):
            mark = _mark(event.start_mark)
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents == 2:
                    self._report(mark, "yaml-documents", "a second document begins here", "keep one document per file")
                    return
            elif isinstance(event, yaml.AliasEvent):
                self._report(mark, "yaml-alias", f"the alias *{event.anchor} is not supported", "use $ref instead")
            elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                depth += 1
                if depth > MAX_DEPTH:
                    self._report(mark, "too-deep", f"values are nested more than {MAX_DEPTH} deep here")
                    return
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                depth -= 1

    def _report(self, mark: tuple[int, int], code: str, message: str, hint: str = "") -> None:
        self.problems.append(self.document.at(mark, code, message, hint))

    def _syntax(self, error: yaml.MarkedYAMLError) -> Problem:
        mark = error.problem_mark or error.context_mark
        message = error.problem or "cannot be parsed"
        if error.context:
            message = f"{message} ({error.context})"
        hint = ""
        if "\\t" in message:
            message, hint = "a tab stands where only spaces may indent", "indent with spaces"
        return self.document.at(_mark(mark) if mark else (1, 1), "yaml-syntax", message, hint)

    def _value(self, node: yaml.Node, pointer: Pointer) -> Any:
        self.document.values[pointer] = _mark(node.start_mark)
        if node.tag not in _CORE_TAGS:
            self._report(_mark(node.start_mark), "yaml-tag", f"the tag {node.tag} is not supported", "write the plain value")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, pointer)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*pointer, index)) for index, item in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, pointer: Pointer) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            mark = _mark(key_node.start_mark)
            if not isinstance(key_node, yaml.ScalarNode):
                self._report(mark, "yaml-key", "a key must be plain text")
                continue
            key = str(key_node.value)
            if key in result:
                line = self.document.keys[(*pointer, key)][0]
                self._report(mark, "duplicate-key", f"the key {key!r} stands here again", f"it first stands in line {line}")
                continue
            self.document.keys[(*pointer, key)] = mark
            result[key] = self._value(value_node, (*pointer, key))
        return result

    def _scalar(self, node: yaml.Node) -> Any:
        text = str(node.value)
        if not isinstance(node, yaml.ScalarNode) or node.style is not None:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            if len(text) <= 40:
                return int(text)
            self._report(_mark(node.start_mark), "number", "this integer is too long", "quote it if it is text")
            return 0
        if _FLOAT.fullmatch(text):
            value = float(text)
            if math.isfinite(value):
                return value
            self._report(_mark(node.start_mark), "number", "this number is too large", "quote it if it is text")
            return 0.0
        return text


def _mark(mark: Any) -> tuple[int, int]:
    return mark.line + 1, mark.column + 1


def _noun(value: Any) -> str:
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else f"{value!r:.40}"
