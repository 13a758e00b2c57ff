"""The verbs of the ledger: the only way in for other features.

Lives here: enqueueing, settling by feedback, campaign stops, doubts, limits, counts for pages. Must not live here: the
sender's own transactions (leasing.py), calls to SES. Batch verbs take a `Db` and run inside the caller's transaction,
so that rows and whatever the caller records commit together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Count, F, QuerySet

from sendwell.core.db import Db, DjangoDb
from sendwell.outbox import pacing, store
from sendwell.outbox.models import Attempt, Message
from sendwell.outbox.reasons import skip_reason
from sendwell.outbox.records import NEW_ACCOUNT, PaceRow
from sendwell.outbox.rules import (
    GRACE,
    OPEN,
    PRIORITIES,
    REASON_LABELS,
    SENT_AGAIN,
    STATUS_LABELS,
    Event,
    Reason,
    Status,
    Stream,
    transition,
)

__all__ = ["REASON_LABELS", "STATUS_LABELS", "Event", "Reason", "Status", "Stream", "skip_reason"]


class NewRow(NamedTuple):
    """One recipient of a campaign; `skip` names why this contact gets a skipped row, None queues it."""

    contact_id: int
    address: str
    key: str
    skip: Reason | None = None


class Found(NamedTuple):
    """Which message and attempt an event speaks of."""

    message_id: int
    attempt_n: int
    connection_id: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What an event did. `changed` is False for one that repeats or says less than was known."""

    message_id: int
    attempt_n: int
    workspace_id: int
    connection_id: int
    stream: Stream
    campaign_id: int | None
    contact_id: int | None
    list_id: int | None
    address: str
    address_key: str
    previous: Status
    status: Status
    reason: Reason
    accepted_at: datetime
    changed: bool


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a connection may send. `left` and `left_campaign` are None without a limit; `reason` says why it rests."""

    rate: float
    effective_rate: float
    quota: float
    used: int
    left: int | None
    left_campaign: int | None
    paused_until: datetime | None = None
    reason: str = ""
    detail: str = ""
    campaign_limit: int | None = None
    """What campaigns may use of the quota in 24 hours; the rest is kept for opt-in and transactional mail."""


# --- enqueueing --------------------------------------------------------------------------------------------------


def enqueue_campaign(
    db: Db,
    *,
    workspace_id: int,
    connection_id: int,
    campaign_id: int,
    list_id: int,
    content_id: int,
    rows: Sequence[NewRow],
    now: datetime,
) -> int:
    """Take recipients into the ledger; how many are new. A contact already in it keeps its row: nobody is mailed twice.

    Call it in the transaction that moves the campaign's cursor.
    """
    if not rows:
        return 0
    store.add_pace(db, connection_id)
    common = {
        "workspace_id": workspace_id,
        "connection_id": connection_id,
        "campaign_id": campaign_id,
        "list_id": list_id,
        "content_id": content_id,
        "priority": PRIORITIES[Stream.CAMPAIGN],
    }
    packed = [
        {
            "contact_id": row.contact_id,
            "address": row.address,
            "address_key": row.key,
            "status": (Status.SKIPPED if row.skip else Status.QUEUED).value,
            "reason": (row.skip or Reason.NONE).value,
        }
        for row in rows
    ]
    added = store.enqueue_campaign(db, common, packed, now)
    store.wake_senders(db)
    return added


def enqueue_single(
    *,
    workspace_id: int,
    connection_id: int,
    stream: Stream,
    idempotency_key: str,
    content_id: int,
    address: str,
    contact_id: int | None = None,
    context: Mapping[str, Any] | None = None,
    now: datetime,
) -> int:
    """Queue one opt-in or transactional message; its id. Asking again with the same key gives the first one's id.

    Raises ValueError for a campaign's stream or an empty key. Secrets go into `context` by `singles.seal`.
    """
    if stream is Stream.CAMPAIGN or not idempotency_key:
        raise ValueError("A single message needs the opt-in or transactional stream and an idempotency key.")
    with transaction.atomic():
        message, created = Message.objects.get_or_create(
            workspace_id=workspace_id,
            idempotency_key=idempotency_key,
            defaults={
                "connection_id": connection_id,
                "stream": stream.value,
                "content_id": content_id,
                "contact_id": contact_id,
                "context": dict(context or {}),
                "address": address,
                "address_key": address.lower(),
                "priority": PRIORITIES[stream],
                "status": Status.QUEUED.value,
            }
            | dict.fromkeys(("due_at", "created_at", "updated_at"), now),
        )
        if created:
            store.add_pace(DjangoDb(), connection_id)
            store.wake_senders(DjangoDb())
    return message.pk


# --- feedback ----------------------------------------------------------------------------------------------------


def find_message(db: Db, tag: str, ses_message_id: str, connection_id: int | None = None, to: str = "") -> Found | None:
    """The attempt an event speaks of: by its tag `<message>.<n>`, else by SES's id; None if it is not ours.

    With `connection_id`, a message of another connection is not found: environments never cross. With `to`, the address
    mailed to, a tag counts only if its message went there: another installation may share the account and its numbers.
    """
    message_id, _, attempt_n = tag.partition(".")
    row = None
    if message_id.isdecimal() and attempt_n.isdecimal() and len(message_id) < 19 and len(attempt_n) < 6:
        row = store.find_by_tag(db, int(message_id), int(attempt_n), ses_message_id, to.lower())
    if row is None and ses_message_id:
        row = store.find_by_ses_id(db, ses_message_id)
    if row is None or (connection_id is not None and int(row[2]) != connection_id):
        return None
    return Found(int(row[0]), int(row[1]), int(row[2]))


def settle(db: Db, message_id: int, attempt_n: int, ses_message_id: str, event: Event, now: datetime) -> Settled | None:
    """Take evidence from SES into the ledger; None if there is no such attempt. Repeats and any order are harmless.

    The event may belong to an earlier attempt, and may outrun our own record of the answer: evidence settles doubt,
    and a message that waits to be sent again is not. A Send event proves the feedback path alive.
    """
    row = store.ledger_row(db, message_id, attempt_n)
    if row is None:
        return None
    state = transition(row.status, row.reason, event)
    accepted_at = row.accepted_at or row.started_at
    store.settle_attempt(db, message_id, attempt_n, ses_message_id, now)
    if event is Event.SEND:
        store.prove_feedback(db, row.connection_id, row.started_at)
    changed = (state.status, state.reason) != (row.status, row.reason)
    if changed:
        store.settle_message(db, message_id, state.status, state.reason, accepted_at, ses_message_id, now)
    return Settled(
        row.id,
        attempt_n,
        row.workspace_id,
        row.connection_id,
        row.stream,
        row.campaign_id,
        row.contact_id,
        row.list_id,
        row.address,
        row.address_key,
        row.status,
        state.status,
        state.reason,
        accepted_at,
        changed,
    )


# --- campaigns ---------------------------------------------------------------------------------------------------


def pause_campaign(db: Db, campaign_id: int, now: datetime) -> int:
    """Hold what waits; how many rows. Mail on its way to SES arrives; what comes back from there is held too."""
    return store.stop_campaign(db, campaign_id, cancelled=False, now=now)


def resume_campaign(db: Db, campaign_id: int, now: datetime) -> int:
    """Queue what the pause held; how many rows. Suppression, consent and sandbox are asked again before each call."""
    resumed = store.start_campaign(db, campaign_id, now)
    store.wake_senders(db)
    return resumed


def cancel_campaign(db: Db, campaign_id: int, now: datetime) -> int:
    """Cancel what waits for good; how many rows. Messages in doubt stay so until evidence or the owner settles them."""
    return store.stop_campaign(db, campaign_id, cancelled=True, now=now)


def campaign_counts(campaign_ids: Iterable[int]) -> dict[int, dict[str, dict[str, int]]]:
    """{campaign: {status: {reason: rows}}}; campaigns without rows are absent."""
    counts: dict[int, dict[str, dict[str, int]]] = {}
    grouped = Message.objects.filter(campaign_id__in=list(campaign_ids)).values_list("campaign_id", "status", "reason")
    for campaign_id, status, reason, number in grouped.annotate(number=Count("pk")).order_by():
        counts.setdefault(campaign_id or 0, {}).setdefault(status, {})[reason] = number
    return counts


def messages_of(campaign_id: int, status: str | None = None, reason: str | None = None) -> QuerySet[Message]:
    """A campaign's messages for a page, in the order of its audience."""
    found = Message.objects.filter(campaign_id=campaign_id).order_by("contact_id")
    if status:
        found = found.filter(status=status)
    return found.filter(reason=reason) if reason is not None else found


