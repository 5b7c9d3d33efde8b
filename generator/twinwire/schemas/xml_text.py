"""Encode text of a spec for XML files. Characters that XML 1.0 cannot carry become U+FFFD."""

from __future__ import annotations

import re

XML_CHAR = "[\\t\\n\\r\\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
_NOT_XML_CHAR = re.compile(XML_CHAR.replace("[", "[^", 1))
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"})


def carried(text: str) -> bool:
    """Return whether XML 1.0 can carry a text."""
    return not _NOT_XML_CHAR.search(text)


def escape(text: object) -> str:
    """Escape a text for element content and quoted attributes. White space survives attribute-value normalisation."""
    return _NOT_XML_CHAR.sub("\ufffd", str(text)).translate(_ESCAPES)


def comment(text: str) -> str:
    """Encode a text for an XML comment, so that it cannot end the comment."""
    # XML forbids "--" in comments: "a--->b" -> "a- - ->b".
    return re.sub("-(?=-)", "- ", _NOT_XML_CHAR.sub("\ufffd", text))
