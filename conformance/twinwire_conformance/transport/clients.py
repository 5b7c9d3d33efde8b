"""The headers of ordinary clients, which the kit imitates in a part of every run.

Order and case are those on the wire. A value of None marks the place of a header whose value comes from the request: Host,
Accept and Accept-Encoding. Accept-Encoding is ``identity`` unless the request sets it, so no client offers a coding that the
kit cannot decode.
"""

from __future__ import annotations

from typing import Final

from twinwire_conformance.model import ClientIdentity

__all__ = ["BROWSERS", "CLIENTS", "ClientIdentity"]

# Servers treat clients differently by User-Agent, Accept-Language and Sec-Fetch headers, so these are copied verbatim.
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

# These clients share one User-Agent, so that a different response is due to the language alone.
_AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"


def _browser_of(language: str) -> ClientIdentity:
    return ClientIdentity(
        f"a browser set to {language.partition(',')[0]}",
        (("Host", None), ("User-Agent", _AGENT), ("Accept", None), ("Accept-Language", language), ("Accept-Encoding", None)),
    )


# Servers that format by locale fail here: Arabic digits and calendar, the Turkish dotless i, the comma as decimal separator.
LANGUAGES: Final = tuple(map(_browser_of, ("ar-SA,ar;q=0.9", "tr-TR,tr;q=0.8", "fr-FR,fr;q=0.9", "de-AT")))
OLD_BROWSER: Final = ClientIdentity(
    "an old browser",
    (
        ("Host", None),
        ("User-Agent", "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1)"),
        ("X-Requested-With", "XMLHttpRequest"),
        ("Sec-GPC", "1"),
        ("Pragma", "no-cache"),
        ("Cache-Control", "no-cache"),
        ("DNT", "1"),
        ("Upgrade-Insecure-Requests", "1"),
        ("Referer", "https://shop.example/"),
        ("Accept-Charset", "iso-8859-1"),
        ("Accept", None),
        ("Accept-Encoding", None),
        ("Connection", "keep-alive"),
    ),
)
SCRIPT: Final = ClientIdentity(
    "a script without a version", (("Accept", None), ("user-agent", "ImageImporter"), ("host", None))
)

BROWSERS: Final = (CHROME, FIREFOX)
PARTICULAR: Final = (*LANGUAGES, OLD_BROWSER)
"""Clients whose language or age may change the response."""
CLIENTS: Final = (CHROME, CURL, DOTNET, SCRIPT, REQUESTS, NODE, JAVA, FIREFOX, GO, HTTPX, AIOHTTP, DOTNET_FRAMEWORK)
"""The other clients, the most different ones first, so that a smaller profile can use the first few."""
