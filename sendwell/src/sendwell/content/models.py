"""What a message says. A content row is immutable once a message points at it."""

from __future__ import annotations

from django.db import models

from sendwell.workspaces.models import Workspace


class MessageClass(models.TextChoices):
    MARKETING = "marketing", "Marketing: unsubscribe headers, link and address are added by us"
    TRANSACTIONAL = "transactional", "Transactional: one person, no list"


class Content(models.Model):
    """Source of one mail: Liquid in subject and body, Markdown or HTML."""

    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT)
    message_class = models.CharField(max_length=13, choices=MessageClass.choices)
    from_name = models.CharField(max_length=120, blank=True, default="")
    from_address = models.CharField(max_length=320)
    reply_to = models.CharField(max_length=320, blank=True, default="")
    subject = models.CharField(max_length=400)
    body = models.TextField()
    body_format = models.CharField(
        max_length=8, choices=[("markdown", "Markdown"), ("html", "HTML")], default="markdown"
    )
    list_name = models.CharField(max_length=120, blank=True, default="", help_text="For List-Id and the reason line.")
    list_number = models.BigIntegerField(default=0, help_text="The list's id, for a stable List-Id; 0 is no list.")
    created_at = models.DateTimeField()
