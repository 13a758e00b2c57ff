"""Whether a domain can take mail at all, and whether it is a throw-away one.

Lives here: DNS questions with a deadline, the list of disposable domains. Must not live here: what follows from it.
"""

from __future__ import annotations

from disposable_email_domains import blocklist
from dns.exception import DNSException
from dns.nameserver import Do53Nameserver
from dns.resolver import NXDOMAIN, NoAnswer, Resolver

SECONDS = 3.0


def is_disposable(domain: str) -> bool:
    """Whether the domain, or one above it, hands out mailboxes that are thrown away."""
    labels = domain.split(".")
    return any(".".join(labels[n:]) in blocklist for n in range(len(labels) - 1))


def takes_mail(domain: str, servers: str) -> bool:
    """False only where DNS says so for sure: no such domain, a null MX (RFC 7505), or neither MX nor address.

    Trouble and time limits are a yes: a slow resolver must not turn people away. `servers` are `IP` or
    `IP:port`, with commas; empty is the machine's own.
    """
    try:
        asked = _resolver(servers)
        found = _ask(asked, domain, "MX")
        if found is None:
            return False
        if found:
            return any(str(record.exchange) != "." for record in found)
        return any(_ask(asked, domain, sort) for sort in ("A", "AAAA"))
    except (DNSException, OSError, ValueError):
        return True


def _ask(resolver: Resolver, domain: str, sort: str) -> list | None:  # type: ignore[type-arg]
    """The records; empty if the domain has none of this sort, None if there is no such domain."""
    try:
        return list(resolver.resolve(f"{domain}.", sort, lifetime=SECONDS))
    except NXDOMAIN:
        return None
    except NoAnswer:
        return []


def _resolver(text: str) -> Resolver:
    if not text:
        return Resolver()
    made = Resolver(configure=False)
    made.nameservers = [_server(part.strip()) for part in text.split(",") if part.strip()]
    return made


def _server(text: str) -> Do53Nameserver:
    host, _, port = text.rpartition(":") if text.count(":") == 1 else (text.strip("[]"), "", "53")
    return Do53Nameserver(host, int(port))
