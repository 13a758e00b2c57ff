"""What the four that matter would say of a domain today: SES, Gmail, Yahoo, Microsoft.

Lives here: their published demands against the facts. Must not live here: looking.
Spam rate and the unsubscribe link are demands too, and cannot be seen in DNS.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sendwell.doctor.findings import Finding, Severity


class Standing(StrEnum):
    """How a receiver's demands are met, as far as DNS shows it."""

    MET = "met"
    AT_RISK = "at risk"
    NOT_MET = "not met"
    UNKNOWN = "cannot be told"


@dataclass(frozen=True, slots=True)
class Facts:
    """The three proofs: True, False, or None where nobody can tell."""

    dkim: bool | None
    spf: bool | None
    dmarc: bool | None


def standings(facts: Facts, findings: Iterable[Finding]) -> dict[str, Standing]:
    """Each receiver's standing. Gmail and Yahoo ask for all three, one of them matching; Microsoft for both matching.

    SES itself asks for DKIM only. Sources: Gmail sender guidelines, Yahoo sender best practices, Microsoft's
    requirements of May 2025 for outlook.com, SES Developer Guide.
    """
    broken = any(finding.severity is Severity.CRITICAL for finding in findings)
    return {
        "ses": _all(facts.dkim, broken=False),
        "gmail": _all(facts.dkim, facts.dmarc, broken=broken, wished=facts.spf),
        "yahoo": _all(facts.dkim, facts.dmarc, broken=broken, wished=facts.spf),
        "microsoft": _all(facts.dkim, facts.spf, facts.dmarc, broken=broken),
    }


def _all(*needed: bool | None, broken: bool, wished: bool | None = True) -> Standing:
    if any(fact is False for fact in needed):
        return Standing.NOT_MET
    if any(fact is None for fact in needed):
        return Standing.UNKNOWN
    return Standing.AT_RISK if broken or not wished else Standing.MET
