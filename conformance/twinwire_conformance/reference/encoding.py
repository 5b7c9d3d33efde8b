"""The JSON and XML encoders of the reference server. They take plain values by wire name and follow the field plan."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from twinwire.ir import Field, Model, ModelRef

_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
# A bare carriage return in text is normalised to a line feed by XML parsers; a character reference is not.
_TEXT = str.maketrans({"<": "&lt;", ">": "&gt;", "\r": "&#13;"})
# XML parsers replace raw tabs and line feeds in attribute values with spaces; character references survive.
_ATTRIBUTE = _TEXT | str.maketrans({'"': "&quot;", "\t": "&#9;", "\n": "&#10;"})
_SPECIAL = re.compile('[<>"\t\n\r]')


def to_json(value: Any) -> str:
    """Encode plain values as JSON without white space."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def to_xml(models: Mapping[str, Model], root: Model, value: Mapping[str, Any]) -> str:
    """Encode a value as an XML document. Members that are None or absent are left out.

    Args:
        models: Every model by name.
        root: The model of the value; its XML name becomes the root element.
        value: Plain values by wire name.
    """
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
            inner = value.get(field.wire_name)
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
    """Return a scalar's text in XML: the lexical forms of XML Schema (`true`, not `True`)."""
    # The exact class is tested first because almost all values are strings.
    if value.__class__ is str:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _escape(text: str, table: dict[int, str]) -> str:
    # Most strings contain only ampersands, in links, and str.translate is slow.
    if "&" in text:
        text = text.replace("&", "&amp;")
    return text.translate(table) if _SPECIAL.search(text) else text
