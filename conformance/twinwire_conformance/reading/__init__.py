"""Reading an answer's body by the field plan: both representations become one canonical value that can be compared.

This is the suite's own reader; it shares no code with the generated SDK, so that one bug does not blind both. It is
tolerant where a rule of its own judges: a mistyped value stays as it came, so that schema and twin rules can name it.
"""

from __future__ import annotations

from twinwire_conformance.reading.charsets import utf8_of_xml
from twinwire_conformance.reading.reader import Reader, Reading
from twinwire_conformance.reading.values import difference, shown
from twinwire_conformance.reading.words import Unreadable

__all__ = ["Reader", "Reading", "Unreadable", "difference", "shown", "utf8_of_xml"]
