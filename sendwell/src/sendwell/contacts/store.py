"""Reads and writes of contacts, lists and subscriptions. No decisions: those are in rules.py."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sendwell.contacts.import_rules import Decision, Known, Row
from sendwell.contacts.models import Import
from sendwell.contacts.rules import AudienceRow, ConsentVerdict, MergeFields, judge
from sendwell.core.db import Db, DjangoDb, queries, to_json, to_time

_PACKAGE = "sendwell.contacts"


def audience_after(db: Db, list_id: int, cursor: int, limit: int, now: datetime) -> list[AudienceRow]:
    """Up to `limit` subscriptions with a contact id above the cursor, in its order, each with its verdict."""
    rows = db.query(_sql(db, "audience"), {"list_id": list_id, "cursor": cursor, "limit": limit})
    return [
        AudienceRow(int(contact_id), address, key, _verdict(status, left, paused, now))
        for contact_id, address, key, status, left, paused in rows
    ]


def consent(db: Db, list_id: int, contact_ids: Iterable[int], now: datetime) -> dict[int, ConsentVerdict]:
    """What each contact's consent for this list allows at `now`; erased and unknown contacts are UNSUBSCRIBED."""
    ids = list(contact_ids)
    rows = db.query(_sql(db, "consent"), {"list_id": list_id, "ids": to_json(ids)})
    found = {int(contact_id): _verdict(status, left, paused, now) for contact_id, status, left, paused in rows}
    return {contact_id: found.get(contact_id, ConsentVerdict.UNSUBSCRIBED) for contact_id in ids}


def merge_fields(db: Db, contact_ids: Iterable[int]) -> dict[int, MergeFields]:
    """What a template may say of each contact: address, name, attributes."""
    rows = db.query(_sql(db, "merge_fields"), {"ids": to_json(contact_ids)})
    return {
        int(contact_id): {"address": address, "name": name, "attributes": _from_json(attributes)}
        for contact_id, address, name, attributes in rows
    }


def audience_counts(db: Db, list_id: int, now: datetime) -> dict[ConsentVerdict, int]:
    """How many subscriptions of the list have each verdict at `now`."""
    rows = db.query(_sql(db, "audience_counts"), {"list_id": list_id, "now": now})
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


def keys_in_import(import_id: int, keys: Iterable[str]) -> set[str]:
    """Which keys stood on an earlier, already committed line of the file."""
    db = DjangoDb()
    return {row[0] for row in db.query(_sql(db, "keys_in_import"), {"import_id": import_id, "keys": to_json(keys)})}


def known_contacts(workspace_id: int, list_id: int, keys: Iterable[str]) -> dict[str, Known]:
    """Contacts of the workspace by key, for those keys that are known."""
    db = DjangoDb()
    given = {"workspace_id": workspace_id, "list_id": list_id, "keys": to_json(keys)}
    return {
        key: Known(int(contact_id), name, _from_json(attributes), left is not None, status)
        for key, contact_id, name, attributes, left, status in db.query(_sql(db, "known_contacts"), given)
    }


def write_import(
    imported: Import, decided: Sequence[tuple[Row, Decision]], known: Mapping[str, Known], now: datetime
) -> None:
    """Write a batch: new contacts, subscriptions with their evidence, new names, and a report row for each line."""
    db = DjangoDb()
    ids = {key: found.contact_id for key, found in known.items()}
    ids |= _add_contacts(db, imported.workspace_id, [row for row, decision in decided if decision.create], now)
    taken = [(ids[_key(row)], row, decision.subscribe) for row, decision in decided if decision.subscribe]
    of_import = {"list_id": imported.list_id, "source": imported.source, "now": now}
    _write(
        db,
        "add_subscriptions",
        [{"contact_id": pk, "status": status, "basis": row.basis} for pk, row, status in taken],
        of_import,
    )
    evidence = [{"contact_id": pk, "evidence": _evidence(imported, row)} for pk, row, _ in taken]
    _write(db, "add_evidence", evidence, {"list_id": imported.list_id, "now": now})
    renamed = [{"id": ids[_key(row)], "name": d.rename[0], "attributes": d.rename[1]} for row, d in decided if d.rename]
    _write(db, "rename", renamed, {"now": now})
    _write(db, "add_report", [_report(row, decision) for row, decision in decided], {"import_id": imported.pk})


def _write(db: Db, name: str, rows: Sequence[Mapping[str, Any]], params: Mapping[str, Any]) -> None:
    if rows:
        db.execute(_sql(db, name), {**params, "rows": to_json(rows)})


def _add_contacts(db: Db, workspace_id: int, rows: Sequence[Row], now: datetime) -> dict[str, int]:
    values = [
        {"address": row.address.address, "key": row.address.key, "name": row.name, "attributes": dict(row.attributes)}
        for row in rows
        if row.address is not None
    ]
    if not values:
        return {}
    params = {"workspace_id": workspace_id, "now": now, "rows": to_json(values)}
    return {key: int(pk) for key, pk in db.query(_sql(db, "add_contacts"), params)}


def _evidence(imported: Import, row: Row) -> dict[str, Any]:
    return {
        "import": imported.pk,
        "line": row.line,
        "source": imported.source,
        "basis": row.basis,
        "stated": row.stated,
        "attested_by": imported.attested_by,
    }


def _report(row: Row, decision: Decision) -> dict[str, Any]:
    return {
        "line": row.line,
        "address": row.given,
        "key": _key(row),
        "outcome": decision.outcome,
        "reason": decision.reason,
        "detail": decision.detail,
    }


def _key(row: Row) -> str:
    return row.address.key if row.address is not None else ""


def _sql(db: Db, name: str) -> str:
    return queries(db, _PACKAGE)[name]
