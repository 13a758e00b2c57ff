"""The request's figures: proposed value, due time, granted against asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sendwell.readiness import arithmetic


def test_the_proposal_shows_its_steps():
    found = arithmetic.propose("daily_quota", "News", 1_240, 1)
    assert found.value == 2_000
    assert found.steps == (
        "1,240 confirmed contacts on “News”, your largest list",
        "× 1 message to each on a peak day = 1,240",
        "× 1.5 headroom for growth and single messages = 1,860 recipients per 24 hours",
        "rounded up to the next thousand: 2,000",
    )


def test_a_rate_is_what_sends_the_peak_day_within_an_hour():
    found = arithmetic.propose("send_rate", "News", 40_000, 1)
    assert found.value == 17
    assert "60,000 recipients" in found.steps[2]


def test_a_small_list_needs_no_higher_rate():
    found = arithmetic.propose("send_rate", "News", 100, 1)
    assert found.value is None
    assert "ask for a daily quota" in found.steps[-1]


def test_without_contacts_nothing_is_proposed():
    assert arithmetic.propose("daily_quota", "", 0, 1).value is None


@given(confirmed=st.integers(1, 10_000_000), sends=st.integers(1, 24))
def test_the_proposed_quota_covers_the_peak_day_with_headroom(confirmed: int, sends: int):
    value = arithmetic.propose("daily_quota", "L", confirmed, sends).value
    assert value is not None
    assert value % 1000 == 0
    assert confirmed * sends * 1.5 <= value < confirmed * sends * 1.5 + 1001


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ("--review-delay 5", timedelta(seconds=5)),
        ("--profile sandbox --review-delay=2m", timedelta(minutes=2)),
        ("", timedelta(hours=24)),
        ("--review-delay soon", timedelta(hours=24)),
        ("--review-delay", timedelta(hours=24)),
    ],
)
def test_a_rehearsals_answer_is_due_when_sesbox_says(args: str, expected: timedelta):
    assert arithmetic.answer_due(True, args) == expected
    assert arithmetic.answer_due(False, args) == timedelta(hours=24)


def test_polling_ends_when_nothing_can_change():
    assert arithmetic.poll_after("granted", True) is None
    assert arithmetic.poll_after("draft", False) is None
    assert arithmetic.poll_after("pending", True) == timedelta(seconds=2)
    assert arithmetic.poll_after("denied", False) == timedelta(hours=1)


def test_granted_stands_against_asked():
    quota, rate = arithmetic.compare("daily_quota", 50_000, 20_000.0, 14.0)
    assert (quota.asked, quota.granted, quota.note) == (50_000, 20_000.0, "30,000 less than asked")
    assert (rate.asked, rate.note) == (None, "Not asked for; set by SES")
    assert arithmetic.compare("daily_quota", 50_000, 50_000.0, 14.0)[0].note == "Granted in full"
    assert arithmetic.compare("daily_quota", 50_000, -1.0, 14.0)[0].note == "Unlimited"
    assert arithmetic.compare("send_rate", 14, 50_000.0, None)[1].note == "Not known yet"


@pytest.mark.parametrize(
    ("quota", "shown"), [(None, False), (200.0, False), (201.0, True), (50_000.0, True), (-1.0, True)]
)
def test_a_quota_above_the_sandboxs_shows_production(quota: float | None, shown: bool):
    assert arithmetic.quota_shows_production(quota) is shown
