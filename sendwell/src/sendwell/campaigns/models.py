"""Campaigns: one content to one list, once per contact."""

from __future__ import annotations

from django.db import models

from sendwell.connections.models import Connection
from sendwell.contacts.models import List
from sendwell.content.models import Content
from sendwell.workspaces.models import Workspace


class CampaignStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    RUNNING = "running", "Sending"
    PAUSED = "paused", "Paused"
    FINISHED = "finished", "Finished"
    CANCELLED = "cancelled", "Cancelled"


class Campaign(models.Model):
    """`cursor` is the last contact id taken into the ledger; expansion moves it in the same transaction as the rows."""

    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT)
    list = models.ForeignKey(List, on_delete=models.PROTECT)
    name = models.CharField(max_length=160)
    from_name = models.CharField(max_length=120, blank=True, default="")
    from_address = models.CharField(max_length=320, blank=True, default="")
    reply_to = models.CharField(max_length=320, blank=True, default="")
    subject = models.CharField(max_length=400, blank=True, default="")
    body = models.TextField(blank=True, default="")
    body_format = models.CharField(
        max_length=8, choices=[("markdown", "Markdown"), ("html", "HTML")], default="markdown"
    )
    status = models.CharField(max_length=10, choices=CampaignStatus.choices, default=CampaignStatus.DRAFT)
    content = models.ForeignKey(Content, on_delete=models.PROTECT, null=True, help_text="Frozen at Start.")
    cursor = models.BigIntegerField(default=0)
    expanded_at = models.DateTimeField(null=True, help_text="All of the audience is in the ledger.")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    started_by = models.CharField(max_length=254, blank=True, default="")
    finished_at = models.DateTimeField(null=True)
