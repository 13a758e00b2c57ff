"""What SES told us: raw notifications first, then one feedback row per recipient and event."""

from __future__ import annotations

from django.db import models

from sendwell.connections.models import Connection


class NotificationState(models.TextChoices):
    PENDING = "pending", "Stored, not applied yet"
    APPLIED = "applied", "Applied"
    IGNORED = "ignored", "Known and of no effect"
    UNKNOWN = "unknown", "Of a type we do not know; kept and shown"
    FAILED = "failed", "Could not be applied; kept for replay"


class Notification(models.Model):
    """A verified SNS notification, kept raw. `sns_message_id` makes redelivery harmless (two connections to one account
    share its topic, so the id is unique by connection)."""

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT)
    sns_message_id = models.CharField(max_length=100)
    topic_arn = models.CharField(max_length=256)
    body = models.TextField(help_text="The SNS Message field, as text.")
    received_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=NotificationState.choices, default=NotificationState.PENDING)
    error = models.TextField(blank=True, default="", help_text="What went wrong, or why it has no effect.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "sns_message_id"], name="notification_once")]
        indexes = [models.Index(fields=["id"], condition=models.Q(state="pending"), name="notification_pending")]


class Kind(models.TextChoices):
    SEND = "send", "Sent"
    DELIVERY = "delivery", "Delivered"
    BOUNCE_PERMANENT = "bounce_permanent", "Hard bounce"
    BOUNCE_TRANSIENT = "bounce_transient", "Soft bounce"
    BOUNCE_UNDETERMINED = "bounce_undetermined", "Undetermined bounce"
    COMPLAINT = "complaint", "Complaint"
    REJECT = "reject", "Rejected"
    DELAY = "delay", "Delayed"
    UNKNOWN = "unknown", "Unknown"


class Feedback(models.Model):
    """One event about one recipient, normalised once. The raw notification stays beside it."""

    notification = models.ForeignKey(Notification, on_delete=models.PROTECT)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT)
    message_id = models.BigIntegerField(null=True, help_text="Our message, found by tag or SES id; null if unknown.")
    attempt_n = models.PositiveSmallIntegerField(null=True)
    ses_message_id = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    subtype = models.CharField(max_length=60, blank=True, default="")
    recipient = models.CharField(max_length=320)
    occurred_at = models.DateTimeField(null=True)
    feedback_id = models.CharField(max_length=100, blank=True, default="")
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["notification", "recipient"], name="feedback_once_per_notification"),
            models.UniqueConstraint(
                fields=["connection", "ses_message_id", "kind", "subtype", "recipient", "feedback_id"],
                name="feedback_once_per_event",
            ),
        ]
        indexes = [models.Index(fields=["message_id"], name="feedback_message")]


class Refusal(models.Model):
    """Counted, not stored: notifications that failed the trust checks, by day and cause."""

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT)
    day = models.DateField()
    cause = models.CharField(max_length=40)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "day", "cause"], name="refusal_once")]
