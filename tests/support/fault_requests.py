"""The requests that expose a fault, for faults that ordinary requests do not expose."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import reference_calls
from twinwire_conformance.reference import FAULTS
from twinwire_conformance.reference.feed import FeedLog

CONTRACT = reference_calls.images()
PATH = CONTRACT.operation.path
JSON, XML = "application/json", "application/xml"
AGENT = "Test/1.0"

Sent = tuple[str, tuple[tuple[str, str], ...]]
"""A query string and the header fields of the request in order."""


def sent(query: str = "", accept: str | None = JSON, **headers: str) -> Sent:
    named = {"host": "reference.test", "user-agent": AGENT, "accept": accept, "accept-encoding": "identity"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    return query, tuple((name, value) for name, value in named.items() if value)


def both(query: str, **headers: str) -> list[Sent]:
    return [sent(query, JSON, **headers), sent(query, XML, **headers)]


def at(rank: int, query: str, size: int = 1200) -> str:
    """Return a query for the page after the first `rank` entries of a feed of `size` entries."""
    return f"token={FeedLog(size).token(rank - 1)}&{query}"


def twice(*requests: Sent) -> list[Sent]:
    return [*requests, *requests]


def family(module: str) -> list[str]:
    return [name for name, fault in FAULTS.items() if fault.hook.__module__.endswith(f".{module}")]


LINKS = "options=URL"
GZIP: dict[str, str] = {"accept_encoding": "gzip"}
WHOLE = [request for query in ("count=500", f"count=500&{LINKS}") for request in both(query)]
FAR = [request for rank in (500, 1000) for query in ("count=500", f"count=500&{LINKS}") for request in both(at(rank, query))]
PACKED = [request for query in ("count=500", f"count=500&{LINKS}", "count=1") for request in both(query, **GZIP)]

SHOWN: dict[str, Sequence[Sent]] = {
    **dict.fromkeys((name for name, fault in FAULTS.items() if fault.image_bytes), (*WHOLE, *both(at(500, "count=100", 600)))),
    **dict.fromkeys(family("single"), (*WHOLE, *FAR)),
    **dict.fromkeys(family("compression"), (*PACKED, *both("token=9223372036854775807", **GZIP), *WHOLE)),
    "brotli-is-gzip": both("count=100", accept_encoding="gzip, deflate, br"),
    "cache-ignores-encoding": [sent("count=100", **GZIP), sent("count=100")],
    "cache-ignores-case": [sent("count=2&options=url"), sent("count=2&options=URL")],
    "vary-missing": [sent("count=100", **GZIP)],
    "agent-browser-html": [sent("count=1", XML, user_agent="Mozilla/5.0")],
    "agent-script-403": [sent("count=1", user_agent="curl/8.5.0")],
    "language-german-groups": [sent("count=1", XML, accept_language="de-AT")],
    "language-arabic-digits": [sent("count=1", XML, accept_language="ar")],
    "language-message": [sent("count=1", accept_language="fr")],
    "language-weighed-500": [sent("count=1", accept_language="en-US,en;q=0.5")],
    "accept-charset-406": [sent("count=1", accept_charset="iso-8859-1")],
    "cookie-moved-on": [sent("count=1", cookie="position=1")],
    "upgrade-insecure-html": [sent("count=1", upgrade_insecure_requests="1")],
    "connection-close-cut": [sent("count=100", connection="close")],
    "header-ninth-ignored": [("count=1", (("host", "x"), *((f"x-{number}", "1") for number in range(8)), ("accept", XML)))],
    "header-accept-after-agent": [("count=1", (("host", "x"), ("accept", XML), ("user-agent", AGENT)))],
    "header-accept-twice": [("count=1", (("host", "x"), ("accept", "image/png"), ("accept", XML)))],
    "shared-cursor-lost": [sent(at(600, "count=12"))],
    "shared-cursor-again": [sent(at(700, "count=2"))],
    "lost-at-250": [sent("count=250")],
    "lost-at-97": [sent("count=97")],
    "twice-at-256": [sent("count=256")],
    "lost-first-at-1000": [sent(at(1000, "count=5"))],
    "lost-last-at-1023": [sent(at(1000, "count=23"))],
    "window-10000-500": [sent(at(10_000, "count=5", 12_000))],
    "window-10000-empty": [sent(at(10_000, "count=5", 12_000))],
    "queue-16-bits": [sent("count=1")],
    "position-16-bits": [sent(at(33_000, "count=1", 40_000))],
    "far-page-unsorted": [sent(at(5_100, "count=101", 6_000))],
    "session-quote-500": [sent("session=it's")],
    "session-percent-500": [sent("session=100%25")],
    "session-brace-500": [sent("session={0}")],
    "session-beyond-bmp-500": [sent("session=%F0%9F%98%80")],
    "mode-backslash-500": [sent("options=%5C")],
    "mode-quotation-500": [sent("options=%22")],
    "mode-parts-500": [sent("options=a%3Db")],
    "escape-malformed-500": [sent("session=50%")],
    "escape-malformed-hangs-up": [sent("session=%zz")],
    "query-long-hangs-up": [sent("session=" + "x" * 9000)],
    "session-line-break-hangs-up": [sent("session=a%0D%0Ab")],
    "firewall-resets": [sent("options=" + quote("' or 1=1"))],
    "accept-weight-text-500": [sent("count=1", f"{JSON};q=abc")],
    "accept-weight-empty-500": [sent("count=1", f"{JSON};q=")],
    "accept-empty-part-500": [sent("count=1", f"{JSON},,{XML}")],
    "accept-slashless-500": [sent("count=1", f"text, {JSON}")],
    "accept-long-500": [sent("count=1", ", ".join([JSON] * 80))],
    "limit-other-digits-read": [sent("count=%D9%A5")],
    "limit-other-digits-500": [sent("count=%EF%BC%95")],
    "limit-space-read": [sent("count=%205")],
    "limit-plus-500": [sent("count=%2B5")],
    "digits-309-500": [sent("count=" + "1" * 310)],
    "firewall-markup-403": [sent("session=%3Cscript%3E")],
    "control-character-poisons": [sent("session=%01"), sent("count=1")],
    "parameter-bracket-500": [sent("count[]=5")],
    "parameter-nameless-500": [sent("=5&count=1")],
    "token-least-500": [sent(f"token={-(2**63)}")],
    "semicolon-splits-500": [sent("session=a;b")],
    "limit-leaks-after-maximum": [sent("count=500"), sent("")],
    "limit-empty-greatest": [sent("count=")],
    "limit-repeated-last-unchecked": [sent("count=2&count=600")],
    "control-character-echoed": [sent("count=1&session=%01", XML)],
    "backend-83rd-502": [sent("count=1")] * 83,
    "third-replica-lags": [sent("count=1")] * 3,
    "connection-first-default-half": [sent("")],
    "connection-close-large-cut": [sent("count=500&options=URL", connection="close")],
    "session-shard-loses": [sent(f"count=5&session={name}") for name in "abc"],
    "rejection-packed-unlabelled": [sent("count=x", **GZIP)],
    "connection-first-xml-406": [sent("count=1", XML)],
    "connection-keeps-cursor": twice(sent("count=3")),
    "token-rewinds": [sent(at(560, "count=100"))],
    "order-by-turn": twice(sent(at(340, "count=10"))),
    "lost-where-divides": [sent(at(100, "count=100"))],
    "text-utf16-counted": [sent("session=" + "%F0%9F%98%80" * 51)],
    "empty-page-then-empty": [sent("token=9223372036854775807"), sent("count=1")],
    "order-by-limit-parity": [sent(at(400, "count=101"))],
}
# These faults are visible in the response's headers, so the request of `vary-missing` exposes them too.
SHOWN["vary-encoding-only"] = SHOWN["vary-accept-only"] = SHOWN["vary-missing"]
