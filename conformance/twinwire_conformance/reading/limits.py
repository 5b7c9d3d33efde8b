"""Limits: how much structure a body may have, looked at before a parser makes objects of it.

A short body can stand for very many values, each of which costs a hundred times its bytes. What a feed serves stays far
below the limits. The quick looks are counts, which are upper bounds: a body that is near a limit is looked at token by token.
"""

from __future__ import annotations

import re
from typing import Final

from twinwire_conformance.reading.words import Unreadable

MAX_VALUES: Final = 500_000
"""The most values of a JSON body: elements and members."""
MAX_MARKUP: Final = 200_000
"""The most elements, attributes and comments of an XML document. Each costs more memory than a value of JSON."""
MAX_NUMBER: Final = 8_000_000
"""The longest JSON number, in characters."""
MAX_ATTRIBUTES: Final = 1_000
"""The most attributes of one XML element."""
MAX_NAME: Final = 1_000
"""The longest name of an XML element or attribute, in bytes."""

_LARGE: Final = 4 * 1024 * 1024
_JSON_TOKEN: Final = re.compile(rb'("[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z))|(-?[0-9][0-9.eE+-]*+)|[,{\[]', re.DOTALL)
_DIGITS: Final = re.compile(rb"[0-9.eE+-]{16}")
_LONG_NAME: Final = re.compile(rb"[<\s][^\s<>\"'=/]{%d}" % (MAX_NAME + 1))
_SECTION: Final = re.compile(rb"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<\?.*?(?:\?>|\Z)|</[^<>]*+>", re.DOTALL)
_TAG: Final = re.compile(rb"<([^\s\"'<>=/!?]++)((?:[^\"'<>]*+(?:\"[^\"]*+\"|'[^']*+'))*+)[^\"'<>]*+>")
_ATTRIBUTE: Final = re.compile(rb"([^\s\"'=]*+)\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+')")


def check_json(text: bytes, most: int = MAX_VALUES) -> None:
    """Refuse JSON with too many values or too long a number. Raises Unreadable.

    Args:
        text: The JSON in a charset in which ASCII is one byte a character.
        most: The most values that are allowed.
    """
    if _json_bound(text) <= most and not _may_have_long_number(text):
        return
    values = strings = 0
    for token in _JSON_TOKEN.finditer(text):
        if token[1] is not None:
            strings += 1
        elif token[2] is None:
            values += 1
        elif len(token[2]) > MAX_NUMBER:
            raise Unreadable(f"the JSON has a number of more than {MAX_NUMBER} characters, which the kit does not read")
        # Each member has two strings at most; more of them are not JSON.
        if values > most or strings > 2 * most + 1:
            raise Unreadable(f"the JSON has more than {most} values, which is more than the kit reads")


def weight(body: bytes, *, is_json: bool) -> int:
    """Return about how many bytes of memory a body takes once it is read."""
    return len(body) + 100 * (_json_bound(body) if is_json else body.count(b"<") + body.count(b"="))


def check_xml(source: bytes) -> None:
    """Refuse XML with too much markup, too many attributes of one element, or too long a name. Raises Unreadable.

    Args:
        source: The document in UTF-8.
    """
    # In a short document no name does harm; the search takes its time.
    long_name = len(source) > _LARGE and _LONG_NAME.search(source)
    if source.count(b"<") + source.count(b"=") <= MAX_MARKUP and not long_name:
        return
    position = found = 0
    while (start := source.find(b"<", position)) != -1:
        tag = _TAG.match(source, start)
        section = None if tag is not None else _SECTION.match(source, start)
        ended = tag or section
        if ended is None:
            # It is not well-formed, which is for the parser to say.
            return
        position = ended.end()
        # An end tag adds nothing to its element.
        found += source[start + 1] != 0x2F
        if tag is not None:
            _refuse_long(tag[1])
            found += _attributes(tag[2])
        if found > MAX_MARKUP:
            what = "elements, attributes and comments"
            raise Unreadable(f"the XML has more than {MAX_MARKUP} {what}, which is more than the kit reads")


def _attributes(text: bytes) -> int:
    count = 0
    for attribute in _ATTRIBUTE.finditer(text):
        count += 1
        _refuse_long(attribute[1])
        if count > MAX_ATTRIBUTES:
            raise Unreadable(
                f"the XML has an element of more than {MAX_ATTRIBUTES} attributes, which is more than the kit reads"
            )
    return count


def _refuse_long(name: bytes) -> None:
    if len(name) > MAX_NAME:
        shown = name[:40].decode("utf-8", "replace")
        raise Unreadable(f"the XML has a name of {len(name)} bytes ({shown}…), which is more than {MAX_NAME}")


def _may_have_long_number(text: bytes) -> bool:
    # So long a number has digits at a multiple of its length, wherever it begins.
    return any(_DIGITS.match(text, place) for place in range(MAX_NUMBER // 2, len(text), MAX_NUMBER // 2))


def _json_bound(text: bytes) -> int:
    return text.count(b",") + text.count(b"[") + text.count(b"{")
