"""Reads and writes of contacts, lists and subscriptions. No decisions: those are in rules.py."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sendwell.contacts.rules import AudienceRow, ConsentVerdict, MergeFields, judge
from sendwell.core.db import Db, queries, to_json, to_time

_PACKAGE = "sendwell.contacts"


def audience_after(db: Db, list_id: int, cursor: int, limit: int, now: datetime) -> list[AudienceRow]:
    rows = db.query(queries(db, _PACKAGE)["audience"], {"list_id": list_id, "cursor": cursor, "limit": limit})
    return [
        AudienceRow(int(contact_id), address, key, _verdict(status, left, paused, now))
        for contact_id, address, key, status, left, paused in rows
    ]


def consent(db: Db, list_id: int, contact_ids: Iterable[int], now: datetime) -> dict[int, ConsentVerdict]:
    ids = list(contact_ids)
    rows = db.query(queries(db, _PACKAGE)["consent"], {"list_id": list_id, "ids": to_json(ids)})
    found = {int(contact_id): _verdict(status, left, paused, now) for contact_id, status, left, paused in rows}
    return {contact_id: found.get(contact_id, ConsentVerdict.UNSUBSCRIBED) for contact_id in ids}


def merge_fields(db: Db, contact_ids: Iterable[int]) -> dict[int, MergeFields]:
    rows = db.query(queries(db, _PACKAGE)["merge_fields"], {"ids": to_json(contact_ids)})
    return {
        int(contact_id): {"address": address, "name": name, "attributes": _from_json(attributes)}
        for contact_id, address, name, attributes in rows
    }


def audience_counts(db: Db, list_id: int, now: datetime) -> dict[ConsentVerdict, int]:
    rows = db.query(queries(db, _PACKAGE)["audience_counts"], {"list_id": list_id, "now": now})
    counts = dict.fromkeys(ConsentVerdict, 0)
    later = now + timedelta(days=1)
    for status, left, paused, number in rows:
        verdict = judge(status, left_everything=bool(left), paused_until=later if paused else None, now=now)
        counts[verdict] += int(number)
    return counts


def _verdict(status: str | None, left: Any, paused: Any, now: datetime) -> ConsentVerdict:
    return judge(status, left_everything=left is not None, paused_until=to_time(paused), now=now)


def _from_json(value: Any) -> dict[str, Any]:
    """Drivers give JSON columns as text (SQLite, Django) or already read (psycopg)."""
    read = json.loads(value) if isinstance(value, str) else value
    return dict(read or {})
