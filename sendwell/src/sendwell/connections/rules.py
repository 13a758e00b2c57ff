"""Decisions about connections, as values in and values out.

Lives here: who may be mailed in the sandbox, names of identities. Must not live here: SES calls, the database.
"""

from __future__ import annotations

from dataclasses import dataclass

SIMULATOR_DOMAIN = "simulator.amazonses.com"


@dataclass(frozen=True, slots=True)
class Verified:
    """Who may be mailed while the account is in the sandbox: verified addresses, domains, and the simulator.

    Addresses are kept with the local part as SES knows it (it is case-sensitive there) and the domain in lower case.
    """

    emails: frozenset[str]
    domains: frozenset[str]

    def covers(self, address: str) -> bool:
        """True if SES's sandbox lets mail to `address` pass (SES Developer Guide, request-production-access)."""
        local, _, domain = address.rpartition("@")
        domain = domain.lower()
        if domain == SIMULATOR_DOMAIN or f"{local}@{domain}" in self.emails:
            return True
        labels = domain.split(".")
        return any(".".join(labels[start:]) in self.domains for start in range(len(labels)))


@dataclass(frozen=True, slots=True)
class SendingFacts:
    """What the sender must know of a connection; None where GetAccount has not been asked yet."""

    connection_id: int
    kind: str
    ready: bool
    in_sandbox: bool | None
    sending_enabled: bool | None
    enforcement_status: str
    configuration_set: str


def is_simulator(address: str) -> bool:
    """True for Amazon's mailbox simulator, which counts for the rate but not for the quota."""
    return address.lower().rpartition("@")[2] == SIMULATOR_DOMAIN
