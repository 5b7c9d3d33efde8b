# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Limits on the tags of an XML document, checked before expat, which processes a whole tag before it reports it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ._charset import place
from ._settings import Limits
from .errors import DecodeError

# pyexpat passes a document to expat in chunks of 1 MB, and expat rescans an unfinished tag with each chunk. The time grows
# with the square of the tag's length, so the length has a limit of its own.
_LONGEST = 64 * 1024 * 1024
# expat copies the URI of a namespace into every name that is in it.
_MAX_URI = 1024
# The most namespaces that one tag may declare, in addition to the attributes that the limits allow.
_MAX_DECLARED = 64

_NAME = re.compile(rb"<[^ \t\r\n/>]++")
_ATTRIBUTE = re.compile(rb"[ \t\r\n]++([^ \t\r\n=>/]++)[ \t\r\n]*+=[ \t\r\n]*+(\"[^\"]*+\"|'[^']*+')")
# Comments, CDATA sections and processing instructions match as a whole, because their content is not markup.
_MARKUP = re.compile(
    rb"<(?:!--(?:[^-]++|-(?!->))*+|!\[CDATA\[(?:[^\]]++|\](?!\]>))*+|\?(?:[^?]++|\?(?!>))*+|[^<]*+)",
)


def check_tags(source: bytes, limits: Limits) -> None:
    """Raise DecodeError for a tag that is too long, has too many attributes, or declares namespaces that are too long.

    Args:
        source: A document in UTF-8.
        limits: The limit of attributes of an element. It is checked in long tags here, and in short tags by the decoder.
    """
    suspect = False
    for start, end in _long_runs(source):
        if end - start > _LONGEST:
            problem = f"a tag or text of more than {_LONGEST} bytes, which is not one base64 value, is too long to read"
            raise DecodeError(problem, **place(source, start))
        suspect = suspect or source.count(b"=", start, end) > limits.max_attributes or source.find(b"xmlns", start, end) >= 0
    if suspect:
        for found in _MARKUP.finditer(source):
            if found.end() - found.start() > _MAX_URI and source[found.start() + 1] not in b"!?/":
                _check_tag(source, found.start(), limits)


def _long_runs(source: bytes) -> Iterator[tuple[int, int]]:
    """Yield the ranges without a ``<`` that are longer than the longest namespace: each is a tag and the text after it."""
    start = 0
    while len(source) - start > _MAX_URI:
        found = source.rfind(b"<", start, start + _MAX_URI)
        if found >= 0:
            start = found + 1
            continue
        end = source.find(b"<", start + _MAX_URI)
        end = end if end >= 0 else len(source)
        yield start, end
        start = end + 1


def _check_tag(source: bytes, start: int, limits: Limits) -> None:
    found = _NAME.match(source, start)
    attributes = declared = 0
    while found is not None and (found := _ATTRIBUTE.match(source, found.end())) is not None:
        if found[1] == b"xmlns" or found[1].startswith(b"xmlns:"):
            declared += 1
            if len(found[2]) - 2 > _MAX_URI:
                raise DecodeError(f"the URI of a namespace has more than {_MAX_URI} bytes", **place(source, found.start(1)))
        else:
            attributes += 1
        if attributes > limits.max_attributes:
            problem = f"an element has more attributes than max_attributes, {limits.max_attributes}, allows"
            raise DecodeError(problem, **place(source, start))
        if declared > _MAX_DECLARED:
            raise DecodeError(f"an element declares more than {_MAX_DECLARED} namespaces", **place(source, start))
