"""Asks the scripted zone what SES would ask DNS about a domain.

Lives here: from a list of (name, type) questions to what was found. Must not live here: which questions, and what
the answers mean (operations/verifying.py); sockets (dns/server.py).
"""

from __future__ import annotations

from collections.abc import Iterable

import dns.exception
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset

from sesbox.dns.zone import Zone, answer
from sesbox.operations.verifying import DnsFindings


def look_up(zone: Zone, questions: Iterable[tuple[str, str]]) -> DnsFindings:
    """What the zone holds for these names; TXT strings are joined, MX reads "10 host", names lose the last dot."""
    cname: dict[str, str] = {}
    mx: dict[str, tuple[str, ...]] = {}
    txt: dict[str, tuple[str, ...]] = {}
    for name, kind in questions:
        owner = name.lower().rstrip(".")
        rrset = _find(zone, owner, dns.rdatatype.from_text(kind))
        if rrset is None:
            continue
        if kind == "CNAME":
            cname[owner] = _plain(rrset[0].target)
        elif kind == "MX":
            mx[owner] = tuple(f"{record.preference} {_plain(record.exchange)}" for record in rrset)
        elif kind == "TXT":
            txt[owner] = tuple(b"".join(record.strings).decode("utf-8", "replace") for record in rrset)
    return DnsFindings(cname=cname, mx=mx, txt=txt)


def _find(zone: Zone, name: str, kind: dns.rdatatype.RdataType) -> dns.rrset.RRset | None:
    try:
        query = dns.message.make_query(name, kind)
    except dns.exception.DNSException:  # a name that cannot be in any zone: too long, or with an empty label
        return None
    response = answer(zone, query)
    return next((rrset for rrset in response.answer if rrset.rdtype == kind), None)


def _plain(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()
