"""The custom MAIL FROM domain: one MX to SES, and an SPF record that names SES (SES Developer Guide, "mail-from").

Lives here: what SES wants there and what is there. Must not live here: SPF itself (spf.py), sentences.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from sendwell.doctor.answers import Ask, is_below, mail_hosts, plain
from sendwell.doctor.spf import Spf, look_at_spf

SES_INCLUDE = "amazonses.com"
SPF_VALUE = f"v=spf1 include:{SES_INCLUDE} ~all"
PREFERENCE = 10
USUAL = ("bounce", "bounces", "mail", "mailfrom", "send", "ses", "feedback")
_HOST = re.compile(r"feedback-smtp\.([a-z0-9-]+)\.amazonses\.com")


class MxFault(StrEnum):
    """What is wrong with the MX of a MAIL FROM domain."""

    NONE = ""
    MISSING = "mx-missing"
    SEVERAL = "mx-several"
    REGION = "mx-region"
    FOREIGN = "mx-foreign"
    DOUBLED = "doubled"
    ALIAS = "alias"
    UNKNOWN = "unanswered"


@dataclass(frozen=True, slots=True)
class MailFrom:
    """A MAIL FROM domain as it is. `region` is the one its MX names, or empty."""

    name: str
    mx: MxFault
    seen: str
    region: str
    preference: int
    spf: Spf
    below: bool
    same: bool

    @property
    def spf_names_ses(self) -> bool:
        """Whether SES's servers pass SPF here."""
        return SES_INCLUDE in self.spf.passing

    @property
    def sound(self) -> bool:
        """Whether mail with this return path passes SPF through SES."""
        return self.mx is MxFault.NONE and self.spf.verdict == "ok" and self.spf_names_ses and self.below


def wanted_host(region: str) -> str:
    """The one MX host that SES wants."""
    return f"feedback-smtp.{region}.amazonses.com"


def region_of(host: str) -> str:
    """The region in SES's MX host, empty if it is another host."""
    match = _HOST.fullmatch(plain(host))
    return match[1] if match else ""


def find_mail_from(ask: Ask, domain: str) -> str:
    """A MAIL FROM domain under one of the usual names, seen by its MX; empty if there is none."""
    for label in USUAL:
        answer = ask(f"{label}.{domain}", "MX")
        if any(region_of(host) for _, host in mail_hosts(answer)):
            return answer.name
    return ""


def look_at_mail_from(ask: Ask, name: str, domain: str, region: str) -> MailFrom:
    """Look at a MAIL FROM domain; without a region, SES's host of any region fits."""
    name = plain(name)
    answer = ask(name, "MX")
    hosts = mail_hosts(answer)
    regions = [region_of(host) for _, host in hosts]
    seen, fault = answer.seen, MxFault.NONE
    if answer.unknown:
        fault = MxFault.UNKNOWN
    elif answer.chain:
        fault, seen = MxFault.ALIAS, "CNAME " + answer.chain[-1]
    elif not hosts:
        doubled = ask(f"{name}.{domain}", "MX")
        fault = MxFault.DOUBLED if doubled.found else MxFault.MISSING
        seen = f"{doubled.name} MX {doubled.seen}" if doubled.found else seen
    elif not any(regions):
        fault = MxFault.FOREIGN
    elif len(hosts) > 1:
        fault = MxFault.SEVERAL
    elif region and regions[0] != region:
        fault = MxFault.REGION
    return MailFrom(
        name,
        fault,
        seen,
        region=next((found for found in regions if found), ""),
        preference=hosts[0][0] if hosts else PREFERENCE,
        spf=look_at_spf(ask, name),
        below=is_below(name, domain),
        same=name == plain(domain),
    )
