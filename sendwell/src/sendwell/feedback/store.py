"""Reads and writes of notifications, feedback and refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from sendwell.core.db import Db, queries
from sendwell.feedback.models import Feedback, Notification, NotificationState

_PACKAGE = "sendwell.feedback"


def refuse(db: Db, connection_id: int, day: date, cause: str) -> None:
    """Count a refused notification."""
    params = {"connection_id": connection_id, "day": day.isoformat(), "cause": cause[:40]}
    db.execute(queries(db, _PACKAGE)["refuse"], params)


def keep(
    connection_id: int, sns_message_id: str, topic_arn: str, body: str, state: str, why: str, now: datetime
) -> None:
    """Store a verified notification; one that is stored already stays as it is."""
    row = Notification(
        connection_id=connection_id,
        sns_message_id=sns_message_id,
        topic_arn=topic_arn,
        body=body.replace("\x00", "\ufffd"),
        state=state,
        error=why,
        received_at=now,
    )
    Notification.objects.bulk_create([row], ignore_conflicts=True)


def pending_ids(limit: int) -> list[int]:
    """Ids of the oldest notifications that wait."""
    pending = Notification.objects.filter(state=NotificationState.PENDING).order_by("id")
    return list(pending.values_list("pk", flat=True)[:limit])


def take(notification_id: int) -> Notification | None:
    """The notification if it still waits, locked where rows can be locked. Call it inside a transaction."""
    waiting = Notification.objects.filter(pk=notification_id, state=NotificationState.PENDING)
    return waiting.select_for_update(skip_locked=True).first()


def finish(notification_id: int, state: str, why: str = "") -> None:
    """Record what became of a notification."""
    Notification.objects.filter(pk=notification_id).update(state=state, error=why[:2000])


def insert_once(db: Db, fields: Mapping[str, Any], detail: Mapping[str, Any]) -> bool:
    """Store one event about one recipient. False if it is known already, by this or another notification."""
    return db.execute(queries(db, _PACKAGE)["keep_event"], {**fields, "detail": json.dumps(detail)}) == 1


def happened_before(connection_id: int, ses_message_id: str, kind: str, recipient: str) -> bool:
    """Whether an event of this kind was stored for this message and recipient, whatever its subtype."""
    same = Feedback.objects.filter(connection_id=connection_id, ses_message_id=ses_message_id, kind=kind)
    return same.filter(recipient=recipient).exists()


def notifications(workspace_id: int, connection_id: int | None, state: str) -> QuerySet[Notification]:
    """Stored notifications for a page, newest first."""
    found = (
        Notification.objects.filter(connection__workspace_id=workspace_id).select_related("connection").order_by("-id")
    )
    if connection_id is not None:
        found = found.filter(connection_id=connection_id)
    return found.filter(state=state) if state else found
