"""Reading an answer's body by the field plan: both representations become one canonical value that can be compared.

This is the suite's own reader; it shares no code with the generated SDK, so that one bug does not blind both. It is
tolerant where a rule of its own judges: a mistyped value stays as it came, so that schema and twin rules can name it.
"""

from __future__ import annotations

from twinwire_conformance.decoding.charsets import utf8_of_xml
from twinwire_conformance.decoding.reader import DecodedResult, ResultDecoder
from twinwire_conformance.decoding.values import difference, format_value
from twinwire_conformance.decoding.words import Undecodable

__all__ = ["DecodedResult", "ResultDecoder", "Undecodable", "difference", "format_value", "utf8_of_xml"]
