"""Faults that a standard run is not guaranteed to find, with the reasons. The kill matrix does not require them."""

from __future__ import annotations

from collections.abc import Mapping

OUT_OF_REACH: Mapping[str, str] = {
    "brotli-is-gzip": "finding it requires an offer of brotli, which the suite does not make because it cannot decode brotli",
    "cache-ignores-case": "the contract leaves open if a mode in another case is the same mode or an unknown one",
    "connection-keeps-cursor": "responses depend on the connection's history, so pages cannot be compared",
    "cookie-moved-on": "finding it requires a client that keeps cookies, which the contract does not mention",
    "deleted-empty-page": "finding it requires a small page at one position of the feed",
    "header-accept-twice": "finding it requires two Accept headers, which ordinary clients do not send",
    "lost-at-97": "finding it requires a page size without any significance",
    "pause-restarts": "finding it requires a pause of more than a second, which only a thorough run makes",
    "position-16-bits": "finding it requires a traversal of more than 32,767 entries",
    "shared-cursor-again": "finding it requires a page that ends between four particular entries",
    "shared-cursor-lost": "finding it requires a page that ends between four particular entries",
    "start-queue-zero": "it appears in the first response after the start only",
    "type-leaks": "finding it requires a request without Accept, which may get any representation",
}
"""The reasons by fault name."""
