"""Campaigns' decisions: transitions, problems before Start, the arithmetic of time, the report's funnel."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sendwell.campaigns import rules
from sendwell.campaigns.models import CampaignStatus
from sendwell.campaigns.rules import Event, Phase, Refusal, StartFacts, Status

GOOD = StartFacts(
    connection_ready=True,
    unreachable="",
    remedy="",
    from_address="news@example.org",
    from_covered=True,
    list_total=3,
    mailable=2,
)


def test_the_states_are_the_models():
    assert {status.value for status in Status} == set(CampaignStatus.values)


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("event", list(Event))
def test_every_state_answers_every_event(status: Status, event: Event):
    assert isinstance(rules.after(status, event), Status | Refusal)


def test_the_way_of_a_campaign():
    assert rules.after("draft", Event.START) is Status.RUNNING
    assert rules.after("running", Event.PAUSE) is Status.PAUSED
    assert rules.after("paused", Event.RESUME) is Status.RUNNING
    assert rules.after("running", Event.DONE) is Status.FINISHED
    assert rules.after("paused", Event.CANCEL) is Status.CANCELLED


def test_what_is_over_stays_over():
    for event in (Event.START, Event.PAUSE, Event.RESUME):
        assert rules.after("finished", event) is Refusal.OVER
        assert rules.after("cancelled", event) is Refusal.OVER
    assert rules.after("finished", Event.CANCEL) is Refusal.OVER
    assert rules.after("cancelled", Event.DONE) is Status.CANCELLED


def test_nothing_stands_in_the_way_of_a_good_start():
    assert rules.problems(GOOD) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"connection_ready": False}, "connection_not_ready"),
        ({"unreachable": "Nobody knows us."}, "no_public_url"),
        ({"from_covered": False}, "from_not_verified"),
        ({"mailable": 0}, "no_audience"),
        ({"mailable": 0, "list_total": 0}, "no_audience"),
    ],
)
def test_each_obstacle_is_named_with_its_remedy(change: dict[str, object], code: str):
    (problem,) = rules.problems(replace(GOOD, **change))  # type: ignore[arg-type]
    assert problem.code == code
    assert problem.text
    assert problem.remedy


def test_without_a_public_address_the_reason_and_the_remedy_are_told():
    (problem,) = rules.problems(replace(GOOD, unreachable="There is no public address.", remedy="Set one."))
    assert problem.text.endswith("the unsubscribe link. There is no public address.")
    assert problem.remedy == "Set one. Until then, test sends work."


def test_content_problems_come_last():
    lint = (rules.Problem("empty_subject", "subject", "The subject is empty.", "Write one."),)
    assert [p.code for p in rules.problems(replace(GOOD, from_covered=False), lint)] == [
        "from_not_verified",
        "empty_subject",
    ]


def test_what_fits_today_takes_its_time_at_the_rate():
    found = rules.estimate(1000, rate=10, usable_24h=50_000, left=20_000)
    assert (found.seconds, found.waits, found.now_in_window) == (100, 0, 1000)


def test_what_does_not_fit_waits_for_windows():
    # 200 a day, 50 left: 50 now, 200 after one day, the last 30 after two.
    found = rules.estimate(280, rate=1, usable_24h=200, left=50)
    assert (found.now_in_window, found.waits, found.seconds) == (50, 2, 2 * 86_400 + 30)
    assert found.duration == timedelta(days=2, seconds=30)


def test_unlimited_quota_never_waits():
    assert rules.estimate(10_000, rate=100, usable_24h=-1, left=0).seconds == 100


def test_without_quota_or_rate_it_never_ends():
    assert rules.estimate(1, rate=0, usable_24h=200, left=200).never
    assert rules.estimate(1, rate=1, usable_24h=0, left=0).never


@given(
    recipients=st.integers(1, 2_000),
    rate=st.integers(1, 50),
    quota=st.integers(1, 500),
    used=st.lists(st.integers(1, 86_400), max_size=50),
)
def test_the_estimate_is_never_too_early(recipients: int, rate: int, quota: int, used: list[int]):
    """Play a rolling 24-hour window greedily: the last message leaves no later than the estimate says."""
    used = sorted(used)[:quota]  # seconds until each earlier send leaves the window
    found = rules.estimate(recipients, float(rate), float(quota), float(quota - len(used)))
    leaves = [float(second) for second in used]  # when each counted send leaves the window, in order
    at, sent = 0.0, 0
    while sent < recipients:
        while leaves and leaves[0] <= at:
            leaves.pop(0)
        if len(leaves) >= quota:
            at = leaves[0]
            continue
        leaves.append(at + 86_400)
        sent += 1
        at += 1 / rate
    assert at <= found.seconds + 1 / rate + 1e-3


def test_phases_tell_what_a_running_campaign_waits_for():
    assert rules.phase("running", False, {}) is Phase.PREPARING
    assert rules.phase("running", True, {"queued": {"": 3}}) is Phase.SENDING
    assert rules.phase("running", True, {"held": {"sandbox": 3}, "in_doubt": {"no_answer": 1}}) is Phase.HELD_SANDBOX
    assert rules.phase("running", True, {"in_doubt": {"no_answer": 1}, "accepted": {"": 9}}) is Phase.IN_DOUBT
    assert rules.phase("paused", True, {"held": {"paused_campaign": 3}}) is Phase.PAUSED


def test_done_means_that_nobody_is_open():
    assert rules.is_done(True, {"accepted": {"": 2}, "skipped": {"unsubscribed": 1}})
    assert not rules.is_done(False, {"accepted": {"": 2}})
    for status in ("queued", "held", "sending", "in_doubt"):
        assert not rules.is_done(True, {status: {"": 1}, "accepted": {"": 2}})


@given(
    st.dictionaries(
        st.sampled_from([key for key, _, _ in rules.FUNNEL] + ["new_status"]),
        st.dictionaries(st.sampled_from(["", "a", "b"]), st.integers(0, 1000), max_size=3),
    )
)
def test_the_funnel_adds_up(counts: dict[str, dict[str, int]]):
    total, rows = rules.funnel(counts)
    assert sum(row.count for row in rows) == total
    assert all(row.count for row in rows)
