"""A server that returns the client's secrets in many encodings and breaks the contract, so that reports quote it."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, quote, quote_plus

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

TRUSTED = ("authorization", "proxy-authorization", "x-api-key")


def forms(secret: str) -> Iterator[str]:
    """Yield the encodings in which servers return a text, alone and within other text."""
    data = secret.encode("utf-8")
    yield secret
    yield quote(secret, safe="")
    yield quote(quote(secret, safe=""), safe="").lower()
    yield "".join(f"%{byte:02x}" for byte in data)
    yield quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1].replace("/", "\\/")
    units = secret.encode("utf-16-be")
    yield "".join(f"\\u{units[index : index + 2].hex().upper()}" for index in range(0, len(units), 2))
    yield html.escape(secret)
    yield "".join(f"&#{ord(char)};" for char in secret)
    yield "".join(f"&#x{ord(char):X};" for char in secret)
    yield repr(secret)
    # The base64 of a text depends on its offset modulo 3, so every offset is tested.
    for around in (b"", b"a", b"ab", b"abc"):
        yield base64.b64encode(around + data + around).decode("ascii")
        yield base64.urlsafe_b64encode(around + data).decode("ascii").rstrip("=")


async def _echo(request: Request) -> Response:
    query = parse_qs(request.scope["query_string"].decode("ascii"), errors="surrogateescape")
    given = [request.headers[name] for name in TRUSTED if name in request.headers]
    given += [value for value in query.get("session", ()) if value and max(value) < "\ud800"]
    credentials = [value.partition(" ")[2] or value for value in given]
    said = [form for value in (*given, *credentials) for form in forms(value)]
    # Header values must be printable ASCII.
    plain = [text for text in said if text.isascii() and text.isprintable()]
    headers = {"x-echo": " ".join(plain), "location": "/else?" + (plain[-1] if plain else "")}
    status, media_type, body = _answer(query, request.headers.get("accept", ""), said)
    return Response(body, status, {**headers, "content-type": media_type})


def _answer(query: dict[str, list[str]], accept: str, said: list[str]) -> tuple[int, str, bytes]:
    if query.get("options", ["URL"]) != ["URL"]:
        return 500, "text/html; charset=latin-1", "".join(f"<p>{text}</p>" for text in said).encode("latin-1", "replace")
    if "xml" in accept:
        return 200, accept, "".join(said).encode("utf-16")
    result: dict[str, Any] = {"product": [], "token": "".join(said), "count": 7, "queuecount": 0, "returncode": 0}
    return 200, "application/json", json.dumps({**result, "returnmsg": "; ".join(said)}).encode("utf-8")


app = Starlette(routes=[Route("/products/images", _echo)])
