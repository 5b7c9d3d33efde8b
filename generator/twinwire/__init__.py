"""Twinwire: one spec of a paged JSON/XML feed becomes models, clients and schemas, and certifies servers."""

__version__ = "0.1.0"
