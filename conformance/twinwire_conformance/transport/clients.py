"""The headers of ordinary clients, so that a part of every run is sent as they would send it.

Order and case are those on the wire. A value of None marks the place of a header whose value the request gives: Host,
Accept and Accept-Encoding. No identity offers a coding that the kit cannot undo: Accept-Encoding is ``identity`` unless the
request says otherwise.
"""

from __future__ import annotations

from typing import Final

from twinwire_conformance.model import ClientIdentity

__all__ = ["BROWSERS", "CLIENTS", "ClientIdentity"]

_CHROME: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)

CHROME: Final = ClientIdentity(
    "Chrome 142 on Windows",
    (
        ("Host", None),
        ("Connection", "keep-alive"),
        ("sec-ch-ua-platform", '"Windows"'),
        ("User-Agent", _CHROME),
        ("Accept", None),
        ("sec-ch-ua", '"Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"'),
        ("sec-ch-ua-mobile", "?0"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Sec-Fetch-Mode", "cors"),
        ("Sec-Fetch-Dest", "empty"),
        ("Accept-Encoding", None),
        ("Accept-Language", "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7"),
    ),
)
FIREFOX: Final = ClientIdentity(
    "Firefox 145 on Windows",
    (
        ("Host", None),
        ("User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"),
        ("Accept", None),
        ("Accept-Language", "en-US,en;q=0.5"),
        ("Accept-Encoding", None),
        ("Connection", "keep-alive"),
        ("Sec-Fetch-Dest", "empty"),
        ("Sec-Fetch-Mode", "cors"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Priority", "u=4"),
    ),
)
CURL: Final = ClientIdentity("curl 8", (("Host", None), ("User-Agent", "curl/8.14.1"), ("Accept", None)))
DOTNET: Final = ClientIdentity(
    ".NET HttpClient",
    (
        ("Host", None),
        ("Accept", None),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"),
        ("Accept-Encoding", None),
    ),
)
DOTNET_FRAMEWORK: Final = ClientIdentity(
    ".NET Framework HttpClient",
    (("Accept", None), ("Accept-Encoding", None), ("Host", None), ("Connection", "Keep-Alive")),
)
REQUESTS: Final = ClientIdentity(
    "Python requests",
    (
        ("Host", None),
        ("User-Agent", "python-requests/2.32.5"),
        ("Accept-Encoding", None),
        ("Accept", None),
        ("Connection", "keep-alive"),
    ),
)
HTTPX: Final = ClientIdentity(
    "Python httpx",
    (
        ("Host", None),
        ("Accept", None),
        ("Accept-Encoding", None),
        ("Connection", "keep-alive"),
        ("User-Agent", "python-httpx/0.28.1"),
    ),
)
AIOHTTP: Final = ClientIdentity(
    "Python aiohttp",
    (
        ("Host", None),
        ("Accept", None),
        ("Accept-Encoding", None),
        ("User-Agent", "Python/3.13 aiohttp/3.13.2"),
    ),
)
JAVA: Final = ClientIdentity(
    "Java HttpURLConnection",
    (
        ("Accept-Encoding", None),
        ("User-Agent", "Java/21.0.9"),
        ("Host", None),
        ("Accept", None),
        ("Connection", "keep-alive"),
    ),
)
GO: Final = ClientIdentity(
    "Go net/http", (("Host", None), ("User-Agent", "Go-http-client/1.1"), ("Accept", None), ("Accept-Encoding", None))
)
NODE: Final = ClientIdentity(
    "Node fetch",
    (
        ("host", None),
        ("connection", "keep-alive"),
        ("accept", None),
        ("accept-language", "*"),
        ("sec-fetch-mode", "cors"),
        ("user-agent", "node"),
        ("accept-encoding", None),
    ),
)

BROWSERS: Final = (CHROME, FIREFOX)
CLIENTS: Final = (CHROME, CURL, DOTNET, REQUESTS, FIREFOX, HTTPX, JAVA, GO, NODE, AIOHTTP, DOTNET_FRAMEWORK)
"""Every identity, the ones that differ most first, so that a small profile may take the first few."""
