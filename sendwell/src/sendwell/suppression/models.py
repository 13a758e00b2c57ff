"""Addresses that must not be mailed over a connection, and why. Rows are never deleted: lifting one is recorded."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from sendwell.connections.models import Connection


class SuppressionReason(models.TextChoices):
    HARD_BOUNCE = "hard_bounce", "Hard bounce"
    COMPLAINT = "complaint", "Complaint"
    MANUAL = "manual", "Added by hand"
    SES_LIST = "ses_list", "On the SES account's suppression list"


class Suppression(models.Model):
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT)
    key = models.CharField(
        max_length=320, help_text="Local part and domain in lower case; survives erasure of contacts."
    )
    reason = models.CharField(max_length=12, choices=SuppressionReason.choices)
    evidence = models.JSONField(default=dict, blank=True, help_text="Message, event, diagnostic code.")
    created_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=254, blank=True, default="")
    lifted_because = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "key"], condition=Q(lifted_at__isnull=True), name="suppression_one_open"
            ),
        ]
