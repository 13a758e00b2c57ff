"""Reads and writes of the suppression list, for the sender's connection and Django's alike."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sendwell.core.db import Db, queries, to_json
from sendwell.suppression.models import SuppressionReason

_PACKAGE = "sendwell.suppression"


def suppressed(db: Db, connection_id: int, keys: Iterable[str]) -> dict[str, SuppressionReason]:
    """Reasons of the open entries of one connection for these keys; others are absent."""
    rows = db.query(queries(db, _PACKAGE)["suppressed"], {"connection_id": connection_id, "keys": to_json(keys)})
    return {key: SuppressionReason(reason) for key, reason in rows}


def suppressed_in_workspace(db: Db, workspace_id: int, keys: Iterable[str]) -> list[tuple[str, SuppressionReason]]:
    """Those of these keys with an open entry that counts for the workspace's imports, once for each reason."""
    statement = queries(db, _PACKAGE)["suppressed_in_workspace"]
    rows = db.query(statement, {"workspace_id": workspace_id, "keys": to_json(keys)})
    return [(key, SuppressionReason(reason)) for key, reason in rows]


def insert_once(
    db: Db, connection_id: int, key: str, reason: SuppressionReason, evidence: Mapping[str, Any], now: datetime
) -> bool:
    """Add an entry unless an open one is there; True if it was added."""
    values = {
        "connection_id": connection_id,
        "key": key,
        "reason": str(reason),
        "evidence": json.dumps(dict(evidence)),
        "now": now,
    }
    return db.execute(queries(db, _PACKAGE)["consider"], values) == 1
