"""Proof that an identity is the caller's: the link in the verification mail, and the DNS records of a domain.

Lives here: confirming a link, what to ask DNS about a domain, and judging what DNS answered.
Must not live here: DNS itself, pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sesbox.operations.base import AwsError, Context, Outcome


@dataclass(frozen=True, slots=True)
class DnsFindings:
    """What DNS answered, by question name. Names are lower case without the final dot.

    `cname`: name -> target; `mx`: name -> ("10 host", ...); `txt`: name -> (joined character strings, ...).
    A name that has no such record is absent.
    """

    cname: Mapping[str, str] = field(default_factory=dict)
    mx: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    txt: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def questions(ctx: Context, domain: str) -> tuple[tuple[str, str], ...]:
    """The (name, record type) pairs that `check_domain` wants to know about; empty for an unknown domain."""
    raise AwsError("NotImplemented", "questions", status=501)


def check_domain(ctx: Context, domain: str, found: DnsFindings) -> Outcome:
    """Set the domain's, DKIM's and MAIL FROM's status by what DNS answered. The handler of Due("check_domain").

    With --verify-domains zone, Due("check_domain", {"domain": name}) is made when a domain or a MAIL FROM is set
    up, and again by each check that leaves something PENDING. An unknown domain is an empty outcome.
    """
    raise AwsError("NotImplemented", "check_domain", status=501)


def confirm(ctx: Context, token: str) -> Outcome:
    """Somebody opened the link of a verification mail (route `GET /_sesbox/verify?token=...`).

    Response: {"identity": str}. Raises AwsError NotFoundException for an unknown or expired token (24 hours).
    """
    raise AwsError("NotImplemented", "confirm", status=501)
