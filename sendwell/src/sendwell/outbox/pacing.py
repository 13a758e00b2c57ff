"""When the next mail may leave: send slots, back-off after throttles, and the rolling 24-hour window.

Lives here: arithmetic over values. Must not live here: rows, clocks, sleeping. Times of slots are microseconds of the
database's clock; times of the window are the installation's (a rehearsal may move them).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SECOND = 1_000_000
LEASE_US = 100_000  # about 100 ms of slots a lease: short enough that a killed worker forfeits little
HORIZON_US = 150_000  # how far ahead the first slot of a lease may start: a claimed row never waits longer than both
HEADROOM = 1.005  # slots are 0.5 % wider than the rate, so that a late timer does not put one send too many in a second
MAX_AHEAD_US = 30 * SECOND  # a next slot beyond this can only come from a clock that was set back
WINDOW_MINUTES = 24 * 60
MIN_FACTOR = 0.1
SLOWDOWN = 0.7
RECOVERY_PER_SECOND = 1 / 180  # from the slowest back to full in under three minutes
DAILY_RETRY = timedelta(minutes=10)  # AWS: wait up to ten minutes after "Daily message quota exceeded."


# --- slots -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lease:
    """`count` consecutive slots from `start`, `spacing` apart, in microseconds; none: nothing before `start`."""

    start: int
    spacing: int
    count: int

    def slots(self, used: int) -> list[int]:
        """The start times of the first `used` slots."""
        return [self.start + k * self.spacing for k in range(used)]

    def next_slot(self, used: int) -> int:
        """What follows the slots that were used; the others are given back within the same transaction."""
        return self.start + used * self.spacing


def spacing(rate: float) -> int:
    """Microseconds between two slots at `rate` recipients a second (> 0)."""
    return max(1, min(math.ceil(SECOND * HEADROOM / rate), MAX_AHEAD_US))


def lease(next_slot: int, now: int, rate: float, limit: int) -> Lease:
    """Up to `limit` consecutive slots: about 100 ms of them, at least one if one starts within the horizon.

    Slots that passed unused are forfeited: the lease never starts before `now`, so no sliding second ever holds more
    than the rate, whoever leases. A next slot far ahead comes from a clock set back, and starts anew.
    """
    if rate <= 0:
        return Lease(now + SECOND, SECOND, 0)
    gap = spacing(rate)
    start = next_slot if now < next_slot <= now + MAX_AHEAD_US else now
    if start > now + HORIZON_US:
        return Lease(start, gap, 0)
    return Lease(start, gap, max(0, min(limit, max(1, LEASE_US // gap))))


# --- back-off ----------------------------------------------------------------------------------------------------


def factor_at(factor: float, slowed_at: datetime | None, now: datetime) -> float:
    """The share of the rate that is used now: it grows back to 1 from what the last throttle left."""
    if slowed_at is None:
        return 1.0
    return min(1.0, max(MIN_FACTOR, factor) + max(0.0, (now - slowed_at).total_seconds()) * RECOVERY_PER_SECOND)


def slowed(factor: float, slowed_at: datetime | None, now: datetime) -> float | None:
    """The factor after a throttle, or None if one was counted within this second (one storm slows once a second)."""
    if slowed_at is not None and timedelta(0) <= now - slowed_at < timedelta(seconds=1):
        return None
    return max(MIN_FACTOR, factor_at(factor, slowed_at, now) * SLOWDOWN)


def backoff(count: int, longest: float = 60.0) -> timedelta:
    """How long a connection rests after its `count`-th trouble in a row (1, 2, 4 ... seconds)."""
    return timedelta(seconds=min(longest, 2.0 ** min(max(count - 1, 0), 16)))


# --- the 24-hour window ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Window:
    """Recipients of the last 24 hours. `minutes` are (epoch minute, recipients) in order, those in flight included.

    `ses_sent` is SES's SentLast24Hours when it was last asked (None: never), `since_check` what we counted since.
    """

    quota: float
    reserve: float
    minutes: Sequence[tuple[int, int]]
    ses_sent: float | None = None
    since_check: int = 0
    ses_checked_at: datetime | None = None

    @property
    def unlimited(self) -> bool:
        return self.quota < 0

    @property
    def ours(self) -> int:
        return sum(count for _, count in self.minutes)

    @property
    def used(self) -> int:
        """What SES will hold against us, at worst: our count or its own plus ours since, whichever is more."""
        seen = 0 if self.ses_sent is None else math.ceil(self.ses_sent) + max(0, self.since_check)
        return max(self.ours, seen)

    def limit(self, campaign: bool) -> int:
        """Recipients that may be used; a slice is kept for opt-in and transactional mail."""
        whole = math.floor(self.quota)
        return whole - math.ceil(whole * self.reserve) if campaign else whole

    def left(self, campaign: bool) -> int:
        """Recipients that may still be sent to now."""
        if self.unlimited:
            return 2**31
        return max(0, self.limit(campaign) - self.used)

    def resumes_at(self, campaign: bool, now: datetime) -> datetime | None:
        """When enough of the window will have passed for one more recipient; None if there is room now.

        Sends that only SES knows of (another program on the account) leave its window at a time we cannot see: at the
        latest 24 hours after SES was asked. A quota of zero answers that bound too.
        """
        if self.left(campaign) > 0:
            return None
        surplus = self.used - self.limit(campaign) + 1
        foreign = self.used - self.ours
        for minute, count in self.minutes:
            surplus -= count
            if surplus <= 0 and not foreign:
                return _minute_start(minute + WINDOW_MINUTES + 1)
        asked = self.ses_checked_at or now
        return max(now + timedelta(minutes=1), asked + timedelta(minutes=WINDOW_MINUTES))


def epoch_minute(at: datetime) -> int:
    return int(at.timestamp() // 60)


def first_minute(now: datetime) -> int:
    """The oldest minute that still counts: the one that is only partly gone counts whole."""
    return epoch_minute(now) - WINDOW_MINUTES


def _minute_start(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)
