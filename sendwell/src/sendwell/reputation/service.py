"""What happened to the mail of a connection, counted by the day on which SES accepted it.

Lives here: counting and adding up. Must not live here: which event counts (feedback/rules.py), the brake. Kinds: sent,
delivered, hard_bounce, soft_bounce, complaint, echo (SES repeating its own suppression list), simulator. As at SES,
echoes and the mailbox simulator enter no rate.
"""

from __future__ import annotations

from datetime import date, timedelta

from sendwell.core.db import Db, DjangoDb
from sendwell.reputation import store


def count(connection_id: int, day: date, kind: str, n: int = 1, db: Db | None = None) -> None:
    """Add `n` of a kind to a UTC day, inside the caller's transaction."""
    store.count(db or DjangoDb(), connection_id, day, kind, n)


def totals(connection_id: int, days: int, today: date | None = None) -> dict[str, int]:
    """{kind: messages} of the last `days` UTC days up to `today`; without it, up to the newest day that has counts."""
    until = today or store.newest_day(connection_id)
    return store.sums(connection_id, until - timedelta(days=days), until) if until else {}
