"""Contacts, lists, subscriptions, consent events and imports.

A contact is one address in one workspace. Its `key` (local part and domain in lower case, A-labels) makes it unique.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from sendwell.workspaces.models import Workspace


class Contact(models.Model):
    """One person's address. Erasure blanks the address and keeps the row, so that messages keep their meaning."""

    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT)
    address = models.CharField(max_length=320, help_text="As given; this form is sent to.")
    key = models.CharField(max_length=320)
    name = models.CharField(max_length=200, blank=True, default="")
    attributes = models.JSONField(default=dict, blank=True)
    paused_until = models.DateTimeField(null=True)
    unsubscribed_at = models.DateTimeField(null=True, help_text="Left everything; wins over every subscription.")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "key"], name="contact_once")]

    def __str__(self) -> str:
        return self.address


class List(models.Model):
    """A list that contacts subscribe to."""

    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300, blank=True, default="", help_text="Shown on public pages.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="list_name_once")]

    def __str__(self) -> str:
        return self.name


class SubscriptionStatus(models.TextChoices):
    UNCONFIRMED = "unconfirmed", "Unconfirmed"
    CONFIRMED = "confirmed", "Confirmed"
    UNSUBSCRIBED = "unsubscribed", "Unsubscribed"


class ConsentBasis(models.TextChoices):
    NONE = "none", "None: nobody asked them"
    DOUBLE_OPT_IN = "double_opt_in", "Double opt-in, with evidence"
    SINGLE_OPT_IN = "single_opt_in", "Signed up (single opt-in)"
    CUSTOMER = "customer", "Customers, told at purchase and free to object"


class Subscription(models.Model):
    """A contact on a list. Only CONFIRMED is ever mailed by a campaign."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="subscriptions")
    list = models.ForeignKey(List, on_delete=models.CASCADE, related_name="subscriptions")
    status = models.CharField(max_length=12, choices=SubscriptionStatus.choices)
    basis = models.CharField(max_length=14, choices=ConsentBasis.choices, default=ConsentBasis.NONE)
    source = models.CharField(max_length=200, blank=True, default="")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contact", "list"], name="subscription_once")]
        indexes = [
            models.Index(fields=["list", "contact"], name="subscription_audience"),
            models.Index(fields=["list", "status"], name="subscription_status"),
        ]


class ConsentEventKind(models.TextChoices):
    IMPORTED = "imported", "Imported"
    UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
    SUBSCRIBED = "subscribed", "Subscribed"
    CONFIRMED = "confirmed", "Confirmed by mail"
    PAUSED = "paused", "Paused"
    RESUMED = "resumed", "Resumed"


class ConsentEvent(models.Model):
    """Append-only: what changed a person's consent, when, how and by whom."""

    contact = models.ForeignKey(Contact, on_delete=models.PROTECT)
    list = models.ForeignKey(List, on_delete=models.SET_NULL, null=True)
    kind = models.CharField(max_length=14, choices=ConsentEventKind.choices)
    at = models.DateTimeField()
    method = models.CharField(max_length=30, help_text="import, page, one-click, complaint, owner, api")
    evidence = models.JSONField(default=dict, blank=True)


class ImportState(models.TextChoices):
    UPLOADED = "uploaded", "Uploaded"
    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"
    FAILED = "failed", "Failed"


class Import(models.Model):
    """One CSV file taken in. `cursor` is the last line done and `position` where the next begins: both move in the
    transaction that writes the rows, so a killed worker goes on where it stopped."""

    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT)
    list = models.ForeignKey(List, on_delete=models.PROTECT)
    filename = models.CharField(max_length=255)
    encoding = models.CharField(max_length=12, default="utf-8")
    delimiter = models.CharField(max_length=1, default=",")
    mapping = models.JSONField(default=dict, help_text='{"columns": [target, ...]}, see contacts/files.py.')
    source = models.CharField(max_length=200, help_text="Where the addresses come from, in the owner's words.")
    basis = models.CharField(max_length=14, choices=ConsentBasis.choices)
    attested_by = models.CharField(max_length=254, help_text="Who says so.")
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.UPLOADED)
    cursor = models.PositiveIntegerField(default=0, help_text="Last line of the file that is done.")
    position = models.PositiveBigIntegerField(default=0, help_text="Characters of the decoded file that are done.")
    total = models.PositiveIntegerField(default=0, help_text="Lines of the file, the header included.")
    error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)


class ImportFile(models.Model):
    """The file as uploaded, dropped 30 days after the import. Apart, because SQLite writes a changed row anew with all
    its bytes, and an import's row changes with every batch."""

    imported = models.OneToOneField(Import, on_delete=models.CASCADE, primary_key=True, related_name="file")
    data = models.BinaryField()


class RowOutcome(models.TextChoices):
    ADDED = "added", "Added"
    UPDATED = "updated", "Updated"
    UNCHANGED = "unchanged", "Unchanged"
    SKIPPED = "skipped", "Skipped"


class RowReason(models.TextChoices):
    NONE = "", ""
    INVALID_ADDRESS = "invalid_address", "Not a valid address"
    DUPLICATE = "duplicate", "The same address stands earlier in the file"
    ROLE_ADDRESS = "role_address", "A role address (abuse@, postmaster@, ...) that must not get bulk mail"
    UNSUBSCRIBED = "unsubscribed", "Unsubscribed earlier; an import never undoes that"
    SUPPRESSED = "suppressed", "Suppressed after a bounce or complaint; an import never undoes that"
    MALFORMED = "malformed", "The row does not have the header's columns"
    NO_BASIS = "no_basis", "Taken in without a consent basis: unconfirmed, no campaign mails it"


class ImportRow(models.Model):
    """What became of one line of the file (line 1 is the header)."""

    imported = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField()
    address = models.CharField(max_length=400, help_text="As it stands in the file, cut to fit.")
    key = models.CharField(max_length=320, blank=True, default="", help_text="Empty where there is no valid address.")
    outcome = models.CharField(max_length=10, choices=RowOutcome.choices)
    reason = models.CharField(max_length=20, choices=RowReason.choices, default=RowReason.NONE)
    detail = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["imported", "line"], name="import_row_once")]
        indexes = [
            models.Index(fields=["imported", "key"], condition=~Q(key=""), name="import_row_key"),
            models.Index(fields=["imported", "outcome", "reason"], name="import_row_outcome"),
        ]
