"""Reads of content rows, for the sender's connection and Django's alike."""

from __future__ import annotations

from datetime import datetime

from sendwell.content.models import Content
from sendwell.content.rules import ContentSource
from sendwell.core.db import Db, queries

_PACKAGE = "sendwell.content"


def load_source(db: Db, content_id: int) -> ContentSource:
    """Raises LookupError if there is no such content."""
    rows = db.query(queries(db, _PACKAGE)["source"], {"content_id": content_id})
    if not rows:
        raise LookupError(f"There is no content {content_id}.")
    return ContentSource(*rows[0])


def save(source: ContentSource, now: datetime) -> int:
    """A new content row; its id. The workspace's own fields are not copied: they are read when it is sent."""
    made = Content.objects.create(
        workspace_id=source.workspace_id,
        message_class=source.message_class,
        from_name=source.from_name,
        from_address=source.from_address,
        reply_to=source.reply_to,
        subject=source.subject,
        body=source.body,
        body_format=source.body_format,
        list_name=source.list_name,
        list_number=source.list_number,
        created_at=now,
    )
    return made.pk
