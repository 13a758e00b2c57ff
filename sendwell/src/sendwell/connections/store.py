"""Reads and writes of connections and identities for the sender's plain connection and for Django's.

Lives here: SQL through a Db. Must not live here: decisions, SES calls, secrets in clear text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sendwell.connections.rules import SendingFacts, Verified
from sendwell.core.db import Db, queries

_PACKAGE = "sendwell.connections"


@dataclass(frozen=True, slots=True)
class StoredAccess:
    """A connection's keys as stored; `secret` is a token of the key ring."""

    kind: str
    region: str
    access_key_id: str
    secret: str
    configuration_set: str


def verified(db: Db, connection_id: int) -> Verified:
    """The connection's verified identities."""
    rows = db.query(queries(db, _PACKAGE)["verified_identities"], {"connection_id": connection_id})
    emails = frozenset(name for kind, name in rows if kind == "email")
    return Verified(emails, frozenset(name for kind, name in rows if kind == "domain"))


def access(db: Db, connection_id: int) -> StoredAccess | None:
    """The stored keys, or None if there is no such connection."""
    rows = db.query(queries(db, _PACKAGE)["sender_access"], {"connection_id": connection_id})
    return StoredAccess(*rows[0]) if rows else None


def facts(db: Db) -> list[SendingFacts]:
    """What the sender must know of every connection."""
    return [
        SendingFacts(pk, kind, state == "ready", _flag(sandbox), _flag(enabled), enforcement, configuration_set)
        for pk, kind, state, sandbox, enabled, enforcement, configuration_set in db.query(
            queries(db, _PACKAGE)["sending_facts"], {}
        )
    ]


def note_problem(db: Db, connection_id: int, problem: str, now: datetime) -> None:
    """Keep what SES said against the connection, and when."""
    params = {"connection_id": connection_id, "problem": problem[:500], "now": now}
    db.execute(queries(db, _PACKAGE)["note_problem"], params)


def clear_problem(db: Db, connection_id: int) -> None:
    """Take the problem back; writes nothing if there was none."""
    db.execute(queries(db, _PACKAGE)["clear_problem"], {"connection_id": connection_id})


def _flag(value: object) -> bool | None:
    return None if value is None else bool(value)
