"""A scripted zone: the DNS records a person has "published" for sesbox to see.

Lives here: reading zone text (BIND's master file format) and answering a question from it. Must not live here:
sockets (dns/server.py), what a record means to SES (dns/check.py).
Names may be absolute (`example.com.`) or written without the last dot: the origin is the root, so both are whole
names, as people paste them. A default TTL of 60 seconds is set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.tokenizer
import dns.zonefile

_MAX_CHAIN = 8
_TTL = 60


class BadZoneError(ValueError):
    """The zone text cannot be read; the message tells the line."""


@dataclass(frozen=True, slots=True)
class Zone:
    """The records by (owner name in lower case, type)."""

    text: str = ""
    records: dict[tuple[dns.name.Name, dns.rdatatype.RdataType], dns.rrset.RRset] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[dns.name.Name]:
        """Every name that exists, empty non-terminals included (RFC 8020)."""
        found: set[dns.name.Name] = set()
        for name, _ in self.records:
            while name not in found:
                found.add(name)
                if name == dns.name.root:
                    break
                name = name.parent()
        return frozenset(found)


def read_zone(text: str) -> Zone:
    """Parse zone text. Raises BadZoneError naming the line that cannot be read."""
    manager = dns.zonefile.RRSetsReaderManager(dns.name.root, relativize=False)
    try:
        with manager.writer(True) as transaction:  # type: ignore[no-untyped-call]  # dnspython has no types here
            dns.zonefile.Reader(
                dns.tokenizer.Tokenizer(text if text.endswith("\n") else text + "\n", "zone"),
                dns.rdataclass.IN,
                transaction,
                allow_include=False,
                allow_directives={"$ORIGIN", "$TTL"},
                default_ttl=_TTL,
            ).read()
    except (dns.exception.DNSException, ValueError) as error:
        raise BadZoneError(str(error) or type(error).__name__) from error
    records = {(rrset.name.canonicalize(), rrset.rdtype): rrset for rrset in manager.rrsets}
    return Zone(text=text, records=records)


def end_of_aliases(zone: Zone, name: dns.name.Name) -> dns.name.Name:
    """The name that a chain of CNAMEs in the zone leads to; `name` itself if it is no alias."""
    for _ in range(_MAX_CHAIN):
        alias = zone.records.get((name.canonicalize(), dns.rdatatype.CNAME))
        if alias is None:
            break
        name = alias[0].target
    return name


def with_text(zone: Zone, name: dns.name.Name, strings: Sequence[str]) -> Zone:
    """The zone with a TXT record more, unless it has records of its own under that name and type."""
    owner = name.canonicalize()
    text = " ".join(f'"{string}"' for string in strings)
    record = dns.rrset.from_text(owner, _TTL, dns.rdataclass.IN, dns.rdatatype.TXT, text)
    return Zone(text=zone.text, records={(owner, dns.rdatatype.TXT): record} | zone.records)


class ScriptedZone:
    """The zone of the moment; `replace` swaps it whole, so an answer never sees half of a change."""

    def __init__(self, text: str = "") -> None:
        self.zone = read_zone(text)

    @property
    def text(self) -> str:
        """The zone as it was written."""
        return self.zone.text

    def replace(self, text: str) -> int:
        """Take this zone from now on; returns its number of records. Raises BadZoneError and changes nothing."""
        self.zone = read_zone(text)
        return sum(len(rrset) for rrset in self.zone.records.values())


def answer(zone: Zone, query: dns.message.Message) -> dns.message.Message:
    """The authoritative answer to one query: records, NXDOMAIN, or an empty NOERROR (RFC 1034, 4.3.2)."""
    response = dns.message.make_response(query)
    response.flags |= dns.flags.AA
    if query.opcode() != dns.opcode.QUERY:
        response.set_rcode(dns.rcode.NOTIMP)
        return response
    if len(query.question) != 1:
        response.set_rcode(dns.rcode.FORMERR)
        return response
    question = query.question[0]
    if question.rdclass not in (dns.rdataclass.IN, dns.rdataclass.ANY):
        response.set_rcode(dns.rcode.REFUSED)
        return response
    name = question.name
    for _ in range(_MAX_CHAIN):
        found = _lookup(zone, name, question.rdtype)
        response.answer.extend(found)
        alias = next((rrset for rrset in found if rrset.rdtype == dns.rdatatype.CNAME), None)
        if alias is None or question.rdtype in (dns.rdatatype.CNAME, dns.rdatatype.ANY):
            break
        name = alias[0].target
    if not response.answer and name.canonicalize() not in zone.names:
        response.set_rcode(dns.rcode.NXDOMAIN)
    return response


def _lookup(zone: Zone, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> list[dns.rrset.RRset]:
    owner = name.canonicalize()
    if kind == dns.rdatatype.ANY:
        return [rrset for (held, _), rrset in zone.records.items() if held == owner]
    direct = zone.records.get((owner, kind)) or zone.records.get((owner, dns.rdatatype.CNAME))
    return [direct] if direct is not None else []
