"""Which identity speaks for an address, and when a verification has taken too long.

Lives here: inheritance from domain to subdomain to address, plus labels, expiry. Must not live here: records.
Source: SES Developer Guide, "Creating and verifying identities".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")

EMAIL_HOURS = 24
DOMAIN_HOURS = 72
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


def kind_of(name: str) -> str:
    """EMAIL_ADDRESS or DOMAIN."""
    return "EMAIL_ADDRESS" if "@" in name else "DOMAIN"


def canonical(name: str) -> str:
    """The name under which an identity is kept: domains in lower case, addresses as given (case-sensitive)."""
    return name if "@" in name else name.lower().rstrip(".")


def is_domain(name: str) -> bool:
    """Whether `name` can be a domain identity: at least two labels of letters, digits and hyphens."""
    labels = canonical(name).split(".")
    return len(labels) > 1 and len(name) <= 253 and all(_LABEL.fullmatch(label) for label in labels)


def candidates(address: str) -> Iterator[str]:
    """The identities that may speak for a bare address, the most specific first.

    The address itself, the address without its plus label, its domain, then each parent domain.
    """
    yield address
    local, _, domain = address.rpartition("@")
    base, plus, _ = local.partition("+")
    if plus and base:
        yield f"{base}@{domain}"
    yield from parents(domain.lower())


def parents(domain: str) -> Iterator[str]:
    """A domain and its parents: a.b.example.com, b.example.com, example.com, com."""
    while domain:
        yield domain
        domain = domain.partition(".")[2]


def speaker(address: str, lookup: Callable[[str], T | None], verified: Callable[[T], bool]) -> T | None:
    """The most specific verified identity for a bare address, or None."""
    for name in candidates(address):
        found = lookup(name)
        if found is not None and verified(found):
            return found
    return None


def status_now(kind: str, status: str, since: float, now: float) -> str:
    """The status to report: PENDING becomes FAILED 24 hours (address) or 72 hours (domain) after it began."""
    hours = EMAIL_HOURS if kind == "EMAIL_ADDRESS" else DOMAIN_HOURS
    if status == "PENDING" and now - since >= hours * 3600:
        return "FAILED"
    return status


def covers_mail_from(identity_domain: str, mail_from: str) -> bool:
    """Whether a MAIL FROM domain is a true subdomain of the identity's domain (SES Developer Guide, "mail-from")."""
    return mail_from.lower().endswith("." + identity_domain.lower())
