"""What the dashboard shows: facts of all features, asked through their services. Changes nothing.

Must not live here: decisions (rules.py), HTML.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet

from sendwell.campaigns.models import Campaign, CampaignStatus
from sendwell.connections.models import Connection, SetupState
from sendwell.connections.service import primary_connection, senders
from sendwell.console import rules
from sendwell.contacts import service as contacts
from sendwell.core import jobs
from sendwell.core.models import Job
from sendwell.outbox import service as outbox
from sendwell.reputation import service as reputation
from sendwell.workspaces.models import Workspace

REPUTATION_DAYS = 7


@dataclass(frozen=True)
class LastCampaign:
    """The newest campaign that was started, and how many of its messages are where."""

    campaign: Campaign
    total: int
    delivered: int
    on_the_way: int
    waiting: int
    bounced: int
    complained: int
    skipped: int
    other: int


@dataclass(frozen=True)
class Dashboard:
    """All that the page needs. Parts are None where there is nothing yet."""

    facts: rules.Facts
    steps: list[rules.StepState]
    connection: Connection | None
    capacity: outbox.Capacity | None
    bounces: rules.Rate
    complaints: rules.Rate
    last: LastCampaign | None = None
    stuck: list[Job] = field(default_factory=list)

    @property
    def steps_done(self) -> int:
        return sum(step.done for step in self.steps)


def dashboard(workspace: Workspace, now: datetime) -> Dashboard:
    """Where the workspace stands at `now`."""
    connection = primary_connection(workspace)
    facts = _facts(workspace, connection)
    sent, bounced, complained = _reputation(connection, now)
    return Dashboard(
        facts=facts,
        steps=rules.checklist(facts),
        connection=connection,
        capacity=outbox.capacity(connection.pk, now) if connection else None,
        bounces=rules.Rate(bounced, sent, rules.BOUNCE_REVIEW),
        complaints=rules.Rate(complained, sent, rules.COMPLAINT_REVIEW),
        last=_last_campaign(workspace),
        stuck=jobs.stuck(),
    )


def _facts(workspace: Workspace, connection: Connection | None) -> rules.Facts:
    sizes = contacts.list_sizes(workspace).values()
    return rules.Facts(
        connected=connection is not None,
        set_up=connection is not None and connection.setup_state == SetupState.READY,
        sender_verified=connection is not None and bool(senders(connection)),
        has_postal_address=bool(workspace.postal_address.strip()),
        contacts=sum(sum(size.values()) for size in sizes),
        confirmed=sum(size["confirmed"] for size in sizes),
        campaign_started=_started(workspace).exists(),
        in_sandbox=connection.in_sandbox if connection else None,
        access_asked=bool(connection and connection.review_status),
    )


def _started(workspace: Workspace) -> QuerySet[Campaign]:
    return Campaign.objects.filter(workspace=workspace).exclude(status=CampaignStatus.DRAFT)


def _last_campaign(workspace: Workspace) -> LastCampaign | None:
    campaign = _started(workspace).order_by("-started_at", "-id").first()
    if campaign is None:
        return None
    counts = outbox.campaign_counts([campaign.pk]).get(campaign.pk, {})
    by_status = {status: sum(reasons.values()) for status, reasons in counts.items()}
    return _summed(campaign, by_status)


def _summed(campaign: Campaign, by_status: Mapping[str, int]) -> LastCampaign:
    def of(*statuses: str) -> int:
        return sum(by_status.get(status, 0) for status in statuses)

    return LastCampaign(
        campaign=campaign,
        total=sum(by_status.values()),
        delivered=of("delivered"),
        on_the_way=of("accepted", "sending"),
        waiting=of("queued", "held"),
        bounced=of("bounced"),
        complained=of("complained"),
        skipped=of("skipped"),
        other=of("in_doubt", "failed", "cancelled"),
    )


def _reputation(connection: Connection | None, now: datetime) -> tuple[int, int, int]:
    """Accepted, hard-bounced and complained-of messages of the last days."""
    if connection is None:
        return 0, 0, 0
    totals = reputation.totals(connection.pk, REPUTATION_DAYS, now.date())
    return totals.get("sent", 0), totals.get("hard_bounce", 0), totals.get("complaint", 0)
