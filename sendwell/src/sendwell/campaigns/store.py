"""Reads and writes of campaigns. No decisions: those are in rules.py."""

from __future__ import annotations

from django.db.models import QuerySet

from sendwell.campaigns.models import Campaign
from sendwell.workspaces.models import Workspace


def locked(campaign_id: int) -> Campaign:
    """The campaign, held until the end of the transaction, so that expansion and the owner's verbs take turns."""
    return (
        Campaign.objects.select_for_update(of=("self",))
        .select_related("connection", "list", "workspace")
        .get(pk=campaign_id)
    )


def of(workspace: Workspace) -> QuerySet[Campaign]:
    """The workspace's campaigns, newest first."""
    return Campaign.objects.filter(workspace=workspace).select_related("connection", "list").order_by("-id")


def running_over(connection_id: int) -> list[int]:
    """Ids of campaigns that are running over a connection."""
    return list(Campaign.objects.filter(status="running", connection_id=connection_id).values_list("pk", flat=True))


def running() -> list[int]:
    """Ids of campaigns that have not come to their end."""
    return list(Campaign.objects.filter(status__in=["running", "paused"]).values_list("pk", flat=True))
