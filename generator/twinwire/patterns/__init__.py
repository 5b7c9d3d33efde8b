r"""Regular expressions as specs write them: in ECMA-262 with the flag ``u``, as JSON Schema 2020-12 (core, 6.4) implies.

``syntax`` parses a pattern, ``python`` and ``xsd`` translate it. The JSON Schema carries it unchanged. So ``$`` is the end of
the text only, ``\d`` the ten ASCII digits, and what other dialects add to the syntax is refused.
"""

from __future__ import annotations

from twinwire.patterns.nodes import PatternError, UnsupportedPatternError
from twinwire.patterns.python import python_pattern
from twinwire.patterns.xsd import xsd_obstacle, xsd_pattern

__all__ = ["PatternError", "UnsupportedPatternError", "python_pattern", "xsd_obstacle", "xsd_pattern"]
