"""Reads and writes of the ledger, for the sender's plain connection and Django's alike. No decisions: rules.py.

Lives here: thin verbs over queries.sql, each inside whatever transaction the caller has opened. Must not live here:
transactions, other features' tables.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sendwell.core.db import Db, Row, queries, to_json, to_time
from sendwell.outbox.pacing import first_minute
from sendwell.outbox.records import Candidate, LedgerRow, Orphan, PaceRow, StateRow
from sendwell.outbox.rules import OPT_IN_HELD_AT_MOST, Reason, Status, Stream

_PACKAGE = "sendwell.outbox"
NEVER = datetime.min.replace(tzinfo=UTC)


def _rows(db: Db, name: str, **params: Any) -> list[Row]:
    return db.query(queries(db, _PACKAGE)[name], params)


def _run(db: Db, name: str, **params: Any) -> int:
    return db.execute(queries(db, _PACKAGE)[name], params)


# --- enqueueing and limits ---------------------------------------------------------------------------------------


def add_pace(db: Db, connection_id: int) -> None:
    """Make sure that the connection has its row of pace; a new one has a new account's limits."""
    _run(db, "add_pace", connection_id=connection_id)


def set_limits(db: Db, connection_id: int, rate: float, quota: float, ses_sent: float, now: datetime) -> None:
    """Take over what GetAccount said, counted as of now; a daily pause ends."""
    _run(db, "set_limits", connection_id=connection_id, rate=rate, quota=quota, ses_sent=ses_sent, now=now)


def enqueue_campaign(db: Db, common: dict[str, Any], rows: list[dict[str, Any]], now: datetime) -> int:
    """Insert the rows that are not there yet; how many that were."""
    return _run(db, "enqueue_campaign", **common, rows=json.dumps(rows), now=now)


def wake_senders(db: Db) -> None:
    """Wake sleeping workers when this transaction commits; SQLite's workers look by themselves."""
    if db.dialect == "postgresql":
        _rows(db, "wake_senders")


# --- claiming ----------------------------------------------------------------------------------------------------


def busy_connections(db: Db, now: datetime) -> list[int]:
    """Connections with mail that is due at `now` on the installation's clock."""
    return [int(row[0]) for row in _rows(db, "busy_connections", now=now)]


def pace(db: Db, connection_id: int, lock: bool = True) -> PaceRow | None:
    """The pace row, locked where the engine locks rows."""
    rows = _rows(db, "pace" if lock else "pace_unlocked", connection_id=connection_id)
    if not rows:
        return None
    (rate, quota, reserve, slot, factor, slowed, backoff, paused, sent, checked, counted, at_check, *rest) = rows[0]
    count, reason, detail = rest
    return PaceRow(
        float(rate),
        float(quota),
        float(reserve),
        int(slot),
        float(factor),
        _time(slowed),
        _time(backoff),
        _time(paused),
        float(sent),
        _time(checked),
        int(counted),
        int(at_check),
        int(count),
        reason,
        detail,
    )


def minutes(db: Db, connection_id: int, now: datetime) -> list[tuple[int, int]]:
    """The rolling window as (epoch minute, recipients), oldest first."""
    rows = _rows(db, "minutes", connection_id=connection_id, first=first_minute(now))
    return [(int(minute), int(count)) for minute, count in rows]


def candidates(db: Db, connection_id: int, priority: int, limit: int, now: datetime) -> list[Candidate]:
    """Up to `limit` due rows of one priority, locked, passing over those that another worker holds."""
    rows = _rows(db, "candidates", connection_id=connection_id, priority=priority, limit=limit, now=now)
    return [
        Candidate(pk, Stream(stream), campaign, contact, list_id, content, _json(context), address, key, int(attempts))
        for pk, stream, campaign, contact, list_id, content, context, address, key, attempts in rows
    ]


def stops(db: Db, campaign_ids: Iterable[int]) -> dict[int, bool]:
    """Campaigns whose mail must not leave -> cancelled (True) or paused (False)."""
    ids = list(campaign_ids)
    if not ids:
        return {}
    return {int(pk): bool(cancelled) for pk, cancelled in _rows(db, "stops", ids=to_json(ids))}


def attempted(db: Db, ids: Iterable[int]) -> dict[int, tuple[int, bool]]:
    """Of those that were attempted before: the newest attempt's number, and whether any attempt was accepted."""
    return {int(pk): (int(n), bool(accepted)) for pk, n, accepted in _rows(db, "attempted", ids=to_json(ids))}


def catch_up(db: Db, ids: Iterable[int]) -> None:
    """Let rows know of all their attempts again."""
    _run(db, "catch_up", ids=to_json(ids))


