"""Where a public request came from, behind any number of trusted proxies, and how much of that is kept.

Lives here: pure functions over header texts. Must not live here: Django, limits.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who made a public request, as far as a server can know."""

    ip: str
    user_agent: str

    @property
    def network(self) -> str:
        """The address's network, as evidence that names nobody."""
        return truncate_ip(self.ip)


def client_ip(remote: str, forwarded_for: str, trusted_proxies: int) -> str:
    """The client's address. Each trusted proxy appends the address it was called from to X-Forwarded-For, so with n
    proxies the n-th entry from the right is the first that a stranger could not write. Without proxies the header is
    a stranger's word and counts for nothing."""
    if trusted_proxies < 1:
        return remote
    hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
    if len(hops) < trusted_proxies:
        return remote
    found = hops[-trusted_proxies].strip("[]")
    return found if _parse(found) else remote


def truncate_ip(text: str) -> str:
    """The network of an address (/24, or /48 for IPv6); empty if it is no address."""
    ip = _parse(text)
    return "" if ip is None else str(ipaddress.ip_network(f"{ip}/{24 if ip.version == 4 else 48}", strict=False))


def limit_subject(text: str) -> str:
    """Whom a limit by address means: the address, or the /64 of an IPv6 one, which is one customer's."""
    ip = _parse(text)
    if ip is None:
        return "unknown"
    return str(ip) if ip.version == 4 else str(ipaddress.ip_network(f"{ip}/64", strict=False))


def short_agent(text: str) -> str:
    """A user agent as evidence: printable, at most 200 characters."""
    return re.sub(r"[^\x20-\x7e]", "", text)[:200]


def _parse(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        ip = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    return ip.ipv4_mapped or ip if isinstance(ip, ipaddress.IPv6Address) else ip
