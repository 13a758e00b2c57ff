"""The DNS records of a sending domain: which ones, in which words each DNS host wants them, and as a zone file.

Lives here: names, values and styles as plain values. Must not live here: SES calls, DNS, pages.
Source: SES Developer Guide, "send-email-authentication-dkim-easy", "mail-from"; RFC 1035, 5.1 (zone files); RFC 9989
(DMARC), RFC 7208 (SPF).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

TTL = 3600
SPF = "v=spf1 include:amazonses.com ~all"
# Zones in which the registry's own label is the second one; a wrong guess only shows another host part first.
_SECOND_LEVEL = frozenset(["co", "com", "org", "net", "ac", "gov", "edu", "or", "ne", "go"])


@dataclass(frozen=True, slots=True)
class Record:
    """One record to publish. `name` is the full name; `priority` belongs to MX; `why` tells what it is for."""

    purpose: str
    kind: str
    name: str
    value: str
    why: str
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class Style:
    """How a kind of DNS panel wants to be told. `quoted`: TXT in quotes; `joined`: an MX's priority in its value."""

    key: str
    label: str
    hint: str
    quoted: bool = False
    joined: bool = False
    not_proxied: bool = False


STYLES = (
    Style(
        "most",
        "Most DNS hosts",
        "Enter the host part: the panel adds the domain by itself. If yours does not, enter the full name. A name that "
        "ends up with the domain twice is the most frequent mistake.",
    ),
    Style(
        "cloudflare",
        "Cloudflare",
        "Set each record to “DNS only” (grey cloud): a proxied CNAME hides the key, and SES never finds it.",
        not_proxied=True,
    ),
    Style(
        "route53",
        "Route 53",
        "Enter the host part as record name. The priority stands in the value of MX, and TXT values keep their quotes.",
        quoted=True,
        joined=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A record as one style wants it: `host` is relative to the zone, `@` for the zone itself; `why` stands at the
    first of several."""

    record: Record
    host: str
    value: str
    priority: int | None
    extra: str
    why: str

    @property
    def labels(self) -> list[str]:
        """The full name's labels, between which a page may break it."""
        return self.record.name.split(".")


def style_of(key: str) -> Style:
    """The style under this key; the first for an unknown one."""
    return next((style for style in STYLES if style.key == key), STYLES[0])


def zones(domain: str) -> list[str]:
    """The zones in which the domain's records may stand: the domain itself first, down to the likely one."""
    labels, last = domain.split("."), likely_zone(domain).count(".")
    return [".".join(labels[start:]) for start in range(len(labels) - last)]


def likely_zone(domain: str) -> str:
    """The zone that most probably holds the domain: one label below the registry's. The owner can choose another."""
    labels = domain.split(".")
    deep = len(labels) > 2 and labels[-2] in _SECOND_LEVEL and len(labels[-1]) == 2
    return ".".join(labels[-3:] if deep else labels[-2:])


def records(
    domain: str, tokens: Sequence[str], hosted_zone: str, mail_from: str, region: str, report_to: str
) -> list[Record]:
    """Everything to publish for a domain. Without `mail_from` its two records are left out; DMARC stands last.

    `report_to` is the address for DMARC's aggregate reports. DMARC's record stands at the domain itself; a
    subdomain without one follows its parent's (RFC 9989, the tree walk).
    """
    zone = hosted_zone or "dkim.amazonses.com"
    signed = "Lets receivers check SES's signature. SES verifies the domain by these three."
    found = [Record("DKIM", "CNAME", f"{token}._domainkey.{domain}", f"{token}.{zone}", signed) for token in tokens]
    if mail_from:
        host = f"feedback-smtp.{region}.amazonses.com"
        found += [
            Record("MAIL FROM", "MX", mail_from, host, "Takes bounces back to SES. It must be the only MX there.", 10),
            Record(
                "MAIL FROM", "TXT", mail_from, SPF, "SPF under your own domain. SES does not check it; receivers do."
            ),
        ]
    dmarc = "Asks receivers to report and changes nothing yet. Skip it if you have one: two are as good as none."
    return [*found, Record("DMARC", "TXT", f"_dmarc.{domain}", starter(report_to), dmarc)]


def starter(report_to: str) -> str:
    """The first DMARC record: watch, refuse nothing (RFC 9989)."""
    return f"v=DMARC1; p=none; rua=mailto:{report_to}"


def reports_elsewhere(domain: str, report_to: str) -> Record | None:
    """What the reports' domain must publish if it is not the domain's own (RFC 9990, external destinations)."""
    other = report_to.rpartition("@")[2].lower()
    if likely_zone(other) == likely_zone(domain):
        return None
    why = f"Published by {other}, it says that the reports are welcome there."
    return Record("DMARC", "TXT", f"{domain}._report._dmarc.{other}", "v=DMARC1", why)


def rows(found: Sequence[Record], style: Style, zone: str) -> list[Row]:
    """The records as this style wants them, their names relative to the zone."""
    return [
        Row(
            record=one,
            host=relative(one.name, zone),
            value=_value(one, style),
            priority=None if style.joined else one.priority,
            extra="Proxy status: DNS only" if style.not_proxied and one.kind == "CNAME" else "",
            why="" if before is not None and before.why == one.why else one.why,
        )
        for before, one in zip([None, *found], found, strict=False)
    ]


def relative(name: str, zone: str) -> str:
    """The host part of a full name; the full name with a final dot if it lies outside the zone."""
    if name == zone:
        return "@"
    return name.removesuffix(f".{zone}") if name.endswith(f".{zone}") else f"{name}."


def _value(record: Record, style: Style) -> str:
    if record.kind == "TXT" and style.quoted:
        return f'"{record.value}"'
    return f"{record.priority} {record.value}" if record.kind == "MX" and style.joined else record.value


def zone_file(domain: str, found: Sequence[Record]) -> str:
    """The records in the master file format, names absolute, so that it can be imported or pasted anywhere.

    The remark after a CNAME is what Cloudflare's import reads as "do not proxy"; others skip it.
    """
    lines = [f"; DNS records of {domain} for sending by Amazon SES", f"$TTL {TTL}"]
    for one in found:
        value = {"CNAME": f"{one.value}.", "MX": f"{one.priority} {one.value}."}.get(one.kind, f'"{one.value}"')
        remark = " ; cf_tags=cf-proxied:false" if one.kind == "CNAME" else ""
        lines.append(f"{one.name}. IN {one.kind} {value}{remark}")
    return "\n".join(lines) + "\n"


def mail_from_problem(domain: str, mail_from: str, identities: Sequence[str]) -> str:
    """Why this cannot be the domain's MAIL FROM, or "" (SES Developer Guide, "mail-from")."""
    labels = mail_from.split(".")
    right = all(label and len(label) <= 63 and label.replace("-", "a").isalnum() for label in labels)
    if not mail_from.endswith(f".{domain}") or not right or not mail_from.isascii():
        return f"It must be a subdomain of {domain}, such as bounce.{domain}."
    if mail_from in identities:
        return f"You send from {mail_from}; SES wants a subdomain that nobody sends from or receives at."
    return ""


def report_problem(report_to: str) -> str:
    """Why DMARC reports cannot go to this address, or "": it stands in a record, so only plain characters fit."""
    local, _, domain = report_to.rpartition("@")
    plain = report_to.isascii() and not set(report_to) & set(' ,;!"<>\\')
    return "" if local and "." in domain and plain else "Enter an e-mail address, such as dmarc@example.com."
