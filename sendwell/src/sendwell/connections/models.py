"""Connections to SES and what was last learnt of them. A connection is an environment: messages, feedback,
suppression and rates belong to it and never cross to another."""

from __future__ import annotations

from django.db import models

from sendwell.workspaces.models import Workspace


class ConnectionKind(models.TextChoices):
    EMBEDDED = "embedded", "Rehearsal (sesbox on this machine)"
    AWS = "aws", "Amazon SES"
    ENDPOINT = "endpoint", "Custom endpoint (deployment setting)"


class SetupState(models.TextChoices):
    NEW = "new", "Not set up"
    RUNNING = "running", "Setting up"
    WAITING = "waiting", "Waiting for the topic's confirmation"
    READY = "ready", "Ready"
    BROKEN = "broken", "Needs attention"


class Connection(models.Model):
    """One SES account in one region. The account_* fields are a snapshot of GetAccount, taken at account_checked_at."""

    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=ConnectionKind.choices)
    region = models.CharField(max_length=30, default="us-east-1")
    access_key_id = models.CharField(max_length=128)
    secret_access_key = models.TextField(help_text="Encrypted with the key ring; never shown again.")
    created_at = models.DateTimeField()

    setup_state = models.CharField(max_length=10, choices=SetupState.choices, default=SetupState.NEW)
    setup_report = models.JSONField(default=list, blank=True, help_text="Rows of {step, outcome, detail}.")
    hook_key = models.CharField(max_length=64, unique=True, help_text="Unguessable part of our webhook's path.")
    configuration_set = models.CharField(max_length=64, blank=True, default="")
    topic_arn = models.CharField(max_length=256, blank=True, default="")
    subscription_arn = models.CharField(max_length=300, blank=True, default="")
    signing_certificate = models.TextField(blank=True, default="", help_text="Pinned PEM; custom endpoints only.")
    signing_certificate_url = models.CharField(max_length=500, blank=True, default="")

    problem = models.CharField(max_length=500, blank=True, default="", help_text="What SES last said against it.")
    problem_at = models.DateTimeField(null=True)

    in_sandbox = models.BooleanField(null=True)
    sending_enabled = models.BooleanField(null=True)
    enforcement_status = models.CharField(max_length=60, blank=True, default="")
    max_24_hour_send = models.FloatField(null=True, help_text="Recipients per rolling 24 hours; -1 is unlimited.")
    max_send_rate = models.FloatField(null=True, help_text="Recipients per second.")
    sent_last_24_hours = models.FloatField(null=True)
    review_status = models.CharField(max_length=60, blank=True, default="")
    review_case_id = models.CharField(max_length=120, blank=True, default="")
    account_checked_at = models.DateTimeField(null=True)

    @property
    def is_rehearsal(self) -> bool:
        """Nothing of this connection leaves the machine."""
        return self.kind == ConnectionKind.EMBEDDED


class IdentityKind(models.TextChoices):
    DOMAIN = "domain", "Domain"
    EMAIL = "email", "E-mail address"


class Identity(models.Model):
    """A mirror of an SES identity: who may send, and in the sandbox who may receive."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="identities")
    name = models.CharField(max_length=320, help_text="Domain, or address as SES knows it; the domain in lower case.")
    kind = models.CharField(max_length=10, choices=IdentityKind.choices)
    status = models.CharField(max_length=30, help_text="SES's word: PENDING, SUCCESS, FAILED, ... unknown ones kept.")
    verified = models.BooleanField(default=False)
    purpose = models.CharField(max_length=10, default="sender", help_text="sender or recipient (a sandbox tester).")
    detail = models.JSONField(default=dict, blank=True, help_text="DKIM tokens and hosted zone as SES gave them.")
    checked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "name"], name="identity_once")]


class PublicUrlProof(models.Model):
    """What came of fetching ourselves by a public address: one row an address, the last round trip."""

    url = models.CharField(max_length=500, unique=True)
    asked_at = models.DateTimeField(null=True, help_text="When a person last asked for a round trip.")
    checked_at = models.DateTimeField(null=True)
    ok = models.BooleanField(null=True)
    detail = models.CharField(max_length=500, blank=True, default="", help_text="What went wrong, for a person.")
    milliseconds = models.IntegerField(null=True)
