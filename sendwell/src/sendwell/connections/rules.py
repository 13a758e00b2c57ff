"""Decisions about connections, as values in and values out.

Lives here: who may be mailed in the sandbox, where SNS can reach us, how often to look. Must not live here: SES calls,
the database.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

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
    """True for the mailbox simulator (SES guide of that name), which counts for the rate but not for the quota."""
    return address.lower().rpartition("@")[2] == SIMULATOR_DOMAIN


def hook_base(kind: str, base_url: str, host: str, port: int) -> str:
    """Where SNS finds us: the embedded SES on this machine directly, everything else by the public URL."""
    if kind != "embedded":
        return base_url
    here = "127.0.0.1" if host in ("0.0.0.0", "::", "") else f"[{host}]" if ":" in host else host  # noqa: S104
    return f"http://{here}:{port}"


def why_unreachable(kind: str, base_url: str) -> str:
    """Why Amazon's SNS could not deliver to this base URL, or "" if it could. A local SES can always reach us."""
    if kind != "aws":
        return ""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if parts.scheme != "https":
        return f"Amazon needs a public https address to report to, and this installation's is {base_url}."
    if _is_private(host):
        return f"Amazon cannot reach {host}: it is no public address."
    return ""


@dataclass(frozen=True, slots=True)
class UrlProof:
    """The last round trip by the public address; `ok` is None before the first."""

    ok: bool | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class UrlTrouble:
    """Why only tests can be sent for real, and what to do about it."""

    text: str
    remedy: str


def url_trouble(base_url: str, proof: UrlProof | None) -> UrlTrouble | None:
    """Why recipients cannot be sent links to this address, or None if it is public, https and proved.

    RFC 8058, section 3.1: List-Unsubscribe must hold an https URI, and Gmail and Yahoo post to it.
    """
    host = urlsplit(base_url).hostname or ""
    if urlsplit(base_url).scheme != "https" or _is_private(host):
        what = f"{base_url} is no public https address." if base_url else "There is no public address."
        return UrlTrouble(what, "Set SENDWELL_PUBLIC_URL to its https address and restart.")
    if proof is None or proof.ok is None:
        return UrlTrouble(f"{base_url} has not been tried yet.", "Press “Check now” at Settings, Public address.")
    if not proof.ok:
        return UrlTrouble(proof.detail, "Mend it, then press “Check now” at Settings, Public address.")
    return None


def _is_private(host: str) -> bool:
    if host in ("", "localhost") or host.endswith((".localhost", ".local", ".internal", ".lan", ".home.arpa")):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host


def look_again_after(kind: str, something_pending: bool) -> timedelta:
    """When to ask SES again: soon while a review, a verification or a confirmation may change, else seldom.

    A real account answers one control-plane call a second in all (SES quotas), so it is asked sparingly.
    """
    if kind == "embedded":
        return timedelta(seconds=3 if something_pending else 60)
    return timedelta(seconds=60 if something_pending else 600)


def identity_name(text: str) -> str:
    """A domain, or an address with its domain, in lower case there: SES keeps the local part's case. "" if neither."""
    local, at, domain = text.strip().rpartition("@")
    domain = domain.lower().rstrip(".")
    if "." not in domain or any(not label for label in domain.split(".")):
        return ""
    return f"{local}@{domain}" if at else domain
