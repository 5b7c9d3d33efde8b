"""The two codecs of the reference server: plain values by wire name, written as the field plan says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from twinwire.ir import Field, Model, ModelRef

_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
_TEXT = str.maketrans({"<": "&lt;", ">": "&gt;", "\r": "&#13;"})
# A parser turns raw white space in an attribute into spaces; only character references survive.
_ATTRIBUTE = _TEXT | str.maketrans({'"': "&quot;", "\t": "&#9;", "\n": "&#10;"})
_SPECIAL = re.compile('[<>"\t\n\r]')


def to_json(value: Any) -> str:
    """Write plain values as JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def to_xml(models: Mapping[str, Model], root: Model, value: Mapping[str, Any]) -> str:
    """Write a value of the model ``root`` as an XML document. Members that are None or absent are left out."""
    parts = [_DECLARATION]
    _XmlWriter(models, parts).element(root.xml_name, root, value)
    return "".join(parts)


class _XmlWriter:
    def __init__(self, models: Mapping[str, Model], parts: list[str]) -> None:
        self.models = models
        self.parts = parts

    def element(self, name: str, model: Model, value: Mapping[str, Any]) -> None:
        tag, children = f"<{name}", []
        for field in model.fields:
            inner = value.get(field.wire)
            if inner is None:
                continue
            if field.xml.attribute:
                tag += f' {field.xml.name}="{_escape(text(inner), _ATTRIBUTE)}"'
            else:
                children.append((field, inner))
        self.parts.append(tag + ">")
        for field, inner in children:
            self._member(field, inner)
        self.parts.append(f"</{name}>")

    def _member(self, field: Field, value: Any) -> None:
        values = value if field.many else [value]
        if field.xml.wrapper and values:
            self.parts.append(f"<{field.xml.wrapper}>")
        for each in values:
            if isinstance(field.type, ModelRef):
                self.element(field.xml.name, self.models[field.type.name], each)
            else:
                self.parts.append(f"<{field.xml.name}>{_escape(text(each), _TEXT)}</{field.xml.name}>")
        if field.xml.wrapper and values:
            self.parts.append(f"</{field.xml.wrapper}>")


def text(value: Any) -> str:
    """Return the text of a scalar in XML: the lexical forms of XML Schema."""
    if value.__class__ is str:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _escape(text: str, table: dict[int, str]) -> str:
    # Most texts have nothing to escape but the ampersands of a link, and translating is slow.
    if "&" in text:
        text = text.replace("&", "&amp;")
    return text.translate(table) if _SPECIAL.search(text) else text
