"""Generate models, clients and schemas from the spec of a paged JSON and XML feed, and certify servers against it."""

__version__ = "0.1.0"
