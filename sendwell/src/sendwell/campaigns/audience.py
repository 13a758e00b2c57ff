"""Who will get a campaign, who will not and why, and how long it takes: counted before Start.

Lives here: counting with other features' batch verbs. Must not live here: changes, pages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sendwell.campaigns.models import Campaign
from sendwell.campaigns.rules import Estimate, estimate
from sendwell.connections import service as connections
from sendwell.contacts import service as contacts
from sendwell.core.db import DjangoDb
from sendwell.outbox import service as outbox
from sendwell.outbox.service import Reason
from sendwell.suppression import service as suppression

PAGE = 5_000
MOST_COUNTED = 100_000  # a page must answer within a second or two; beyond this the counts are those of a part


@dataclass
class Summary:
    """Counts of a list for one connection. `held` are among `mailable`: the sandbox keeps their mail back."""

    total: int = 0
    mailable: int = 0
    held: int = 0
    left_out: dict[Reason, int] = field(default_factory=dict)
    complete: bool = True

    @property
    def now(self) -> int:
        """Who gets it without waiting for production access."""
        return self.mailable - self.held


def summarise(campaign: Campaign, now: datetime) -> Summary:
    """Count the campaign's audience as a start would take it in at this moment, up to 100,000 contacts."""
    db, found, cursor = DjangoDb(), Summary(), 0
    reachable = connections.verified_recipients(db, campaign.connection_id) if campaign.connection.in_sandbox else None
    while found.total < MOST_COUNTED:
        page = contacts.audience_after(db, campaign.list_id, cursor, PAGE, now)
        barred = suppression.suppressed(db, campaign.connection_id, [row.key for row in page])
        for row in page:
            found.total += 1
            reason = outbox.skip_reason(row.verdict, barred.get(row.key))
            if reason is not None:
                found.left_out[reason] = found.left_out.get(reason, 0) + 1
                continue
            found.mailable += 1
            found.held += reachable is not None and not reachable.covers(row.address)
        if len(page) < PAGE:
            return found
        cursor = page[-1].contact_id
    found.complete = not contacts.audience_after(db, campaign.list_id, cursor, 1, now)
    return found


@dataclass(frozen=True)
class Timing:
    """The arithmetic behind "how long it takes": today's limits and what follows from them."""

    capacity: outbox.Capacity
    estimate: Estimate


def timing(campaign: Campaign, recipients: int, now: datetime) -> Timing:
    """How long this many recipients take at the connection's limits of today, other mail of today counted in."""
    capacity = outbox.capacity(campaign.connection_id, now)
    if capacity.left_campaign is None or capacity.campaign_limit is None:
        return Timing(capacity, estimate(recipients, capacity.rate, -1, 0))
    return Timing(capacity, estimate(recipients, capacity.rate, capacity.campaign_limit, capacity.left_campaign))
