"""The endpoint of a run, the URL and headers of its requests, their redacted forms, and the transport protocol."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar
from urllib.parse import quote, urlsplit

from twinwire import __version__
from twinwire_conformance.model import Params, Request, Response
from twinwire_conformance.transport.redaction import REDACTED, Secrets

T = TypeVar("T")

_KIT: Final[tuple[tuple[str, str | None], ...]] = (("Host", None), ("User-Agent", f"twinwire/{__version__}"))
"""The headers of a request without a client identity."""


class Transport(Protocol):
    """Exchanges requests for responses, and controls waiting and concurrency."""

    def exchange(self, request: Request, call: int) -> Response:
        """Send a request and return its response.

        Args:
            request: The request.
            call: The number of the caller's request. A repetition, for example after Retry-After, has the same number.

        Raises:
            Unreachable: No complete response was received.
        """
        ...

    def pause(self, seconds: float) -> None:
        """Wait for some seconds before the next exchange."""
        ...

    def run(self, works: Sequence[Callable[[], T]]) -> list[T]:
        """Run calls concurrently. Return their results in order, or raise the first error."""
        ...

    def close(self) -> None:
        """Close the connections that are kept open."""
        ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An operation of a server.

    The ``shown_…`` members are redacted. The values of ``headers`` and a password in the URL count as secrets.

    Args:
        base_url: The absolute URL before ``path``.
        path: The path of the operation.
        headers: Headers of the caller, sent with every request.
        secrets: The secrets to redact.
    """

    base_url: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: Secrets = field(default_factory=Secrets)

    def url(self, request: Request) -> str:
        """Return the URL of a request, with its secrets."""
        return _url(self.base_url + self.path, request)

    def sent_headers(self, request: Request) -> list[tuple[str, str]]:
        """Return the headers of a request in the order and case in which they are sent.

        The kit adds no Accept and offers no compression unless the request does. Headers of the client come first, then the
        caller's, then the request's. Of several headers with one name, the last value is sent in the place and case of the
        first. Example: a client's ``user-agent: node`` and a caller's ``User-Agent: x`` give ``user-agent: x``.
        """
        client = _KIT if request.client is None else request.client.headers
        pairs: list[tuple[str, str | None]] = [*client, ("Host", self._host), ("Accept-Encoding", "identity")]
        if not any(name.lower() == "host" for name, _ in client):
            pairs.insert(0, ("Host", None))
        pairs += self.headers.items()
        if request.accept is not None:
            pairs.append(("Accept", request.accept))
        headers: dict[str, tuple[str, str | None]] = {}
        for name, value in (*pairs, *request.headers):
            headers[name.lower()] = (headers.get(name.lower(), (name,))[0], value)
        return [(name, value) for name, value in headers.values() if value is not None]

    @property
    def _host(self) -> str:
        parts = urlsplit(self.base_url)
        place = parts.netloc.rpartition("@")[2]
        # Clients omit the default port in Host, and some servers compare Host literally.
        return place.removesuffix(":80" if parts.scheme == "http" else ":443")

    @property
    def shown_base(self) -> str:
        """The redacted base URL."""
        return self.secrets.text(re.sub(r"//[^/@]*@", f"//{REDACTED}@", self.base_url))

    def shown_url(self, request: Request) -> str:
        """Return the redacted URL of a request."""
        url = _url(self.path, self.secrets.mask(request))
        if request.raw_query is None:
            url = url.replace(_quote(REDACTED), REDACTED)
        return self.shown_base + self.secrets.text(url)

    def shown_headers(self, request: Request) -> Params:
        """Return the redacted headers of a request."""
        hidden = {name.lower() for name in self.headers} - {name.lower() for name, _ in request.headers}
        pairs = self.sent_headers(request)
        return tuple((name, REDACTED if name.lower() in hidden else self.secrets.text(value)) for name, value in pairs)

    def key(self, request: Request) -> str:
        """Return the digest that identifies a request in a recording. It does not depend on secrets or the server."""
        masked = self.secrets.mask(request)
        said: list[object] = [masked.params, masked.accept, masked.headers]
        # Members of later versions are included only when set, so that older recordings keep their keys.
        special = {
            "raw_query": masked.raw_query,
            "fresh_connection": masked.fresh_connection or None,
            "client": None if masked.client is None else [masked.client.name, masked.client.headers],
        }
        said += [[name, value] for name, value in special.items() if value is not None]
        return hashlib.sha256(json.dumps(said).encode("ascii")).hexdigest()


def _url(base: str, request: Request) -> str:
    if request.raw_query is not None:
        return f"{base}?{request.raw_query}"
    query = "&".join(f"{_quote(name)}={_quote(value)}" for name, value in request.params)
    return f"{base}?{query}" if query else base


def _quote(text: str) -> str:
    # Only the unreserved characters of RFC 3986 stay. surrogateescape carries bytes that are not UTF-8.
    return quote(text, safe="-._~", errors="surrogateescape")
