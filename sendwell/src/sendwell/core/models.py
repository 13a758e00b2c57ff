"""Core's own tables: background jobs. No feature's table lives here."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Job(models.Model):
    """One piece of background work. A job that raises is tried again later; one that is done stays as a record."""

    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=200, help_text="At most one open job of a kind has this key.")
    payload = models.JSONField(default=dict)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    asked = models.PositiveIntegerField(default=1, help_text="Times asked for; asking during a run makes it run again.")
    attempts = models.PositiveIntegerField(default=0, help_text="Runs since the last success or request.")
    last_error = models.TextField(blank=True, default="")
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], condition=Q(done_at__isnull=True), name="job_one_open"),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(done_at__isnull=True), name="job_open_due")]
