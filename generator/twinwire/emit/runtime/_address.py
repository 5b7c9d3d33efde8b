"""The endpoint: where requests go, what they carry, and what of that no message may show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, quote_plus, urlencode, urlsplit

from ._arguments import kind, text
from ._wire import HttpRequest
from .errors import ParameterError

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"(?:[!-~](?:[\t -~]*[!-~])?)?")
# What the HTTP library sets, or what would change how a message is framed or where it goes.
_FRAMING = frozenset(
    {
        *("connection", "content-length", "expect", "host", "http2-settings", "keep-alive", "proxy-connection"),
        *("te", "trailer", "transfer-encoding", "upgrade"),
    }
)


class ServiceAddress:
    """The operation below a base URL. Raises ParameterError for a URL or a header that cannot be used."""

    def __init__(self, base_url: str, path: str, headers: Mapping[str, str], accept: str, session: str | None) -> None:
        self.url: str = _base(base_url) + path
        # No coding but gzip: others grow so fast that no limit could be kept. Whoever sets one will know why.
        checked = _checked(headers)
        offered = {} if any(name.lower() == "accept-encoding" for name in headers) else {"Accept-Encoding": "gzip"}
        self._headers = {**checked, **offered, "Accept": accept}
        # A server may repeat the token of an Authorization without its scheme; what is shorter would garble every message.
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
        """Return a text without the session and the headers' values."""
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
    # A password in a URL ends in logs, and a query would be taken for one of the operation's.
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
