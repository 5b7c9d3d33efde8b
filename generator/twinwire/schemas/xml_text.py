"""Text of a spec on its way into an XML file: escaped, or shown as U+FFFD where XML has no way to carry it."""

from __future__ import annotations

import re

XML_CHAR = "[\\t\\n\\r\\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
_NOT_XML_CHAR = re.compile(XML_CHAR.replace("[", "[^", 1))
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"})


def carried(text: str) -> bool:
    """Say whether XML 1.0 can carry a text."""
    return not _NOT_XML_CHAR.search(text)


def escape(text: object) -> str:
    """Return a text as it may stand between tags and in a quoted attribute; white space survives normalisation."""
    return _NOT_XML_CHAR.sub("\ufffd", str(text)).translate(_ESCAPES)


def comment(text: str) -> str:
    """Return a text as it may stand in a comment, whose end it cannot bring about."""
    return re.sub("-(?=-)", "- ", _NOT_XML_CHAR.sub("\ufffd", text))
