"""The 24-hour quota and the sending rate.

Lives here: arithmetic of the rolling window (minute counters) and of the rate bucket. Must not live here: records.
Unit is the recipient. Source: SES Developer Guide, "manage-sending-quotas"; the debt of the bucket: AWS messaging
blog, 2013 (at 1/s a message to five is accepted, then sends are refused until the debt is paid).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

DAY = 86_400
UNLIMITED = -1.0


def minute_of(now: float) -> int:
    """The minute a recipient accepted at `now` is counted in."""
    return int(now // 60)


def oldest_minute(now: float) -> int:
    """The first minute that is still, at least in part, inside the last 24 hours."""
    return int((now - DAY) // 60)


def expire(
    total: int, window_from: int, now: float, count_of: Callable[[int], int], known: Callable[[], Iterable[int]]
) -> tuple[int, int, list[int]]:
    """Move the window's beginning to `now`: (new total, new beginning, minutes that fell out of it).

    `count_of` gives a minute's recipients (0 if none). After a gap of more than two days the minutes are taken
    from `known` rather than counted through, so a clock moved by a year costs no more than the counters there are.
    """
    oldest = oldest_minute(now)
    if oldest <= window_from:
        return total, window_from, []
    gap = range(window_from, oldest)
    passed: Iterable[int] = (minute for minute in known() if minute < oldest) if len(gap) > 2 * DAY // 60 else gap
    gone = [minute for minute in passed if count_of(minute)]
    return total - sum(count_of(minute) for minute in gone), oldest, gone


def exceeds_quota(sent: int, recipients: int, most: float) -> bool:
    """Whether these recipients would go over the 24-hour quota (the current guide: such a call is refused)."""
    return most != UNLIMITED and recipients > 0 and sent + recipients > most


def went_back(last: float, now: float) -> bool:
    """Whether somebody has set the clock back since the last send; wall time's own small corrections are none."""
    return now < last - 60


def recount(counters: Mapping[int, int], now: float) -> tuple[int, list[int]]:
    """The window's total after the clock was set back, and the minutes to forget: the future has not happened."""
    oldest, newest = oldest_minute(now), minute_of(now)
    gone = [minute for minute in counters if not oldest <= minute <= newest]
    return sum(counters.values()) - sum(counters[minute] for minute in gone), gone


def capacity(rate: float) -> float:
    """What the rate bucket holds when full, in recipients."""
    return max(rate, 1.0)


def level_now(level: float, level_at: float, rate: float, now: float) -> float:
    """The bucket's content at `now`, in recipients; time that runs backwards adds nothing."""
    return min(capacity(rate), level + max(0.0, now - level_at) * rate)


def in_debt(level: float) -> bool:
    """Whether sends are refused: a message passes while anything is left, and may then take more than that."""
    return level <= 0.0
