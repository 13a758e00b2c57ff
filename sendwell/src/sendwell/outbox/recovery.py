"""What becomes of rows whose worker died or whose lease ran out.

Lives here: the transactions that settle them. Must not live here: SQL, how a death is noticed (workers.py), which
calls were begun (journal.py).
A restored backup: message rows set back beside newer attempts are caught by the claim (what was accepted is known
again, the rest is in doubt). A whole database set back has forgotten its attempts too; marks.py tells that, and then
all that waits is in doubt: only the owner's word sends it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sendwell.connections import service as connections
from sendwell.core.db import Db, PlainDb
from sendwell.core.store import database_time
from sendwell.outbox import pacing, store
from sendwell.outbox.records import Orphan
from sendwell.outbox.rules import AttemptOutcome, Event, Reason, Status, set_back, transition


def expire_leases(db: PlainDb, offset: timedelta) -> int:
    """Put rows into doubt whose lease ran out by the database's clock; how many.

    SES may have accepted them: nothing is sent again from here. A late answer still settles them.
    """
    with db.transaction():
        real = database_time(db)
        ids = store.expired(db, real)
        if ids:
            store.set_status(db, ids, Status.IN_DOUBT, Reason.LEASE_EXPIRED, real + offset)
            store.doubt_attempts(db, ids, real + offset)
    return len(ids)


def settle_orphans(db: PlainDb, offset: timedelta, dead: Mapping[str, Collection[str] | None]) -> tuple[int, int]:
    """Settle rows in flight of workers known to be dead; (put in doubt, queued again).

    `dead` gives for each the tags of the calls it began, or None if nobody knows. A row whose call was not begun was
    provably never handed to SES: it is queued again and leaves the quota's window. All others are in doubt.
    """
    if not dead:
        return 0, 0
    with db.transaction():
        now = database_time(db) + offset
        rows = store.orphans(db, dead.keys())
        doubtful: list[Orphan] = []
        unsent: list[Orphan] = []
        for row in rows:
            known = dead[row.worker]
            (doubtful if known is None or f"{row.id}.{row.n}" in known else unsent).append(row)
        if doubtful:
            ids = [row.id for row in doubtful]
            store.set_status(db, ids, Status.IN_DOUBT, Reason.LEASE_EXPIRED, now)
            store.doubt_attempts(db, ids, now)
        if unsent:
            _give_back(db, unsent, now)
    return len(doubtful), len(unsent)


def doubt_after_restore(db: Db, connection_id: int, mark: int, now: datetime) -> int | None:
    """Put all that waits on a connection into doubt if its row is older than `mark`; how many, None if it is not older.

    What was sent after the backup was taken is not known here, so it may be any of it. Call it inside a transaction.
    """
    pace = store.pace(db, connection_id)
    if pace is None or not set_back(pace.next_slot, mark):
        return None
    return store.doubt_waiting(db, connection_id, now)


def _give_back(db: PlainDb, rows: list[Orphan], now: datetime) -> None:
    fresh = transition(Status.SENDING, Reason.NONE, Event.NOT_SENT)
    store.set_status(db, [row.id for row in rows], fresh.status, fresh.reason, now)
    common = {
        "outcome": AttemptOutcome.NOT_SENT.value,
        "ses_message_id": "",
        "error_code": "stopped",
        "error_text": "The worker was killed before the call.",
    }
    store.write_attempts(db, [{"id": row.id, "n": row.n, **common} for row in rows], now)
    back: dict[int, dict[int, int]] = {}
    for row in rows:
        if not connections.is_simulator(row.address_key):
            of = back.setdefault(row.connection_id, {})
            minute = pacing.epoch_minute(row.started_at)
            of[minute] = of.get(minute, 0) + 1
    for connection_id, by_minute in sorted(back.items()):
        store.uncount(db, connection_id, by_minute)
