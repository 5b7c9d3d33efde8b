# Product images 1.0.0, spec SHA-256 317bc09c4abb44de0411aabd1bad76cc92a9947bf2203a81d375dbe1a10b9d86
# Generated; do not edit: twinwire generate.

"""Checks of link targets: http and https only, and no address in the private network of the mirror (SSRF protection)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

import httpx

from ..errors import ProductImagesError

# A host name or an IP address. The HTTP library percent-encodes other characters, and % does not match.
_HOST = re.compile(rb"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class UnobtainableError(ProductImagesError):
    """An image cannot be loaded. ``transient`` is True when the link may be fine and the server only temporarily down."""

    def __init__(self, reason: str, *, transient: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.transient = transient


def parse(text: str) -> httpx.URL:
    """Parse a link, without its fragment. Raises UnobtainableError unless it is an absolute http or https URL."""
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
    """Return a URL for messages, without the parts that may hold a credential."""
    path, _, _ = url.raw_path.partition(b"?")
    return (b"%s://%s%s" % (url.raw_scheme, url.netloc, path)).decode("ascii")[:200]


def origin(url: httpx.URL) -> tuple[str, str, int]:
    """Return the origin of a URL: scheme, host and port. A credential may only be sent to the origin that it is for."""
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}[url.scheme]


def check(host: str, addresses: Iterable[str]) -> None:
    """Raise UnobtainableError when any address of a host is not public."""
    for address in addresses:
        if not _is_public(address):
            raise UnobtainableError(f"{host} has the address {address}, which is not public (allow_private allows it)")


def normal(text: str) -> str:
    """Return the canonical form of an IP address; any other text is returned unchanged."""
    try:
        # A scope, as in fe80::1%eth0, is not part of the address.
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
    """Return the IPv4 address that an IPv6 address embeds, to which its packets are routed."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
