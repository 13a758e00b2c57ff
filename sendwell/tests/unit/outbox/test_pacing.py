"""Never over the rate or the quota, never stuck: by simulated clocks."""

from __future__ import annotations

import bisect
import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sendwell.outbox import pacing
from sendwell.outbox.pacing import SECOND, Window

NOW = datetime(2026, 11, 22, 12, 0, 30, tzinfo=UTC)
T0 = 1_790_000_000 * SECOND


def worst_second(sends: list[int]) -> int:
    """The most sends in any half-open window of one second."""
    sends = sorted(sends)
    return max((bisect.bisect_left(sends, at + SECOND) - n for n, at in enumerate(sends)), default=0)


@settings(deadline=None)
@given(
    rate=st.one_of(st.integers(1, 2000), st.floats(0.2, 500)),
    asks=st.lists(st.tuples(st.integers(0, 400_000), st.integers(1, 300), st.floats(0, 1)), min_size=1, max_size=60),
)
def test_no_sliding_second_holds_more_than_the_rate(rate: float, asks: list[tuple[int, int, float]]) -> None:
    now, next_slot, sends = T0, 0, []
    for pause, limit, used_share in asks:
        now += pause
        lease = pacing.lease(next_slot, now, rate, limit)
        assert lease.count <= limit
        assert lease.start >= now
        used = round(lease.count * used_share)
        sends += lease.slots(used)
        next_slot = lease.next_slot(used)
    assert worst_second(sends) <= max(1, math.ceil(rate))


@given(
    rate=st.floats(0.2, 5000),
    next_slot=st.integers(-(10**15), 10**15).map(lambda off: T0 + off),
)
def test_the_clock_may_jump_and_a_slot_still_comes(rate: float, next_slot: int) -> None:
    now = T0
    for _ in range(400):
        lease = pacing.lease(next_slot, now, rate, 10)
        if lease.count:
            assert lease.start <= now + pacing.HORIZON_US
            return
        assert lease.start > now + pacing.HORIZON_US
        now = lease.start - pacing.HORIZON_US
    raise AssertionError("stuck")


@pytest.mark.parametrize("rate", [1, 14, 200, 2000])
def test_a_busy_sender_uses_99_percent_of_the_rate(rate: int) -> None:
    now, next_slot, sent = T0, T0, 0
    while now < T0 + 10 * SECOND:
        lease = pacing.lease(next_slot, now, rate, 500)
        sent += sum(slot < T0 + 10 * SECOND for slot in lease.slots(lease.count))
        next_slot = lease.next_slot(lease.count)
        now = max(now + 1000, next_slot - 60_000)
    assert sent >= 0.99 * rate * 10


def test_a_lease_is_about_100_ms_and_at_least_one() -> None:
    assert pacing.lease(0, T0, 1, 500).count == 1
    assert pacing.lease(0, T0, 2000, 500).count in range(190, 201)
    assert pacing.lease(0, T0, 0, 500).count == 0


def test_passed_slots_are_forfeited() -> None:
    assert pacing.lease(T0 - 3600 * SECOND, T0, 14, 10).start == T0


@given(st.lists(st.floats(0, 2), max_size=300))
def test_throttles_slow_down_and_time_recovers(gaps: list[float]) -> None:
    factor: float = 1.0
    slowed_at: datetime | None = None
    now = NOW
    for gap in gaps:
        now += timedelta(seconds=gap)
        fresh = pacing.slowed(factor, slowed_at, now)
        if fresh is not None:
            assert fresh <= pacing.factor_at(factor, slowed_at, now) or fresh == pacing.MIN_FACTOR
            factor, slowed_at = fresh, now
        assert pacing.MIN_FACTOR <= pacing.factor_at(factor, slowed_at, now) <= 1
    assert pacing.factor_at(factor, slowed_at, now + timedelta(minutes=3)) == 1


def test_one_storm_slows_down_once_a_second() -> None:
    assert pacing.slowed(1, None, NOW) == pytest.approx(0.7)
    assert pacing.slowed(0.7, NOW, NOW + timedelta(milliseconds=900)) is None
    assert pacing.slowed(0.7, NOW + timedelta(hours=1), NOW) is not None, "a clock set back does not disarm it"


def test_backoff_grows_and_ends() -> None:
    assert [pacing.backoff(n).total_seconds() for n in (1, 2, 3, 10)] == [1, 2, 4, 60]
    assert pacing.backoff(10_000, 300).total_seconds() == 300


# --- the window ---


@settings(deadline=None, max_examples=60)
@given(
    quota=st.integers(0, 300),
    reserve=st.floats(0, 0.5),
    steps=st.lists(st.tuples(st.integers(0, 7200), st.integers(0, 80), st.booleans()), max_size=80),
)
def test_no_24_hours_hold_more_than_the_quota(quota: int, reserve: float, steps: list[tuple[int, int, bool]]) -> None:
    now, minutes, sends = NOW, {}, []
    for pause, wanted, campaign in steps:
        now += timedelta(seconds=pause)
        first = pacing.first_minute(now)
        window = Window(quota, reserve, sorted((m, n) for m, n in minutes.items() if m >= first))
        take = min(wanted, window.left(campaign))
        minute = pacing.epoch_minute(now)
        minutes[minute] = minutes.get(minute, 0) + take
        sends += [now] * take
        in_day = sum(at > now - timedelta(hours=24) for at in sends)
        assert in_day <= quota
        if campaign and take:
            assert in_day <= quota - math.ceil(quota * reserve)


@settings(deadline=None)
@given(
    quota=st.integers(1, 300),
    counts=st.dictionaries(st.integers(0, 1439), st.integers(1, 50), max_size=50),
    campaign=st.booleans(),
)
def test_the_time_of_resumption_is_honest(quota: int, counts: dict[int, int], campaign: bool) -> None:
    first = pacing.first_minute(NOW)
    minutes = sorted((first + 1 + offset, n) for offset, n in counts.items())
    window = Window(quota, 0.1, minutes)
    resumes = window.resumes_at(campaign, NOW)
    if window.left(campaign):
        assert resumes is None
        return
    if window.limit(campaign) == 0:
        return  # a quota that leaves nothing: there is no such time

    def left_at(when: datetime) -> int:
        kept = [(m, n) for m, n in minutes if m >= pacing.first_minute(when)]
        return Window(quota, 0.1, kept).left(campaign)

    assert resumes is not None
    assert resumes > NOW
    assert left_at(resumes) > 0
    assert left_at(resumes - timedelta(seconds=1)) == 0


def test_the_worse_of_our_count_and_seses_counts() -> None:
    minutes = [(pacing.epoch_minute(NOW), 30)]
    assert Window(200, 0, minutes).used == 30
    assert Window(200, 0, minutes, ses_sent=100, since_check=10).used == 110
    assert Window(200, 0, minutes, ses_sent=5, since_check=10).used == 30


def test_mail_of_other_programs_delays_resumption_at_most_a_day() -> None:
    window = Window(200, 0, [], ses_sent=200, since_check=0, ses_checked_at=NOW)
    assert window.left(False) == 0
    assert window.resumes_at(False, NOW) == NOW + timedelta(hours=24)


def test_unlimited_is_unlimited() -> None:
    window = Window(-1, 0.1, [(pacing.epoch_minute(NOW), 10**6)])
    assert window.left(True) > 10**6
    assert window.resumes_at(True, NOW) is None


def test_the_reserve_is_kept_from_campaigns() -> None:
    window = Window(200, 0.1, [(pacing.epoch_minute(NOW), 180)])
    assert (window.left(True), window.left(False)) == (0, 20)
