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
    """A new content row; its id."""
    fields = (
        "workspace_id message_class from_name from_address reply_to subject body body_format list_name list_number".split()
    )
    return Content.objects.create(created_at=now, **{name: getattr(source, name) for name in fields}).pk
