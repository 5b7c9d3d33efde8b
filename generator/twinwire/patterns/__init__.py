r"""Translate the regular expressions of specs, which are written in ECMA-262 with the flag ``u`` (JSON Schema core, 6.4).

``syntax`` parses a pattern; ``python`` and ``xsd`` translate it. The JSON Schema contains it unchanged. So ``$`` matches only
at the end of the text, ``\d`` matches the ten ASCII digits, and additions of other dialects to the syntax are rejected.
"""

from __future__ import annotations

from twinwire.patterns.nodes import PatternError, UnsupportedPatternError
from twinwire.patterns.python import python_pattern
from twinwire.patterns.xsd import xsd_obstacle, xsd_pattern

__all__ = ["PatternError", "UnsupportedPatternError", "python_pattern", "xsd_obstacle", "xsd_pattern"]
