"""Counts add up by day and kind, on both engines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from sendwell.connections.models import Connection
from sendwell.reputation import service
from sendwell.workspaces.models import Workspace

NOW = datetime(2026, 6, 2, tzinfo=UTC)


@pytest.fixture
def connection(engine: Any) -> Connection:
    workspace = Workspace.objects.create(name="w", created_at=NOW)
    return Connection.objects.create(workspace=workspace, name="c", kind="aws", created_at=NOW, hook_key="h")


def counted(connection: Connection, *counts: tuple[date, str, int]) -> Callable[..., dict[str, int]]:
    for day, kind, n in counts:
        service.count(connection.pk, day, kind, n)
    return lambda days, today=None: service.totals(connection.pk, days, today)


def test_days_add_up_and_the_window_is_days_long(connection):
    totals = counted(
        connection,
        (date(2026, 6, 1), "sent", 5),
        (date(2026, 6, 1), "sent", 2),
        (date(2026, 6, 2), "sent", 1),
        (date(2026, 6, 2), "complaint", 1),
    )

    assert totals(1, date(2026, 6, 2)) == {"sent": 1, "complaint": 1}
    assert totals(2, date(2026, 6, 2)) == {"sent": 8, "complaint": 1}
    assert totals(2, date(2026, 6, 9)) == {}
    assert totals(2) == {"sent": 8, "complaint": 1}  # up to the newest day that has counts


def test_nothing_counted_is_nothing(connection):
    assert service.totals(connection.pk, 30) == {}
