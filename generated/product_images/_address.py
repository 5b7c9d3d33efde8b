# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""The address of the service: URL and headers of each request, and redaction of their secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, quote_plus, urlencode, urlsplit

from ._arguments import kind, text
from ._wire import HttpRequest
from .errors import ParameterError

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"(?:[!-~](?:[\t -~]*[!-~])?)?")
# Headers that the HTTP library sets itself, or that would change the framing or the destination of a request.
_FRAMING = frozenset(
    {
        *("connection", "content-length", "expect", "host", "http2-settings", "keep-alive", "proxy-connection"),
        *("te", "trailer", "transfer-encoding", "upgrade"),
    }
)


class ServiceAddress:
    """The operation's URL and the headers of its requests.

    Args:
        base_url: An absolute http or https URL without user, query or fragment.
        path: The operation's path, appended to it.
        headers: Additional headers; names are unique, and ``Accept`` is excluded.
        accept: The media type to request.
        session: The session to redact, None without one.

    Raises:
        ParameterError: The URL or a header cannot be used.
    """

    def __init__(self, base_url: str, path: str, headers: Mapping[str, str], accept: str, session: str | None) -> None:
        self.url: str = _base(base_url) + path
        # Offer gzip only: brotli and zstd expand so far that the limit could not be enforced. A caller may override it.
        checked = _checked(headers)
        offered = {} if any(name.lower() == "accept-encoding" for name in headers) else {"Accept-Encoding": "gzip"}
        self._headers = {**checked, **offered, "Accept": accept}
        # A server may repeat an Authorization token without its scheme, so each word of a value is a secret of its own.
        # Words below 4 characters are left out: redacting "a" or "1" would garble every message.
        parts = [part for value in headers.values() for part in (value, *value.split()) if len(part) >= 4]
        secrets = [session, *parts] if session else parts
        self._secrets = sorted(
            {form for secret in secrets for form in (secret, quote(secret, safe=""), quote_plus(secret))}, key=len
        )

    def request(self, query: Mapping[str, str]) -> HttpRequest:
        """Return the request for a query."""
        encoded = urlencode(query, quote_via=quote, safe="")
        return HttpRequest(f"{self.url}?{encoded}" if encoded else self.url, self._headers)

    def redact(self, message: str) -> str:
        """Return a text with the session and the headers' values replaced by ``***``."""
        # Longest first: a secret may contain a shorter one.
        for secret in reversed(self._secrets):
            message = message.replace(secret, "***")
        return message


def _base(url: str) -> str:
    kind("base_url", url, str, "a string")
    try:
        parts = urlsplit(url.strip())
        host, _port = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host:
        raise ParameterError("base_url", "must be an absolute http or https URL such as https://example.com/api")
    # A password in a URL leaks into logs, and a query would mix with the operation's parameters.
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ParameterError("base_url", "must have no user, password, query or fragment: use headers for credentials")
    return f"{parts.scheme}://{parts.netloc}{quote(parts.path.rstrip('/'), safe='/%:@!$&()*+,;=~')}"


def _checked(headers: Mapping[str, str]) -> Mapping[str, str]:
    kind("headers", headers, Mapping, "a mapping from names to values")
    seen: set[str] = set()
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(text(name)):
            raise ParameterError("headers", f"{name!r:.40} is not the name of a header")
        if not _HEADER_VALUE.fullmatch(text(value)):
            raise ParameterError("headers", f"the value of {name[:40]} must be printable ASCII without white space at its ends")
        lower = name.lower()
        if lower == "accept":
            raise ParameterError("headers", "Accept follows from the representation and is not set")
        if lower in _FRAMING:
            raise ParameterError("headers", f"{name[:40]} frames or routes a message, and is left to the HTTP library")
        if lower in seen:
            raise ParameterError("headers", f"{name[:40]} is there twice")
        seen.add(lower)
    return headers
