"""The spec: reading it with positions, and checking it."""

from __future__ import annotations

from twinwire.spec.check import check
from twinwire.spec.source import Document, Pointer, load, parse

__all__ = ["Document", "Pointer", "check", "load", "parse"]