# --- the sandbox, limits -----------------------------------------------------------------------------------------


def release_sandbox(db: Db, connection_id: int, now: datetime) -> int:
    """Queue what the sandbox held (opt-in mail older than 7 days is cancelled); how many. For a grant, a new tester."""
    released = store.release_sandbox(db, connection_id, now)
    store.wake_senders(db)
    return released


def set_limits(db: Db, connection_id: int, rate: float, quota_24h: float, ses_sent_24h: float, now: datetime) -> None:
    """Take over what GetAccount said: recipients a second, recipients per 24 hours (-1: no limit), SentLast24Hours."""
    store.add_pace(db, connection_id)
    store.set_limits(db, connection_id, rate, quota_24h, ses_sent_24h, now)
    store.wake_senders(db)


def capacity(connection_id: int, now: datetime) -> Capacity:
    """What this connection may send now, and why it rests if it does; for pages."""
    db = DjangoDb()
    pace = store.pace(db, connection_id, lock=False) or NEW_ACCOUNT
    window = pace.window(store.minutes(db, connection_id, now), now)
    paused_until, reason = _rest(pace, window, now)
    rate = pace.rate * pacing.factor_at(pace.slow_factor, pace.slowed_at, now)
    return Capacity(
        rate=pace.rate,
        effective_rate=rate,
        quota=pace.quota_24h,
        used=window.used,
        left=None if window.unlimited else window.left(campaign=False),
        left_campaign=None if window.unlimited else window.left(campaign=True),
        paused_until=paused_until,
        reason=reason,
        detail=pace.backoff_detail if reason == pace.backoff_reason else "",
        campaign_limit=None if window.unlimited else window.limit(campaign=True),
    )


