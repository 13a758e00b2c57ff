"""Reads and writes of the daily counts."""

from __future__ import annotations

from datetime import date

from django.db.models import Max, Sum

from sendwell.core.db import Db, queries
from sendwell.reputation.models import DailyCount

_PACKAGE = "sendwell.reputation"


def count(db: Db, connection_id: int, day: date, kind: str, n: int) -> None:
    """Add `n` to one day's count of a kind."""
    params = {"connection_id": connection_id, "day": day.isoformat(), "kind": kind, "n": n}
    db.execute(queries(db, _PACKAGE)["count"], params)


def newest_day(connection_id: int) -> date | None:
    """The newest day with any count, or None."""
    found: date | None = DailyCount.objects.filter(connection_id=connection_id).aggregate(at=Max("day"))["at"]
    return found


def sums(connection_id: int, after: date, until: date) -> dict[str, int]:
    """Counts by kind of the days after `after`, up to and including `until`."""
    rows = DailyCount.objects.filter(connection_id=connection_id, day__gt=after, day__lte=until)
    return dict(rows.values_list("kind").annotate(total=Sum("count")).order_by())
