"""Reads of content rows, for the sender's connection and Django's alike."""

from __future__ import annotations

from sendwell.content.rules import ContentSource
from sendwell.core.db import Db, queries

_PACKAGE = "sendwell.content"


def load_source(db: Db, content_id: int) -> ContentSource:
    """Raises LookupError if there is no such content."""
    rows = db.query(queries(db, _PACKAGE)["source"], {"content_id": content_id})
    if not rows:
        raise LookupError(f"There is no content {content_id}.")
    return ContentSource(*rows[0])
