"""Decode response bodies by the field plan, so that JSON and XML become one canonical value that can be compared.

The suite has its own decoder and shares no code with the generated SDK, so that one bug cannot hide in both. The decoder
is tolerant where a separate rule judges: it keeps a mistyped value as received, so that schema and twin rules can name it.
"""

from __future__ import annotations

from twinwire_conformance.decoding.charsets import utf8_of_xml
from twinwire_conformance.decoding.reader import DecodedResult, ResultDecoder
from twinwire_conformance.decoding.values import difference, format_value
from twinwire_conformance.decoding.words import Undecodable

__all__ = ["DecodedResult", "ResultDecoder", "Undecodable", "difference", "format_value", "utf8_of_xml"]
