"""Limits on the structure of a body, checked before a parser creates objects from it.

A short body can hold very many values, and each costs a hundred times its bytes in memory. Real pages stay far below the
limits. A quick count of delimiters gives an upper bound; only a body above a limit is then checked token by token.

Example: ``["a,b,c"]`` has three delimiters (one ``[``, two ``,``), so the bound is 3. The token check skips the commas
within the string and counts 1 value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from twinwire_conformance.decoding.words import Undecodable

MAX_VALUES: Final = 500_000
"""The most values of a JSON body: elements and members."""
MAX_MARKUP: Final = 200_000
"""The most elements, attributes and comments of an XML document. Each costs more memory than a value of JSON."""
MAX_WEIGHT: Final = 36 * 1024 * 1024
"""The most memory of a decoded body in bytes, as ``weight`` estimates it."""
MAX_NUMBER: Final = 8_000_000
"""The longest JSON number, in characters."""
MAX_ATTRIBUTES: Final = 1_000
"""The most attributes of one XML element."""
MAX_NAME: Final = 1_000
"""The longest name of an XML element or attribute, in bytes."""

MAX_WIDE: Final = 36 * 1024 * 1024
"""The most memory for texts with characters beyond Latin-1, in bytes. Python stores each such character in 2 or 4 bytes."""

_LARGE: Final = 4 * 1024 * 1024
_EACH: Final = 100
_MARKUP: Final = re.compile(rb"<[^/<>]|\s[^\s<>=\"']{1,100}\s*=\s*[\"']")
_SEVERAL: Final = 1024 * 1024
_WIDE_JSON: Final = ((4, re.compile(rb"[\xf0-\xf4]|\\u[dD][89abAB]")), (2, re.compile(rb"[\xc4-\xef]|\\u(?!00)")))
_WIDE_XML: Final = (
    (4, re.compile(rb"[\xf0-\xf4]|&#(?:x0*[1-9a-fA-F][0-9a-fA-F]{4}|0*[1-9][0-9]{4})")),
    (2, re.compile(rb"[\xc4-\xef]|&#(?:x0*[1-9a-fA-F][0-9a-fA-F]{2}|0*[1-9][0-9]{2})")),
)
_WIDE_TEXT: Final = ((4, re.compile("[\U00010000-\U0010ffff]")), (2, re.compile("[\u0100-\uffff]")))
_LONG_VALUE: Final = re.compile(rb"=\s*+(?:\"[^\"<]{%d,}+|'[^'<]{%d,}+)" % (_SEVERAL, _SEVERAL))
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_JSON_TOKEN: Final = re.compile(rb'("[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z))|(-?[0-9][0-9.eE+-]*+)|[,{\[]', re.DOTALL)
_ASTRAL: Final = re.compile(rb"[\xf0-\xf4]")
_DIGITS: Final = re.compile(rb"[0-9.eE+-]{16}")
_LONG_NAME: Final = re.compile(rb"[<\s][^\s<>\"'=/]{%d}" % (MAX_NAME + 1))
_SECTION: Final = re.compile(rb"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<\?.*?(?:\?>|\Z)|</[^<>]*+>", re.DOTALL)
_TAG: Final = re.compile(rb"<([^\s\"'<>=/!?]++)((?:[^\"'<>]*+(?:\"[^\"]*+\"|'[^']*+'))*+)[^\"'<>]*+>")
_ATTRIBUTE: Final = re.compile(rb"([^\s\"'=]*+)\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+')")


def check_json(text: bytes) -> None:
    """Check the limits of a JSON body.

    Args:
        text: The JSON in a charset with one byte for each ASCII character.

    Raises:
        Undecodable: The body has too many values, too long a number, or too much wide text.
    """
    _refuse_wide_json(text)
    if _json_bound(text) > MAX_VALUES or _may_have_long_number(text):
        count_json(text)


def count_json(text: bytes, most: int = MAX_VALUES) -> int:
    """Count the values of JSON: elements and members.

    Args:
        text: The JSON in a charset with one byte for each ASCII character.
        most: The highest number allowed.

    Raises:
        Undecodable: The JSON has more values than ``most``, or too long a number.
    """
    values = strings = 0
    for token in _JSON_TOKEN.finditer(text):
        if token[1] is not None:
            strings += 1
        elif token[2] is None:
            values += 1
        elif len(token[2]) > MAX_NUMBER:
            raise Undecodable(f"the JSON has a number of more than {MAX_NUMBER} characters, which the kit does not read")
        # A member has at most two strings, its name and its value. Text with more strings is not JSON.
        if values > most or strings > 2 * most + 1:
            raise Undecodable(f"the JSON has more than {most} values, which is more than the kit reads")
    return values


def weight(body: bytes, *, is_json: bool) -> int:
    """Estimate the memory of a decoded body in bytes, from above."""
    return len(body) + _EACH * _bound(body, is_json=is_json)


def check_weight(body: bytes, *, is_json: bool) -> None:
    """Raise Undecodable when a decoded body would take more memory than ``MAX_WEIGHT``."""
    if weight(body, is_json=is_json) <= MAX_WEIGHT:
        return
    # The quick count includes delimiters within texts, so the exact count decides.
    parts = count_json(body) if is_json else 2 * sum(1 for _ in _MARKUP.finditer(body))
    if len(body) + _EACH * parts > MAX_WEIGHT:
        what, of = ("JSON", "values") if is_json else ("XML", "tags and texts")
        size = f"the {what} has {len(body)} bytes with {parts} {of}"
        raise Undecodable(f"{size}, which takes more memory than the kit spends on a response")


def _bound(body: bytes, *, is_json: bool) -> int:
    return _json_bound(body) if is_json else body.count(b"<") + body.count(b"=")


def check_xml(source: bytes) -> None:
    """Check the limits of an XML document.

    Args:
        source: The document in UTF-8.

    Raises:
        Undecodable: The document has too much markup, too many attributes on an element, too long a name or too much wide text.
    """
    _refuse_wide_values(source)
    # A long name is harmless in a short document, and the search for one is slow.
    long_name = len(source) > _LARGE and _LONG_NAME.search(source)
    if source.count(b"<") + source.count(b"=") <= MAX_MARKUP and not long_name:
        return
    position = found = 0
    while (start := source.find(b"<", position)) != -1:
        tag = _TAG.match(source, start)
        section = None if tag is not None else _SECTION.match(source, start)
        ended = tag or section
        if ended is None:
            # The document is not well-formed. The parser reports that with a better message.
            return
        position = ended.end()
        # An end tag (0x2F is "/") belongs to an element that is counted already.
        found += source[start + 1] != 0x2F
        if tag is not None:
            _refuse_long(tag[1])
            found += _attributes(tag[2])
        if found > MAX_MARKUP:
            what = "elements, attributes and comments"
            raise Undecodable(f"the XML has more than {MAX_MARKUP} {what}, which is more than the kit reads")


def is_wide(text: bytes) -> bool:
    """Return whether a large UTF-8 text has a 4-byte character, which makes Python store every character in 4 bytes."""
    return len(text) > _SEVERAL and not text.isascii() and bool(_ASTRAL.search(text))


class WideTexts:
    """Adds up the memory of texts with characters beyond Latin-1, and raises Undecodable above ``MAX_WIDE``."""

    def __init__(self) -> None:
        self._bytes = 0

    def add(self, length: int, width: int) -> None:
        """Add a text of ``length`` characters with ``width`` bytes each."""
        self.check(length, width)
        self._bytes += length * width if width > 1 else 0

    def check(self, length: int, width: int) -> None:
        """Check a text that is not added yet, with ``width`` bytes for each character."""
        if width > 1 and self._bytes + length * width > MAX_WIDE:
            most = MAX_WIDE // 1024**2
            raise Undecodable(
                f"texts with characters beyond Latin-1 take more than {most} MB, which is more than the kit reads"
            )


def width_of(text: str) -> int:
    """Return the bytes that Python stores for each character of a text: 1, 2 or 4."""
    return next((width for width, pattern in _WIDE_TEXT if pattern.search(text)), 1)


def _refuse_wide_json(text: bytes) -> None:
    if len(text) <= _SEVERAL or (text.isascii() and b"\\u" not in text):
        return
    texts = WideTexts()
    for string in _STRING.finditer(text):
        first, last = string.span()
        texts.add(last - first, _width(text, first, last, _WIDE_JSON))


def _refuse_wide_values(source: bytes) -> None:
    if len(source) <= _SEVERAL or (source.isascii() and b"&#" not in source):
        return
    texts = WideTexts()
    for value in _LONG_VALUE.finditer(source):
        first, last = value.span()
        texts.add(last - first, _width(source, first, last, _WIDE_XML))


def _width(text: bytes, first: int, last: int, patterns: Iterable[tuple[int, re.Pattern[bytes]]]) -> int:
    return next((width for width, pattern in patterns if pattern.search(text, first, last)), 1)


def _attributes(text: bytes) -> int:
    count = 0
    for attribute in _ATTRIBUTE.finditer(text):
        count += 1
        _refuse_long(attribute[1])
        if count > MAX_ATTRIBUTES:
            raise Undecodable(
                f"the XML has an element of more than {MAX_ATTRIBUTES} attributes, which is more than the kit reads"
            )
    return count


def _refuse_long(name: bytes) -> None:
    if len(name) > MAX_NAME:
        shown_text = name[:40].decode("utf-8", "replace")
        raise Undecodable(f"the XML has a name of {len(name)} bytes ({shown_text}…), which is more than {MAX_NAME}")


def _may_have_long_number(text: bytes) -> bool:
    # A number longer than MAX_NUMBER covers some multiple of half that length, wherever it begins: few places need a check.
    return any(_DIGITS.match(text, place) for place in range(MAX_NUMBER // 2, len(text), MAX_NUMBER // 2))


def _json_bound(text: bytes) -> int:
    return text.count(b",") + text.count(b"[") + text.count(b"{")
