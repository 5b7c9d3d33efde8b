"""Where requests go, what each of them carries, and how both are shown; and what every transport can do."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar
from urllib.parse import quote

from twinwire import __version__
from twinwire_conformance.model import Answer, Params, Request
from twinwire_conformance.transport.secrecy import REDACTED, Secrets

T = TypeVar("T")


class Transport(Protocol):
    """Brings exchanges about, and keeps the time in which they happen."""

    def exchange(self, request: Request, call: int) -> Answer:
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
        """Give back what is held open."""
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
        return _url(self.base_url + self.path, request.params)

    def sent_headers(self, request: Request) -> list[tuple[str, str]]:
        """Return the headers of a request. What a rule does not ask for is not sent: no Accept, and no compression."""
        pairs = [("User-Agent", f"twinwire/{__version__}"), ("Accept-Encoding", "identity"), *self.headers.items()]
        if request.accept is not None:
            pairs.append(("Accept", request.accept))
        # Of one name the last counts, in the place and the case of the first.
        headers: dict[str, tuple[str, str]] = {}
        for name, value in (*pairs, *request.headers):
            headers[name.lower()] = (headers.get(name.lower(), (name,))[0], value)
        return list(headers.values())

    @property
    def shown_base(self) -> str:
        """The base URL as it may be shown."""
        return self.secrets.text(re.sub(r"//[^/@]*@", f"//{REDACTED}@", self.base_url))

    def shown_url(self, request: Request) -> str:
        """Return the URL of a request as it may be shown."""
        url = _url(self.path, self.secrets.mask(request).params).replace(_quote(REDACTED), REDACTED)
        return self.shown_base + self.secrets.text(url)

    def shown_headers(self, request: Request) -> Params:
        """Return the headers of a request as they may be shown."""
        hidden = {name.lower() for name in self.headers} - {name.lower() for name, _ in request.headers}
        pairs = self.sent_headers(request)
        return tuple((name, REDACTED if name.lower() in hidden else self.secrets.text(value)) for name, value in pairs)

    def key(self, request: Request) -> str:
        """Return a digest by which the same request is recognised in a recording, whatever the secrets and the server."""
        masked = self.secrets.mask(request)
        said = [masked.params, masked.accept, masked.headers]
        return hashlib.sha256(json.dumps(said).encode("ascii")).hexdigest()


def _url(base: str, params: Params) -> str:
    query = "&".join(f"{_quote(name)}={_quote(value)}" for name, value in params)
    return f"{base}?{query}" if query else base


def _quote(text: str) -> str:
    return quote(text, safe="-._~", errors="surrogateescape")
