"""The schemas of a contract: a JSON Schema and an XSD, both generated from the same field plans."""

from __future__ import annotations

from twinwire.schemas.json_schema import json_schema
from twinwire.schemas.provenance import provenance
from twinwire.schemas.xsd import xsd

__all__ = ["json_schema", "provenance", "xsd"]
