"""MTA-STS and TLS-RPT: encryption of mail TO the domain (RFC 8461, 8460). Optional; nobody judges what you send by it.

Lives here: reading the two TXT records. Must not live here: fetching the policy by HTTPS (nobody does that here).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sendwell.doctor.answers import Answer, Ask, texts
from sendwell.doctor.tags import read_tags

_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_TARGET = re.compile(r"(?:mailto:[^@\s]+@[^@\s]+|https://\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TransportRecord:
    """One of the two records: the answer, and what is wrong with it (empty: nothing, or it is not there)."""

    answer: Answer
    present: bool
    error: str = ""


def look_at_mta_sts(ask: Ask, domain: str) -> TransportRecord:
    """`_mta-sts`: exactly one record, `v=STSv1` first, an id of 1-32 letters and digits (RFC 8461, 3.1)."""
    answer = ask(f"_mta-sts.{domain}", "TXT")
    found = texts(answer, "v=stsv1")
    if not found:
        return TransportRecord(answer, present=False)
    tags = read_tags(found[0])
    error = ""
    if len(found) > 1:
        error = "there is more than one record"
    elif tags.first != "v" or tags.get("v") != "STSv1":
        error = "it has to begin with v=STSv1, spelt like this"
    elif not _ID.fullmatch(tags.get("id") or ""):
        error = "id= has to be 1 to 32 letters and digits"
    return TransportRecord(answer, present=True, error=error)


def look_at_tls_reports(ask: Ask, domain: str) -> TransportRecord:
    """`_smtp._tls`: exactly one record, `v=TLSRPTv1` first, rua with mailto: or https: (RFC 8460, 3)."""
    answer = ask(f"_smtp._tls.{domain}", "TXT")
    found = texts(answer, "v=tlsrptv1")
    if not found:
        return TransportRecord(answer, present=False)
    tags = read_tags(found[0])
    targets = [target.strip() for target in (tags.get("rua") or "").split(",")]
    error = ""
    if len(found) > 1:
        error = "there is more than one record"
    elif tags.first != "v" or tags.get("v") != "TLSRPTv1":
        error = "it has to begin with v=TLSRPTv1, spelt like this"
    elif not all(_TARGET.fullmatch(target) for target in targets):
        error = "rua= has to name mailto: or https: addresses"
    return TransportRecord(answer, present=True, error=error)
