"""Where a webhook may lead: which addresses can be written down, and which hosts are somebody's own network."""

import ipaddress
from urllib.parse import urlsplit

from pomona.registry.errors import Invalid

MAX_URL = 2_000


def checked_url(text: str) -> str:
    """The address as it is kept. Raises `Invalid` for one that no message can be sent to."""
    url = text.strip()
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise _no_url(f"up to {MAX_URL} plain characters without blanks")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _no_url("a host and a port that can be") from None
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or port == 0:
        raise _no_url("http:// or https:// and a host")
    if "@" in parts.netloc:
        raise _no_url(
            "no name and password: everybody who sees the webhook would see them. Messages are signed"
        )
    if parts.fragment or url.endswith("#"):
        raise _no_url("nothing behind a #, which is never sent")
    return url


def is_public(address: str) -> bool:
    """Whether an IP address can be reached by everybody: no loopback, private, link-local or other special one."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        # An address of the old kind may stand within one of the new (mapped, 6to4, NAT64), and would be reached.
        inner = found.ipv4_mapped or found.sixtofour or _translated(found)
        if inner is not None:
            return inner.is_global
    return found.is_global and not found.is_multicast


def _translated(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in ipaddress.IPv6Network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


def _no_url(expected: str) -> Invalid:
    return Invalid(f"That is no address for a webhook; expected {expected}.", field="url")
