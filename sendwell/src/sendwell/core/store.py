"""Reads and writes of core's own tables, and the database's clock. No feature's table is touched here."""

from __future__ import annotations

from datetime import UTC, datetime

from sendwell.core.db import Db, to_time


def database_time(db: Db) -> datetime:
    """The database's own clock (UTC): the one clock that all hosts of an installation share."""
    now = "SELECT clock_timestamp()" if db.dialect == "postgresql" else "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"
    value = to_time(db.query(now, {})[0][0])
    assert value is not None
    return value.astimezone(UTC)
