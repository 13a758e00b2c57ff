"""Requests for production access and what became of them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from sendwell.connections.models import Connection


class LimitKind(models.TextChoices):
    DAILY_QUOTA = "daily_quota", "Desired daily sending quota"
    SEND_RATE = "send_rate", "Desired maximum send rate"


class MailType(models.TextChoices):
    """The five of the SES form; SES's API knows only MARKETING and TRANSACTIONAL."""

    TRANSACTIONAL = "transactional", "Transactional"
    SYSTEM = "system", "System Notifications"
    SUBSCRIPTION = "subscription", "Subscription"
    MARKETING = "marketing", "Marketing"
    OTHER = "other", "Other"


class RequestState(models.TextChoices):
    DRAFT = "draft", "Draft"
    PENDING = "pending", "In review"
    GRANTED = "granted", "Granted"
    DENIED = "denied", "Denied"
    FAILED = "failed", "Not received; may be sent again"
    SUPERSEDED = "superseded", "Replaced"


class AccessRequest(models.Model):
    """One request, as drafted and as sent. The description is built from the fields at submit and kept as sent."""

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT)
    limit_kind = models.CharField(max_length=12, choices=LimitKind.choices, default=LimitKind.DAILY_QUOTA)
    limit_value = models.PositiveIntegerField(null=True)
    sends_per_day = models.PositiveSmallIntegerField(default=1, help_text="On a peak day; for the proposed value only.")
    mail_type = models.CharField(max_length=14, choices=MailType.choices, default=MailType.MARKETING)
    other_type = models.CharField(
        max_length=14, blank=True, default="", help_text="MARKETING or TRANSACTIONAL, if Other."
    )
    website = models.CharField(max_length=1000, blank=True, default="")
    complies = models.BooleanField(null=True, help_text="Service Terms and Acceptable Use Policy.")
    requested_only = models.BooleanField(null=True, help_text="Only to people who asked for this mail.")
    handles_feedback = models.BooleanField(null=True, help_text="A process for bounces and complaints.")
    use_case = models.TextField(blank=True, default="")
    description_sent = models.TextField(blank=True, default="")
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.DRAFT)
    case_id = models.CharField(max_length=120, blank=True, default="")
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, help_text="When an answer is due (AWS: within 24 hours).")
    answered_at = models.DateTimeField(null=True)
    granted_quota = models.FloatField(null=True)
    granted_rate = models.FloatField(null=True)
    checked_at = models.DateTimeField(null=True, help_text="When GetAccount was last asked about this request.")
    last_error = models.TextField(
        blank=True, default="", help_text="Why the last submit or check failed, and the remedy."
    )
    ses_status = models.CharField(max_length=60, blank=True, default="", help_text="SES's own word, unknown ones kept.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection"], condition=Q(state__in=["draft", "pending"]), name="request_one_open"
            ),
        ]


class ProductionProof(models.Model):
    """One of the three ways to tell that an account is out of the sandbox, with its evidence."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE)
    way = models.CharField(max_length=20, help_text="case, unverified_send, quota")
    shown = models.BooleanField()
    evidence = models.JSONField(default=dict, blank=True)
    checked_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "way"], name="proof_once")]