def mark_sending(db: Db, ids: Sequence[int], worker: str, lease_until: datetime, now: datetime) -> None:
    """Mark rows `sending` and open an attempt for each."""
    packed = to_json(ids)
    _run(db, "mark_sending", ids=packed, worker=worker, lease_until=lease_until, now=now)
    _run(db, "open_attempts", ids=packed, now=now)


def use_slots(db: Db, connection_id: int, next_slot: int, minute: int, recipients: int) -> None:
    """Move the next free slot; count `recipients` into the window."""
    _run(db, "use_slots", connection_id=connection_id, next_slot=next_slot, recipients=recipients)
    if recipients:
        _run(db, "count_minute", connection_id=connection_id, minute=minute, recipients=recipients)


def uncount(db: Db, connection_id: int, by_minute: dict[int, int]) -> None:
    """Take calls that SES did not accept out of the window again."""
    if by_minute:
        _run(db, "uncount", connection_id=connection_id, recipients=sum(by_minute.values()))
    for minute, recipients in sorted(by_minute.items()):
        _run(db, "uncount_minute", connection_id=connection_id, minute=minute, recipients=recipients)


def slow_down(db: Db, connection_id: int, factor: float, now: datetime) -> None:
    """Keep the share of the rate that is left after a throttle."""
    _run(db, "slow_down", connection_id=connection_id, factor=factor, now=now)


def back_off(db: Db, connection_id: int, until: datetime, reason: str, detail: str) -> None:
    """Let the whole connection rest until then, and keep why; counts one more in a row."""
    _run(db, "back_off", connection_id=connection_id, until=until, reason=reason, detail=detail[:500])


def works_again(db: Db, connection_id: int) -> bool:
    """End a back-off; False if there was none."""
    return _run(db, "works_again", connection_id=connection_id) > 0


def pause_quota(db: Db, connection_id: int, until: datetime | None) -> None:
    """Keep when the daily quota has room again; None: it has."""
    _run(db, "pause_quota", connection_id=connection_id, until=until)


# --- states ------------------------------------------------------------------------------------------------------


def states(db: Db, ids: Iterable[int]) -> dict[int, StateRow]:
    """The rows' states, locked in the order of their ids where the engine locks rows."""
    rows = _rows(db, "states", ids=to_json(ids))
    return {int(pk): StateRow(int(pk), Status(status), Reason(why), int(n)) for pk, status, why, n in rows}


def write_states(db: Db, rows: list[dict[str, Any]], now: datetime) -> None:
    """Rows of {id, status, reason, due_at (aware datetime or None: unchanged), ses_message_id ('': unchanged)}."""
    if rows:
        packed = [{**row, "due_at": _stamp(db, row["due_at"])} for row in rows]
        _run(db, "write_states", rows=json.dumps(packed), now=now)


def write_attempts(db: Db, rows: list[dict[str, Any]], now: datetime) -> None:
    """Rows of {id, n, outcome, ses_message_id, error_code, error_text}."""
    if rows:
        _run(db, "write_attempts", rows=json.dumps(rows), now=now)


def set_status(db: Db, ids: Iterable[int], status: Status, reason: Reason, now: datetime) -> int:
    """Give rows that this transaction holds one new state and end their leases; how many."""
    return _run(db, "set_status", ids=to_json(ids), status=status.value, reason=reason.value, now=now)


# --- doubt -------------------------------------------------------------------------------------------------------


def expired(db: Db, database_now: datetime) -> list[int]:
    """Rows in flight whose lease ran out by the database's clock; at most 1,000."""
    return _ids(_rows(db, "expired", now=database_now))


def sending_workers(db: Db) -> list[str]:
    """Names of the workers that have rows in flight."""
    return [row[0] for row in _rows(db, "sending_workers")]


def orphans(db: Db, workers: Iterable[str]) -> list[Orphan]:
    """Rows in flight of these workers, at most 1,000."""
    return [
        Orphan(int(pk), int(n), worker, int(connection_id), key, _time(started) or NEVER)
        for pk, n, worker, connection_id, key, started in _rows(db, "orphans", workers=to_json(workers))
    ]


def doubt_attempts(db: Db, ids: Iterable[int], now: datetime) -> None:
    """Close the open attempts of these messages as in doubt."""
    _run(db, "doubt_attempts", ids=to_json(ids), now=now)


def doubt_waiting(db: Db, connection_id: int, now: datetime) -> int:
    return _run(db, "doubt_waiting", connection_id=connection_id, now=now)


def prove_doubts(db: Db, now: datetime) -> int:
    """Let grace begin for doubts older than the newest proof of the feedback path; how many."""
    return _run(db, "prove_doubts", now=now)


def graced(db: Db, streams: Iterable[Stream], before: datetime) -> list[int]:
    """Messages in doubt of these streams, proven overdue since `before`; at most 1,000, locked where rows are."""
    return _ids(_rows(db, "graced", streams=to_json(sorted(streams)), before=before))


