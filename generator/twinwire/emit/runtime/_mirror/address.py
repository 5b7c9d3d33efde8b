"""Where links may lead: http and https, and nowhere into the network that the mirror runs in."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

import httpx

from ..errors import FeedError

# A name as it is looked up, or an address; the HTTP library percent-encodes what cannot be either.
_HOST = re.compile(rb"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class UnobtainableError(FeedError):
    """An image cannot be had. ``transient`` says that nothing is wrong with its link: the server may only be down."""

    def __init__(self, reason: str, *, transient: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.transient = transient


def parse(text: str) -> httpx.URL:
    """Return the URL of a link, without what is not sent. Raises UnobtainableError unless it is absolute, of http or https."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        raise UnobtainableError("its link is no URL") from None
    if (url.port is not None and not 0 < url.port < 1 << 16) or (url.host and not _HOST.fullmatch(url.raw_host)):
        raise UnobtainableError("its link is no URL")
    if url.scheme not in ("http", "https") or not url.host:
        raise UnobtainableError("its link is no absolute http or https URL")
    return url.copy_with(fragment=None) if "#" in text else url


def shown(url: httpx.URL) -> str:
    """Return a URL for messages, without what may be a credential in it."""
    path, _, _ = url.raw_path.partition(b"?")
    return (b"%s://%s%s" % (url.raw_scheme, url.netloc, path)).decode("ascii")[:200]


def origin(url: httpx.URL) -> tuple[str, str, int]:
    """Return what two URLs have in common when a credential for one may be sent to the other."""
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}[url.scheme]


def check(host: str, addresses: Iterable[str]) -> None:
    """Raise UnobtainableError when one of the addresses of a host is not a public one."""
    for address in addresses:
        if not _is_public(address):
            raise UnobtainableError(f"{host} has the address {address}, which is not public (allow_private allows it)")


def normal(text: str) -> str:
    """Return the one form of an address, whatever it is written like; a text that is not an address stays as it is."""
    try:
        # A scope, as in fe80::1%eth0, is not the address.
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return text
    return str((address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None) or address)


def _is_public(text: str) -> bool:
    try:
        address = ipaddress.ip_address(normal(text))
    except ValueError:
        return False
    inner = _embedded(address) if isinstance(address, ipaddress.IPv6Address) else None
    return _is_public(str(inner)) if inner is not None else address.is_global and not address.is_multicast


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that a packet to this one ends up at."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
