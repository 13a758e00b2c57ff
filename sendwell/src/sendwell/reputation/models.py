"""Counts of what happened to mail, by connection and day of sending. Rates are computed, never stored."""

from __future__ import annotations

from django.db import models

from sendwell.connections.models import Connection


class DailyCount(models.Model):
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT)
    day = models.DateField(help_text="UTC day on which the message was accepted, so a late bounce joins its send.")
    kind = models.CharField(max_length=20, help_text="sent, delivered, hard_bounce, soft_bounce, complaint, echo")
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "day", "kind"], name="daily_count_once")]
