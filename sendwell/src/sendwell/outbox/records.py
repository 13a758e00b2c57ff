"""What the ledger's statements give back, as values. No SQL, no decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sendwell.outbox.pacing import WINDOW_MINUTES, Window, epoch_minute
from sendwell.outbox.rules import Reason, Status, Stream


@dataclass(frozen=True, slots=True)
class PaceRow:
    """A connection's pace as stored; times are aware UTC."""

    rate: float
    quota_24h: float
    reserve: float
    next_slot: int
    slow_factor: float
    slowed_at: datetime | None
    backoff_until: datetime | None
    quota_paused_until: datetime | None
    ses_sent_24h: float
    ses_checked_at: datetime | None
    counted: int
    counted_at_check: int
    backoff_count: int
    backoff_reason: str
    backoff_detail: str

    def window(self, minutes: Sequence[tuple[int, int]], now: datetime) -> Window:
        """The 24-hour window. SES's number is as old as its check: a day later it says nothing any more."""
        checked = self.ses_checked_at
        if checked is None or now - checked >= timedelta(minutes=WINDOW_MINUTES):
            return Window(self.quota_24h, self.reserve, minutes)
        later = sum(count for minute, count in minutes if minute >= epoch_minute(checked))
        since = min(self.counted - self.counted_at_check, later)
        return Window(self.quota_24h, self.reserve, minutes, self.ses_sent_24h, since, checked)


NEW_ACCOUNT = PaceRow(1, 200, 0.1, 0, 1, None, None, None, 0, None, 0, 0, 0, "", "")
"""What a connection without a row may do: the limits of an account in the sandbox."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A due row, as the checks and the rendering need it."""

    id: int
    stream: Stream
    campaign_id: int | None
    contact_id: int | None
    list_id: int | None
    content_id: int
    context: dict[str, Any]
    address: str
    address_key: str
    attempts: int


@dataclass(frozen=True, slots=True)
class StateRow:
    id: int
    status: Status
    reason: Reason
    attempts: int


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A message as those who act on feedback need it, with the start of the attempt in question."""

    id: int
    workspace_id: int
    connection_id: int
    stream: Stream
    campaign_id: int | None
    contact_id: int | None
    list_id: int | None
    address: str
    address_key: str
    status: Status
    reason: Reason
    accepted_at: datetime | None
    started_at: datetime
    ses_message_id: str


@dataclass(frozen=True, slots=True)
class Orphan:
    """A row in flight of a dead worker, with the attempt it was claimed for."""

    id: int
    n: int
    worker: str
    connection_id: int
    address_key: str
    started_at: datetime
