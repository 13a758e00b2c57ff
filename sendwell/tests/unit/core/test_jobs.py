"""The delays between tries of a job."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from sendwell.core.jobs import delay


def test_delays_double_from_two_seconds_to_an_hour() -> None:
    assert [delay(n).total_seconds() for n in (1, 2, 3, 11, 12, 20)] == [2, 4, 8, 2048, 3600, 3600]


@given(st.integers(min_value=1, max_value=10_000))
def test_a_later_try_never_comes_sooner(attempt: int) -> None:
    assert timedelta(0) < delay(attempt) <= delay(attempt + 1) <= timedelta(hours=1)
