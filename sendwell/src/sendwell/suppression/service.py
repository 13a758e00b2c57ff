"""The verbs of the suppression list: the only way in for other features.

An entry belongs to one connection and never crosses to another. Lifting one is recorded and restores nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sendwell.core.db import Db, DjangoDb
from sendwell.suppression import store
from sendwell.suppression.models import Suppression, SuppressionReason

__all__ = ["SuppressionReason"]

_GRAVEST = (
    SuppressionReason.COMPLAINT,
    SuppressionReason.HARD_BOUNCE,
    SuppressionReason.SES_LIST,
    SuppressionReason.MANUAL,
)


def suppressed(db: Db, connection_id: int, keys: Iterable[str]) -> dict[str, SuppressionReason]:
    """The reasons for those of `keys` that must not be mailed over this connection; others are absent."""
    return store.suppressed(db, connection_id, keys)


def suppressed_in_workspace(db: Db, workspace_id: int, keys: Iterable[str]) -> set[str]:
    """Those of `keys` that an import must leave out: suppressed on a real connection of the workspace, or, while it
    has rehearsals only, on one of these."""
    return {key for key, _ in store.suppressed_in_workspace(db, workspace_id, keys)}


def reasons_in_workspace(db: Db, workspace_id: int, keys: Iterable[str]) -> dict[str, SuppressionReason]:
    """The reason for each key of `suppressed_in_workspace`; of several connections' reasons, the gravest."""
    found = store.suppressed_in_workspace(db, workspace_id, keys)
    return dict(sorted(found, key=lambda entry: _GRAVEST.index(entry[1]), reverse=True))


def consider(
    db: Db, connection_id: int, key: str, reason: SuppressionReason, evidence: Mapping[str, Any], now: datetime
) -> bool:
    """Suppress `key` unless it already is. True if this call did it: repeating an event changes nothing."""
    return store.insert_once(db, connection_id, key, reason, evidence, now)


def add(connection_id: int, key: str, by: str, because: str, now: datetime) -> bool:
    """Suppress `key` by hand. False if it already was suppressed."""
    evidence = {"by": by, "because": because}
    return store.insert_once(DjangoDb(), connection_id, key, SuppressionReason.MANUAL, evidence, now)


def lift(connection_id: int, key: str, by: str, because: str, now: datetime) -> bool:
    """Let `key` be mailed again over this connection, with a record of who and why. False if nothing was open.

    Subscriptions and unsubscribes stay as they are: who left, has left. Raises ValueError without a reason.
    """
    if not because.strip():
        raise ValueError("Say why this address may be mailed again; the reason is kept.")
    open_entries = Suppression.objects.filter(connection_id=connection_id, key=key, lifted_at__isnull=True)
    return open_entries.update(lifted_at=now, lifted_by=by, lifted_because=because.strip()[:300]) == 1
