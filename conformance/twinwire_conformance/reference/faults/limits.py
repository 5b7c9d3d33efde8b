"""Faults that a standard run cannot be relied on to find, each with the reason. They are served, and not counted against it."""

from __future__ import annotations

from collections.abc import Mapping

OUT_OF_REACH: Mapping[str, str] = {
    "brotli-is-gzip": "it takes an offer of brotli, which the suite does not make as it could not decode the answer",
    "cache-ignores-case": "whether a mode in another case is unknown, or the mode itself, is for the server to say",
    "connection-keeps-cursor": "what comes depends on which connection was used before, so that no two pages can be compared",
    "cookie-moved-on": "it takes a client that keeps cookies, which the contract does not speak of",
    "deleted-empty-page": "it takes a small page at one place of the feed",
    "header-accept-twice": "it takes two headers of one name, which no ordinary client sends",
    "lost-at-97": "it takes pages of one size that nothing speaks for",
    "pause-restarts": "it takes a pause of more than a second, which only a thorough run makes",
    "position-16-bits": "it takes a traversal of more than 32,767 entries",
    "shared-cursor-again": "it takes a page that ends between four entries of the feed",
    "shared-cursor-lost": "it takes a page that ends between four entries of the feed",
    "start-queue-zero": "it shows in the first response after the start alone",
    "type-leaks": "it takes a request without Accept, which may be answered in any representation",
}
"""The reasons, by the name of the fault."""
