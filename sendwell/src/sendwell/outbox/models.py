"""The ledger. One row per recipient's message is queue, ledger and join key at once; each call to SES is an attempt.

Hot columns are read and written by outbox/queries.sql from the sender's own connection; keep both in step.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from sendwell.connections.models import Connection
from sendwell.contacts.models import Contact
from sendwell.content.models import Content
from sendwell.outbox.rules import (
    OUTCOME_LABELS,
    REASON_LABELS,
    STATUS_LABELS,
    AttemptOutcome,
    Reason,
    Status,
    Stream,
)
from sendwell.workspaces.models import Workspace

STREAM_CHOICES = [(s.value, s.value) for s in Stream]
STATUS_CHOICES = [(s.value, STATUS_LABELS[s]) for s in Status]
REASON_CHOICES = [(r.value, REASON_LABELS[r]) for r in Reason]
OUTCOME_CHOICES = [(o.value, OUTCOME_LABELS[o]) for o in AttemptOutcome]


class Message(models.Model):
    """One message to one recipient."""

    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT)
    stream = models.CharField(max_length=13, choices=STREAM_CHOICES)
    campaign_id = models.BigIntegerField(null=True, help_text="No foreign key: campaigns stand above the outbox.")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, null=True)
    list_id = models.BigIntegerField(null=True, help_text="The list whose consent counts for campaign mail.")
    idempotency_key = models.CharField(max_length=200, null=True)
    content = models.ForeignKey(Content, on_delete=models.PROTECT)
    context = models.JSONField(default=dict, blank=True, help_text="Values for transactional content.")
    address = models.CharField(max_length=320)
    address_key = models.CharField(max_length=320)
    priority = models.SmallIntegerField(default=5, help_text="1 opt-in, 2 transactional, 5 campaign; lower first.")
    status = models.CharField(max_length=10, choices=STATUS_CHOICES)
    reason = models.CharField(max_length=20, choices=REASON_CHOICES, default=Reason.NONE.value, blank=True)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, help_text="Database time; set while SENDING.")
    worker = models.CharField(max_length=64, blank=True, default="")
    ses_message_id = models.CharField(max_length=100, blank=True, default="", help_text="Of the accepted attempt.")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    doubt_proven_at = models.DateTimeField(null=True, help_text="Since when grace counts for a message in doubt.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign_id", "contact"], name="message_once_per_contact"),
            models.UniqueConstraint(fields=["workspace", "idempotency_key"], name="message_once_per_key"),
            models.CheckConstraint(
                name="message_has_its_key",
                condition=Q(stream="campaign", campaign_id__isnull=False, contact__isnull=False, list_id__isnull=False)
                | Q(stream__in=["opt_in", "transactional"], idempotency_key__isnull=False, campaign_id__isnull=True),
            ),
            models.CheckConstraint(name="message_status_known", condition=Q(status__in=[s.value for s in Status])),
            models.CheckConstraint(
                name="message_reason_given",
                condition=~Q(status__in=["held", "skipped", "failed", "in_doubt"]) | ~Q(reason=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["connection", "priority", "due_at", "id"], condition=Q(status="queued"), name="message_claim"
            ),
            models.Index(fields=["lease_until"], condition=Q(status="sending"), name="message_lease"),
            models.Index(fields=["connection"], condition=Q(status="held"), name="message_held"),
            models.Index(fields=["connection"], condition=Q(status="in_doubt"), name="message_in_doubt"),
            models.Index(fields=["campaign_id", "status"], name="message_campaign_status"),
        ]


class Attempt(models.Model):
    """One call to SES, committed before the call. The mail carries the tag `<message>.<n>`."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT)
    n = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=OUTCOME_CHOICES, default=AttemptOutcome.OPEN.value)
    ses_message_id = models.CharField(max_length=100, blank=True, default="")
    error_code = models.CharField(max_length=100, blank=True, default="")
    error_text = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "n"], name="attempt_once")]
        indexes = [models.Index(fields=["ses_message_id"], name="attempt_ses_id")]


class Pace(models.Model):
    """One row per connection (a connection is one account in one region): slots of the send rate, quota, back-off."""

    connection = models.OneToOneField(Connection, on_delete=models.PROTECT, primary_key=True)
    rate = models.FloatField(help_text="Recipients per second that we use now.")
    quota_24h = models.FloatField(help_text="Recipients per rolling 24 hours; -1 is unlimited.")
    reserve = models.FloatField(default=0.1, help_text="Share of the quota kept for opt-in and transactional mail.")
    next_slot = models.BigIntegerField(default=0, help_text="Start of the next free slot: epoch us, database time.")
    slow_factor = models.FloatField(default=1.0, help_text="Rate multiplier 0.1-1 as of slowed_at; recovers.")
    slowed_at = models.DateTimeField(null=True)
    backoff_until = models.DateTimeField(null=True)
    backoff_reason = models.CharField(
        max_length=20, blank=True, default="", help_text="no_connection, no_answer, blocked."
    )
    backoff_detail = models.CharField(max_length=500, blank=True, default="", help_text="SES's or the network's words.")
    backoff_count = models.PositiveIntegerField(default=0, help_text="Back-offs in a row; an answer resets it.")
    quota_paused_until = models.DateTimeField(null=True, help_text="Honest time of resumption after the daily refusal.")
    ses_sent_24h = models.FloatField(default=0, help_text="SES's own SentLast24Hours at ses_checked_at.")
    ses_checked_at = models.DateTimeField(null=True)
    counted = models.BigIntegerField(default=0, help_text="Recipients ever counted, less those refused.")
    counted_at_check = models.BigIntegerField(default=0, help_text="`counted` at ses_checked_at, less those in flight.")


class FeedbackProof(models.Model):
    """That a connection's feedback path works, apart from its pace: settling events must not wait for claims."""

    connection = models.OneToOneField(Connection, on_delete=models.PROTECT, primary_key=True)
    proven_at = models.DateTimeField(help_text="Start of the newest attempt whose Send event came.")


class MinuteCount(models.Model):
    """Recipients attempted in one minute: the ledger of the rolling 24-hour window. In-doubt counts as sent."""

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT)
    minute = models.BigIntegerField(help_text="Epoch minutes.")
    recipients = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "minute"], name="minute_once")]


class CampaignStop(models.Model):
    """A campaign whose mail must not leave, read right before each call: no requeued or late row slips past a pause."""

    campaign_id = models.BigIntegerField(primary_key=True)
    cancelled = models.BooleanField(default=False, help_text="False: paused.")
    stopped_at = models.DateTimeField()
