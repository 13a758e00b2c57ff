"""The rolling day and the bucket, against the plain definitions of both."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sesbox.rules import quota

START = 1_750_000_000.0
SENDS = st.lists(st.tuples(st.floats(0, 30_000), st.integers(1, 50)), min_size=1, max_size=80)


class Window:
    """The window as an operation keeps it: a sum, its beginning, minute counters."""

    def __init__(self, now: float) -> None:
        self.total, self.begins = 0, quota.oldest_minute(now)
        self.minutes: dict[int, int] = {}

    def move(self, now: float) -> int:
        self.total, self.begins, gone = quota.expire(
            self.total, self.begins, now, lambda minute: self.minutes.get(minute, 0), lambda: list(self.minutes)
        )
        for minute in gone:
            del self.minutes[minute]
        return self.total

    def add(self, now: float, recipients: int) -> None:
        self.move(now)
        self.total += recipients
        minute = quota.minute_of(now)
        self.minutes[minute] = self.minutes.get(minute, 0) + recipients


@given(SENDS)
def test_the_window_never_forgets_too_early_nor_a_minute_too_late(sends: list[tuple[float, int]]) -> None:
    window, now, log = Window(START), START, []
    for gap, recipients in sends:
        now += gap
        window.add(now, recipients)
        log.append((now, recipients))
        exact = sum(n for at, n in log if at > now - quota.DAY)
        generous = sum(n for at, n in log if at > now - quota.DAY - 60)
        assert exact <= window.total <= generous
        assert window.total == sum(window.minutes.values())


@given(SENDS, st.floats(0, 400 * quota.DAY))
def test_a_clock_moved_far_ahead_empties_the_window(sends: list[tuple[float, int]], jump: float) -> None:
    window, now = Window(START), START
    for gap, recipients in sends:
        now += gap
        window.add(now, recipients)
    left = window.move(now + jump)
    assert left == sum(window.minutes.values())
    if jump >= quota.DAY + 60:
        assert left == 0 and window.minutes == {}


@given(st.integers(0, 300), st.integers(1, 50), st.integers(1, 300))
def test_the_quota_is_never_overshot(sent: int, recipients: int, most: int) -> None:
    assert quota.exceeds_quota(sent, recipients, float(most)) == (sent + recipients > most)
    assert not quota.exceeds_quota(sent, recipients, quota.UNLIMITED)
    assert not quota.exceeds_quota(most + 1, 0, float(most))


@given(
    st.floats(0.1, 200),
    st.lists(st.tuples(st.floats(0, 5), st.integers(1, 50)), min_size=1, max_size=100),
)
def test_over_any_stretch_no_more_passes_than_rate_burst_and_one_message(
    rate: float, sends: list[tuple[float, int]]
) -> None:
    level, at, now, passed = quota.capacity(rate), START, START, 0
    for gap, recipients in sends:
        now += gap
        level, at = quota.level_now(level, at, rate, now), now
        if quota.in_debt(level):
            continue
        level -= recipients
        passed += recipients
    assert passed <= quota.capacity(rate) + rate * (now - START) + 50 + 1e-6


@given(st.floats(0.1, 200), st.integers(1, 1000))
def test_debt_is_paid_by_time_alone(rate: float, recipients: int) -> None:
    level = quota.capacity(rate) - recipients
    wait = max(0.0, -level) / rate
    assert quota.in_debt(quota.level_now(level, START, rate, START + wait * 0.99)) or level > 0
    assert not quota.in_debt(quota.level_now(level, START, rate, START + wait + 0.01))


def test_time_that_runs_backwards_adds_nothing() -> None:
    assert quota.level_now(-3.0, START, 1.0, START - 100) == -3.0
    assert quota.expire(5, quota.oldest_minute(START), START - 1000, lambda _: 0, list)[0] == 5


def test_five_recipients_at_one_a_second_are_followed_by_refusals() -> None:
    level = quota.capacity(1.0) - 5
    assert quota.in_debt(quota.level_now(level, START, 1.0, START + 3.9))
    assert not quota.in_debt(quota.level_now(level, START, 1.0, START + 4.1))
