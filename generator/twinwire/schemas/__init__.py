"""The schemas of a contract: JSON Schema for one representation, XSD for the other, both from the one field plan."""

from __future__ import annotations

from twinwire.schemas.json_schema import json_schema
from twinwire.schemas.provenance import provenance
from twinwire.schemas.xsd import xsd

__all__ = ["json_schema", "provenance", "xsd"]
