"""What is examined: the domain, its zone, and what is known about its set-up at SES.

Lives here: the value that all checks share. Must not live here: checks.
"""

from __future__ import annotations

from dataclasses import dataclass

from sendwell.doctor.answers import Ask
from sendwell.doctor.findings import Record, publish, take_away

REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Case:
    """One examination. `region` empty: not known. `signing_zone` is SES's SigningHostedZone, if it is known."""

    ask: Ask
    domain: str
    zone: str
    region: str = ""
    tokens: tuple[str, ...] = ()
    selectors: tuple[str, ...] = ()
    mail_from: str = ""
    signing_zone: str = ""

    def publish(self, name: str, kind: str, value: str) -> Record:
        """A record to publish, its host relative to the zone of the domain."""
        return publish(name, kind, value, self.zone)

    def take_away(self, name: str, kind: str, value: str) -> Record:
        """A record to remove."""
        return take_away(name, kind, value, self.zone)