def _rest(pace: PaceRow, window: pacing.Window, now: datetime) -> tuple[datetime | None, str]:
    if pace.backoff_until and pace.backoff_until > now:
        return pace.backoff_until, pace.backoff_reason
    if pace.quota_paused_until and pace.quota_paused_until > now:
        return pace.quota_paused_until, "daily_quota"
    if (resumes := window.resumes_at(campaign=False, now=now)) is not None:
        return resumes, "daily_quota"
    if (resumes := window.resumes_at(campaign=True, now=now)) is not None:
        return resumes, "daily_quota_campaigns"
    return None, ""


# --- doubt -------------------------------------------------------------------------------------------------------


def resolve_doubts(db: Db, now: datetime) -> int:
    """Let grace begin where the feedback path is proven, and send again what may be by itself; how many.

    Only opt-in and transactional mail is, after GRACE without a Send event. Run it every minute or so.
    """
    store.prove_doubts(db, now)
    return _send_again(db, store.graced(db, SENT_AGAIN, now - GRACE), now)


def _send_again(db: Db, ids: list[int], now: datetime) -> int:
    if not ids:
        return 0
    requeued = store.requeue(db, ids, now)
    store.wake_senders(db)
    return requeued


def resolve_doubt(db: Db, message_ids: Iterable[int], send_again: bool, by: str, now: datetime) -> int:
    """The owner's word on messages in doubt: send again at the risk of a double, or leave them; how many were in doubt.

    `by` is kept in each message's newest attempt. Evidence that comes later still wins.
    """
    ids = list(message_ids)
    with transaction.atomic():
        said = f"{'Sent again' if send_again else 'Left'} by {by}"
        newest = Attempt.objects.filter(message_id__in=ids, n=F("message__attempts"))
        for attempt in newest.filter(message__status=Status.IN_DOUBT.value):
            attempt.error_text = f"{attempt.error_text} {said}".strip()[:500]
            attempt.save(update_fields=["error_text"])
        return _send_again(db, ids, now) if send_again else store.leave(db, ids, now)


def doubts(
    connection_id: int | None = None, campaign_id: int | None = None, workspace_id: int | None = None
) -> QuerySet[Message]:
    """Messages in doubt, oldest first, of a connection, a campaign or a workspace."""
    wanted = {"connection_id": connection_id, "campaign_id": campaign_id, "workspace_id": workspace_id}
    found = Message.objects.filter(status=Status.IN_DOUBT.value).order_by("id")
    return found.filter(**{name: value for name, value in wanted.items() if value is not None})


# --- for pages ---------------------------------------------------------------------------------------------------


def search(
    workspace_id: int, address: str = "", status: str = "", reason: str = "", campaign_id: int | None = None
) -> QuerySet[Message]:
    """Messages of a workspace, newest first. `address` is a part of an address in lower case."""
    found = Message.objects.filter(workspace_id=workspace_id).order_by("-id")
    if address:
        found = found.filter(address_key__contains=address)
    wanted = {"status": status or None, "reason": reason or None, "campaign_id": campaign_id}
    return found.filter(**{name: value for name, value in wanted.items() if value is not None})


def open_counts(connection_id: int) -> dict[str, dict[str, int]]:
    """{status: {reason: rows}} of a connection's messages that still wait for something."""
    counts: dict[str, dict[str, int]] = {}
    found = Message.objects.filter(connection_id=connection_id, status__in=[status.value for status in OPEN])
    for status, reason, number in found.values_list("status", "reason").annotate(n=Count("pk")).order_by():
        counts.setdefault(status, {})[reason] = number
    return counts


# --- for the worker ----------------------------------------------------------------------------------------------


def sending_workers(db: Db) -> list[str]:
    """Names of the workers that have rows in flight."""
    return store.sending_workers(db)


def forget_minutes(db: Db, now: datetime) -> int:
    """Drop minute counters that no 24-hour window reaches any more; how many."""
    return store.forget_minutes(db, pacing.first_minute(now) - pacing.WINDOW_MINUTES)
