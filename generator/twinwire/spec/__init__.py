"""The spec: reading it with positions; ``check`` is a module of its own, for its libraries take a while to import."""

from __future__ import annotations

from twinwire.spec.source import Document, Pointer, load, parse

__all__ = ["Document", "Pointer", "load", "parse"]
