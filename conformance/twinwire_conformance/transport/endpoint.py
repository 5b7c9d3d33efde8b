"""Where requests go, what each of them carries, and how both are shown; and what every transport can do."""

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
"""The headers of a request that names no client."""


class Transport(Protocol):
    """Brings exchanges about, and keeps the time in which they happen."""

    def exchange(self, request: Request, call: int) -> Response:
        """Send a request and return its answer. Raises Unreachable when no whole answer comes.

        ``call`` is the number of what the caller asked for: an exchange that is repeated, as Retry-After wants it, keeps it.
        """
        ...

    def pause(self, seconds: float) -> None:
        """Wait before the next exchange."""
        ...

    def run(self, works: Sequence[Callable[[], T]]) -> list[T]:
        """Do works that exchange and pause at the same time; return their results in order, or raise the first error."""
        ...

    def close(self) -> None:
        """Close the connections that are kept open."""
        ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An operation at a server: ``base_url`` is what ``path`` is appended to, ``headers`` go with every request.

    Everything it shows is without secrets; the values of ``headers`` count as such, and so does a password in the URL.
    """

    base_url: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: Secrets = field(default_factory=Secrets)

    def url(self, request: Request) -> str:
        """Return the URL that a request goes to."""
        return _url(self.base_url + self.path, request)

    def sent_headers(self, request: Request) -> list[tuple[str, str]]:
        """Return the headers of a request, in the order and case in which they are sent.

        What a rule does not ask for is not sent: no Accept, and no compression. The order is that of the request's client;
        of headers with the same name the last counts, in the place and the case of the first: first the client's own, then
        the caller's, then the request's.
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
        return place.removesuffix(":80" if parts.scheme == "http" else ":443")

    @property
    def shown_base(self) -> str:
        """The base URL as it may be shown."""
        return self.secrets.text(re.sub(r"//[^/@]*@", f"//{REDACTED}@", self.base_url))

    def shown_url(self, request: Request) -> str:
        """Return the URL of a request as it may be shown."""
        url = _url(self.path, self.secrets.mask(request))
        if request.raw_query is None:
            url = url.replace(_quote(REDACTED), REDACTED)
        return self.shown_base + self.secrets.text(url)

    def shown_headers(self, request: Request) -> Params:
        """Return the headers of a request as they may be shown."""
        hidden = {name.lower() for name in self.headers} - {name.lower() for name, _ in request.headers}
        pairs = self.sent_headers(request)
        return tuple((name, REDACTED if name.lower() in hidden else self.secrets.text(value)) for name, value in pairs)

    def key(self, request: Request) -> str:
        """Return a digest by which the same request is recognised in a recording, whatever the secrets and the server."""
        masked = self.secrets.mask(request)
        said: list[object] = [masked.params, masked.accept, masked.headers]
        # Added only where they are set, so that recordings of older versions can be replayed.
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
    return quote(text, safe="-._~", errors="surrogateescape")
