"""Stored notifications become feedback: settled messages, suppressed addresses, counts.

Lives here: one notification's way through the other features. Must not live here: trust (trust.py), the decisions
(rules.py). Run again, it changes nothing: each event is unique, and counts only follow an event that is new.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import OperationalError, transaction

from sendwell.amazon.events import BadEventError, Reading, SesEvent, parse
from sendwell.connections import service as connections
from sendwell.core.db import Db, DjangoDb
from sendwell.feedback import rules, store
from sendwell.feedback.models import Notification, NotificationState
from sendwell.outbox import service as outbox
from sendwell.reputation import service as reputation
from sendwell.suppression import service as suppression

_STATES = {
    Reading.EVENTS: NotificationState.APPLIED,
    Reading.IGNORED: NotificationState.IGNORED,
    Reading.UNKNOWN: NotificationState.UNKNOWN,
}


def apply_pending(now: datetime, limit: int = 200) -> int:
    """Apply up to `limit` stored notifications, oldest first; how many were taken. Any number of workers may.

    Each has its own transaction: one that cannot be applied is kept as FAILED with the reason and the others go on, and
    no lock on a message is held while the next one is asked for.
    """
    return sum(_apply_or_keep(pk, now) for pk in store.pending_ids(limit))


def _apply_or_keep(notification_id: int, now: datetime) -> bool:
    why = ""
    try:
        with transaction.atomic():
            notification = store.take(notification_id)
            if notification is None:
                return False
            _apply(notification, now)
    except OperationalError:
        raise  # the database is in trouble, not the notification: it waits
    except BadEventError as error:
        why = str(error)
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
    if why:
        store.finish(notification_id, NotificationState.FAILED, why)
    return True


def _apply(notification: Notification, now: datetime) -> None:
    found = parse(notification.body)
    for event in found.events:
        _apply_event(DjangoDb(), notification, event, now)
    store.finish(notification.pk, _STATES[found.reading], found.about)


def _apply_event(db: Db, notification: Notification, event: SesEvent, now: datetime) -> None:
    connection_id = notification.connection_id
    message = outbox.find_message(db, event.tag, event.ses_message_id, connection_id, event.mailed)
    again = store.happened_before(connection_id, event.ses_message_id, event.kind.value, event.recipient)
    fields = {
        "notification_id": notification.pk,
        "connection_id": connection_id,
        "message_id": message.message_id if message else None,
        "attempt_n": message.attempt_n if message else None,
        "ses_message_id": event.ses_message_id,
        "kind": event.kind.value,
        "subtype": event.subtype,
        "recipient": event.recipient,
        "occurred_at": event.occurred_at,
        "feedback_id": event.feedback_id,
    }
    if not store.insert_once(db, fields, event.detail):
        return
    follows = rules.consequences(event, connections.is_simulator(event.recipient))
    if message is not None and follows.settles:
        name = outbox.Event(event.kind.value)
        outbox.settle(db, message.message_id, message.attempt_n, event.ses_message_id, name, now)
    if follows.suppress is not None:
        _suppress(db, connection_id, event, follows.suppress, now)
    if follows.count is not None and not again:
        accepted = event.accepted_at or event.occurred_at or now
        reputation.count(connection_id, accepted.astimezone(UTC).date(), follows.count, db=db)


def _suppress(db: Db, connection_id: int, event: SesEvent, reason: str, now: datetime) -> None:
    evidence = {"kind": event.kind.value, "subtype": event.subtype, "ses_message_id": event.ses_message_id}
    evidence |= {name: event.detail[name] for name in ("status", "diagnosticCode") if name in event.detail}
    key = event.recipient.lower()
    suppression.consider(db, connection_id, key, suppression.SuppressionReason(reason), evidence, now)