def requeue(db: Db, ids: Iterable[int], now: datetime) -> int:
    """Queue those of these that are still in doubt; how many."""
    return _run(db, "requeue", ids=to_json(ids), now=now)


def leave(db: Db, ids: Iterable[int], now: datetime) -> int:
    """Cancel those of these that are still in doubt, by the owner's word; how many."""
    return _run(db, "leave", ids=to_json(ids), now=now)


# --- feedback ----------------------------------------------------------------------------------------------------


def find_by_tag(db: Db, message_id: int, attempt_n: int, ses_message_id: str = "", to: str = "") -> Row | None:
    """The row of an attempt, unless SES's id or the address mailed to (lower case) is known and another one."""
    asked = {"message_id": message_id, "attempt_n": attempt_n}
    rows = _rows(db, "find_by_tag", **asked, ses_message_id=ses_message_id, to_address=to)
    return rows[0] if rows else None


def find_by_ses_id(db: Db, ses_message_id: str) -> Row | None:
    """(message, attempt, connection) that SES gave this id, or None."""
    rows = _rows(db, "find_by_ses_id", ses_message_id=ses_message_id)
    return rows[0] if rows else None


def ledger_row(db: Db, message_id: int, attempt_n: int) -> LedgerRow | None:
    """The message and the start of that attempt; the message is locked where the engine locks rows."""
    if not states(db, [message_id]):
        return None
    rows = _rows(db, "settled", message_id=message_id, attempt_n=attempt_n)
    if not rows:
        return None
    (pk, workspace, connection, stream, campaign, contact, list_id, address, key, status, reason, *rest) = rows[0]
    accepted, started, ses_id = rest
    return LedgerRow(
        pk,
        workspace,
        connection,
        Stream(stream),
        campaign,
        contact,
        list_id,
        address,
        key,
        Status(status),
        Reason(reason),
        _time(accepted),
        _time(started) or NEVER,
        ses_id,
    )


def settle_message(
    db: Db, message_id: int, status: Status, reason: Reason, accepted_at: datetime, ses_message_id: str, now: datetime
) -> None:
    """Write the state that evidence from SES has led to; the first acceptance's time and id stay."""
    params = {"status": status.value, "reason": reason.value, "accepted_at": accepted_at, "now": now}
    _run(db, "settle_message", message_id=message_id, ses_message_id=ses_message_id, **params)


def settle_attempt(db: Db, message_id: int, attempt_n: int, ses_message_id: str, now: datetime) -> None:
    """Note that this attempt was accepted, as an event proves."""
    params = {"attempt_n": attempt_n, "ses_message_id": ses_message_id, "now": now}
    _run(db, "settle_attempt", message_id=message_id, **params)


def prove_feedback(db: Db, connection_id: int, started_at: datetime) -> None:
    """Keep the start of the newest attempt whose Send event came."""
    _run(db, "prove_feedback", connection_id=connection_id, started_at=started_at)


# --- campaigns ---------------------------------------------------------------------------------------------------


def stop_campaign(db: Db, campaign_id: int, cancelled: bool, now: datetime) -> int:
    """Note the stop and take what waits off the queue; how many rows that was."""
    _run(db, "stop_campaign", campaign_id=campaign_id, cancelled=cancelled, now=now)
    return _run(db, "cancel_campaign" if cancelled else "hold_campaign", campaign_id=campaign_id, now=now)


def start_campaign(db: Db, campaign_id: int, now: datetime) -> int:
    """Take the stop back and queue what the pause held; how many rows."""
    _run(db, "start_campaign", campaign_id=campaign_id)
    return _run(db, "unhold_campaign", campaign_id=campaign_id, now=now)


def release_sandbox(db: Db, connection_id: int, now: datetime) -> int:
    """Queue what the sandbox held on this connection; how many rows."""
    _run(db, "drop_stale_opt_in", connection_id=connection_id, before=now - OPT_IN_HELD_AT_MOST, now=now)
    return _run(db, "release_sandbox", connection_id=connection_id, now=now)


def forget_minutes(db: Db, before: int) -> int:
    """Delete minutes before this epoch minute; how many."""
    return _run(db, "forget_minutes", before=before)


def _ids(rows: list[Row]) -> list[int]:
    return [int(row[0]) for row in rows]


def _time(value: Any) -> datetime | None:
    return to_time(value)


def _json(value: Any) -> dict[str, Any]:
    """Drivers give JSON columns as text (SQLite, Django) or already read (psycopg)."""
    return dict((json.loads(value) if isinstance(value, str) else value) or {})


def _stamp(db: Db, at: datetime | None) -> str | None:
    """A time inside JSON, as the engine's column keeps it."""
    if at is None:
        return None
    return at.isoformat() if db.dialect == "postgresql" else str(at.astimezone(UTC).replace(tzinfo=None))
